"""How right a model is on labelled rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score, precision_recall_fscore_support

from spillover.errors import InputError
from spillover.scorer import Model
from spillover_training.corpus import Row
from spillover_training.search import targets


@dataclass(frozen=True)
class LabelMetrics:
    """Metrics of one label at the model's threshold; NaN where a label has no row.

    Attributes
    ----------
    n_rows : int
        Rows that carry the label.
    precision, recall, f1 : float
        At the threshold.
    average_precision : float
        Over all thresholds.
    """

    n_rows: int
    precision: float
    recall: float
    f1: float
    average_precision: float


@dataclass(frozen=True)
class Evaluation:
    """Metrics of a model on some rows.

    Attributes
    ----------
    n_rows : int
        How many rows.
    labels : Mapping of str to LabelMetrics
        By label, in the model's order.
    """

    n_rows: int
    labels: Mapping[str, LabelMetrics]

    @property
    def macro_f1(self) -> float:
        """The mean F1 of the labels that have rows."""
        scores = [metrics.f1 for metrics in self.labels.values() if metrics.n_rows]
        return float(np.mean(scores)) if scores else float("nan")

    def to_json(self) -> dict[str, Any]:
        """Return plain values, NaN as None."""
        table = {label: asdict(metrics) for label, metrics in self.labels.items()}
        return {
            "n_rows": self.n_rows,
            "macro_f1": _rounded(self.macro_f1),
            "labels": {
                label: {name: _rounded(value) for name, value in metrics.items()}
                for label, metrics in table.items()
            },
        }

    def to_table(self) -> str:
        """Return a table for people, in Markdown."""
        width = max(len("label"), len("macro-F1"), *map(len, self.labels))
        lines = [
            f"| {'label':{width}} | rows | precision | recall |    F1 | average precision |",
            f"|{'-' * (width + 2)}|-----:|----------:|-------:|------:|------------------:|",
        ]
        lines += [
            f"| {label:{width}} | {each.n_rows:4} | {each.precision:9.3f} | {each.recall:6.3f} "
            f"| {each.f1:5.3f} | {each.average_precision:17.3f} |"
            for label, each in self.labels.items()
        ]
        lines.append(
            f"| {'macro-F1':{width}} | {self.n_rows:4} | {'':9} | {'':6} "
            f"| {self.macro_f1:5.3f} | {'':17} |"
        )
        return "\n".join(lines)


def evaluate(model: Model, rows: Sequence[Row]) -> Evaluation:
    """Compare a model's labels with those of rows.

    Parameters
    ----------
    model : Model
        The model.
    rows : sequence of Row
        Labelled rows.

    Returns
    -------
    Evaluation
        By label.

    Raises
    ------
    InputError
        If a row carries a label that the model does not have.
    """
    for row in rows:
        for label in row.labels:
            if label not in model.labels:
                raise InputError(
                    f"{row.where}: the model has no label {label!r} "
                    f"(it has {', '.join(model.labels)})"
                )
    texts = [row.text for row in rows]
    true = targets(rows, model.labels).reshape(len(rows), len(model.labels))
    probabilities = model.predict_proba(texts)
    carried = [set(labels) for labels in model.predict(texts)]
    metrics = {}
    for column, label in enumerate(model.labels):
        count = int(true[:, column].sum())
        if count:
            predicted = np.array([label in labels for labels in carried])
            precision, recall, f1, _ = precision_recall_fscore_support(
                true[:, column], predicted, average="binary", zero_division=0.0
            )
            area = average_precision_score(true[:, column], probabilities[:, column])
            metrics[label] = LabelMetrics(count, precision, recall, f1, float(area))
        else:
            metrics[label] = LabelMetrics(0, *[float("nan")] * 4)
    return Evaluation(len(rows), metrics)


def _rounded(value: float) -> float | int | None:
    """Return a metric with four decimals, enough for any table; NaN as None."""
    if isinstance(value, int):
        return value
    return None if np.isnan(value) else round(float(value), 4)
