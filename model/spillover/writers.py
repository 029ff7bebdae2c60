"""Results into a part file: text as it comes, Parquet by numbered parts."""

from __future__ import annotations

import os
import re
from io import FileIO
from pathlib import Path
from typing import Any

from spillover.output import Parquet

_ROWS = 100_000
_BYTES = 8 * 1024 * 1024
"""When a part of a Parquet file is full; until then it is held in memory."""


class TextWriter:
    """Writes JSONL or CSV.

    Attributes
    ----------
    written : int
        How many bytes are in the file for good.

    Parameters
    ----------
    stream : FileIO
        The file, without a buffer: what could not be written must not be kept for later.
    done : int
        How many bytes are there already; what is behind them is cut off.
    """

    def __init__(self, stream: FileIO, done: int) -> None:
        self._stream = stream
        self.written = done
        stream.truncate(done)
        stream.seek(done)

    def write(self, content: bytes) -> bool:
        """Write results; return whether `written` takes them in."""
        left = memoryview(content)
        while left:
            left = left[self._stream.write(left) :]
        self.written += len(content)
        return True

    def finish(self) -> None:
        """Do nothing; what has been written is the file."""


class ParquetWriter:
    """Writes Parquet, which can be written on only file by file: numbered ones, merged at last.

    Attributes
    ----------
    written : int
        How many numbered parts are there for good.

    Parameters
    ----------
    path : Path
        The file; the numbered parts lie beside it.
    how : Parquet
        The format of the results.
    done : int
        How many numbered parts are there already; what is beyond them is removed.
    """

    def __init__(self, path: Path, how: Parquet, done: int) -> None:
        self._path = path
        self._schema = how.schema()
        self.written = done
        self._held: list[Any] = []
        for number, numbered in numbered_parts(path).items():
            if number > done:
                numbered.unlink()

    def write(self, batch: Any) -> bool:
        """Write results; return whether `written` takes them in."""
        self._held.append(batch)
        rows = sum(each.num_rows for each in self._held)
        if rows < _ROWS and sum(each.nbytes for each in self._held) < _BYTES:
            return False
        self._write_part()
        return True

    def finish(self) -> None:
        """Merge the parts."""
        import pyarrow.parquet

        self._write_part()
        with pyarrow.parquet.ParquetWriter(self._path, self._schema) as merged:
            for numbered in numbered_parts(self._path).values():
                with pyarrow.parquet.ParquetFile(numbered) as part:
                    merged.write_table(part.read(use_threads=False))

    def _write_part(self) -> None:
        import pyarrow.parquet

        table = pyarrow.Table.from_batches(self._held, self._schema)
        numbered = self._path.with_name(f"{self._path.name}.{self.written + 1:04d}.parquet")
        with numbered.open("wb") as stream:
            pyarrow.parquet.write_table(table, stream)
            os.fsync(stream.fileno())
        self.written += 1
        self._held = []


def numbered_parts(path: Path) -> dict[int, Path]:
    """Return the numbered parts of a Parquet file that is not whole yet, in order."""
    pattern = re.compile(re.escape(path.name) + r"\.(\d{4,})\.parquet")
    beside = [(pattern.fullmatch(each.name), each) for each in path.parent.iterdir()]
    return dict(sorted((int(found[1]), each) for found, each in beside if found))
