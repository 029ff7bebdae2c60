from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    f1_score,
    precision_score,
    recall_score,
)

import spillover
from spillover.errors import InputError
from spillover_training.corpus import Row, checked_row
from spillover_training.evaluate import by_column, evaluate


def test_metrics_are_those_of_scikit_learn(model: spillover.Model, rows: list[Row]) -> None:
    result = evaluate(model, rows)
    texts = [row.text for row in rows]
    for column, label in enumerate(model.labels):
        true = [label in row.labels for row in rows]
        predicted = [label in labels for labels in model.predict(texts)]
        scores = model.predict_proba(texts)[:, column]
        metrics = result.labels[label]
        assert metrics.n_rows == sum(true)
        assert metrics.precision.value == precision_score(true, predicted)
        assert metrics.recall.value == recall_score(true, predicted)
        assert metrics.f1.value == f1_score(true, predicted)
        assert metrics.average_precision == average_precision_score(true, scores)
        assert metrics.brier.value == pytest.approx(brier_score_loss(true, scores))
        always = np.full(len(true), np.mean(true))
        gain = brier_score_loss(true, always) - metrics.brier.value
        assert metrics.brier_gain.value == pytest.approx(gain)
    mean = sum(metrics.f1.value for metrics in result.labels.values()) / 4
    assert result.macro_f1.value == pytest.approx(mean)


def test_calibration_error_is_the_mean_gap_of_the_bins(
    model: spillover.Model, rows: list[Row]
) -> None:
    scores = model.predict_proba([row.text for row in rows])[:, 0]
    true = np.array(["military_strike" in row.labels for row in rows])
    gaps = []
    for low in np.arange(0, 1, 0.1):
        inside = (scores >= low) & (scores < low + 0.1)
        if inside.any():
            gaps.append(inside.sum() * abs(true[inside].mean() - scores[inside].mean()))
    error = evaluate(model, rows).labels["military_strike"].calibration_error
    assert error.value == pytest.approx(sum(gaps) / len(rows))


def test_intervals_hold_the_figure_and_narrow_with_more_items(
    model: spillover.Model, rows: list[Row]
) -> None:
    many, few = evaluate(model, rows).macro_f1, evaluate(model, rows[:60]).macro_f1
    assert many.low < many.value < many.high
    assert many.high - many.low < few.high - few.low
    assert evaluate(model, rows).macro_f1 == many


def test_one_item_has_no_spread(model: spillover.Model, rows: list[Row]) -> None:
    alone = [row for row in rows if row.item == rows[0].item]
    f1 = evaluate(model, alone).labels["military_strike"].f1
    assert f1.low == f1.value == f1.high


def test_a_label_without_rows_does_not_count(model: spillover.Model) -> None:
    rows = [
        checked_row({"text": "Rockets hit the port.", "labels": ["military_strike"]}, "x:1"),
        checked_row({"text": "Bread is dear.", "labels": []}, "x:2"),
    ]
    result = evaluate(model, rows)
    assert list(result.labels) == ["military_strike"]
    assert result.macro_f1.value == result.labels["military_strike"].f1.value
    assert "| military_strike | 1 |" in result.to_table()


def test_no_rows(model: spillover.Model) -> None:
    result = evaluate(model, [])
    assert math.isnan(result.macro_f1.value)
    assert result.to_json() == {"n_rows": 0, "macro_f1": [None, None, None], "labels": {}}


def test_by_column(model: spillover.Model, rows: list[Row]) -> None:
    found = by_column(model, rows, "style")
    assert sum(result.n_rows for result in found.values()) == len(rows)
    wire = [row for row in rows if row.columns["style"] == "wire"]
    assert found["wire"] == evaluate(model, wire)
    with pytest.raises(InputError, match="no row has a column 'colour'"):
        by_column(model, rows, "colour")


def test_unknown_labels_are_named(model: spillover.Model) -> None:
    row = checked_row({"text": "a", "labels": ["riot"]}, "x:7")
    with pytest.raises(InputError, match="x:7: the model has no label 'riot'"):
        evaluate(model, [row])
