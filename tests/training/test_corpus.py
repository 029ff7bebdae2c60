from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import datasets
import pytest

from spillover.errors import InputError
from spillover_training.corpus import (
    as_dataset,
    checked_row,
    fingerprint,
    label_meanings,
    neighbours,
    read_rows,
    split_of,
)


def test_the_split_of_an_item_never_changes() -> None:
    items = [f"item-{number}" for number in range(1000)]
    assert [item for item in items[:30] if split_of(item) == "test"] == ["item-11"]
    assert 80 < sum(split_of(item) == "test" for item in items) < 120


def test_a_row_needs_only_text_and_labels() -> None:
    row = checked_row({"text": "A.", "labels": ["b", "a", "b"], "style": "wire", "n": 3}, "x:1")
    assert (row.labels, row.item, row.split) == (("a", "b"), "A.", split_of("A."))
    assert row.columns == {"style": "wire", "n": "3"}
    row = checked_row({"text": "A.", "labels": "", "item": "", "split": ""}, "x:1")  # CSV cells
    assert (row.labels, row.item, row.split) == ((), "A.", split_of("A."))
    row = checked_row({"text": "A.", "labels": "a|b", "item": 7, "split": "test"}, "x:1")
    assert (row.labels, row.item, row.split) == (("a", "b"), "7", "test")


def test_neighbours_of_an_item_are_joined_with_the_labels_of_both() -> None:
    rows = [
        checked_row({"text": text, "labels": labels, "item": item}, f"x:{number}")
        for number, (text, labels, item) in enumerate(
            [("One.", ["b"], 1), ("Two.", [], 1), ("Three.", ["b", "a"], 1), ("Four.", [], 2)]
        )
    ]
    assert [(pair.text, pair.labels, pair.item) for pair in neighbours(rows)] == [
        ("One. Two.", ("b",), "1"),
        ("Two. Three.", ("a", "b"), "1"),
    ]


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (
            {"labels": []},
            "x:3: 'text' is missing; a labelled row needs 'text' and 'labels' (it has",
        ),
        ({"text": None, "labels": []}, "x:3: 'text' is null"),
        ({"text": 3, "labels": []}, "x:3: 'text' must be a string, got 3"),
        ({"text": "\ud800", "labels": []}, "x:3: 'text' has half a surrogate pair"),
        ({"text": "a", "labels": [], "item": "\udc00"}, "x:3: 'item' has half a surrogate"),
        ({"text": "a"}, "x:3: 'labels' is missing"),
        ({"text": "a", "labels": 3}, "x:3: 'labels' must be a list of strings, got 3"),
        ({"text": "a", "labels": [3]}, "x:3: a label must be a string, got 3"),
        ({"text": "a", "labels": [" b"]}, "x:3: label ' b' is empty, padded or holds a '|'"),
        ({"text": "a", "labels": ["b" * 101]}, f"x:3: label '{'b' * 27}..."),
        ({"text": "a", "labels": [], "split": "dev"}, "x:3: 'split' must be train or test"),
    ],
)
def test_faulty_rows_are_named(record: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        checked_row(record, "x:3")
    assert str(error.value).startswith(message)


def written(path: Path, *records: dict[str, Any]) -> str:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return str(path)


def test_folders_are_read_by_file_name(tmp_path: Path) -> None:
    written(tmp_path / "b.jsonl", {"text": "2", "labels": []})
    (tmp_path / "a.csv").write_text("text,labels\n1,x|y\n")
    written(tmp_path / "labels.json", {"x": "", "y": ""})
    (tmp_path / "README.md").write_text("card")
    rows = read_rows([str(tmp_path)])
    assert [(row.text, row.labels) for row in rows] == [("1", ("x", "y")), ("2", ())]
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no labelled data here"):
        read_rows([str(tmp_path / "empty")])


def test_an_item_must_not_straddle_splits(tmp_path: Path) -> None:
    rows = [
        {"text": "a", "labels": [], "item": "i", "split": "train"},
        {"text": "b", "labels": [], "item": "i", "split": "test"},
    ]
    with pytest.raises(InputError) as error:
        read_rows([written(tmp_path / "in.jsonl", *rows)])
    assert "in.jsonl:2: item 'i' is in split 'test', but in 'train' at" in str(error.value)


def test_hub_data_sets_go_through_the_same_check(monkeypatch: pytest.MonkeyPatch) -> None:
    def stub(name: str) -> datasets.DatasetDict:
        assert name == "owner/name"
        test = {"text": ["a", "b"], "labels": [["x"], []]}
        return datasets.DatasetDict(
            test=datasets.Dataset.from_dict(test),
            more=datasets.Dataset.from_dict({"text": ["c", None], "labels": [[], []]}),
        )

    monkeypatch.setattr(datasets, "load_dataset", stub)
    with pytest.raises(InputError, match="hf:owner/name more:2: 'text' is null"):
        read_rows(["hf:owner/name"])


def test_hub_splits_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    table = datasets.Dataset.from_dict({"text": ["a", "b"], "labels": [["x"], []]})
    monkeypatch.setattr(datasets, "load_dataset", lambda name: datasets.DatasetDict(test=table))
    rows = read_rows(["hf:owner/name"])
    assert [(row.text, row.labels, row.split) for row in rows] == [
        ("a", ("x",), "test"),
        ("b", (), "test"),
    ]


def test_a_hub_data_set_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise FileNotFoundError("not on the hub")

    monkeypatch.setattr(datasets, "load_dataset", missing)
    with pytest.raises(InputError, match=r"hf:owner/name: cannot be loaded \(not on the hub\)"):
        read_rows(["hf:owner/name"])


def test_label_meanings(tmp_path: Path) -> None:
    source = written(tmp_path / "in.jsonl", {"text": "a", "labels": ["y", "x"]})
    rows = read_rows([source])
    assert label_meanings([source], rows) == {"x": "", "y": ""}
    (tmp_path / "labels.json").write_text('{"y": "Why.", "x": "Ex."}')
    assert list(label_meanings([str(tmp_path)], rows).items()) == [("y", "Why."), ("x", "Ex.")]
    (tmp_path / "labels.json").write_text('{"y": "Why."}')
    with pytest.raises(InputError, match=r"in\.jsonl:1: label 'x' is not in .*labels\.json \(y\)"):
        label_meanings([str(tmp_path)], rows)
    (tmp_path / "labels.json").write_text("[]")
    with pytest.raises(InputError, match="must be an object of label names and meanings"):
        label_meanings([str(tmp_path)], rows)


def test_a_dataset_has_explicit_features() -> None:
    rows = [
        checked_row({"text": "1", "labels": [], "style": "wire"}, "x:1"),
        checked_row({"text": "2", "labels": ["a"]}, "x:2"),
    ]
    table = as_dataset(rows)
    assert table["text"][:] == ["1", "2"]  # not numbers
    assert table.features["labels"].feature.dtype == "string"
    assert table["style"][:] == ["wire", None]


def test_the_fingerprint_is_that_of_the_content() -> None:
    row = {"text": "a", "labels": ["x"]}
    same = fingerprint([checked_row(row, "x:1")])
    assert fingerprint([checked_row(row, "y:9")]) == same
    assert fingerprint([checked_row({**row, "labels": []}, "x:1")]) != same
