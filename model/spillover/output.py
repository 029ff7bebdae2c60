"""Results out: documents and their sentences, spelled as JSONL, CSV or Parquet."""

from __future__ import annotations

import csv
import datetime
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from json.encoder import encode_basestring_ascii as quoted
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from spillover.cells import LEADING_COLUMNS, tame
from spillover.documents import InputDocument
from spillover.errors import InputError
from spillover.files import import_arrow
from spillover.scored import Scored, label_sets
from spillover.tables import DECIMALS, Floats

# Shares of a few words recur, and digits take longer to find than to look up.
_share = lru_cache(maxsize=4096)(repr)

FILE_FORMATS = ("jsonl", "csv", "parquet")


class Format(Protocol):
    """How results are spelled; can be pickled, so that workers spell what they have scored."""

    def encode(self, documents: Sequence[InputDocument], found: Scored) -> Any:
        """Spell what was found in documents: as bytes, or as a record batch for Parquet."""


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

    def encode(self, documents: Sequence[InputDocument], found: Scored) -> bytes:
        """Spell sentences as lines.

        They are what `json.dumps` makes of each sentence's record, but for the scores, which have
        seven decimals and no exponent, made ten times as fast: what is the same for all sentences
        of a document is spelled once, and all scores at once. In ASCII any text is valid JSON in
        any encoding, lone surrogates too.
        """
        each = {at: documents[at] for at in set(found.documents)}
        begins = {at: f'{{"document": {quoted(of.name)}, "sentence": ' for at, of in each.items()}
        ends = {at: f', "source": {_json(dict(of.source))}}}\n' for at, of in each.items()}
        labels = label_sets([quoted(label) for label in self.labels], found.carried, ", ".join)
        return "".join(
            [
                f'{begins[document]}{number}, "start": {start}, "end": {end}, '
                f'"text": {quoted(text)}, "labels": [{carried}], '
                f'"scores": {{{scores}}}, "coverage": {_share(coverage)}, '
                f'"low_coverage": {"true" if low else "false"}{ends[document]}'
                for document, number, start, end, text, carried, scores, coverage, low in zip(
                    found.documents,
                    found.numbers,
                    found.starts,
                    found.ends,
                    found.texts,
                    labels,
                    self._scores(found.probabilities),
                    found.coverages.tolist(),
                    found.low_coverage.tolist(),
                    strict=True,
                )
            ]
        ).encode("ascii")

    def _scores(self, probabilities: Floats) -> list[str]:
        """Spell the scores of all sentences at once, as rows of one array of characters.

        One by one, the shortest form of four floats takes as long as it took to score them.
        """
        front, back = _digits()
        high, low = np.divmod(np.rint(probabilities * 10**DECIMALS).astype(np.int32), 10_000)
        columns: list[Any] = []
        for at, label in enumerate(self.labels):
            columns.append(f"{', ' if at else ''}{quoted(label)}: ".encode("ascii"))
            columns += [front.take(high[:, at]), back.take(low[:, at])]
        rows = np.empty(len(high), ",".join(np.asarray(column).dtype.str for column in columns))
        for name, column in zip(rows.dtype.names or (), columns, strict=True):
            rows[name] = column
        spelled, width = rows.tobytes().decode("ascii"), rows.itemsize
        return [spelled[at : at + width] for at in range(0, len(spelled), width)]


@cache
def _digits() -> tuple[npt.NDArray[np.bytes_], npt.NDArray[np.bytes_]]:
    """Return what a probability begins with, "0.000" to "1.000", and its other four digits."""
    front = [f"{number // 1000}.{number % 1000:03}" for number in range(1001)]
    places = np.arange(10_000)[:, None] // [1000, 100, 10, 1] % 10
    return np.array(front, "S5"), (places + ord("0")).astype(np.uint8).view("S4").ravel()


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

    def encode(self, documents: Sequence[InputDocument], found: Scored) -> bytes:
        """Spell sentences as rows."""
        kept = _kept_cells(documents, self.kept)
        return self._lines(
            [documents[document].name, *cells, low, *kept[document]]
            for document, *cells, low in zip(
                found.documents,
                found.numbers,
                found.starts,
                found.ends,
                found.texts,
                label_sets(self.labels, found.carried, "|".join),
                *found.probabilities.T.tolist(),
                found.coverages.tolist(),
                np.where(found.low_coverage, "true", "false").tolist(),
                strict=True,
            )
        )

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

    def encode(self, documents: Sequence[InputDocument], found: Scored) -> Any:
        """Spell sentences as a record batch."""
        import pyarrow as arrow

        names = [_whole(document.name) for document in documents]
        kept = _kept_cells(documents, self.kept)
        by_column = [
            [names[document] for document in found.documents],
            *(found.numbers, found.starts, found.ends),
            list(map(_whole, found.texts)),
            label_sets(self.labels, found.carried, tuple),
            *found.probabilities.T,
            *(found.coverages, found.low_coverage),
            *([kept[document][at] for document in found.documents] for at in range(len(self.kept))),
        ]
        schema = self.schema()
        typed = zip(by_column, schema.types, strict=True)
        arrays = [arrow.array(column, type=kind) for column, kind in typed]
        return arrow.record_batch(arrays, schema=schema)


def columns(labels: Sequence[str], kept: Sequence[str]) -> list[str]:
    """Return the columns of a table of results."""
    return [
        *LEADING_COLUMNS,
        *(f"score_{label}" for label in labels),
        *("coverage", "low_coverage"),
        *(f"source_{_whole(name)}" for name in kept),
    ]


def _kept_cells(documents: Sequence[InputDocument], kept: Sequence[str]) -> list[list[str | None]]:
    """Return the cells of the kept columns of each document."""
    for document in documents:
        extra = [name for name in document.source if name not in kept]
        if extra:
            raise InputError(
                f"{document.name}: column {extra[0]!r} is not in the first row; "
                "write .jsonl to keep rows of different columns"
            )
    return [[_spelled(document.source.get(name)) for name in kept] for document in documents]


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
