from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from command_line import run
from sklearn.metrics import precision_score, recall_score

import spillover
from spillover.policy import GRID
from spillover_training.corpus import Row, checked_row
from spillover_training.curves import compare
from spillover_training.evaluate import evaluate
from spillover_training.evaluation_page import evaluation_page


def test_threshold_curves_are_those_of_scikit_learn(
    model: spillover.Model, rows: list[Row]
) -> None:
    curves = compare(model, rows).curves["military_strike"].by_threshold
    true = ["military_strike" in row.labels for row in rows]
    scores = model.predict_proba([row.text for row in rows])[:, 0]
    for at in (9, 49, 89):
        predicted = scores >= GRID[at]
        assert curves["precision"][0, at] == pytest.approx(precision_score(true, predicted))
        assert curves["recall"][0, at] == pytest.approx(recall_score(true, predicted))
    for values, lows, highs in curves.values():
        assert (lows <= values + 1e-9).all()
        assert (values <= highs + 1e-9).all()


def test_reliability_bins_hold_every_row(model: spillover.Model, rows: list[Row]) -> None:
    for label, curves in compare(model, rows).curves.items():
        assert sum(each.n_rows for each in curves.bins) == len(rows)
        carried = sum(label in row.labels for row in rows)
        assert sum(each.n_rows * each.share for each in curves.bins) == pytest.approx(carried)
        for each in curves.bins:
            assert each.low <= each.share <= each.high


def test_confusion_counts_what_is_carried_and_given(
    model: spillover.Model, rows: list[Row]
) -> None:
    found = compare(model, rows)
    given = model.predict([row.text for row in rows])
    strikes = [
        labels for labels, row in zip(given, rows, strict=True) if "military_strike" in row.labels
    ]
    assert found.confusion[0, 0] == sum("military_strike" in labels for labels in strikes)
    assert found.confusion[0, 1] == sum("casualty_report" in labels for labels in strikes)
    assert found.confusion[0, 4] == sum(not labels for labels in strikes)
    assert found.confusion[4, 4] == sum(
        not labels and not row.labels for labels, row in zip(given, rows, strict=True)
    )


def test_the_most_confident_mistakes_come_first(model: spillover.Model, rows: list[Row]) -> None:
    found = compare(model, rows)
    for label in found.labels:
        alarms = [each.probability for each in found.false_alarms[label]]
        misses = [each.probability for each in found.misses[label]]
        assert alarms == sorted(alarms, reverse=True)
        assert misses == sorted(misses)
        assert not any(label in each.row.labels for each in found.false_alarms[label])
        assert all(label in each.row.labels for each in found.misses[label])


def test_the_page_shows_a_mistake_with_its_place_and_its_text_as_text() -> None:
    model = spillover.load()
    rows = [
        checked_row({"text": "Rockets <b>hit</b> the port.", "labels": []}, "x.jsonl:1"),
        checked_row({"text": "Shells hit the port.", "labels": ["military_strike"]}, "x.jsonl:2"),
        checked_row({"text": "Bread is dear.", "labels": []}, "x.jsonl:3"),
    ]
    page = evaluation_page(model, rows, evaluate(model, rows))
    assert page == evaluation_page(model, rows, evaluate(model, rows))
    assert "Rockets &lt;b&gt;hit&lt;/b&gt; the port." in page
    assert re.search(r"\d\.\d\d · x\.jsonl:1 · for it: .*hit", page)
    assert "Precision over recall; average precision" in page


def test_nothing_to_compare(model: spillover.Model) -> None:
    assert compare(model, []).labels == ()
    row = checked_row({"text": "Bread is dear.", "labels": []}, "x:1")
    found = compare(model, [row])
    assert np.array_equal(found.confusion[-1], [0, 0, 0, 0, 1])
    assert "macro-F1" in evaluation_page(model, [row], evaluate(model, [row]))


def test_evaluate_writes_the_page(tmp_path: Path) -> None:
    data = tmp_path / "rows.jsonl"
    data.write_text('{"text": "Shells hit the port.", "labels": ["military_strike"]}\n')
    done = run("evaluate", data, "--report", tmp_path / "eval.html")
    assert done.returncode == 0, done.stderr.decode()
    assert b"| military_strike | 1 |" in done.stdout
    assert "Confusion between labels" in (tmp_path / "eval.html").read_text("utf-8")
