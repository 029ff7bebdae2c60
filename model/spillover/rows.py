"""Rows of JSONL, CSV, TSV and Parquet files, each a record or what is wrong with it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

from spillover.cells import LEADING_COLUMNS, untamed
from spillover.errors import InputError, RowError
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

_BUFFER = 256 * 1024


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
        reason = getattr(error, "msg", "nested too deeply")
        raise RowError("not JSON", where, f"not JSON ({reason}): {_shown(line)}") from None
    if not isinstance(record, dict):
        raise RowError("no object", where, f"must be a JSON object, got {_shown(line)}")
    return record


def _csv(
    source: str, numbered: Iterator[tuple[int, bytes]], delimiter: str, longest: int
) -> Iterator[Row]:
    unreadable: list[RowError] = []

    def lines() -> Iterator[str]:
        for number, line in numbered:
            try:
                yield decoded_line(f"{source}:{number}", line, longest).rstrip("\r\n") + "\n"
            except RowError as error:
                unreadable.append(error)
                yield "\n"

    csv.field_size_limit(longest)
    reader = csv.reader(lines(), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    while True:
        begin = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:  # an open quote is named where it begins
            unreadable.append(RowError("not CSV", f"{source}:{begin}", f"not CSV ({error})"))
            row = []
        if header is None and unreadable:
            raise InputError(str(unreadable[0]))
        if unreadable:
            yield reader.line_num, unreadable[0]
            unreadable.clear()
        elif row is None:
            return
        elif header is None:
            header = row
        elif row and len(row) != len(header):
            where = f"{source}:{reader.line_num}"
            reason = f"the row has not as many fields as the header ({len(header)})"
            yield reader.line_num, RowError("with too few or too many fields", where, reason)
        elif row:
            if tuple(header[: len(LEADING_COLUMNS)]) == LEADING_COLUMNS:
                row = [untamed(cell) for cell in row]
            yield reader.line_num, dict(zip(header, row, strict=True))


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
        for batch in table.iter_batches(batch_size=128):
            if seekable and file.name != STDIN:
                file.share = (number + len(batch)) / table.metadata.num_rows
            for record in batch.to_pylist():
                number += 1
                yield number, record
    except (arrow.ArrowException, OverflowError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{file.name}: damaged or no Parquet file ({reason})") from None


def _shown(line: str) -> str:
    return repr(line if len(line) <= 60 else line[:57] + "...")
