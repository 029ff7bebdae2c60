"""What an evaluation draws: curves over thresholds, reliability, confusion, the worst mistakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import precision_recall_curve

from spillover.policy import GRID
from spillover.scorer import Model
from spillover_training.bootstrap import Resamples
from spillover_training.corpus import Row
from spillover_training.evaluate import BINS
from spillover_training.pipeline import Bools, Floats
from spillover_training.search import targets

_POINTS = 300
_MISTAKES = 10


@dataclass(frozen=True)
class Bin:
    """The rows of one bin of probability.

    Attributes
    ----------
    n_rows : int
        How many.
    mean : float
        Their mean probability.
    share, low, high : float
        The share that carries the label, with its 95 % interval.
    """

    n_rows: int
    mean: float
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class LabelCurves:
    """The curves of one label.

    Attributes
    ----------
    recall, precision : float64 arrays
        The precision–recall curve, at some 300 points or fewer.
    by_threshold : Mapping of str to float64 array (3, len(GRID))
        Precision, recall and f1 at the thresholds of `spillover.policy.GRID`: the value and the
        ends of its 95 % interval by a bootstrap over items. Nothing of nothing counts as 0.
    bins : tuple of Bin
        Reliability in equal-width bins; those without rows are left out.
    """

    recall: Floats
    precision: Floats
    by_threshold: Mapping[str, Floats]
    bins: tuple[Bin, ...]


@dataclass(frozen=True)
class Mistake:
    """A row that the model labels otherwise than its labels say.

    Attributes
    ----------
    row : Row
        The row.
    probability : float
        What the model gave the label.
    reasons : tuple of str
        The terms that spoke most for what the model did.
    """

    row: Row
    probability: float
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """A model's probabilities beside the labels of rows.

    Attributes
    ----------
    labels : tuple of str
        The labels that any row carries.
    curves : Mapping of str to LabelCurves
        Their curves.
    confusion : int array (n_labels + 1, n_labels + 1)
        Rows that carry the label of the row and were given that of the column, among all labels
        of the model; the last stand for no label. A row with two labels counts in two rows.
    false_alarms, misses : Mapping of str to tuple of Mistake
        Rows given a label that they do not carry, and the reverse, the most confident first.
    """

    labels: tuple[str, ...]
    curves: Mapping[str, LabelCurves]
    confusion: np.ndarray[tuple[int, int], np.dtype[np.int64]]
    false_alarms: Mapping[str, tuple[Mistake, ...]]
    misses: Mapping[str, tuple[Mistake, ...]]


def compare(model: Model, rows: Sequence[Row]) -> Comparison:
    """Compare a model's probabilities with the labels of rows, the same at every run.

    Parameters
    ----------
    model : Model
        The model; it must have every label of the rows.
    rows : sequence of Row
        Labelled rows.
    """
    texts = [row.text for row in rows]
    true = targets(rows, model.labels).reshape(len(rows), len(model.labels)).astype(bool)
    probabilities = model.predict_proba(texts)
    carried = [set(labels) for labels in model.predict(texts)]
    given = np.array([[label in each for label in model.labels] for each in carried], bool)
    given = given.reshape(true.shape)
    resamples = Resamples([row.item for row in rows])
    curves, false_alarms, misses = {}, {}, {}
    for column, label in enumerate(model.labels):
        y, p, predicted = true[:, column], probabilities[:, column], given[:, column]
        if not y.any():
            continue
        curves[label] = _curves(y, p, resamples)
        alarms = [at for at in np.argsort(-p, kind="stable") if predicted[at] and not y[at]]
        missed = [at for at in np.argsort(p, kind="stable") if y[at] and not predicted[at]]
        false_alarms[label] = _mistakes(model, rows, p, alarms, label, sign=1)
        misses[label] = _mistakes(model, rows, p, missed, label, sign=-1)
    return Comparison(tuple(curves), curves, _confusion(true, given), false_alarms, misses)


def _curves(y: Bools, p: Floats, resamples: Resamples) -> LabelCurves:
    precision, recall, _ = precision_recall_curve(y, p)
    kept = np.unique(np.linspace(0, len(recall) - 1, _POINTS).round().astype(int))
    predicted = p[:, None] >= np.array(GRID)
    hits = resamples.sums(predicted & y[:, None])
    n_predicted, n_true = resamples.sums(predicted), resamples.sums(y)[:, None]
    by_threshold = {
        "precision": _ratio(hits, n_predicted),
        "recall": _ratio(hits, np.broadcast_to(n_true, hits.shape)),
        "f1": _ratio(2 * hits, n_predicted + n_true),
    }
    return LabelCurves(
        recall=recall[kept],
        precision=precision[kept],
        by_threshold={
            name: np.vstack([values[0], np.percentile(values[1:], (2.5, 97.5), axis=0)])
            for name, values in by_threshold.items()
        },
        bins=_bins(y, p, resamples),
    )


def _bins(y: Bools, p: Floats, resamples: Resamples) -> tuple[Bin, ...]:
    numbers = np.minimum((p * BINS).astype(int), BINS - 1)
    found = []
    for number in range(BINS):
        inside = numbers == number
        if inside.any():
            n_inside = resamples.sums(inside)
            shares = _ratio(resamples.sums(inside & y), n_inside)
            # A resample without a row of the bin says nothing about it.
            drawn = shares[1:][n_inside[1:] > 0]
            low, high = np.percentile(drawn, (2.5, 97.5)) if len(drawn) else (shares[0],) * 2
            mean = float(p[inside].mean())
            found.append(Bin(int(inside.sum()), mean, float(shares[0]), float(low), float(high)))
    return tuple(found)


def _confusion(true: Bools, given: Bools) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    def with_none(labels: Bools) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
        return np.column_stack([labels, ~labels.any(axis=1)]).astype(np.int64)

    return with_none(true).T @ with_none(given)


def _mistakes(
    model: Model, rows: Sequence[Row], p: Floats, at: Sequence[int], label: str, *, sign: int
) -> tuple[Mistake, ...]:
    found = []
    for each in at[:_MISTAKES]:
        reasons = model.explain(rows[each].text)[label].reasons
        telling = [reason.name for reason in reasons if sign * reason.contribution > 0]
        found.append(Mistake(rows[each], float(p[each]), tuple(telling[:4])))
    return tuple(found)


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)
