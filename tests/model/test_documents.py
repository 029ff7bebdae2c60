from __future__ import annotations

import csv
import gzip
import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spillover import documents, files
from spillover.documents import (
    Batch,
    InputDocument,
    Position,
    ReadOptions,
    documents_of,
    read_batches,
    read_records,
)
from spillover.errors import InputError, RowError

RECORDS: list[dict[str, Any]] = [
    {"text": 'Port "hit", he said.\nMore.', "n": "1"},
    {"text": "Zoë’s café", "n": "2"},
]


def written(path: Path) -> Path:
    """Write RECORDS in the format and compression of the suffix."""
    kind = documents.suffix_of(path)
    if kind == ".jsonl":
        content = "".join(json.dumps(record) + "\n" for record in RECORDS).encode()
    elif kind == ".parquet":
        sink = pa.BufferOutputStream()
        pq.write_table(pa.Table.from_pylist(RECORDS), sink)
        content = sink.getvalue().to_pybytes()
    else:
        delimiter = "," if kind == ".csv" else "\t"
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, RECORDS[0], delimiter=delimiter)
        writer.writeheader()
        writer.writerows(RECORDS)
        content = text.getvalue().encode()
    if path.suffix == ".gz":
        content = gzip.compress(content)
    elif path.suffix == ".zst":
        content = pa.compress(content, codec="zstd", asbytes=True)
    path.write_bytes(content)
    return path


def read(path: Path, **options: Any) -> list[InputDocument | RowError]:
    how = ReadOptions(**options)
    batches = read_batches([str(path)], how, Position())
    return [found for batch in batches for found in documents_of(batch, how)]


@pytest.mark.parametrize("compression", ["", ".gz", ".zst"])
@pytest.mark.parametrize("kind", ["jsonl", "csv", "tsv", "parquet"])
def test_every_format_reads_the_same(tmp_path: Path, kind: str, compression: str) -> None:
    path = written(tmp_path / f"in.{kind}{compression}")
    found = [(each.text, each.source) for each in read(path) if isinstance(each, InputDocument)]
    assert found == [(record["text"], {"n": record["n"]}) for record in RECORDS]


def test_text_files_are_one_document(tmp_path: Path) -> None:
    path = tmp_path / "in.txt"
    path.write_bytes(b"\xef\xbb\xbfOne.\r\nTwo.\r\n")
    assert read(path) == [InputDocument(str(path), "One.\r\nTwo.\r\n", {})]
    assert read(path, lines=True) == [
        InputDocument(f"{path}:1", "One.", {}),
        InputDocument(f"{path}:2", "Two.", {}),
    ]


def test_an_unknown_suffix_is_refused_and_a_missing_one_is_text(tmp_path: Path) -> None:
    (tmp_path / "in.docx").write_text("x")
    (tmp_path / "in").write_text("x")
    with pytest.raises(InputError, match=r"unknown format 'docx'.*--input-format"):
        read(tmp_path / "in.docx")
    assert read(tmp_path / "in.docx", input_format="txt") == [
        InputDocument(str(tmp_path / "in.docx"), "x", {})
    ]
    assert len(read(tmp_path / "in")) == 1


@pytest.mark.parametrize("kind", ["txt", "jsonl", "csv", "tsv"])
def test_an_empty_file_has_no_documents(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"in.{kind}"
    path.write_bytes(b"")
    assert read(path) == []


def test_encodings(tmp_path: Path) -> None:
    for encoding in ("latin-1", "utf-16"):
        for kind in ("txt", "csv", "jsonl"):
            path = tmp_path / f"in.{kind}"
            text = {"txt": "Zoë", "csv": "text\nZoë\n", "jsonl": '{"text": "Zoë"}'}[kind]
            path.write_bytes(text.encode(encoding))
            [document] = read(path, encoding=encoding)
            assert isinstance(document, InputDocument)
            assert document.text == "Zoë"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b"caf\xe9", "a.txt: not utf-8 (byte 0xe9 at 3); name its encoding with --enc"),
        (
            "a.jsonl",
            b'{"text": "a"}\n{"text": "caf\xe9"}',
            "a.jsonl:2: not utf-8 (byte 0xe9 at 13)",
        ),
        ("a.jsonl", b'{"text": "a"}\n\n{"text"', "a.jsonl:3: not JSON (Expecting ':' delimiter)"),
        ("a.jsonl", b"[1]", "a.jsonl:1: must be a JSON object, got '[1]'"),
        ("a.jsonl", b"[" * 100_000, "a.jsonl:1: not JSON (nested too deeply): '[[[["),
        ("a.jsonl", b"9" * 5000, "a.jsonl:1: not JSON (a number of too many digits): '999"),
        ("a.csv", b"text,n\na,1\nb\n", "a.csv:3: the row has not as many fields as the header (2)"),
        ("a.csv", b"text,n\na,1,2\n", "a.csv:2: the row has not as many fields as the header (2)"),
        ("a.csv", b'text\n"a', "a.csv:2: not CSV (unexpected end of data)"),
        ("a.parquet", b"PAR1", "a.parquet: damaged or no Parquet file"),
        (
            "a.jsonl.gz",
            gzip.compress(b'{"text": "a"}', mtime=0)[:-9],
            "a.jsonl.gz: damaged compressed file",
        ),
        ("a.jsonl.gz", b"plain", "a.jsonl.gz: cannot be read (Not a gzipped file"),
        ("a.jsonl.zst", b"plain", "a.jsonl.zst: cannot be read"),
    ],
)
def test_unreadable_files_are_named_with_the_reason(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    try:
        [error] = [found for found in read(tmp_path / name) if isinstance(found, RowError)]
    except InputError as raised:
        error = raised  # type: ignore[assignment]
    assert message in str(error)
    assert str(error).startswith(str(tmp_path))
    assert "\n" not in str(error)


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no\.txt: no such file"):
        read(tmp_path / "no.txt")
    with pytest.raises(InputError, match="is a folder"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ('{"body": "a"}', ":1: no column 'text'; name one with --column (body)"),
        ("{}", ":1: no column 'text'; name one with --column (the row is empty)"),
        ('{"text": null}', ":1: 'text' must be text, got null"),
        ('{"text": 3}', ":1: 'text' must be text, got 3"),
        (
            '{"text": [' + '"no end", ' * 99 + '""]}',
            ":1: 'text' must be text, got [" + "'no end', " * 6 + "...]",
        ),
    ],
)
def test_rows_without_text_are_reported_and_reading_goes_on(
    tmp_path: Path, record: str, message: str
) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text(record + '\n{"text": "fine"}\n')
    error, document = read(path)
    assert isinstance(error, InputError)
    assert str(error) == f"{path}{message}"
    assert document == InputDocument(f"{path}:2", "fine", {})


def test_too_long_documents_are_errors(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("a" * 31)
    [error] = read(tmp_path / "in.txt", max_document=30)
    assert str(error) == f"{tmp_path / 'in.txt'}: more than 30 bytes; split the file"
    (tmp_path / "in.jsonl").write_text('{"text": "short"}\n{"text": "' + "a" * 31 + '"}')
    document, error = read(tmp_path / "in.jsonl", max_document=30)
    assert isinstance(document, InputDocument)
    assert str(error) == f"{tmp_path / 'in.jsonl'}:2: a line of more than 30 bytes"
    pq.write_table(pa.table({"text": ["é" * 15, "é" * 16]}), tmp_path / "in.parquet")
    document, error = read(tmp_path / "in.parquet", max_document=30)
    assert isinstance(document, InputDocument)
    assert str(error) == f"{tmp_path / 'in.parquet'}:2: a text of more than 30 bytes"


def test_a_line_longer_than_many_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_CHUNK", 7)
    text = "It fell. " * 50
    (tmp_path / "in.jsonl").write_text(json.dumps({"text": text}) + '\n\n{"text": "b"}\n\n')
    names = [f"{tmp_path / 'in.jsonl'}:{line}" for line in (1, 3)]
    assert read(tmp_path / "in.jsonl") == [
        InputDocument(names[0], text, {}),
        InputDocument(names[1], "b", {}),
    ]
    error, document = read(tmp_path / "in.jsonl", max_document=100)
    assert str(error) == f"{names[0]}: a line of more than 100 bytes"
    assert document == InputDocument(names[1], "b", {})


def test_a_line_that_is_too_long_is_told_before_its_end() -> None:
    pieces = iter([b"x" * 200])  # its end never comes
    content: Any = SimpleNamespace(read=lambda _: next(pieces))
    lines = next(files.line_chunks(files.OpenFile("in.jsonl", content, content), "utf-8", 100))
    [error] = documents_of(Batch("jsonl", lines, Position(), 0), ReadOptions(max_document=100))
    assert str(error) == "in.jsonl:1: a line of more than 100 bytes"


def test_an_open_quote_takes_no_other_row_with_it(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    for after in ("Bread,2\n", '"Bread, salt",2\n', 'Bread,2\n"Salt\n""and"" oil",3\n'):
        path.write_text(f'text,n\nMilk,0\n"Rain,1\n{after}')
        fine, error, *rows = read(path)
        assert isinstance(fine, InputDocument)
        assert str(error).startswith(f"{path}:3: not CSV (")
        (tmp_path / "rest.csv").write_text(f"text,n\n{after}")
        expected = [vars(each) for each in read(tmp_path / "rest.csv")]
        assert [{**vars(each), "name": ""} for each in rows] == [
            {**each, "name": ""} for each in expected
        ]


def test_a_row_goes_on_after_a_line_that_is_not_in_the_encoding(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(b'text,n\nMilk,0\n"Zo\xeb left.\nShe came, back,\nat noon",1\nBread,2\n')
    fine, error, after = read(path)
    assert (fine, after) == (
        InputDocument(f"{path}:2", "Milk", {"n": "0"}),
        InputDocument(f"{path}:6", "Bread", {"n": "2"}),
    )
    assert str(error).startswith(f"{path}:3: not utf-8 (byte 0xeb at 3)")


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet", "jsonl.gz"])
def test_reading_can_begin_after_any_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.setattr(files, "_CHUNK", 100)
    monkeypatch.setattr(documents, "_BATCH_CHARACTERS", 50)
    monkeypatch.setattr(sys.modules[__name__], "RECORDS", RECORDS * 10)
    paths = [str(written(tmp_path / f"{name}.{suffix}")) for name in "ab"]
    how = ReadOptions()
    batches = list(read_batches(paths, how, Position()))
    assert len(batches) > 4
    for number, batch in enumerate(batches, 1):
        assert list(read_batches(paths, how, batch.end)) == batches[number:]


def test_records_are_numbered_by_line(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text('text\n"a\nb"\nc\n')
    assert list(read_records(path)) == [(3, {"text": "a\nb"}), (4, {"text": "c"})]
    with pytest.raises(InputError, match="rows are read from jsonl, csv, tsv, parquet files"):
        list(read_records(tmp_path / "in.txt"))


def test_an_open_quote_over_more_lines_than_are_kept_is_named_where_it_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spillover.rows._MOST_HELD", 3)
    path = tmp_path / "in.csv"
    path.write_text('text\nGood.\n"Rain\n' + "a\n" * 9, "utf-8")
    with pytest.raises(InputError, match=r"in\.csv:3: not CSV"):
        list(read_records(path))
