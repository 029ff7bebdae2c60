"""Scored sentences of many documents in columns: what long runs work on.

Without an object for each sentence a run takes half the time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from spillover.sentences import Sentence, scored_sentence
from spillover.tables import Floats

T = TypeVar("T")
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Scored:
    """Sentences, in the order of their documents; all columns have a row for each.

    Attributes
    ----------
    labels : tuple of str
        The labels.
    documents : sequence of int
        The document that each is from, from 0.
    numbers : sequence of int
        Which sentence of the document it is, from 0.
    starts, ends : sequence of int
        Its place in the document, in code points.
    texts : sequence of str
        The sentences.
    probabilities : float64 array (n_sentences, n_labels)
        How probable each label is.
    carried : bool array (n_sentences, n_labels)
        Which labels a sentence carries.
    coverages : float64 array (n_sentences,)
        The share of tokens that the model knows.
    low_coverage : bool array (n_sentences,)
        Whether that is so low that the scores say little.
    """

    labels: tuple[str, ...]
    documents: Sequence[int]
    numbers: Sequence[int]
    starts: Sequence[int]
    ends: Sequence[int]
    texts: Sequence[str]
    probabilities: Floats
    carried: Bools
    coverages: Floats
    low_coverage: Bools

    def __len__(self) -> int:
        """Return the number of sentences."""
        return len(self.texts)

    def where(self, wanted: Bools) -> Scored:
        """Return those that are wanted, bool array (n_sentences,)."""
        rows = wanted.tolist()
        return Scored(
            labels=self.labels,
            documents=list(compress(self.documents, rows)),
            numbers=list(compress(self.numbers, rows)),
            starts=list(compress(self.starts, rows)),
            ends=list(compress(self.ends, rows)),
            texts=list(compress(self.texts, rows)),
            probabilities=self.probabilities[wanted],
            carried=self.carried[wanted],
            coverages=self.coverages[wanted],
            low_coverage=self.low_coverage[wanted],
        )

    def sentences(self) -> list[Sentence]:
        """Return each as an object."""
        return [
            scored_sentence(
                text=text,
                start=start,
                end=end,
                scores=dict(zip(self.labels, scores, strict=True)),
                labels=carried,
                coverage=coverage,
                low_coverage=low,
            )
            for text, start, end, scores, carried, coverage, low in zip(
                self.texts,
                self.starts,
                self.ends,
                self.probabilities.tolist(),
                label_sets(self.labels, self.carried, tuple),
                self.coverages.tolist(),
                self.low_coverage.tolist(),
                strict=True,
            )
        ]


def label_sets(
    labels: Sequence[str], carried: Bools, made_of: Callable[[Iterable[str]], T]
) -> list[T]:
    """Return what is made of the labels of each row; the few sets that there are, are made once."""
    rows = np.ascontiguousarray(carried).view(f"S{len(labels)}").ravel().tolist()
    sets = {row: made_of(compress(labels, row)) for row in set(rows)}
    return [sets[row] for row in rows]
