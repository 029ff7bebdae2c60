"""Commands run in this process, thousands of times, and what came of each."""

from __future__ import annotations

import io
import random
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from spillover import cli

DONE, FAILED, REFUSED = "exit 0", "exit 1, one line", "exit 2, one line"


@dataclass(frozen=True)
class Setting:
    """Where a fault is tried.

    Attributes
    ----------
    draw : random.Random
        Seeded by the fault's name.
    cases : int
        How many to try, of a fault that has any number of them.
    folder : Path
        An empty folder.
    """

    draw: random.Random
    cases: int
    folder: Path


@dataclass(frozen=True)
class Fault:
    """A way in which things go wrong, and what must come of it.

    Attributes
    ----------
    kind : str
        What goes wrong.
    expected : tuple of str
        The outcomes that are right.
    tries : callable
        Yields the outcome of each case.
    fast, all : int
        How many cases the tests try, and how many ``make faults``.
    """

    kind: str
    expected: tuple[str, ...]
    tries: Callable[[Setting], Iterator[str]]
    fast: int
    all: int


def command(*arguments: str | Path, stdin: bytes = b"") -> tuple[str, bytes]:
    """Run a command; return the outcome and what it wrote to standard output."""
    out, error = io.BytesIO(), io.StringIO()
    streams = sys.stdin, sys.stdout, sys.stderr, sys.argv
    sys.stdin = io.TextIOWrapper(io.BufferedReader(io.BytesIO(stdin)))
    sys.stdout = stdout = io.TextIOWrapper(out, "utf-8", write_through=True)
    sys.stderr = error
    sys.argv = ["spillover", *map(str, arguments)]
    status: object = 0
    try:
        cli.main()
    except SystemExit as ended:
        status = ended.code
    except BaseException:
        return f"traceback: {traceback.format_exc().splitlines()[-1]}", b""
    finally:
        stdout.detach()  # or it would close what it wrote to
        sys.stdin, sys.stdout, sys.stderr, sys.argv = streams
    told = error.getvalue()
    if status in (0, None):
        return DONE, out.getvalue()
    return outcome(status, told), out.getvalue()


def outcome(status: object, told: str) -> str:
    """Return how a command ended that did not end well, by its status and standard error."""
    one_line = told.count("\n") == 1 and told.startswith("spillover: ") and told[:-1].isprintable()
    return f"exit {status}, {'one line' if one_line else repr(told)}"


def damaged(content: bytes, draw: random.Random) -> bytes:
    """Flip a byte, or cut the rest off: at random."""
    at = draw.randrange(len(content))
    if draw.random() < 0.2:
        return content[:at]
    return content[:at] + bytes([content[at] ^ draw.randint(1, 255)]) + content[at + 1 :]
