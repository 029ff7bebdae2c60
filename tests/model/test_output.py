from __future__ import annotations

import csv
import datetime
import io
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.cells import tame, untamed
from spillover.documents import InputDocument
from spillover.errors import InputError
from spillover.output import Csv, Jsonl, Parquet, file_format
from spillover.scored import Scored
from spillover.table import Table

LABELS = ("strike", "toll")
NESTED: dict[str, Any] = {"id": 7, "tags": ["a"], "day": datetime.date(2024, 1, 9), "note": None}


def found(
    text: str = "Hit.",
    labels: tuple[str, ...] = ("strike",),
    scores: tuple[float, float] = (0.9, 0.3),
    **source: Any,
) -> tuple[list[InputDocument], Scored]:
    """Return a document of one sentence, and the sentence."""
    scored = Scored(
        labels=LABELS,
        documents=[0],
        numbers=[0],
        starts=[0],
        ends=[len(text)],
        texts=[text],
        probabilities=np.array([scores]),
        carried=np.array([[label in labels for label in LABELS]]),
        coverages=np.array([1.0]),
        low_coverage=np.array([False]),
    )
    return [InputDocument("a.txt", text, source)], scored


def test_jsonl() -> None:
    written = Jsonl(LABELS).encode(*found("half \ud800", **NESTED))
    assert written == (
        b'{"document": "a.txt", "sentence": 0, "start": 0, "end": 6, "text": "half \\ud800", '
        b'"labels": ["strike"], "scores": {"strike": 0.9000000, "toll": 0.3000000}, '
        b'"coverage": 1.0, "low_coverage": false, "source": {"id": 7, "tags": ["a"], '
        b'"day": "2024-01-09", "note": null}}\n'
    )


probabilities = st.integers(0, 10**7).map(lambda number: number / 10**7)


@given(
    text=st.text(),
    labels=st.sampled_from([(), LABELS, LABELS[:1]]),
    scores=st.tuples(probabilities, probabilities),
    source=st.dictionaries(st.text(), st.text() | st.floats(allow_nan=False, allow_infinity=False)),
)
def test_jsonl_is_what_json_dumps_writes_but_for_zeros(
    text: str, labels: tuple[str, ...], scores: tuple[float, float], source: dict[str, Any]
) -> None:
    (document,), scored = found(text, labels, scores)
    [sentence] = scored.sentences()
    record = {
        "document": document.name,
        "sentence": 0,
        "start": sentence.start,
        "end": sentence.end,
        "text": sentence.text,
        "labels": sentence.labels,
        "scores": "HERE",
        "coverage": sentence.coverage,
        "low_coverage": sentence.low_coverage,
        "source": source,
    }
    spelled = ", ".join(f'"{label}": {score:.7f}' for label, score in sentence.scores.items())
    written = Jsonl(LABELS).encode([replace(document, source=source)], scored).decode()
    assert written == json.dumps(record).replace('"HERE"', f"{{{spelled}}}", 1) + "\n"


def test_labels_may_have_any_characters() -> None:
    label = '%s "é" {}'
    documents, scored = found()
    scored = replace(
        scored, labels=(label,), probabilities=np.array([[0.5]]), carried=np.array([[True]])
    )
    written = json.loads(Jsonl((label,)).encode(documents, scored))
    assert (written["labels"], written["scores"]) == ([label], {label: 0.5})


def test_csv() -> None:
    how = Csv(LABELS, tuple(NESTED))
    rows = how.encode(*found('a "b",\nc', LABELS, **NESTED)) + how.encode(*found(labels=()))
    written = how.header() + rows
    first, second = csv.DictReader(io.StringIO(written.decode(), newline=""))
    assert first == {
        "document": "a.txt",
        "sentence": "0",
        "start": "0",
        "end": "8",
        "text": 'a "b",\nc',
        "labels": "strike|toll",
        "score_strike": "0.9",
        "score_toll": "0.3",
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
    tamed, raw = (Csv(LABELS, ("n",), raw).encode(*found(text, n=text)) for raw in (False, True))
    for written, expected in ((tamed, "'" + text), (raw, text)):
        [row] = csv.reader(io.StringIO(written.decode(), newline=""))
        assert (row[4], row[-1]) == (expected, expected)


def test_numbers_stay_numbers() -> None:
    written = Csv(LABELS, ("n",)).encode(*found("-3.5e-7", scores=(1e-7, 0.5), n="-5"))
    [row] = csv.reader(io.StringIO(written.decode(), newline=""))
    assert (row[4], row[6], row[-1]) == ("-3.5e-7", "1e-07", "-5")


@given(st.text(alphabet=st.sampled_from("'=+-@\t\r1.eE a")))
def test_a_tamed_cell_can_be_had_back(cell: str) -> None:
    assert untamed(tame(cell)) == cell


def test_floats_read_back_equal() -> None:
    draw = random.Random(6)
    for _ in range(1000):
        scores = (round(draw.random(), 7), round(draw.random() * 10 ** draw.randint(-9, 0), 7))
        line = json.loads(Jsonl(LABELS).encode(*found(scores=scores)))
        assert tuple(line["scores"].values()) == scores
        [row] = csv.reader([Csv(LABELS, ()).encode(*found(scores=scores)).decode()])
        assert (float(row[6]), float(row[7])) == scores


def test_what_is_no_number_is_null() -> None:
    written = Jsonl(LABELS).encode(*found(x=float("nan"), y=[float("inf"), 1.5]))
    assert json.loads(written)["source"] == {"x": None, "y": [None, 1.5]}
    assert b"NaN" not in written


def test_half_a_surrogate_pair_is_replaced_in_tables() -> None:
    assert Parquet(LABELS, ("half \ud800",)).schema().names[-1] == "source_half \ufffd"
    broken = found("half \ud800", note="\udcff")
    assert "half \ufffd" in Csv(LABELS, ("note",)).encode(*broken).decode()
    batch = Parquet(LABELS, ("note",)).encode(*broken)
    assert batch["text"].to_pylist() == ["half \ufffd"]
    assert batch["source_note"].to_pylist() == ["\ufffd"]


def test_parquet() -> None:
    how = Parquet(LABELS, tuple(NESTED))
    first, second = how.encode(*found(**NESTED)), how.encode(*found(labels=()))
    assert (first["labels"].to_pylist(), second["labels"].to_pylist()) == ([["strike"]], [[]])
    assert first["score_toll"].to_pylist() == [0.3]
    assert (first["source_id"].to_pylist(), second["source_id"].to_pylist()) == (["7"], [None])
    assert first["source_note"].to_pylist() == [None]
    assert first.schema.field("sentence").type == pa.int64()


@pytest.mark.parametrize("kind", [Csv, Parquet])
def test_a_column_that_the_first_row_lacks_is_named(kind: type[Csv | Parquet]) -> None:
    with pytest.raises(InputError, match=r"a\.txt: column 'more' is not in the first row.*jsonl"):
        kind(LABELS, ("id",)).encode(*found(id=1, more=2))


def test_unknown_suffixes_are_refused() -> None:
    with pytest.raises(InputError, match=r"its suffix must be one of \.jsonl, \.csv, \.parquet"):
        file_format(Path("out.xlsx"))


def test_a_terminal_gets_a_table_without_control_characters() -> None:
    shown = Table(LABELS).encode(*found("Hit\x1b[2J the port.", LABELS)).decode()
    assert "\x1b[2J" not in shown
    for part in ("a.txt", "strike 0.90", "toll 0.30", "the port."):
        assert part in shown
