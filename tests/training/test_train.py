from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import joblib
import numpy as np
import pytest
from typer.testing import CliRunner

import spillover
from spillover import cli
from spillover.errors import InputError
from spillover.terms import TermClasses
from spillover_training import folds
from spillover_training.corpus import Row, checked_row
from spillover_training.train import train


def _silent(done: int, total: int) -> None:
    """Show no progress."""


TERMS = TermClasses.parse({"weather": "rain, snow", "sport": "goal, match"})


def own_rows(n_items: int = 40) -> list[Row]:
    """Rows of somebody else's two labels, in items of two sentences."""
    rows = []
    for item in range(n_items):
        wet, won = item % 2 == 0, item % 3 == 0
        text = f"{'Rain and snow' if wet else 'Sun'} fell; {'a goal won' if won else 'no one won'}."
        labels = ["weather"] * wet + ["sport"] * won
        for number in range(2):
            record = {"text": text, "labels": labels, "item": f"item {item}"}
            rows.append(checked_row(record, f"x:{2 * item + number}"))
    return rows


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "pipeline.joblib"
    }


def test_the_same_data_give_the_same_bytes(trained: Path, rows: list[Row], tmp_path: Path) -> None:
    labels = spillover.load(trained).parts.labels
    train(rows, labels, tmp_path / "again", terms=TermClasses.read(), jobs=2, progress=_silent)
    assert files(tmp_path / "again") == files(trained)


def test_of_many_rows_the_search_takes_a_sample_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folds, "SEARCHED_ROWS", 31)
    (tmp_path / "rows.jsonl").write_text(
        "".join(
            json.dumps({**vars(row), "split": "train", "columns": None}) + "\n"
            for row in own_rows()
        )
    )
    options = ["train", str(tmp_path / "rows.jsonl"), "--out", str(tmp_path / "model")]
    done = CliRunner().invoke(cli.app, [*options, "--jobs", "1"])
    assert done.exit_code == 0
    assert done.stderr == (
        "spillover: 80 training rows: the search runs on 31 of them at most, "
        "a sample of the items\n"
    )
    training = spillover.load(tmp_path / "model").parts.training
    assert (training["rows"], training["searched_rows"]) == (80, 30)


def test_a_label_that_the_sample_lacks_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [replace(row, split="train") for row in own_rows()]
    monkeypatch.setattr(folds, "SEARCHED_ROWS", 30)
    searched = {row.item for row in folds.sampled(rows)}
    rare = next(row.item for row in rows if row.item not in searched)
    rows = [replace(row, labels=("rare",) if row.item == rare else ()) for row in rows]
    with pytest.raises(InputError, match="label 'rare': the sample that is searched has 0 item"):
        train(rows, {"rare": ""}, tmp_path / "out", terms=TERMS, jobs=1, progress=_silent)


def test_labels_that_can_hardly_be_meant_are_told(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    rows = [{**vars(row), "columns": None} for row in own_rows()]
    rows[7]["labels"] = ["Weather"]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    options = ["train", str(path), "--out", str(tmp_path / "model"), "--jobs", "1"]
    assert CliRunner().invoke(cli.app, options).stderr == (
        f"spillover: {path}:8: labels differ only in case: 'Weather' and 'weather'\n"
        "spillover: texts that stand again with other labels: 1; "
        "spillover corpus check lists them\n"
    )


def test_own_labels(tmp_path: Path) -> None:
    steps = []
    model, test = train(
        own_rows(),
        {"weather": "It rains.", "sport": ""},
        tmp_path / "model",
        terms=TERMS,
        jobs=1,
        progress=lambda done, total: steps.append((done, total)),
    )
    assert model.labels == ("weather", "sport")
    assert model.predict(["Rain and snow fell; no one won.", "Sun fell; a goal won."]) == [
        ("weather",),
        ("sport",),
    ]
    assert test is not None
    assert test.macro_f1.value == 1.0
    shares = [done / total for done, total in steps]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)
    card = (tmp_path / "model" / "README.md").read_text()
    assert f"# Model {model.version}" in card
    assert "- **weather** (threshold 0." in card
    assert model.parts.terms == TERMS


def test_the_pipeline_beside_the_model_is_the_model(trained: Path, rows: list[Row]) -> None:
    texts = [row.text for row in rows[:20]]
    pipeline = joblib.load(trained / "pipeline.joblib")
    np.testing.assert_allclose(
        pipeline.predict_proba(texts), spillover.load(trained).predict_proba(texts), atol=1e-6
    )


def test_the_model_does_not_learn_from_the_test_split(tmp_path: Path) -> None:
    rows = own_rows()
    train(rows, {"weather": "", "sport": ""}, tmp_path / "a", terms=TERMS, jobs=1, progress=_silent)
    changed = [
        checked_row({"text": "Other.", "labels": [], "item": row.item}, row.where)
        if row.split == "test"
        else row
        for row in rows
    ]
    train(
        changed, {"weather": "", "sport": ""}, tmp_path / "b", terms=TERMS, jobs=1, progress=_silent
    )
    for file in ("weights.safetensors", "vocabulary.txt"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_a_model_is_replaced_and_nothing_else_is(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for _ in range(2):
        train(own_rows(), {"weather": "", "sport": ""}, out, terms=TERMS, jobs=1, progress=_silent)
    assert list(tmp_path.iterdir()) == [out]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    (tmp_path / "mine" / "SHA256SUMS").write_text("0123  thesis.txt\n")
    with pytest.raises(InputError, match="is there already and is no model folder"):
        train(
            own_rows(),
            {"weather": "", "sport": ""},
            tmp_path / "mine",
            terms=TERMS,
            jobs=1,
            progress=_silent,
        )
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


def test_one_term_class_has_no_pairs(tmp_path: Path) -> None:
    terms = TermClasses.parse({"weather": "rain, snow", "doubt": "@cue"})
    labels = {"weather": "", "sport": ""}
    model, _ = train(own_rows(), labels, tmp_path / "model", terms=terms, jobs=1, progress=_silent)
    assert model.parts.tables.settings.blocks == ("words", "terms")
    assert spillover.load(tmp_path / "model").version == model.version


def test_rows_with_nothing_in_common_are_refused(tmp_path: Path) -> None:
    rows = [
        checked_row({"text": f"w{n}x", "labels": ["a"] * (n % 2), "split": "train"}, f"x:{n}")
        for n in range(8)
    ]
    with pytest.raises(InputError, match="too little in common"):
        train(rows, {"a": ""}, tmp_path / "out", terms=TERMS, jobs=1, progress=_silent)


def test_a_folder_that_cannot_be_written_is_refused_first(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        train(
            own_rows(),
            {"weather": ""},
            tmp_path / "file" / "out",
            terms=TERMS,
            jobs=1,
            progress=_silent,
        )


def test_too_little_data_leave_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=re.escape("has 0 item(s) with a row with it")):
        train(
            own_rows(),
            {"weather": "", "flood": ""},
            tmp_path / "out",
            terms=TERMS,
            jobs=1,
            progress=_silent,
        )
    with pytest.raises(InputError, match="no row carries a label"):
        train(own_rows(), {}, tmp_path / "out", terms=TERMS, jobs=1, progress=_silent)
    assert not list(tmp_path.iterdir())
