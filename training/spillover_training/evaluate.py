"""How right a model is on labelled rows, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score

from spillover.errors import InputError
from spillover.scorer import Model
from spillover_training.bootstrap import RESAMPLES, Resamples
from spillover_training.corpus import Row
from spillover_training.pipeline import Bools, Floats
from spillover_training.search import targets

BINS = 10
_NAN = float("nan")


@dataclass(frozen=True)
class Estimate:
    """A figure and its interval.

    Attributes
    ----------
    value : float
        The figure; NaN where it has no meaning.
    low, high : float
        Its 95 % interval: percentiles of a bootstrap over items (Efron and Tibshirani 1993, "An
        introduction to the bootstrap", chapter 13).
    """

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f}–{self.high:.3f})"


@dataclass(frozen=True)
class LabelMetrics:
    """Metrics of one label.

    Attributes
    ----------
    n_rows : int
        Rows that carry the label.
    precision, recall, f1 : Estimate
        At the model's threshold.
    average_precision : float
        Over all thresholds.
    calibration_error : Estimate
        Expected calibration error in 10 equal-width bins (Naeini, Cooper and Hauskrecht 2015,
        "Obtaining well calibrated probabilities using Bayesian binning", section on ECE).
    brier : Estimate
        Brier score: mean squared error of the probability.
    brier_gain : Estimate
        By how much that is better than always giving the label's share in the rows.
    """

    n_rows: int
    precision: Estimate
    recall: Estimate
    f1: Estimate
    average_precision: float
    calibration_error: Estimate
    brier: Estimate
    brier_gain: Estimate


@dataclass(frozen=True)
class Evaluation:
    """Metrics of a model on some rows.

    Attributes
    ----------
    n_rows : int
        How many rows.
    labels : Mapping of str to LabelMetrics
        By label, in the model's order; labels without rows are left out.
    macro_f1 : Estimate
        The mean F1 of these labels.
    """

    n_rows: int
    labels: Mapping[str, LabelMetrics]
    macro_f1: Estimate

    def to_json(self) -> dict[str, Any]:
        """Return plain values with four decimals; an estimate as value, low, high."""
        return {
            "n_rows": self.n_rows,
            "macro_f1": _plain(self.macro_f1),
            "labels": {
                label: {name: _plain(value) for name, value in vars(metrics).items()}
                for label, metrics in self.labels.items()
            },
        }

    def to_table(self) -> str:
        """Return a table for people, in Markdown."""
        lines = [
            "| label | rows | precision | recall | F1 (95 %) | average precision "
            "| calibration error (95 %) | Brier score (gain on base rate) |",
            "|---|---:|---:|---:|---:|---:|---:|---:|",
        ]
        lines += [
            f"| {label} | {each.n_rows} | {each.precision.value:.3f} | {each.recall.value:.3f} "
            f"| {each.f1} | {each.average_precision:.3f} | {each.calibration_error} "
            f"| {each.brier.value:.3f} ({each.brier_gain.value:.3f}) |"
            for label, each in self.labels.items()
        ]
        lines.append(f"| macro-F1 | {self.n_rows} | | | {self.macro_f1} | | | |")
        return "\n".join(lines)


def evaluate(model: Model, rows: Sequence[Row]) -> Evaluation:
    """Compare a model's labels and probabilities with the labels of rows.

    Parameters
    ----------
    model : Model
        The model.
    rows : sequence of Row
        Labelled rows.

    Returns
    -------
    Evaluation
        By label; the same at every run.

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
    predicted = np.array([[label in each for label in model.labels] for each in carried], bool)
    resamples = Resamples([row.item for row in rows])
    metrics = {}
    f1_scores = []
    for column, label in enumerate(model.labels):
        if true[:, column].any():
            y, p = true[:, column], probabilities[:, column]
            metrics[label], f1 = _label_metrics(y, p, predicted[:, column], resamples)
            f1_scores.append(f1)
    macro = np.mean(f1_scores, axis=0) if f1_scores else np.full(1 + RESAMPLES, _NAN)
    return Evaluation(len(rows), metrics, _estimate(macro))


def by_column(model: Model, rows: Sequence[Row], column: str) -> dict[str, Evaluation]:
    """Evaluate apart the rows of each value of a column, such as ``style``.

    Raises
    ------
    InputError
        If no row has the column.
    """
    values = sorted({row.columns[column] for row in rows if column in row.columns})
    if not values:
        names = sorted({name for row in rows for name in row.columns})
        raise InputError(f"no row has a column {column!r} (there are {', '.join(names) or 'none'})")
    return {
        value: evaluate(model, [row for row in rows if row.columns.get(column) == value])
        for value in values
    }


def _label_metrics(
    y: Bools, p: Floats, predicted: Bools, resamples: Resamples
) -> tuple[LabelMetrics, Floats]:
    """Return the metrics of a label, and its F1 in each resample."""
    figures = np.column_stack([y & predicted, predicted, y, np.ones(len(y)), (p - y) ** 2])
    hits, n_predicted, n_true, n_rows, errors = resamples.sums(figures).T
    f1 = _ratio(2 * hits, n_predicted + n_true)
    brier = errors / n_rows
    share = n_true / n_rows
    in_bin = np.minimum((p * BINS).astype(int), BINS - 1)[:, None] == np.arange(BINS)
    gaps = np.abs(resamples.sums(np.where(in_bin, (p - y)[:, None], 0.0)))
    metrics = LabelMetrics(
        n_rows=int(y.sum()),
        precision=_estimate(_ratio(hits, n_predicted)),
        recall=_estimate(_ratio(hits, n_true)),
        f1=_estimate(f1),
        average_precision=float(average_precision_score(y, p)),
        calibration_error=_estimate(gaps.sum(axis=1) / n_rows),
        brier=_estimate(brier),
        brier_gain=_estimate(share * (1 - share) - brier),
    )
    return metrics, f1


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Divide; nothing of nothing counts as 0."""
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)


def _estimate(resamples: Floats) -> Estimate:
    low, high = np.percentile(resamples[1:], (2.5, 97.5))
    return Estimate(float(resamples[0]), float(low), float(high))


def _plain(value: Any) -> Any:
    if isinstance(value, Estimate):
        return [_plain(value.value), _plain(value.low), _plain(value.high)]
    if isinstance(value, float):
        return None if np.isnan(value) else round(value, 4)
    return value
