"""Rows whose labels a cross-validated model finds unlikely: where to look for wrong labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from cleanlab.multilabel_classification import get_label_quality_scores

from spillover.table import printable
from spillover.terms import TermClasses
from spillover_training.corpus import Row
from spillover_training.pipeline import Recipe
from spillover_training.search import search, targets


@dataclass(frozen=True)
class Doubt:
    """A row and how likely the model finds its labels.

    Attributes
    ----------
    row : Row
        The row.
    quality : float
        Likelihood of its labels together, 0 to 1.
    scores : Mapping of str to float
        The probability of each label, from a model that saw no sentence of the row's item.
    """

    row: Row
    quality: float
    scores: Mapping[str, float]

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "where": self.row.where,
            "id": self.row.columns.get("id"),
            "text": self.row.text,
            "labels": list(self.row.labels),
            "quality": round(self.quality, 6),
            "scores": {label: round(score, 4) for label, score in self.scores.items()},
        }

    def to_line(self) -> str:
        """Return a line for people: where it stands, its labels, what the model says."""
        likely = ", ".join(f"{label} {score:.2f}" for label, score in self.scores.items())
        labels = ", ".join(self.row.labels) or "none"
        where, text = printable(self.row.where), printable(self.row.text)
        return f"{where}  labelled {labels}\n    {likely}\n    {text}"


def doubtful(
    rows: Sequence[Row],
    labels: Mapping[str, str],
    *,
    jobs: int,
    progress: Callable[[int, int], None],
) -> list[Doubt]:
    """Rank rows by how unlikely their labels are.

    By the label quality score of confident learning (Northcutt, Jiang and Chuang 2021, "Confident
    learning", section 3), self-confidence aggregated over the labels as cleanlab does by default.

    Parameters
    ----------
    rows : sequence of Row
        The rows, of both splits.
    labels : Mapping of str to str
        The labels.
    jobs : int
        Processes to use.
    progress : callable
        Called with the number of steps done and their total.

    Returns
    -------
    list of Doubt
        The most doubtful first.

    Raises
    ------
    InputError
        If the data are too few to cross-validate.
    """
    choice = search(rows, labels, Recipe(), TermClasses.read(), jobs=jobs, progress=progress)
    y = targets(choice.rows, list(labels))
    given = [np.flatnonzero(row).tolist() for row in y]
    qualities = get_label_quality_scores(given, choice.probabilities)
    order = np.argsort(qualities, kind="stable")
    return [
        Doubt(
            choice.rows[number],
            float(qualities[number]),
            dict(zip(labels, choice.probabilities[number].tolist(), strict=True)),
        )
        for number in order
    ]
