"""Documents in: text, JSONL, CSV, TSV and Parquet, in batches that can be worked on apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from spillover.errors import InputError, RowError, shown
from spillover.files import (
    MAX_DOCUMENT,
    STDIN,
    Lines,
    OpenFile,
    decoded,
    decoded_line,
    line_chunks,
    opened,
    read_bounded,
)
from spillover.rows import Record, Row, json_rows, read_rows

SUFFIXES = (".txt", ".jsonl", ".csv", ".tsv", ".parquet")
FORMATS = tuple(suffix.removeprefix(".") for suffix in SUFFIXES)
COMPRESSED = (".gz", ".zst")

_BATCH_CHARACTERS = 256 * 1024
_BATCH_ROWS = 1000


@dataclass(frozen=True)
class InputDocument:
    """A document as it came in.

    Attributes
    ----------
    name : str
        The file, and the line or row where there is more than one document in it.
    text : str
        The document.
    source : Mapping of str to Any
        The other columns of its row.
    """

    name: str
    text: str
    source: Record


@dataclass(frozen=True)
class ReadOptions:
    """How files are read.

    Attributes
    ----------
    column : str
        The column that holds the text.
    input_format : str or None
        One of `FORMATS`; None to go by the suffix.
    encoding : str
        Of text, JSONL, CSV and TSV.
    lines : bool
        Whether each line of a text file is a document of its own.
    max_document : int
        The most bytes of a document, and of the line that holds it.

    Raises
    ------
    InputError
        If the format is none of `FORMATS`.
    """

    column: str = "text"
    input_format: str | None = None
    encoding: str = "utf-8"
    lines: bool = False
    max_document: int = MAX_DOCUMENT

    def __post_init__(self) -> None:
        if self.input_format is not None and self.input_format not in FORMATS:
            raise InputError(
                f"--input-format must be one of {', '.join(FORMATS)}, got {self.input_format!r}"
            )


class Position(NamedTuple):
    """A place in the input: the file, from 0, and the last line or row of it that is done."""

    file: int = 0
    row: int = 0


@dataclass(frozen=True)
class Batch:
    """Some rows of one file: what is worked on at a time.

    Attributes
    ----------
    kind : str
        The format of the file, one of `FORMATS`.
    rows : Lines or sequence of InputDocument and RowError
        The rows; an error for a row that is no document.
    end : Position
        The last of them.
    read : int
        How many bytes of the file on the disk have been read.
    """

    kind: str
    rows: Lines | Sequence[InputDocument | RowError]
    end: Position
    read: int


def read_batches(sources: Sequence[str], options: ReadOptions, after: Position) -> Iterator[Batch]:
    """Read files.

    Where a batch ends depends on the files alone, unless they are pipes; so it does when reading
    begins after an earlier batch.

    Parameters
    ----------
    sources : sequence of str
        Paths, or ``-`` for standard input.
    options : ReadOptions
        How to read them.
    after : Position
        Where to begin: after the end of a batch.

    Yields
    ------
    Batch
        The next rows.

    Raises
    ------
    InputError
        If a file cannot be read on: missing, damaged, or of another format.
    """
    for number, source in enumerate(sources):
        if number >= after.file:
            kind = _kind_of(source, options.input_format)
            done = after.row if number == after.file else 0
            with opened(source) as file:
                yield from _file_batches(number, file, kind, options, done)


def documents_of(batch: Batch, options: ReadOptions) -> Iterator[InputDocument | RowError]:
    """Take a batch apart into its documents and what is wrong with the other rows."""
    if not isinstance(batch.rows, Lines):
        yield from batch.rows
    elif batch.kind == "jsonl":
        for number, record in json_rows(batch.rows, options.max_document):
            yield _document(f"{batch.rows.source}:{number}", record, options)
    else:
        for number, line in batch.rows.numbered():
            where = f"{batch.rows.source}:{number}"
            try:
                text = decoded_line(where, line, options.max_document).rstrip("\r")
            except RowError as error:
                yield error
            else:
                if text.strip():
                    yield InputDocument(where, text, {})


def read_documents(sources: Sequence[str], options: ReadOptions) -> Iterator[InputDocument]:
    """Read the documents of files, one after the other.

    Raises
    ------
    InputError
        If a file cannot be read on, or a row is no document.
    """
    for batch in read_batches(sources, options, Position()):
        for found in documents_of(batch, options):
            if isinstance(found, RowError):
                raise found
            yield found


def read_records(
    source: str | Path, kind: str | None = None, encoding: str = "utf-8"
) -> Iterator[tuple[int, Record]]:
    """Read the rows of a JSONL, CSV, TSV or Parquet file, all of which must be sound.

    Parameters are those of `read_all_rows`.

    Yields
    ------
    (int, Mapping)
        The line, or the row of a Parquet file, from 1; and the record.

    Raises
    ------
    InputError
        If the file or one of its rows cannot be read; names file, line and value.
    """
    for number, record in read_all_rows(source, kind, encoding):
        if isinstance(record, RowError):
            raise record
        yield number, record


def read_all_rows(
    source: str | Path, kind: str | None = None, encoding: str = "utf-8"
) -> Iterator[Row]:
    """Read the rows of a JSONL, CSV, TSV or Parquet file, broken ones among them.

    Parameters
    ----------
    source : str or Path
        A path, or ``-`` for standard input.
    kind : str, optional
        One of `FORMATS` but ``txt``; by default the suffix says.
    encoding : str
        Of JSONL, CSV and TSV.

    Yields
    ------
    (int, Mapping or RowError)
        The line, or the row of a Parquet file, from 1; and the record or what is wrong with it.

    Raises
    ------
    InputError
        If the file cannot be read on.
    """
    name = str(source)
    kind = kind or suffix_of(Path(name)).removeprefix(".")
    if kind not in FORMATS or kind == "txt":
        raise InputError(f"{name}: rows are read from {', '.join(FORMATS[1:])} files")
    with opened(name) as file:
        yield from read_rows(file, kind, encoding, MAX_DOCUMENT)


def checked_text(where: str, column: str, value: Any, longest: int) -> str | RowError:
    """Return what stands in the text column of a row, or why it is no document.

    Parameters
    ----------
    where : str
        The place of the row.
    column : str
        The column.
    value : Any
        What stands there.
    longest : int
        The most bytes of a document, in UTF-8.
    """
    if not isinstance(value, str):
        found = "null" if value is None else shown(value)
        return RowError("without text", where, f"{column!r} must be text, got {found}")
    # A character is four bytes at most; most texts need not be encoded to be measured.
    if 4 * len(value) > longest and len(value.encode("utf-8", "surrogatepass")) > longest:
        return RowError("too long", where, f"a text of more than {longest} bytes")
    return value


def suffix_of(path: Path) -> str:
    """Return the suffix that tells the format, in lower case, below that of the compression."""
    lower = Path(path.name.lower())
    return Path(lower.stem).suffix if lower.suffix in COMPRESSED else lower.suffix


def _kind_of(source: str, wanted: str | None) -> str:
    by_suffix = "" if source == STDIN else suffix_of(Path(source)).removeprefix(".")
    kind = wanted or by_suffix or "txt"
    if kind not in FORMATS:
        raise InputError(
            f"{source}: unknown format {kind!r}; name one of {', '.join(FORMATS)} "
            "with --input-format"
        )
    return kind


def _file_batches(
    number: int, file: OpenFile, kind: str, options: ReadOptions, done: int
) -> Iterator[Batch]:
    if kind == "txt" and not options.lines:
        if not done:
            found = _whole_text(file, options)
            yield Batch(kind, [found] if found else [], Position(number, 1), file.position())
        return
    if kind in ("txt", "jsonl"):
        for lines in line_chunks(file, options.encoding, options.max_document):
            if lines.first > done:
                yield Batch(kind, lines, Position(number, lines.last), file.position())
        return
    documents: list[InputDocument | RowError] = []
    characters = row = 0
    for row, record in read_rows(file, kind, options.encoding, options.max_document):
        if row <= done:
            continue
        found = _document(f"{file.name}:{row}", record, options)
        documents.append(found)
        if isinstance(found, InputDocument):
            characters += len(found.text)
        elif found.kind == "too long":  # told at once; the next may be as long
            characters += _BATCH_CHARACTERS
        if characters >= _BATCH_CHARACTERS or len(documents) == _BATCH_ROWS:
            yield Batch(kind, documents, Position(number, row), file.position())
            documents, characters = [], 0
    if documents:
        yield Batch(kind, documents, Position(number, row), file.position())


def _whole_text(file: OpenFile, options: ReadOptions) -> InputDocument | RowError | None:
    try:
        content = read_bounded(file, options.max_document)
        text = decoded(file.name, content, options.encoding)
    except RowError as error:
        return error
    return InputDocument(file.name, text, {}) if text.strip() else None


def _document(
    where: str, record: Record | RowError, options: ReadOptions
) -> InputDocument | RowError:
    if isinstance(record, RowError):
        return record
    if options.column not in record:
        return RowError(
            "without text",
            where,
            f"no column {options.column!r}; name one with --column "
            f"({', '.join(map(str, record)) or 'the row is empty'})",
        )
    text = checked_text(where, options.column, record[options.column], options.max_document)
    if isinstance(text, RowError):
        return text
    kept = {name: value for name, value in record.items() if name != options.column}
    return InputDocument(where, text, kept)
