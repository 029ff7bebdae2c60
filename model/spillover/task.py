"""What is done with each batch of documents, in this process or in another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from spillover.documents import Batch, InputDocument, Position, ReadOptions, documents_of
from spillover.errors import InputError
from spillover.output import Format
from spillover.scored import Bools, Scored
from spillover.scorer import Model

Skipped = dict[str, tuple[int, str]]
"""How many rows were skipped, by kind, and the place of the first of each."""

LOW_COVERAGE = "of low coverage"
"""The kind that sentences left out for it are counted as: their place says nothing."""

_LONG_SENTENCE = 1000
"""Characters; a longer row is hardly one sentence."""


@dataclass(frozen=True)
class Done:
    """A batch, done.

    Attributes
    ----------
    content : bytes or record batch
        The results, spelled.
    sentences : int
        How many have been scored.
    skipped : Skipped
        The rows that are no documents, if they are skipped.
    unknown : int
        How many were left out for their low coverage.
    warnings : sequence of str
        What to tell the user.
    failure : InputError or None
        What the run must stop at, once `content` is out.
    end, read
        As of the batch.
    """

    content: Any
    sentences: int
    skipped: Skipped
    unknown: int
    warnings: Sequence[str]
    failure: InputError | None
    end: Position
    read: int


@dataclass(frozen=True)
class Task:
    """What is done with each batch; can be pickled.

    Attributes
    ----------
    model : Model
        The model, with its thresholds.
    read, only, skip, known_only
        As of the request.
    format : Format
        How results are spelled.
    """

    model: Model
    read: ReadOptions
    only: frozenset[str]
    skip: bool
    known_only: bool
    format: Format

    def __call__(self, batch: Batch) -> Done:
        """Take a batch apart, score it and spell the results."""
        documents = []
        skipped: Skipped = {}
        failure = None
        for found in documents_of(batch, self.read):
            if isinstance(found, InputDocument):
                documents.append(found)
            elif self.skip:
                count(skipped, {found.kind: (1, found.where)})
            else:
                failure = found
                break
        texts = [document.text for document in documents]
        scored = self.model.score_documents(texts, split=not self.read.lines)
        wanted = scored.where(self._wanted(scored)) if self.only or self.known_only else scored
        return Done(
            content=self.format.encode(documents, wanted),
            sentences=len(scored),
            skipped=skipped,
            unknown=self.known_only * int(scored.low_coverage.sum()),
            warnings=self._warnings(documents),
            failure=failure,
            end=batch.end,
            read=batch.read,
        )

    def _wanted(self, scored: Scored) -> Bools:
        wanted = np.ones(len(scored), bool)
        if self.only:
            columns = [label in self.only for label in scored.labels]
            wanted &= scored.carried[:, columns].any(axis=1)
        if self.known_only:
            wanted &= ~scored.low_coverage
        return wanted

    def _warnings(self, documents: Sequence[InputDocument]) -> list[str]:
        if not self.read.lines:
            return []
        return [
            f"{document.name}: {len(document.text)} characters read as one sentence; leave out "
            "--no-split for documents"
            for document in documents
            if len(document.text) > _LONG_SENTENCE
        ]


def count(into: Skipped, more: Skipped) -> None:
    """Add rows that were skipped to those before them."""
    for kind, (number, where) in more.items():
        before, first = into.get(kind, (0, where))
        into[kind] = (before + number, first)
