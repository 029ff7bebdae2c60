from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spillover import documents
from spillover.documents import InputDocument, ReadOptions, read_documents, read_records
from spillover.errors import InputError

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
        rows = [("text", "n"), ('"Port ""hit"", he said.\nMore."', "1"), ("Zoë’s café", "2")]
        content = "".join(delimiter.join(row) + "\r\n" for row in rows).encode()
    if path.suffix == ".gz":
        content = gzip.compress(content)
    elif path.suffix == ".zst":
        content = pa.compress(content, codec="zstd", asbytes=True)
    path.write_bytes(content)
    return path


def read(path: Path, **options: Any) -> list[InputDocument | InputError]:
    return list(read_documents(str(path), ReadOptions(**options)))


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
    with pytest.raises(InputError) as error:
        read(tmp_path / name)
    assert message in str(error.value)
    assert str(error.value).startswith(str(tmp_path))
    assert "\n" not in str(error.value)


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


def test_too_long_documents_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MAX_DOCUMENT", 30)
    (tmp_path / "in.txt").write_text("a" * 31)
    with pytest.raises(InputError, match="more than 30 bytes"):
        read(tmp_path / "in.txt")
    (tmp_path / "in.jsonl").write_text('{"text": "short"}\n{"text": "' + "a" * 31 + '"}')
    with pytest.raises(InputError, match=":2: a line of more than 30 bytes"):
        read(tmp_path / "in.jsonl")


def test_records_are_numbered_by_line(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text('text\n"a\nb"\nc\n')
    assert list(read_records(path)) == [(3, {"text": "a\nb"}), (4, {"text": "c"})]
    with pytest.raises(InputError, match="rows are read from jsonl, csv, tsv, parquet files"):
        list(read_records(tmp_path / "in.txt"))
