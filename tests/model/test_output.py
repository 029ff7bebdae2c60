from __future__ import annotations

import csv
import datetime
import io
import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.cells import tame, untamed
from spillover.errors import InputError
from spillover.output import Csv, Jsonl, Parquet, Result, file_format
from spillover.sentences import Sentence
from spillover.table import Table

LABELS = ("strike", "toll")
NESTED: dict[str, Any] = {"id": 7, "tags": ["a"], "day": datetime.date(2024, 1, 9), "note": None}


def result(
    text: str = "Hit.",
    labels: tuple[str, ...] = ("strike",),
    scores: tuple[float, float] = (0.9, 0.1 + 0.2),
    **source: Any,
) -> Result:
    sentence = Sentence(
        text=text,
        start=0,
        end=len(text),
        scores=dict(zip(LABELS, scores, strict=True)),
        labels=labels,
        coverage=1.0,
        low_coverage=False,
    )
    return Result("a.txt", source, [(0, sentence)])


def test_jsonl() -> None:
    written = Jsonl(LABELS).encode([result("half \ud800", **NESTED)])
    assert written == (
        b'{"document": "a.txt", "sentence": 0, "start": 0, "end": 6, "text": "half \\ud800", '
        b'"labels": ["strike"], "scores": {"strike": 0.9, "toll": 0.30000000000000004}, '
        b'"coverage": 1.0, "low_coverage": false, "source": {"id": 7, "tags": ["a"], '
        b'"day": "2024-01-09", "note": null}}\n'
    )


probabilities = st.floats(0, 1)


@given(
    text=st.text(),
    labels=st.sampled_from([(), LABELS, LABELS[:1]]),
    scores=st.tuples(probabilities, probabilities),
    source=st.dictionaries(st.text(), st.text() | st.floats(allow_nan=False, allow_infinity=False)),
)
def test_jsonl_is_what_json_dumps_writes(
    text: str, labels: tuple[str, ...], scores: tuple[float, float], source: dict[str, Any]
) -> None:
    found = result(text, labels, scores)
    [(number, sentence)] = found.sentences
    record = {
        "document": found.document,
        "sentence": number,
        "start": sentence.start,
        "end": sentence.end,
        "text": sentence.text,
        "labels": sentence.labels,
        "scores": sentence.scores,
        "coverage": sentence.coverage,
        "low_coverage": sentence.low_coverage,
        "source": source,
    }
    written = Jsonl(LABELS).encode([Result(found.document, source, found.sentences)])
    assert written.decode() == json.dumps(record) + "\n"


def test_labels_may_have_any_characters() -> None:
    sentence = Sentence(
        text="",
        start=0,
        end=0,
        scores={'%s "é" {}': 0.5},
        labels=('%s "é" {}',),
        coverage=0.0,
        low_coverage=True,
    )
    written = json.loads(Jsonl(('%s "é" {}',)).encode([Result("a", {}, [(0, sentence)])]))
    assert (written["labels"], written["scores"]) == (['%s "é" {}'], {'%s "é" {}': 0.5})


def test_csv() -> None:
    how = Csv(LABELS, tuple(NESTED))
    written = how.header() + how.encode([result('a "b",\nc', LABELS, **NESTED), result(labels=())])
    first, second = csv.DictReader(io.StringIO(written.decode(), newline=""))
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


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1 (555) 0100", "-cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", "'=1", "''@x", "-"],
)
def test_formulas_are_text_to_a_spreadsheet(text: str) -> None:
    tamed, raw = (Csv(LABELS, ("n",), raw).encode([result(text, n=text)]) for raw in (False, True))
    for written, expected in ((tamed, "'" + text), (raw, text)):
        [row] = csv.reader(io.StringIO(written.decode(), newline=""))
        assert (row[4], row[-1]) == (expected, expected)


def test_numbers_stay_numbers() -> None:
    found = result("-3.5e-7", scores=(1e-7, 0.5), n="-5")
    [row] = csv.reader(io.StringIO(Csv(LABELS, ("n",)).encode([found]).decode(), newline=""))
    assert (row[4], row[6], row[-1]) == ("-3.5e-7", "1e-07", "-5")


@given(st.text(alphabet=st.sampled_from("'=+-@\t\r1.eE a")))
def test_a_tamed_cell_can_be_had_back(cell: str) -> None:
    assert untamed(tame(cell)) == cell


def test_floats_read_back_equal() -> None:
    draw = random.Random(6)
    for _ in range(1000):
        scores = (draw.random(), draw.random() * 10 ** draw.randint(-300, 0))
        line = json.loads(Jsonl(LABELS).encode([result(scores=scores)]))
        assert tuple(line["scores"].values()) == scores
        [row] = csv.reader([Csv(LABELS, ()).encode([result(scores=scores)]).decode()])
        assert (float(row[6]), float(row[7])) == scores


def test_what_is_no_number_is_null() -> None:
    written = Jsonl(LABELS).encode([result(x=float("nan"), y=[float("inf"), 1.5])])
    assert json.loads(written)["source"] == {"x": None, "y": [None, 1.5]}
    assert b"NaN" not in written


def test_half_a_surrogate_pair_is_replaced_in_tables() -> None:
    assert Parquet(LABELS, ("half \ud800",)).schema().names[-1] == "source_half \ufffd"
    broken = result("half \ud800", note="\udcff")
    assert "half \ufffd" in Csv(LABELS, ("note",)).encode([broken]).decode()
    batch = Parquet(LABELS, ("note",)).encode([broken])
    assert batch["text"].to_pylist() == ["half \ufffd"]
    assert batch["source_note"].to_pylist() == ["\ufffd"]


def test_parquet() -> None:
    batch = Parquet(LABELS, tuple(NESTED)).encode([result(**NESTED), result(labels=())])
    assert batch["labels"].to_pylist() == [["strike"], []]
    assert batch["score_toll"].to_pylist() == [0.1 + 0.2] * 2
    assert batch["source_id"].to_pylist() == ["7", None]
    assert batch["source_note"].to_pylist() == [None, None]
    assert batch.schema.field("sentence").type == pa.int64()


@pytest.mark.parametrize("kind", [Csv, Parquet])
def test_a_column_that_the_first_row_lacks_is_named(kind: type[Csv | Parquet]) -> None:
    with pytest.raises(InputError, match=r"a\.txt: column 'more' is not in the first row.*jsonl"):
        kind(LABELS, ("id",)).encode([result(id=1), result(id=1, more=2)])


def test_unknown_suffixes_are_refused() -> None:
    with pytest.raises(InputError, match=r"its suffix must be one of \.jsonl, \.csv, \.parquet"):
        file_format(Path("out.xlsx"))


def test_a_terminal_gets_a_table_without_control_characters() -> None:
    shown = Table(LABELS).encode([result("Hit\x1b[2J the port.", LABELS)]).decode()
    assert "\x1b[2J" not in shown
    for part in ("a.txt", "strike 0.90", "toll 0.30", "the port."):
        assert part in shown
