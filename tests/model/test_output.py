from __future__ import annotations

import csv
import datetime
import io
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from spillover.errors import InputError
from spillover.output import Result, opened
from spillover.sentences import Sentence

LABELS = ("strike", "toll")
NESTED: dict[str, Any] = {"id": 7, "tags": ["a"], "day": datetime.date(2024, 1, 9), "note": None}


def result(text: str = "Hit.", labels: tuple[str, ...] = ("strike",), **source: Any) -> Result:
    sentence = Sentence(
        text=text,
        start=0,
        end=len(text),
        scores={"strike": 0.9, "toll": 0.1 + 0.2},
        labels=labels,
        coverage=1.0,
        low_coverage=False,
    )
    return Result("a.txt", 0, sentence, source)


def write(path: Path, *results: Result) -> None:
    with opened(path, LABELS) as write_one:
        for each in results:
            write_one(each)


def test_jsonl(tmp_path: Path) -> None:
    write(tmp_path / "out.jsonl", result("half \ud800", **NESTED))
    written = (tmp_path / "out.jsonl").read_text("ascii")
    assert [json.loads(line) for line in written.splitlines()] == [
        {
            "document": "a.txt",
            "sentence": 0,
            "start": 0,
            "end": 6,
            "text": "half \ud800",
            "labels": ["strike"],
            "scores": {"strike": 0.9, "toll": 0.1 + 0.2},
            "coverage": 1.0,
            "low_coverage": False,
            "source": {"id": 7, "tags": ["a"], "day": "2024-01-09", "note": None},
        }
    ]


def test_csv(tmp_path: Path) -> None:
    write(tmp_path / "out.csv", result('a "b",\nc', LABELS, **NESTED), result(labels=()))
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as stream:
        first, second = csv.DictReader(stream)
    assert first == {
        "document": "a.txt",
        "sentence": "0",
        "start": "0",
        "end": "8",
        "text": 'a "b",\nc',
        "labels": "strike|toll",
        "score_strike": "0.9",
        "score_toll": "0.30000000000000004",
        "coverage": "1.0",
        "low_coverage": "false",
        "source_id": "7",
        "source_tags": '["a"]',
        "source_day": '"2024-01-09"',
        "source_note": "",
    }
    assert (second["labels"], second["source_id"]) == ("", "")


def test_a_csv_without_results_has_a_header(tmp_path: Path) -> None:
    write(tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text().startswith("document,sentence,start,end,text,labels,")


def test_what_is_no_number_is_null(tmp_path: Path) -> None:
    write(tmp_path / "out.jsonl", result(x=float("nan"), y=[float("inf"), 1.5]))
    written = (tmp_path / "out.jsonl").read_text()
    assert json.loads(written)["source"] == {"x": None, "y": [None, 1.5]}
    assert "NaN" not in written


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_half_a_surrogate_pair_is_replaced_in_tables(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"out.{kind}"
    write(path, result("half \ud800", note="\udcff"))
    if kind == "parquet":
        assert pq.read_table(path)["text"].to_pylist() == ["half \ufffd"]
    else:
        assert "half \ufffd" in path.read_text("utf-8")


def test_parquet(tmp_path: Path) -> None:
    write(tmp_path / "out.parquet", result(**NESTED), result(labels=()))
    table = pq.read_table(tmp_path / "out.parquet")
    assert table["labels"].to_pylist() == [["strike"], []]
    assert table["score_toll"].to_pylist() == [0.1 + 0.2] * 2
    assert table["source_id"].to_pylist() == ["7", None]
    assert table["source_note"].to_pylist() == [None, None]


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_no_results_are_a_valid_empty_file(tmp_path: Path, kind: str) -> None:
    write(tmp_path / f"out.{kind}")
    assert (tmp_path / f"out.{kind}").exists()
    if kind == "parquet":
        assert pq.read_table(tmp_path / "out.parquet").num_rows == 0


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_a_run_that_fails_leaves_the_old_file_and_no_part(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"out.{kind}"
    path.write_text("old")

    def fail() -> None:
        with opened(path, LABELS) as write_one:
            write_one(result())
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_column_that_the_first_row_lacks_is_named(tmp_path: Path, kind: str) -> None:
    with pytest.raises(InputError, match=r"a\.txt: column 'more' is not in the first row.*jsonl"):
        write(tmp_path / f"out.{kind}", result(id=1), result(id=1, more=2))
    assert not list(tmp_path.iterdir())


def test_unknown_suffixes_and_missing_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"its suffix must be one of \.jsonl, \.csv, \.parquet"):
        write(tmp_path / "out.xlsx")
    with pytest.raises(InputError, match="cannot be written"):
        write(tmp_path / "missing" / "out.csv")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_table_without_control_characters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    with opened(None, LABELS) as write_one:
        write_one(result("Hit\x1b[2J the port.", LABELS))
    shown = terminal.getvalue()
    assert "\x1b[2J" not in shown
    for part in ("a.txt", "strike 0.90", "toll 0.30", "the port."):
        assert part in shown
