"""An evaluation as one page: what to look at beside the figures."""

from __future__ import annotations

from collections.abc import Sequence

from spillover.policy import GRID
from spillover.report.charts import Chart, Layer, band, dots, line
from spillover.report.page import render
from spillover.report.palette import LabelLook, looks
from spillover.scorer import Model
from spillover_training.corpus import Row
from spillover_training.curves import LabelCurves, compare
from spillover_training.evaluate import Evaluation

_SHARES = ("1", "0.75", "0.5", "0.25", "0")
_FROM_0 = _SHARES[::-1]


def evaluation_page(model: Model, rows: Sequence[Row], result: Evaluation) -> str:
    """Return an evaluation as one HTML page.

    Parameters
    ----------
    model : Model
        What was evaluated.
    rows : sequence of Row
        On which rows.
    result : Evaluation
        What came out.
    """
    found = compare(model, rows)
    by_label = looks(model.labels)
    return render(
        "evaluation",
        title=f"Evaluation on {len(rows)} sentences",
        model=model.version,
        n_items=len({row.item for row in rows}),
        result=result,
        panels=[
            {
                "look": by_label[label],
                "metrics": result.labels[label],
                "threshold": model.thresholds[label],
                "precision_recall": _precision_recall(found.curves[label], result, label),
                "reliability": _reliability(found.curves[label], by_label[label]),
                "bins": found.curves[label].bins,
                "by_threshold": _by_threshold(found.curves[label], model.thresholds[label]),
                "mistakes": [
                    ("Given, but not carried", "for", found.false_alarms[label]),
                    ("Carried, but not given", "against", found.misses[label]),
                ],
            }
            for label in found.labels
        ],
        names=[look.title for look in by_label.values()] + ["no label"],
        confusion=found.confusion.tolist(),
    )


def _precision_recall(curves: LabelCurves, result: Evaluation, label: str) -> Chart:
    metrics = result.labels[label]
    return _chart(
        f"Precision over recall; average precision {metrics.average_precision:.3f}.",
        [
            Layer("line", line(curves.recall.tolist(), curves.precision.tolist(), 1.0)),
            Layer("spot", dots([metrics.recall.value], [metrics.precision.value], 1.0)),
        ],
    )


def _reliability(curves: LabelCurves, look: LabelLook) -> Chart:
    means = [each.mean for each in curves.bins]
    shares = [each.share for each in curves.bins]
    bars = "".join(
        f"M{each.mean:.3f} {100 - 100 * each.low:.2f}V{100 - 100 * each.high:.2f}"
        for each in curves.bins
    )
    return _chart(
        f"Share of sentences that carry {look.title} over its probability, in ten bins.",
        [
            Layer("even", "M0 100L1 0"),
            Layer("line", line(means, shares, 1.0)),
            Layer("bars", bars),
            Layer("spot", dots(means, shares, 1.0)),
        ],
    )


def _by_threshold(curves: LabelCurves, threshold: float) -> Chart:
    layers = [Layer("even", f"M{threshold:.3f} 0V100")]
    for name, (values, lows, highs) in curves.by_threshold.items():
        layers.append(Layer(f"band {name}", band(GRID, lows.tolist(), highs.tolist(), 1.0)))
        layers.append(Layer(f"line {name}", line(GRID, values.tolist(), 1.0)))
    return _chart("Precision, recall and F1 over the threshold.", layers)


def _chart(told: str, layers: list[Layer]) -> Chart:
    return Chart(told=told, width=1, x_ticks=_FROM_0, y_ticks=_SHARES, layers=layers)
