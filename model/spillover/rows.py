"""Rows of JSONL, CSV, TSV and Parquet files, each a record or what is wrong with it."""

from __future__ import annotations

import csv
import io
import json
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from spillover.cells import LEADING_COLUMNS, untamed
from spillover.errors import InputError, RowError, shown
from spillover.files import (
    MAX_DOCUMENT,
    STDIN,
    Lines,
    OpenFile,
    decoded_line,
    import_arrow,
    line_chunks,
    read_bounded,
)

Record = Mapping[str, Any]
Row = tuple[int, Record | RowError]
_CsvLine = tuple[str, RowError | None]

_BUFFER = 256 * 1024
_AT_ONCE = 8
"""Rows of Parquet that are decoded at a time: few, since a dictionary makes one long text many."""
_AGAIN = 4
"""How often, on average, a line of CSV is read again in search of the end of an open quote."""

_MOST_HELD = 100_000
"""Lines of one row of CSV that are kept, to be read again; more would take memory for nothing."""


def read_rows(file: OpenFile, kind: str, encoding: str, longest: int) -> Iterator[Row]:
    """Read a file row by row.

    Parameters
    ----------
    file : OpenFile
        The file.
    kind : str
        ``jsonl``, ``csv``, ``tsv`` or ``parquet``.
    encoding : str
        Of JSONL, CSV and TSV.
    longest : int
        The most bytes of a line.

    Yields
    ------
    (int, Mapping or RowError)
        The line, or the row of a Parquet file, from 1; and the record or what is wrong with it.

    Raises
    ------
    InputError
        If the file cannot be read on.
    """
    if kind == "parquet":
        yield from _parquet(file)
        return
    chunks = line_chunks(file, encoding, longest)
    if kind == "jsonl":
        for lines in chunks:
            yield from json_rows(lines, longest)
    else:
        numbered = (line for lines in chunks for line in lines.numbered())
        yield from _csv(file.name, numbered, "\t" if kind == "tsv" else ",", longest)


def json_rows(lines: Lines, longest: int) -> Iterator[Row]:
    """Read lines of JSONL; what is yielded and what `longest` is as with `read_rows`."""
    for number, line in lines.numbered():
        where = f"{lines.source}:{number}"
        try:
            text = decoded_line(where, line, longest)
            record = _json_object(where, text) if text.strip() else None
        except RowError as error:
            yield number, error
        else:
            if record is not None:
                yield number, record


def _json_object(where: str, line: str) -> Record:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        if isinstance(error, json.JSONDecodeError):
            reason = error.msg
        elif isinstance(error, RecursionError):
            reason = "nested too deeply"
        else:  # Python makes no number of so many digits, which would take it long
            reason = "a number of too many digits"
        raise RowError("not JSON", where, f"not JSON ({reason}): {shown(line)}") from None
    if not isinstance(record, dict):
        raise RowError("no object", where, f"must be a JSON object, got {shown(line)}")
    return record


class _CsvLines:
    """The lines of a CSV file, some of them read again after an open quote.

    Attributes
    ----------
    done : int
        How many lines the rows before the one that is being read have.
    taken : int
        How many lines that row has so far.
    held : list of (str, RowError or None)
        Those lines, or the first of them.
    unreadable : list of RowError
        What is wrong with them.
    """

    def __init__(self, source: str, numbered: Iterator[tuple[int, bytes]], longest: int) -> None:
        self._unread = self._decoded(source, numbered, longest)
        self._ahead: deque[_CsvLine] = deque()
        self._again = 0
        self.done = self.taken = 0
        self.held: list[_CsvLine] = []
        self.unreadable: list[RowError] = []

    @staticmethod
    def _decoded(
        source: str, numbered: Iterator[tuple[int, bytes]], longest: int
    ) -> Iterator[_CsvLine]:
        for number, line in numbered:
            fault = None
            try:
                text = decoded_line(f"{source}:{number}", line, longest)
            except RowError as error:  # its quotes tell all the same where the row ends
                fault = error
                text = line.decode(errors="replace") if len(line) <= longest else ""
            yield text.rstrip("\r\n") + "\n", fault

    def __iter__(self) -> Iterator[str]:
        """Yield the next lines, of one that cannot be read what can be."""
        while line := self._ahead.popleft() if self._ahead else next(self._unread, None):
            self.taken += 1
            if len(self.held) < _MOST_HELD:
                self.held.append(line)
            text, fault = line
            if fault:
                self.unreadable.append(fault)
            yield text

    def next_row(self) -> None:
        """Let the lines of this row go."""
        self.done += self.taken
        self.taken = 0
        self.held.clear()
        self.unreadable.clear()

    def go_back(self) -> bool:
        """Keep but the first line of this row, if reading the others again is no endless work."""
        if self.taken > len(self.held):
            return False
        if self._again + self.taken > _AGAIN * (self.done + self.taken):
            return False
        self._again += self.taken
        self._ahead.extendleft(reversed(self.held[1:]))
        del self.held[1:], self.unreadable[:]
        self.taken = 1
        return True


def _csv(
    source: str, numbered: Iterator[tuple[int, bytes]], delimiter: str, longest: int
) -> Iterator[Row]:
    csv.field_size_limit(longest)
    lines = _CsvLines(source, numbered, longest)
    reader = csv.reader(iter(lines), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:  # an open quote is named where it begins
            row = []
            if lines.go_back():
                reader = csv.reader(iter(lines), delimiter=delimiter, strict=True)
            where = f"{source}:{lines.done + 1}"
            lines.unreadable.append(RowError("not CSV", where, f"not CSV ({error})"))
        number = lines.done + lines.taken
        unreadable = lines.unreadable[0] if lines.unreadable else None
        lines.next_row()
        if unreadable and header is None:
            raise InputError(str(unreadable))
        if unreadable:
            yield number, unreadable
        elif row is None:
            return
        elif header is None:
            header = row
        elif row and len(row) != len(header):
            where = f"{source}:{number}"
            reason = f"the row has not as many fields as the header ({len(header)})"
            yield number, RowError("with too few or too many fields", where, reason)
        elif row:
            if tuple(header[: len(LEADING_COLUMNS)]) == LEADING_COLUMNS:
                row = [untamed(cell) for cell in row]
            yield number, dict(zip(header, row, strict=True))


def _parquet(file: OpenFile) -> Iterator[Row]:
    arrow = import_arrow(file.name)
    import pyarrow.parquet

    seekable = file.content.seekable()
    # Parquet is read from its end, which a stream does not let us do.
    content = file.content if seekable else io.BytesIO(read_bounded(file, MAX_DOCUMENT))
    number = 0
    try:
        # A buffer, since otherwise whole columns of a row group are held.
        table = pyarrow.parquet.ParquetFile(content, buffer_size=_BUFFER)
        for batch in table.iter_batches(batch_size=_AT_ONCE, use_threads=False):
            if seekable and file.name != STDIN:
                file.share = (number + len(batch)) / table.metadata.num_rows
            for record in batch.to_pylist():
                number += 1
                yield number, record
    except (arrow.ArrowException, OverflowError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{file.name}: damaged or no Parquet file ({reason})") from None
