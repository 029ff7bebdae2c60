"""Output files under another name until they are whole; a run that broke off goes on from them."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from io import FileIO
from pathlib import Path
from typing import Any

from spillover.documents import Position
from spillover.errors import InputError
from spillover.output import Csv, Jsonl, Parquet
from spillover.task import Skipped
from spillover.writers import ParquetWriter, TextWriter, numbered_parts

_SAVE_EVERY = 1.0
"""Seconds; what has been written since is written again by a run that goes on."""

Fingerprint = Mapping[str, Any]


@dataclass(frozen=True)
class Checkpoint:
    """How far a run has come, kept beside the part file as JSON.

    Attributes
    ----------
    fingerprint : Mapping of str to Any
        What the output depends on, by the words that name it to the user.
    columns : sequence of str
        The columns of the input that are kept.
    file, row : int
        The `Position` up to which the results are in the output.
    written : int
        The size of the output up to there: bytes, or the number of parts of a Parquet file.
    skipped : Skipped
        The rows that were skipped up to there.
    """

    fingerprint: Fingerprint
    columns: list[str]
    file: int = 0
    row: int = 0
    written: int = 0
    skipped: Skipped = field(default_factory=dict)

    @property
    def position(self) -> Position:
        """Where to read on."""
        return Position(self.file, self.row)


class PartFile:
    """``OUT.part``, locked; made by `part_file`.

    Attributes
    ----------
    checkpoint : Checkpoint or None
        Where to go on from; None at the beginning.
    """

    def __init__(self, output: Path, fingerprint: Fingerprint | None) -> None:
        self.checkpoint: Checkpoint | None = None
        self._output = output
        self._fingerprint = fingerprint
        self._part = output.with_name(output.name + ".part")
        self._json = output.with_name(output.name + ".part.json")
        self._stream = _locked(self._part)
        self._writer: TextWriter | ParquetWriter
        self._saved_at = time.monotonic()

    def load(self) -> None:
        """Find where an earlier run broke off; where it left nothing, the beginning is kept.

        Raises
        ------
        InputError
            If that run differs from this one in what the output depends on.
        """
        try:
            found = Checkpoint(**json.loads(self._json.read_text("utf-8")))
        except FileNotFoundError:
            return
        except (ValueError, TypeError, OSError):
            raise InputError(f"{self._json}: damaged; start afresh without --resume") from None
        now = json.loads(json.dumps(self._fingerprint))  # as it was read
        for name in sorted({*found.fingerprint, *now}):
            old, new = found.fingerprint.get(name), now.get(name)
            if old != new:
                raise InputError(
                    f"{self._part}: was begun with {name} {_shown(old)}, which is now "
                    f"{_shown(new)}; start afresh without --resume"
                )
        if self._holds(found):
            self.checkpoint = found

    def begin(self, how: Jsonl | Csv | Parquet, kept: list[str]) -> None:
        """Make ready to write, behind what is there if there is a checkpoint.

        Parameters
        ----------
        how : Jsonl, Csv or Parquet
            The format.
        kept : list of str
            The columns of the input that are kept.
        """
        done = self.checkpoint.written if self.checkpoint else 0
        if not self.checkpoint:  # first of all, so that it never tells of another run's part file
            self._json.unlink(missing_ok=True)
        if isinstance(how, Parquet):
            self._writer = ParquetWriter(self._part, how, done)
        else:
            self._writer = TextWriter(self._stream, done)
            if not self.checkpoint and isinstance(how, Csv):
                self._writer.write(how.header())
        if not self.checkpoint and self._fingerprint is not None:
            self.checkpoint = Checkpoint(self._fingerprint, kept, written=self._writer.written)
        self.save()

    def write(self, content: Any, end: Position, skipped: Skipped) -> None:
        """Write the results of the input up to a position."""
        if self._writer.write(content) and self.checkpoint:
            self.checkpoint = replace(
                self.checkpoint,
                file=end.file,
                row=end.row,
                written=self._writer.written,
                skipped=dict(skipped),
            )
        if time.monotonic() - self._saved_at > _SAVE_EVERY:
            self.save()

    def save(self) -> None:
        """Write the checkpoint, unless the input is one that cannot be read again."""
        if self.checkpoint is None:
            return
        os.fsync(self._stream.fileno())  # what the checkpoint tells of is there, whatever happens
        new = self._json.with_name(self._json.name + ".new")
        try:
            new.write_text(json.dumps(asdict(self.checkpoint), indent=1) + "\n", "utf-8")
            new.replace(self._json)
        finally:
            new.unlink(missing_ok=True)
        self._saved_at = time.monotonic()

    def finish(self) -> None:
        """Give the output its name."""
        self._writer.finish()
        os.fsync(self._stream.fileno())
        self.checkpoint = None  # there is nothing to go on from any more
        self._part.replace(self._output)
        self._remove_beside()

    def remove(self) -> None:
        """Leave nothing behind."""
        self._remove_beside()
        self._part.unlink(missing_ok=True)  # at last, since it is locked as long as it is there

    def _remove_beside(self) -> None:
        for path in (self._json, *numbered_parts(self._part).values()):
            path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let other runs write the file."""
        self._stream.close()

    def _holds(self, found: Checkpoint) -> bool:
        if self._output.suffix.lower() == ".parquet":
            return len(numbered_parts(self._part)) >= found.written
        return os.fstat(self._stream.fileno()).st_size >= found.written


@contextmanager
def part_file(output: Path, fingerprint: Fingerprint | None, resume: bool) -> Iterator[PartFile]:
    """Write a file as ``OUT.part``, which gets its name at the end.

    Bad input leaves nothing behind. Whatever else breaks off leaves what is needed to go on.

    Parameters
    ----------
    output : Path
        The file.
    fingerprint : Mapping of str to Any, or None
        What the output depends on; None if it depends on what cannot be read again.
    resume : bool
        Whether to go on from where an earlier run broke off.

    Raises
    ------
    InputError
        If the file cannot be written, another run is writing it, or the earlier run differs.
    """
    try:
        if output.is_dir():
            raise IsADirectoryError("it is a folder")
        part = PartFile(output, fingerprint)
    except OSError as error:
        raise InputError(f"{output}: cannot be written ({error.strerror or error})") from None
    try:
        if resume:
            part.load()
        try:
            yield part
            part.finish()
        except InputError:
            part.remove()
            raise
        except BaseException:
            with suppress(OSError):  # on a full disk the last checkpoint holds
                part.save()
            raise
    finally:
        part.close()


def _locked(path: Path) -> FileIO:
    """Open a file that no other run has open."""
    while True:
        stream = FileIO(os.open(path, os.O_RDWR | os.O_CREAT, 0o666), "r+")
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stream.close()
            raise InputError(f"{path}: another run is writing it") from None
        # Between opening and locking, the run that had it may have given it its name.
        with suppress(FileNotFoundError):
            if os.path.samestat(path.stat(), os.fstat(stream.fileno())):
                return stream
        stream.close()


def _shown(value: Any) -> str:
    return "absent" if value is None else json.dumps(value, ensure_ascii=False)
