"""The compiled model: texts in, calibrated probabilities out, with numpy alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from spillover.batch import BatchScorer
from spillover.errors import InputError
from spillover.policy import Curve, thresholds_for
from spillover.scored import Bools, Scored, label_sets
from spillover.sentences import Document, sentence_spans
from spillover.single import single_sums
from spillover.tables import Floats, Sums, Tables, fourth_root, joined, probabilities
from spillover.terms import TermClasses

if TYPE_CHECKING:
    from spillover.explain import Explanation

LOW_COVERAGE = 0.5
"""Below this share of known tokens a sentence is marked `low_coverage`. ``make coverage``: it
leaves no false alarm of other languages, tables, code and scores, and marks no labelled sentence of
the test split; benchmarks/README.md tells how it was chosen."""

# Up to so many texts of up to so many characters go one at a time: numpy's overhead for a batch
# is that of about four sentences.
_FEW, _SHORT = 4, 1000

# Shares out the overhead of the calls of numpy; arrays of more would only take memory.
_BATCH_TEXTS, _BATCH_CHARACTERS = 4000, 500_000


@dataclass(frozen=True)
class ModelParts:
    """All that a model is made of; what a model folder holds.

    Attributes
    ----------
    labels : Mapping of str to str
        The labels in the order of the columns, with what each means.
    thresholds : Mapping of str to float
        The probability from which a sentence carries the label: that of the best F1.
    curves : Mapping of str to Curve
        Precision and recall at other thresholds, by label.
    intercept : float64 array (n_labels,)
        The logits of a text without features.
    tables : Tables
        Vocabulary and weights.
    terms : TermClasses
        The term classes that the model was trained with.
    training : Mapping
        Where the model comes from: data fingerprint, counts, choices, metrics.
    """

    labels: Mapping[str, str]
    thresholds: Mapping[str, float]
    curves: Mapping[str, Curve]
    intercept: Floats
    tables: Tables
    terms: TermClasses
    training: Mapping[str, Any] = field(default_factory=dict)


class Model:
    """A trained classifier: one calibrated probability a label for each text.

    Immutable and safe to share between threads. Made by `spillover.load`.

    Parameters
    ----------
    parts : ModelParts
        What the model is made of.
    version : str
        Hash of the content, by which results can be traced to the model.
    """

    def __init__(self, parts: ModelParts, version: str = "unsaved") -> None:
        self.parts = parts
        self.version = version
        self._thresholds = np.array([parts.thresholds[label] for label in parts.labels])
        self._batches = BatchScorer(parts.tables)

    def __getstate__(self) -> tuple[ModelParts, str]:
        """Pickle the parts; the rest is made anew."""
        return self.parts, self.version

    def __setstate__(self, state: tuple[ModelParts, str]) -> None:
        self.__init__(*state)  # type: ignore[misc]

    def __repr__(self) -> str:
        return f"<Model {self.version}: {', '.join(self.labels)}>"

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, in the order of the columns of `predict_proba`."""
        return tuple(self.parts.labels)

    @property
    def thresholds(self) -> Mapping[str, float]:
        """The probability from which a text carries each label."""
        return MappingProxyType(dict(self.parts.thresholds))

    def with_thresholds(self, given: Mapping[str, float], default: float | None = None) -> Model:
        """Return the same model with other thresholds.

        Parameters
        ----------
        given : Mapping of str to float
            Probabilities by label.
        default : float, optional
            The probability for labels that are not named; without it they keep theirs.

        Raises
        ------
        InputError
            If a label is unknown or a threshold is not from 0 to 1.
        """
        unknown = [label for label in given if label not in self.labels]
        if unknown:
            raise InputError(
                f"threshold: no label {unknown[0]!r} (there are {', '.join(self.labels)})"
            )
        thresholds = {
            label: given.get(label, own if default is None else default)
            for label, own in self.thresholds.items()
        }
        for at in thresholds.values():
            if not 0 <= at <= 1:
                raise InputError(f"threshold must be from 0 to 1, got {at}")
        return Model(replace(self.parts, thresholds=thresholds), self.version)

    def with_policy(self, policy: str) -> Model:
        """Return the same model with the thresholds of a policy.

        Parameters
        ----------
        policy : str
            ``f1`` for the model's own thresholds, ``precision=0.9`` or ``recall=0.9`` for those
            that reached as much on cross-validated training predictions.

        Raises
        ------
        InputError
            If the policy is unknown or out of reach for a label.
        """
        if policy == "f1":
            return self
        return self.with_thresholds(thresholds_for(policy, self.parts.curves))

    def predict_proba(self, texts: Sequence[str]) -> Floats:
        """Score texts.

        Parameters
        ----------
        texts : sequence of str
            One sentence each; any text scores.

        Returns
        -------
        float64 array (n_texts, n_labels)
            Calibrated probabilities to seven decimals, columns in the order of `labels`.

        Raises
        ------
        TypeError
            If `texts` is a single str, or one of them is no str.
        """
        return self._probabilities(self._sums(checked_texts(texts)))

    def predict(self, texts: Sequence[str]) -> list[tuple[str, ...]]:
        """Label texts by the model's thresholds.

        Parameters
        ----------
        texts : sequence of str
            One sentence each.

        Returns
        -------
        list of tuple of str
            The labels of each text, in the order of `labels`; a text without a word has none.

        Raises
        ------
        TypeError
            If `texts` is a single str, or one of them is no str.
        """
        sums = self._sums(checked_texts(texts))
        return label_sets(self.labels, self._carried(self._probabilities(sums), sums), tuple)

    def read(self, text: str) -> Document:
        """Cut a document into sentences and score each.

        Raises
        ------
        TypeError
            If `text` is no str.
        """
        if not isinstance(text, str):
            raise TypeError(f"text must be str, got {type(text).__name__}")
        return self.read_many([text])[0]

    def read_many(self, texts: Sequence[str], *, split: bool = True) -> list[Document]:
        """Cut documents into sentences and score all of them at once.

        Parameters
        ----------
        texts : sequence of str
            One document each.
        split : bool
            Whether to cut them; otherwise each is one sentence already.

        Returns
        -------
        list of Document
            The documents in their order.

        Raises
        ------
        TypeError
            If `texts` is a single str, or one of them is no str.
        """
        scored = self.score_documents(texts, split=split)
        sentences = iter(scored.sentences())
        counts = np.bincount(scored.documents, minlength=len(texts)).tolist()
        return [
            Document(text, list(islice(sentences, count)))
            for text, count in zip(texts, counts, strict=True)
        ]

    def score_documents(self, texts: Sequence[str], *, split: bool = True) -> Scored:
        """Do what `read_many` does, without an object for each sentence.

        Parameters
        ----------
        texts, split
            As for `read_many`.

        Returns
        -------
        Scored
            All sentences of all documents.

        Raises
        ------
        TypeError
            If `texts` is a single str, or one of them is no str.
        """
        checked_texts(texts)
        spans = [sentence_spans(text) if split else [(0, len(text))] for text in texts]
        cut = [
            text[start:end]
            for text, found in zip(texts, spans, strict=True)
            for start, end in found
        ]
        sums = self._sums(cut)
        rows = self._probabilities(sums)
        coverages = sums.known / np.maximum(sums.tokens, 1)
        return Scored(
            labels=self.labels,
            documents=[document for document, found in enumerate(spans) for _ in found],
            numbers=[number for found in spans for number in range(len(found))],
            starts=[start for found in spans for start, _ in found],
            ends=[end for found in spans for _, end in found],
            texts=cut,
            probabilities=rows,
            carried=self._carried(rows, sums),
            coverages=coverages,
            low_coverage=coverages < LOW_COVERAGE,
        )

    def explain(self, text: str) -> Explanation:
        """Say which terms of a sentence speak for and against each label, and how much.

        Parameters
        ----------
        text : str
            One sentence; any text scores.

        Returns
        -------
        Explanation
            By label: exact contributions that add up, with the intercept, to the logit.

        Raises
        ------
        TypeError
            If `text` is no str.
        """
        from spillover.explain import explain  # of no use to most runs, which begin quicker so

        return explain(self, text)

    def _sums(self, texts: Sequence[str]) -> Sums:
        if len(texts) <= _FEW and all(len(text) <= _SHORT for text in texts):
            parts = [single_sums(self.parts.tables, text) for text in texts]
        else:
            parts = [self._batches.sums(batch) for batch in _batches(texts)]
        return joined(parts) if parts else self._batches.sums([])

    def _probabilities(self, sums: Sums) -> Floats:
        logits = np.tile(self.parts.intercept, (len(sums.tokens), 1))
        for block in sums.blocks:
            idf = block[:, -1:]
            # A text without a feature of the block has sums of zero: any divisor will do.
            logits += block[:, :-1] / fourth_root(np.where(idf > 0, idf, 1.0))
        return probabilities(logits)

    def _carried(self, rows: Floats, sums: Sums) -> Bools:
        """Tell which labels each text carries; one without a word carries none."""
        carried: Bools = (rows >= self._thresholds) & (sums.tokens > 0)[:, None]
        return carried


def checked_texts(texts: Sequence[str]) -> Sequence[str]:
    """Return `texts` if it is a sequence of str; raise TypeError naming what came otherwise."""
    if isinstance(texts, (str, bytes)) or not isinstance(texts, Sequence):
        raise TypeError(f"texts must be a sequence of str, got {type(texts).__name__}")
    for number, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"texts[{number}] must be str, got {type(text).__name__}")
    return texts


def _batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    start = characters = 0
    for at, text in enumerate(texts):
        full = at - start == _BATCH_TEXTS or characters + len(text) > _BATCH_CHARACTERS
        if full and at > start:
            yield texts[start:at]
            start, characters = at, 0
        characters += len(text)
    yield texts[start:]
