"""Results out: documents and their sentences, spelled as JSONL, CSV or Parquet."""

from __future__ import annotations

import csv
import datetime
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quoted
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol

from spillover.cells import LEADING_COLUMNS, tame
from spillover.errors import InputError
from spillover.files import import_arrow
from spillover.sentences import Sentence

# Shares of a few words recur, and digits take longer to find than to look up.
_share = lru_cache(maxsize=4096)(repr)

FILE_FORMATS = ("jsonl", "csv", "parquet")


@dataclass(frozen=True)
class Result:
    """A document and those of its sentences that are wanted.

    Attributes
    ----------
    document : str
        The document's name.
    source : Mapping of str to Any
        The other columns of the document's row.
    sentences : sequence of (int, Sentence)
        Each sentence's number in the document, from 0; and the sentence with its scores.
    """

    document: str
    source: Mapping[str, Any]
    sentences: Sequence[tuple[int, Sentence]]


class Format(Protocol):
    """How results are spelled; can be pickled, so that workers spell what they have scored."""

    def encode(self, results: Sequence[Result]) -> Any:
        """Spell results: as bytes, or as a record batch for Parquet."""


def file_format(output: Path) -> str:
    """Return the format of an output file; raise InputError if its suffix is of none."""
    kind = output.suffix.lower().removeprefix(".")
    if kind not in FILE_FORMATS:
        raise InputError(f"{output}: its suffix must be one of .{', .'.join(FILE_FORMATS)}")
    if kind == "parquet":
        import_arrow(str(output))
    return kind


@dataclass(frozen=True)
class Jsonl:
    """One JSON object a line.

    Attributes
    ----------
    labels : tuple of str
        The labels to write, in order.
    """

    labels: tuple[str, ...]

    def encode(self, results: Sequence[Result]) -> bytes:
        """Spell results as lines.

        They are what `json.dumps` makes of each sentence's record, made several times as fast:
        what is the same for all sentences of a document is spelled once. In ASCII any text is
        valid JSON in any encoding, lone surrogates too.
        """
        # One format for all that differs between sentences: filled in by a single call.
        scores = ", ".join(quoted(label).replace("%", "%%") + ": %r" for label in self.labels)
        line = (
            '%s, "start": %s, "end": %s, "text": %s, "labels": [%s], '
            f'"scores": {{{scores}}}, "coverage": %s, "low_coverage": %s'
        )
        parts: list[str] = []
        for result in results:
            begin = f'{{"document": {quoted(result.document)}, "sentence": '
            end = f', "source": {_json(dict(result.source))}}}\n'
            for number, each in result.sentences:
                of = each.scores
                parts += (
                    begin,
                    line
                    % (
                        number,
                        each.start,
                        each.end,
                        quoted(each.text),
                        ", ".join(map(quoted, each.labels)),
                        *[of[label] for label in self.labels],
                        _share(each.coverage),
                        "true" if each.low_coverage else "false",
                    ),
                    end,
                )
        return "".join(parts).encode("ascii")


@dataclass(frozen=True)
class Csv:
    """A row a sentence; labels joined by ``|``.

    Attributes
    ----------
    labels : tuple of str
        The labels to write, in order.
    kept : tuple of str
        The columns of the input to keep, in order.
    raw : bool
        Whether to write texts as they are. Otherwise an apostrophe before those that begin like a
        formula keeps spreadsheets from running them, and is taken off when the file is read again.
    """

    labels: tuple[str, ...]
    kept: tuple[str, ...]
    raw: bool = False

    def header(self) -> bytes:
        """Spell the names of the columns."""
        return self._lines([columns(self.labels, self.kept)])

    def encode(self, results: Sequence[Result]) -> bytes:
        """Spell results as rows."""
        return self._lines(self._row(*each) for each in _table_rows(results, self.kept))

    def _row(
        self, result: Result, number: int, sentence: Sentence, kept: list[str | None]
    ) -> list[Any]:
        return [
            *(result.document, number, sentence.start, sentence.end, sentence.text),
            "|".join(sentence.labels),
            *[sentence.scores[label] for label in self.labels],
            *(sentence.coverage, "true" if sentence.low_coverage else "false"),
            *kept,
        ]

    def _lines(self, rows: Iterator[list[Any]] | list[list[str]]) -> bytes:
        lines: list[str] = []
        # Only what is in the line terminator is quoted, and a lone "\r" must be.
        sink = SimpleNamespace(write=lambda line: lines.append(line.removesuffix("\r\n") + "\n"))
        csv.writer(sink, lineterminator="\r\n").writerows(
            rows if self.raw else ([tame(cell) for cell in row] for row in rows)
        )
        return _whole("".join(lines)).encode()


@dataclass(frozen=True)
class Parquet:
    """A row a sentence; the kept columns as strings, since rows may differ in their types.

    Attributes
    ----------
    labels : tuple of str
        The labels to write, in order.
    kept : tuple of str
        The columns of the input to keep, in order.
    """

    labels: tuple[str, ...]
    kept: tuple[str, ...]

    def schema(self) -> Any:
        """Return the Arrow schema of the rows."""
        import pyarrow as arrow

        types = {
            "sentence": arrow.int64(),
            "start": arrow.int64(),
            "end": arrow.int64(),
            "labels": arrow.list_(arrow.string()),
            "coverage": arrow.float64(),
            "low_coverage": arrow.bool_(),
            **{f"score_{label}": arrow.float64() for label in self.labels},
        }
        names = columns(self.labels, self.kept)
        return arrow.schema([(name, types.get(name, arrow.string())) for name in names])

    def encode(self, results: Sequence[Result]) -> Any:
        """Spell results as a record batch."""
        import pyarrow as arrow

        rows = [self._row(*each) for each in _table_rows(results, self.kept)]
        schema = self.schema()
        by_column = zip(*rows, strict=True) if rows else [()] * len(schema)
        typed = zip(by_column, schema.types, strict=True)
        arrays = [arrow.array(column, type=kind) for column, kind in typed]
        return arrow.record_batch(arrays, schema=schema)

    def _row(
        self, result: Result, number: int, sentence: Sentence, kept: list[str | None]
    ) -> list[Any]:
        return [
            *(_whole(result.document), number, sentence.start, sentence.end),
            *(_whole(sentence.text), sentence.labels),
            *[sentence.scores[label] for label in self.labels],
            *(sentence.coverage, sentence.low_coverage),
            *kept,
        ]


def columns(labels: Sequence[str], kept: Sequence[str]) -> list[str]:
    """Return the columns of a table of results."""
    return [
        *LEADING_COLUMNS,
        *(f"score_{label}" for label in labels),
        *("coverage", "low_coverage"),
        *(f"source_{_whole(name)}" for name in kept),
    ]


def _table_rows(
    results: Sequence[Result], kept: Sequence[str]
) -> Iterator[tuple[Result, int, Sentence, list[str | None]]]:
    for result in results:
        extra = [name for name in result.source if name not in kept]
        if extra:
            raise InputError(
                f"{result.document}: column {extra[0]!r} is not in the first row; "
                "write .jsonl to keep rows of different columns"
            )
        cells = [_spelled(result.source.get(name)) for name in kept]
        for number, sentence in result.sentences:
            yield result, number, sentence, cells


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
    try:
        text.encode()
    except UnicodeEncodeError:
        pass
    else:
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _plain(value: Any) -> Any:
    """Return what JSON has no form for in one that people read."""
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    return str(value)
