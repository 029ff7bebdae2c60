"""Input files: opened, decompressed, and cut into chunks of whole lines in UTF-8."""

from __future__ import annotations

import codecs
import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from spillover.errors import InputError, RowError

STDIN = "-"
MAX_DOCUMENT = 64 * 1024 * 1024
"""Bytes; a longer document is refused unless asked for, since it is held in memory whole."""

_CHUNK = 256 * 1024


@dataclass
class OpenFile:
    """A file that is being read.

    Attributes
    ----------
    name : str
        As the user gave it.
    content : binary file
        What is in it, decompressed.
    raw : binary file
        The file as it lies on the disk.
    share : float or None
        How much has been read of a format that is not read from front to end.
    """

    name: str
    content: IO[bytes]
    raw: IO[bytes]
    share: float | None = None

    def position(self) -> int:
        """Return how many bytes of the file on the disk have been read; 0 of a pipe."""
        if self.share is not None:
            return int(self.share * Path(self.name).stat().st_size)
        return self.raw.tell() if self.raw.seekable() else 0


@dataclass(frozen=True)
class Lines:
    """Lines as they were read; whoever works on them also takes them apart.

    Attributes
    ----------
    source : str
        The file.
    first : int
        The number of the first line, from 1.
    content : bytes
        The lines, in UTF-8.
    """

    source: str
    first: int
    content: bytes

    @property
    def last(self) -> int:
        """The number of the last line."""
        return self.first + self.content.count(b"\n") - self.content.endswith(b"\n")

    def numbered(self) -> Iterator[tuple[int, bytes]]:
        """Iterate over the lines, without line feeds, and their numbers."""
        return enumerate(self.content.removesuffix(b"\n").split(b"\n"), self.first)


@contextmanager
def opened(source: str) -> Iterator[OpenFile]:
    """Open a file for reading; turn what can go wrong with it into InputError.

    Parameters
    ----------
    source : str
        A path, or ``-`` for standard input.
    """
    try:
        if source == STDIN:
            if sys.stdin is None:
                raise InputError("-: standard input is closed; name a FILE")
            yield OpenFile(source, sys.stdin.buffer, sys.stdin.buffer)
            return
        with Path(source).open("rb") as raw:
            suffix = Path(source).suffix.lower()
            if suffix == ".gz":
                with gzip.open(raw) as unzipped:
                    yield OpenFile(source, unzipped, raw)  # type: ignore[arg-type]
            elif suffix == ".zst":
                with import_arrow(source).input_stream(raw, compression="zstd") as unzipped:
                    yield OpenFile(source, io.BufferedReader(unzipped, _CHUNK), raw)
            else:
                yield OpenFile(source, raw, raw)
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


def decoded(where: str, content: bytes, encoding: str = "utf-8") -> str:
    """Decode a text, without its byte order mark.

    Raises
    ------
    RowError
        If it is in another encoding.
    InputError
        If there is no such encoding.
    """
    try:
        if is_utf8(encoding):
            content = content.removeprefix(codecs.BOM_UTF8)
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise RowError(
            f"not in {encoding}",
            where,
            f"not {encoding} (byte 0x{content[error.start]:02x} at {error.start}); "
            "name its encoding with --encoding, such as latin-1 or cp1252",
        ) from None
    except LookupError:
        raise InputError(f"{where}: unknown encoding {encoding!r}") from None
    except UnicodeError:  # the codec "undefined" is known, but decodes nothing
        raise InputError(f"{where}: cannot be read as {encoding}") from None


def decoded_line(where: str, line: bytes, longest: int) -> str:
    """Decode a line of `Lines`.

    Raises
    ------
    RowError
        If it is not in UTF-8, or of more bytes than `longest`.
    """
    if len(line) > longest:
        raise RowError("too long", where, f"a line of more than {longest} bytes")
    return decoded(where, line)


def is_utf8(encoding: str) -> bool:
    """Return whether this is a name of UTF-8."""
    if encoding == "utf-8":  # asked for every line
        return True
    try:
        return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")
    except LookupError:
        return False


def read_bounded(file: OpenFile, longest: int) -> bytes:
    """Read a file whole.

    Raises
    ------
    RowError
        If it is of more bytes than `longest`.
    """
    content = file.content.read(longest + 1)
    if len(content) > longest:
        raise RowError("too long", file.name, f"more than {longest} bytes; split the file")
    return content


def line_chunks(file: OpenFile, encoding: str, longest: int) -> Iterator[Lines]:
    """Read whole lines, a few hundred kilobytes at a time.

    Where the chunks end depends on the file alone, unless it is standard input, from which is
    taken what is there.

    Parameters
    ----------
    file : OpenFile
        What to read.
    encoding : str
        What it is in.
    longest : int
        Of a line of more bytes only the beginning is kept, but more bytes than this.

    Yields
    ------
    Lines
        The next lines.
    """
    number = 1
    pieces: list[bytes] = []  # of a line whose end has not been read yet
    held = 0
    for piece in _pieces(file) if is_utf8(encoding) else _recoded(file, encoding):
        cut = piece.rfind(b"\n") + 1
        if cut:
            begin = 0
            if held > longest:  # the end of a line that has been yielded
                begin = piece.find(b"\n") + 1
                number += 1
            if begin < cut:
                lines = Lines(file.name, number, b"".join([*pieces, piece[begin:cut]]))
                yield lines
                number = lines.last + 1
            pieces, held = [], 0
        if cut < len(piece) and held <= longest:
            pieces.append(piece[cut:])
            held += len(piece) - cut
            if held > longest:  # at once, so that nobody waits for the end of a bomb
                yield Lines(file.name, number, b"".join(pieces))
                pieces = []
    if pieces:
        yield Lines(file.name, number, b"".join(pieces))


def _pieces(file: OpenFile) -> Iterator[bytes]:
    read = file.content.read1 if file.name == STDIN else file.content.read  # type: ignore[attr-defined]
    while piece := read(_CHUNK):
        yield piece


def _recoded(file: OpenFile, encoding: str) -> Iterator[bytes]:
    """Read pieces in another encoding, in which a line feed may be more than the byte 0x0a."""
    decoded(file.name, b" " * 4, encoding)  # raises if there is no such encoding of text
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 1
    try:
        for piece in _pieces(file):
            text = decoder.decode(piece)
            lines += text.count("\n")
            yield text.encode("utf-8", "replace")
        yield decoder.decode(b"", final=True).encode("utf-8", "replace")
    except UnicodeError as error:
        if not isinstance(error, UnicodeDecodeError):  # of UTF-16 and UTF-32, no byte order mark
            raise InputError(f"{file.name}: cannot be read as {encoding} ({error})") from None
        lines += error.object[: error.start].decode(encoding, "replace").count("\n")
        raise InputError(
            f"{file.name}:{lines}: not {encoding} ({error.reason}); name its encoding with "
            "--encoding"
        ) from None
