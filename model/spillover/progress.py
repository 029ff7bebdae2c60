"""How far a long run is, on standard error while that is a terminal."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence

_EVERY = 0.2


class Progress:
    """A line that says how much is done, how fast, and how long it will take.

    Parameters
    ----------
    stats : sequence of os.stat_result
        Of the files to read; empty if their sizes are not known.
    shown : bool
        Whether to show it at all.
    """

    def __init__(self, stats: Sequence[os.stat_result], shown: bool) -> None:
        self._sizes = [each.st_size for each in stats]
        self._shown = shown and sys.stderr.isatty()
        self._began = self._last = time.monotonic()
        self._first: int | None = None
        self._sentences = 0

    def advance(self, sentences: int, file: int, position: int) -> None:
        """Count sentences that are done, and take note of the file and the place in it."""
        self._sentences += sentences
        read = sum(self._sizes[:file]) + position
        if self._first is None:  # what a run that goes on did not have to do again
            self._first = read
        now = time.monotonic()
        if self._shown and now - self._last >= _EVERY:
            self._last = now
            self.clear()
            sys.stderr.write(self._line(read, now - self._began))
            sys.stderr.flush()

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def _line(self, read: int, seconds: float) -> str:
        line = f"{self._sentences:,} sentences, {self._sentences / seconds:,.0f}/s"
        begun = self._first or 0
        total = sum(self._sizes)
        if not total or read <= begun:
            return line
        left = int(seconds * (total - read) / (read - begun))
        hours, minutes = divmod(left // 60, 60)
        clock = f"{hours}:{minutes:02d}:{left % 60:02d}"
        return f"{100 * read // total:3d} %  {line}, {clock} left"
