"""Files in: text, JSONL, CSV, TSV and Parquet, plain or compressed, as records and documents."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import sys
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from spillover.errors import InputError

SUFFIXES = (".txt", ".jsonl", ".csv", ".tsv", ".parquet")
FORMATS = tuple(suffix.removeprefix(".") for suffix in SUFFIXES)
COMPRESSED = (".gz", ".zst")
STDIN = "-"
MAX_DOCUMENT = 64 * 1024 * 1024
"""Characters; a longer document is refused, since it must be held in memory whole."""

Record = Mapping[str, Any]


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
    """

    column: str = "text"
    input_format: str | None = None
    encoding: str = "utf-8"
    lines: bool = False


def read_documents(source: str, options: ReadOptions) -> Iterator[InputDocument | InputError]:
    """Read the documents of a file.

    Parameters
    ----------
    source : str
        A path, or ``-`` for standard input.
    options : ReadOptions
        How to read it.

    Yields
    ------
    InputDocument or InputError
        A document; or, for a row that is readable but has no text, what is wrong with it.

    Raises
    ------
    InputError
        If the file cannot be read on: missing, damaged, in another encoding or format.
    """
    kind = options.input_format or (
        "txt" if source == STDIN else suffix_of(Path(source)).removeprefix(".") or "txt"
    )
    if kind not in FORMATS:
        raise InputError(
            f"{source}: unknown format {kind!r}; name one of {', '.join(FORMATS)} "
            "with --input-format"
        )
    if kind == "txt":
        with _opened(source) as binary:
            if options.lines:
                for number, text in _decoded_lines(source, binary, options.encoding):
                    if text.strip():
                        yield InputDocument(f"{source}:{number}", text, {})
            else:
                text = _decoded(source, _read_bounded(source, binary), options.encoding)
                if text.strip():
                    yield InputDocument(source, text, {})
        return
    for number, record in read_records(source, kind, options.encoding):
        where = f"{source}:{number}"
        if options.column not in record:
            yield InputError(
                f"{where}: no column {options.column!r}; name one with --column "
                f"({', '.join(map(str, record)) or 'the row is empty'})"
            )
            continue
        text = record[options.column]
        if not isinstance(text, str):
            shown = "null" if text is None else repr(text)
            yield InputError(f"{where}: {options.column!r} must be text, got {shown}")
        elif len(text) > MAX_DOCUMENT:
            yield InputError(f"{where}: {len(text)} characters; at most {MAX_DOCUMENT} are read")
        else:
            kept = {name: value for name, value in record.items() if name != options.column}
            yield InputDocument(where, text, kept)


def read_records(
    source: str | Path, kind: str | None = None, encoding: str = "utf-8"
) -> Iterator[tuple[int, Record]]:
    """Read the rows of a JSONL, CSV, TSV or Parquet file.

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
    (int, Mapping)
        The line, or the row of a Parquet file, from 1; and the record.

    Raises
    ------
    InputError
        If the file cannot be read; names file, line and value.
    """
    name = str(source)
    kind = kind or suffix_of(Path(name)).removeprefix(".")
    readers = {"jsonl": _jsonl, "csv": _csv, "tsv": _csv, "parquet": _parquet}
    if kind not in readers:
        raise InputError(f"{name}: rows are read from {', '.join(readers)} files")
    with _opened(name) as binary:
        if kind == "parquet":
            yield from _parquet(name, binary)
        elif kind == "jsonl":
            yield from _jsonl(name, binary, encoding)
        else:
            yield from _csv(name, binary, encoding, "\t" if kind == "tsv" else ",")


def suffix_of(path: Path) -> str:
    """Return the suffix that tells the format, in lower case, below that of the compression."""
    lower = Path(path.name.lower())
    return Path(lower.stem).suffix if lower.suffix in COMPRESSED else lower.suffix


@contextmanager
def _opened(source: str) -> Iterator[IO[bytes]]:
    """Open a file for reading, decompressed; turn what can go wrong with it into InputError."""
    try:
        if source == STDIN:
            yield sys.stdin.buffer
            return
        suffix = Path(source).suffix.lower()
        if suffix == ".gz":
            with gzip.open(source) as unzipped:
                yield unzipped  # type: ignore[misc]
        elif suffix == ".zst":
            arrow = import_arrow(source)
            with arrow.input_stream(source, compression="zstd") as unzipped:
                yield io.BufferedReader(unzipped)
        else:
            with Path(source).open("rb") as binary:
                yield binary
    except FileNotFoundError:
        raise InputError(f"{source}: no such file") from None
    except IsADirectoryError:
        raise InputError(f"{source}: is a folder; name the files in it") from None
    except (EOFError, zlib.error) as error:
        raise InputError(f"{source}: damaged compressed file ({error})") from None
    except OSError as error:
        reason = error.strerror or str(error).splitlines()[0]
        raise InputError(f"{source}: cannot be read ({reason})") from None


def import_arrow(wanted_for: str) -> Any:
    """Import pyarrow, or raise InputError with the one line that installs it."""
    try:
        import pyarrow
    except ImportError:
        raise InputError(f"{wanted_for}: needs pyarrow: pip install 'spillover[tables]'") from None
    return pyarrow


def _read_bounded(source: str, binary: IO[bytes]) -> bytes:
    content = binary.read(MAX_DOCUMENT + 1)
    if len(content) > MAX_DOCUMENT:
        raise InputError(f"{source}: more than {MAX_DOCUMENT} bytes; split the file")
    return content


def _decoded(where: str, content: bytes, encoding: str) -> str:
    try:
        return content.decode("utf-8-sig" if _is_utf8(encoding) else encoding)
    except UnicodeDecodeError as error:
        raise InputError(
            f"{where}: not {encoding} (byte 0x{content[error.start]:02x} at {error.start}); "
            "name its encoding with --encoding, such as latin-1 or cp1252"
        ) from None
    except (LookupError, UnicodeError):
        raise InputError(f"{where}: unknown encoding {encoding!r}") from None


def _is_utf8(encoding: str) -> bool:
    try:
        return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")
    except LookupError:
        return False


def _decoded_lines(source: str, binary: IO[bytes], encoding: str) -> Iterator[tuple[int, str]]:
    if not _is_utf8(encoding):  # in UTF-16, say, a line feed is more than the byte 0x0a
        yield from _other_lines(source, binary, encoding)
        return
    number = 0
    while line := binary.readline(MAX_DOCUMENT + 1):
        number += 1
        if len(line) > MAX_DOCUMENT:
            raise InputError(f"{source}:{number}: a line of more than {MAX_DOCUMENT} bytes")
        yield number, _decoded(f"{source}:{number}", line, encoding).rstrip("\r\n")


def _other_lines(source: str, binary: IO[bytes], encoding: str) -> Iterator[tuple[int, str]]:
    try:
        text = io.TextIOWrapper(binary, encoding, newline="\n")
    except LookupError:
        raise InputError(f"{source}: unknown encoding {encoding!r}") from None
    number = 0
    try:
        while line := text.readline(MAX_DOCUMENT + 1):
            number += 1
            if len(line) > MAX_DOCUMENT:
                raise InputError(f"{source}:{number}: a line of more than {MAX_DOCUMENT} bytes")
            yield number, line.rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{source}:{number + 1}: not {encoding} ({error.reason}); name its encoding with "
            "--encoding"
        ) from None
    except UnicodeError:  # the codec "undefined" is known, but decodes nothing
        raise InputError(f"{source}: cannot be read as {encoding}") from None
    finally:
        text.detach()  # whoever opened the file closes it


def _jsonl(source: str, binary: IO[bytes], encoding: str) -> Iterator[tuple[int, Record]]:
    for number, line in _decoded_lines(source, binary, encoding):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            reason = getattr(error, "msg", "nested too deeply")
            raise InputError(f"{source}:{number}: not JSON ({reason}): {_shown(line)}") from None
        if not isinstance(record, dict):
            raise InputError(f"{source}:{number}: must be a JSON object, got {_shown(line)}")
        yield number, record


def _csv(
    source: str, binary: IO[bytes], encoding: str, delimiter: str
) -> Iterator[tuple[int, Record]]:
    lines = (line + "\n" for _, line in _decoded_lines(source, binary, encoding))
    csv.field_size_limit(MAX_DOCUMENT)
    reader = csv.DictReader(lines, delimiter=delimiter, strict=True)
    try:
        for record in reader:
            if None in record or None in record.values():
                raise InputError(
                    f"{source}:{reader.line_num}: the row has not as many fields as the header "
                    f"({len(reader.fieldnames or ())})"
                )
            yield reader.line_num, record
    except csv.Error as error:
        # A row that fails does not count yet; an open quote is named where it begins.
        raise InputError(f"{source}:{reader.line_num + 1}: not CSV ({error})") from None


def _parquet(source: str, binary: IO[bytes]) -> Iterator[tuple[int, Record]]:
    arrow = import_arrow(source)
    import pyarrow.parquet

    # Parquet is read from its end, which a stream does not let us do.
    seekable = binary if binary.seekable() else io.BytesIO(_read_bounded(source, binary))
    number = 0
    try:
        for batch in pyarrow.parquet.ParquetFile(seekable).iter_batches(batch_size=1024):
            for record in batch.to_pylist():
                number += 1
                yield number, record
    except (arrow.ArrowException, OverflowError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{source}: damaged or no Parquet file ({reason})") from None


def _shown(line: str) -> str:
    return repr(line if len(line) <= 60 else line[:57] + "...")
