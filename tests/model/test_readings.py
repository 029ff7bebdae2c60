from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import run

import spillover
from spillover.documents import ReadOptions, read_documents
from spillover.errors import InputError
from spillover.readings import Reading, readings

TEXT = "Rockets hit the port\n\nThree people were killed. Bread is dear."


def read(path: Path) -> list[Reading]:
    return list(readings(read_documents([str(path)], ReadOptions()), spillover.load()))


def write(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def test_texts_are_scored(tmp_path: Path) -> None:
    articles = write(tmp_path / "a.jsonl", [{"text": TEXT, "title": "Port"}, {"text": "Quiet."}])
    port, quiet = read(articles)
    assert (port.name, port.source) == (f"{articles}:1", {"title": "Port"})
    assert [sentence.text for sentence in quiet.sentences] == ["Quiet."]
    assert port.sentences == tuple(spillover.load().read(TEXT))
    assert port.gaps == ("", "\n\n", " ")


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_what_predict_wrote_is_read_back(tmp_path: Path, kind: str) -> None:
    articles = write(
        tmp_path / "a.jsonl",
        [{"text": TEXT, "date": "2031-05-01"}, {"text": "It was quiet.", "date": "2031-05-02"}],
    )
    model = spillover.load().with_thresholds({"casualty_report": 0.1})
    scored = tmp_path / f"scored.{kind}"
    assert not run("predict", articles, "--threshold", "casualty_report=0.1", "-o", scored).stderr
    first, second = read(scored)
    assert [first.name, second.name] == [f"{articles}:1", f"{articles}:2"]
    assert first.source == {"date": "2031-05-01"}
    assert first.sentences == tuple(model.read(TEXT))
    assert first.gaps == ("", "\n\n", " ")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scores": {"riot": 0.5}}, "scored for riot, but the model has military_strike"),
        ({"scores": 3}, "scored for 3, but the model has"),
        ({"labels": ["riot"]}, "the model has no label 'riot'"),
        ({"start": "early"}, "'start' must be a number of 0 or more, got 'early'"),
        ({"coverage": 2}, "'coverage' must be a number from 0 to 1, got 2"),
    ],
)
def test_rows_that_predict_did_not_write_are_named(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    record = {
        **{"document": "a", "sentence": 0, "start": 0, "end": 6, "text": "Quiet.", "labels": []},
        **{"scores": dict.fromkeys(spillover.LABELS, 0.5), "coverage": 1.0},
    }
    scored = write(tmp_path / "s.jsonl", [record, {**record, **change}])
    with pytest.raises(InputError, match=f"s.jsonl:2: {message}"):
        read(scored)


def test_a_score_that_is_no_probability_is_named(tmp_path: Path) -> None:
    scores = dict.fromkeys(spillover.LABELS, "high")
    record = {"document": "a", "sentence": 0, "start": 0, "end": 1, "text": "A", "scores": scores}
    with pytest.raises(InputError, match="'military_strike' must be a number from 0 to 1"):
        read(write(tmp_path / "s.jsonl", [record]))


def test_a_row_without_text_stops(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a.jsonl:1: 'text' must be text, got null"):
        read(write(tmp_path / "a.jsonl", [{"text": None}]))
