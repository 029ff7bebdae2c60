from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spillover_training.check import Group, check

LEFT = "Rebels shelled the eastern market of the town on Tuesday morning, killing four people."


def found(tmp_path: Path, *records: dict[str, Any]) -> list[tuple[str, str, str]]:
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps({"labels": [], **record}) + "\n" for record in records))
    return [
        (finding.level, finding.kind, finding.where.rpartition(":")[2])
        for finding in check([str(path)]).findings
    ]


def test_sound_rows_have_no_findings(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"text": LEFT}, {"text": "Bread is dear.", "labels": ["price"]}]
    assert found(tmp_path, *rows, {"text": "Milk costs more.", "labels": ["price"]}) == []


@pytest.mark.parametrize(
    ("record", "level", "kind"),
    [
        ({"text": 3}, "error", "faulty row"),
        ({"text": "a bell \a rang"}, "error", "control character"),
        ({"text": "caf\ufffd closed"}, "error", "replacement character"),
        ({"text": "He <b>said</b> so."}, "error", "markup"),
        ({"text": "Salt &amp; pepper"}, "error", "markup"),
        ({"text": "two  spaces"}, "error", "surrounding or double space"),
        ({"text": "He met the"}, "warning", "cut off"),
        ({"text": "—"}, "error", "no word"),
        ({"text": "word " * 250 + "end"}, "error", "too long"),
    ],
)
def test_faulty_texts(tmp_path: Path, record: dict[str, Any], level: str, kind: str) -> None:
    assert found(tmp_path, {"text": LEFT}, record) == [(level, kind, "2")]


def test_repeats(tmp_path: Path) -> None:
    rows = [{"text": LEFT, "id": 1}, {"text": LEFT.upper(), "id": 2}]
    assert found(tmp_path, *rows) == [("error", "same text", "2")]
    rows = [{"text": LEFT}, {"text": LEFT, "labels": ["strike"]}]
    assert ("error", "same text, other labels", "2") in found(tmp_path, *rows)
    assert found(tmp_path, {"text": "Gate 7 opened"}, {"text": "Gate 9 opened"}) == []
    rows = [{"text": LEFT, "id": 1}, {"text": "Bread is dear.", "id": 1}]
    assert found(tmp_path, *rows) == [("error", "id used again", "2")]


def test_near_duplicates_are_errors_only_across_splits(tmp_path: Path) -> None:
    near = LEFT.replace("four people", "five people")
    rows = [
        {"text": LEFT, "item": "a", "split": "train"},
        {"text": near, "item": "b", "split": "train"},
    ]
    assert found(tmp_path, *rows) == [("warning", "near-duplicate", "2")]
    rows[1]["split"] = "test"
    assert found(tmp_path, *rows) == [("error", "near-duplicate across splits", "2")]


def test_one_skeleton_with_other_names(tmp_path: Path) -> None:
    rows = [
        {"text": "Troops from Chad took the town of Faya Largeau after 12 days.", "split": "train"},
        {"text": "Troops from Mali took the town of Gao after 3 days.", "split": "train"},
        {"text": "Goma fell", "split": "train"},
        {"text": "Bukavu fell", "split": "train"},
    ]
    assert found(tmp_path, *rows) == [("warning", "one skeleton", "2")]


def test_an_item_in_two_splits(tmp_path: Path) -> None:
    rows = [
        {"text": LEFT, "item": "a", "split": "train"},
        {"text": "Bread is dear.", "item": "a", "split": "test"},
    ]
    assert found(tmp_path, *rows) == [("error", "item in two splits", "2")]


def test_labels_beyond_the_codebook(tmp_path: Path) -> None:
    (tmp_path / "labels.json").write_text('{"strike": "Force."}')
    (tmp_path / "in.jsonl").write_text(json.dumps({"text": LEFT, "labels": ["riot"]}) + "\n")
    finding, _ = check([str(tmp_path)]).findings
    assert (finding.kind, finding.detail) == ("unknown label", "riot")


def test_labels_that_can_hardly_be_meant(tmp_path: Path) -> None:
    rows = [{"text": LEFT, "labels": ["riot"]}, {"text": "Bread is dear.", "labels": ["Riot"]}]
    assert found(tmp_path, *rows, {"text": "Rain fell."}) == [
        ("warning", "label of one row", "1"),
        ("warning", "labels differ only in case", "2"),
        ("warning", "label of one row", "2"),
    ]
    rows = [{"text": text, "labels": ["riot"]} for text in (LEFT, "Bread is dear.")]
    assert found(tmp_path, *rows) == [("warning", "label of all rows", "1")]
    assert found(tmp_path, {"text": LEFT, "labels": ["a\x1b[2J"]}) == [("error", "faulty row", "1")]


def test_all_rows_that_cannot_be_read_are_found(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(b'text,labels\nBread,x\nFlour,x\nZo\xeb,x\n"Salt\nMilk,x,y\nOil,\n')
    findings = check([str(path)]).findings
    assert [(each.kind, each.where.removeprefix(f"{path}:")) for each in findings] == [
        ("faulty row", "4"),
        ("faulty row", "5"),
        ("faulty row", "6"),
    ]
    assert findings[1].detail == "not CSV (unexpected end of data)"


def test_findings_do_not_steer_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    row = {"text": LEFT, "labels": [], "id": "\x1b[2J", "style": "\x1b[2J"}
    path.write_text(2 * (json.dumps(row) + "\n"))
    assert "\x1b" not in check([str(path)]).to_table()


def test_counts_by_column(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"text": LEFT, "labels": ["strike"], "style": "wire", "item": "a"},
        {"text": "Bread is dear.", "style": "wire", "item": "a"},
        {"text": "Bread dear", "style": "headline", "item": "b"},
    ]
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps({"labels": [], **row}) + "\n" for row in rows))
    report = check([str(path)])
    assert (report.n_rows, report.n_items, report.labels) == (3, 2, ("strike",))
    characters = round((len(LEFT) + 14) / 2, 1)
    assert report.groups["style"]["wire"] == Group(2, characters, {"strike": 1}, 1)
    assert report.to_json()["groups"]["style"]["headline"]["unlabelled"] == 1
    assert "0 errors, 1 warnings" in report.to_table()  # a label of one row
    assert "50.0%" in report.to_table()


def test_of_a_crowd_each_is_found_though_not_every_pair(tmp_path: Path) -> None:
    rows = [{"text": f"{LEFT[:-1]}, said {at}.", "split": "train"} for at in range(300)]
    near = [where for _, kind, where in found(tmp_path, *rows) if kind == "near-duplicate"]
    assert {*near} == {str(number) for number in range(2, 301)}
    assert len(near) < 30 * len(rows)


def test_near_duplicates_of_a_repeated_text_are_told_once(tmp_path: Path) -> None:
    five = LEFT.replace("four", "five")
    rows = [{"text": text, "split": "train"} for text in [LEFT] * 20 + [five] * 20]
    kinds = [kind for _, kind, _ in found(tmp_path, *rows)]
    assert (kinds.count("same text"), kinds.count("near-duplicate")) == (38, 1)
