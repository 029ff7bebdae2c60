from __future__ import annotations

import math

import pytest
from sklearn.metrics import average_precision_score, f1_score

import spillover
from spillover.errors import InputError
from spillover_training.corpus import Row, checked_row
from spillover_training.evaluate import evaluate


def test_metrics_are_those_of_scikit_learn(model: spillover.Model, rows: list[Row]) -> None:
    result = evaluate(model, rows)
    texts = [row.text for row in rows]
    for column, label in enumerate(model.labels):
        true = [label in row.labels for row in rows]
        predicted = [label in labels for labels in model.predict(texts)]
        scores = model.predict_proba(texts)[:, column]
        metrics = result.labels[label]
        assert metrics.n_rows == sum(true)
        assert metrics.f1 == f1_score(true, predicted)
        assert metrics.average_precision == average_precision_score(true, scores)
    assert result.macro_f1 == pytest.approx(
        sum(metrics.f1 for metrics in result.labels.values()) / 4
    )


def test_a_label_without_rows_does_not_count(model: spillover.Model) -> None:
    rows = [
        checked_row({"text": "Rockets hit the port.", "labels": ["military_strike"]}, "x:1"),
        checked_row({"text": "Bread is dear.", "labels": []}, "x:2"),
    ]
    result = evaluate(model, rows)
    assert math.isnan(result.labels["spillover_risk"].f1)
    assert result.macro_f1 == result.labels["military_strike"].f1
    assert result.to_json()["labels"]["spillover_risk"]["f1"] is None
    assert "| military_strike" in result.to_table()


def test_no_rows(model: spillover.Model) -> None:
    assert evaluate(model, []).to_json()["macro_f1"] is None


def test_unknown_labels_are_named(model: spillover.Model) -> None:
    row = checked_row({"text": "a", "labels": ["riot"]}, "x:7")
    with pytest.raises(InputError, match="x:7: the model has no label 'riot'"):
        evaluate(model, [row])
