"""Results out: JSONL, CSV and Parquet files, and a table for the terminal."""

from __future__ import annotations

import csv
import datetime
import errno
import json
import math
import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

import typer

from spillover.documents import import_arrow
from spillover.errors import InputError
from spillover.sentences import Sentence

FORMATS = ("jsonl", "csv", "parquet")

_PARQUET_ROWS = 10_000


@dataclass(frozen=True)
class Result:
    """A sentence and where it comes from.

    Attributes
    ----------
    document : str
        The document's name.
    number : int
        The sentence's number in it, from 0.
    sentence : Sentence
        The sentence with its scores.
    source : Mapping of str to Any
        The other columns of the document's row.
    """

    document: str
    number: int
    sentence: Sentence
    source: Mapping[str, Any]


Write = Callable[[Result], None]


@contextmanager
def opened(output: Path | None, labels: Sequence[str]) -> Iterator[Write]:
    """Open the output, and give the function that writes a result to it.

    A file is written under the name ``OUTPUT.part`` and renamed when all is done, so that it is
    never there in part. Without a file, results go to standard output: as a table on a terminal,
    as JSONL elsewhere.

    Parameters
    ----------
    output : Path or None
        The file; its suffix tells the format.
    labels : sequence of str
        The labels to write, in order.

    Raises
    ------
    InputError
        If the suffix is not that of a format, or the file cannot be written.
    """
    if output is None:
        stream = sys.stdout
        try:
            yield _Table(stream, labels).write if stream.isatty() else _Jsonl(stream).write
            stream.flush()
        except BrokenPipeError:  # `| head` has what it wanted
            # Python flushes standard output once more at exit; give it somewhere to go.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            sys.exit(0)
        return
    kind = output.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise InputError(f"{output}: its suffix must be one of .{', .'.join(FORMATS)}")
    part = output.with_name(output.name + ".part")
    try:
        with _file_writer(kind, part, labels) as write:
            yield write
        part.replace(output)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise
        raise InputError(f"{output}: cannot be written ({error.strerror or error})") from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _file_writer(kind: str, part: Path, labels: Sequence[str]) -> AbstractContextManager[Write]:
    if kind == "parquet":
        return _parquet(part, labels)
    return _text(part, _Jsonl if kind == "jsonl" else partial(_Csv, labels=labels))


@contextmanager
def _text(part: Path, writer: Callable[[IO[str]], _Jsonl | _Csv]) -> Iterator[Write]:
    with part.open("w", encoding="utf-8", newline="") as stream:
        opened_writer = writer(stream)
        yield opened_writer.write
        opened_writer.close()


class _Jsonl:
    """One JSON object a line."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, result: Result) -> None:
        sentence = result.sentence
        record = {
            "document": result.document,
            "sentence": result.number,
            "start": sentence.start,
            "end": sentence.end,
            "text": sentence.text,
            "labels": list(sentence.labels),
            "scores": dict(sentence.scores),
            "coverage": sentence.coverage,
            "low_coverage": sentence.low_coverage,
            "source": dict(result.source),
        }
        # In ASCII any text is valid JSON in any encoding, lone surrogates too.
        self._stream.write(_json(record) + "\n")

    def close(self) -> None:
        """Do nothing; a file without lines is valid."""


class _Csv:
    """A header, then a row a sentence; labels joined by ``|``."""

    def __init__(self, stream: IO[str], labels: Sequence[str]) -> None:
        self._writer = csv.writer(stream, lineterminator="\n")
        self._labels = labels
        self._header: list[str] = []

    def write(self, result: Result) -> None:
        row = _flat(result, self._labels)
        row["labels"] = "|".join(result.sentence.labels)
        if not self._header:
            self._write_header(list(row))
        _check_columns(row, self._header, result.document)
        self._writer.writerow([_spelled(row.get(name)) for name in self._header])

    def close(self) -> None:
        if not self._header:
            self._write_header(list(_columns(self._labels)))

    def _write_header(self, names: list[str]) -> None:
        self._header = names
        self._writer.writerow(names)


@contextmanager
def _parquet(part: Path, labels: Sequence[str]) -> Iterator[Write]:
    """Row groups of results; the kept columns as strings, since rows may differ in their types."""
    arrow = import_arrow(str(part).removesuffix(".part"))
    import pyarrow.parquet

    rows: list[dict[str, Any]] = []
    writers: list[Any] = []

    def schema(names: Sequence[str]) -> Any:
        types = {
            "sentence": arrow.int64(),
            "start": arrow.int64(),
            "end": arrow.int64(),
            "labels": arrow.list_(arrow.string()),
            "coverage": arrow.float64(),
            "low_coverage": arrow.bool_(),
            **{f"score_{label}": arrow.float64() for label in labels},
        }
        return arrow.schema([(name, types.get(name, arrow.string())) for name in names])

    def flush() -> None:
        if not writers:
            names = list(rows[0]) if rows else list(_columns(labels))
            writers.append(pyarrow.parquet.ParquetWriter(part, schema(names)))
        writers[0].write_table(arrow.Table.from_pylist(rows, schema=writers[0].schema))
        rows.clear()

    def write(result: Result) -> None:
        row = _flat(result, labels)
        if rows or writers:
            _check_columns(row, list(rows[0]) if rows else writers[0].schema.names, result.document)
        rows.append(row)
        if len(rows) == _PARQUET_ROWS:
            flush()

    try:
        yield write
        flush()
    finally:
        for writer in writers:
            writer.close()


def _columns(labels: Sequence[str]) -> tuple[str, ...]:
    scores = (f"score_{label}" for label in labels)
    return (
        *("document", "sentence", "start", "end", "text", "labels"),
        *scores,
        *("coverage", "low_coverage"),
    )


def _flat(result: Result, labels: Sequence[str]) -> dict[str, Any]:
    """Return a result as a row of a table, kept columns prefixed and spelled as strings."""
    sentence = result.sentence
    scores = [sentence.scores[label] for label in labels]
    values = (
        *(_whole(result.document), result.number, sentence.start, sentence.end),
        _whole(sentence.text),
        list(sentence.labels),
        *scores,
        *(sentence.coverage, sentence.low_coverage),
    )
    kept = {f"source_{name}": _spelled(value) for name, value in result.source.items()}
    return {**dict(zip(_columns(labels), values, strict=True)), **kept}


def _check_columns(row: Mapping[str, Any], header: Sequence[str], document: str) -> None:
    extra = [name for name in row if name not in header]
    if extra:
        raise InputError(
            f"{document}: column {extra[0].removeprefix('source_')!r} is not in the first row; "
            "write .jsonl to keep rows of different columns"
        )


def _spelled(value: Any) -> str | None:
    """Return a value as a table's cell: a string as it is, nothing as nothing, others as JSON."""
    if value is None or isinstance(value, str):
        return value if value is None else _whole(value)
    return _json(value)


def _json(value: Any) -> str:
    """Return JSON that any reader takes: in ASCII, and null for what is no number."""
    try:
        return json.dumps(value, default=_plain, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(value), default=_plain)


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _finite(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_finite(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _whole(text: str) -> str:
    """Return a text without halves of surrogate pairs, which no file can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _plain(value: Any) -> Any:
    """Return what JSON has no form for in one that people read."""
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    return str(value)


class _Table:
    """Sentences one below the other, with the labels they carry and how probable they are."""

    def __init__(self, stream: IO[str], labels: Sequence[str]) -> None:
        self._stream = stream
        self._wide = max(map(len, labels)) + len(" 0.00")
        self._document: str | None = None

    def write(self, result: Result) -> None:
        if result.document != self._document:
            gap = "" if self._document is None else "\n"
            self._document = result.document
            self._line(gap + typer.style(_printable(result.document), bold=True))
        sentence = result.sentence
        carried = [f"{label} {sentence.scores[label]:.2f}" for label in sentence.labels]
        width = max(shutil.get_terminal_size().columns - self._wide - 2, 30)
        text = textwrap.wrap(_printable(sentence.text), width) or [""]
        for row in range(max(len(text), len(carried))):
            label = carried[row] if row < len(carried) else ""
            part = text[row] if row < len(text) else ""
            styled = typer.style(label.rjust(self._wide), fg=typer.colors.CYAN, bold=True)
            self._line(f"{styled}  {typer.style(part, dim=not carried)}".rstrip())

    def _line(self, line: str) -> None:
        self._stream.write(line + "\n")


def _printable(text: str) -> str:
    """Return a text without what would steer a terminal."""
    return "".join(character if character.isprintable() else " " for character in text)
