"""How much memory a command takes, the processes that it starts among it (Linux)."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_EVERY = 0.2


@dataclass(frozen=True)
class Peak:
    """The most memory that a command held.

    Attributes
    ----------
    one : float
        Megabytes of its largest process.
    together : float
        Megabytes of all its processes at one time, what they share counted once each.
    """

    one: float
    together: float


def peak(command: Sequence[str], ended_well: Sequence[int] = (0,)) -> Peak:
    """Run a command; return the most memory that it held, or exit as it did if it did not well."""
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 (our own)
    one = together = 0
    ended = threading.Event()

    def watch() -> None:
        nonlocal one, together
        while not ended.wait(_EVERY):
            held = [kilobytes(each) for each in [running.pid, *descendants(running.pid)]]
            one = max(one, *(most for _, most in held))
            together = max(together, sum(now for now, _ in held))

    watcher = threading.Thread(target=watch)
    watcher.start()
    status = running.wait()
    ended.set()
    watcher.join()
    if status not in ended_well:
        raise SystemExit(status)
    return Peak(one / 1024, together / 1024)


def descendants(process: int) -> list[int]:
    """Return the processes that a process has started, and that these have."""
    children: list[int] = []
    for file in Path("/proc").glob(f"{process}/task/*/children"):  # each thread has its own
        with suppress(OSError):  # it has ended
            children += map(int, file.read_text().split())
    return [each for child in children for each in (child, *descendants(child))]


def kilobytes(process: int) -> tuple[int, int]:
    """Return what a process holds now and held at most."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:  # it has ended
        return 0, 0
    figures = dict(line.split(":", 1) for line in status.splitlines())
    now, most = (int(figures.get(name, "0 kB").split()[0]) for name in ("VmRSS", "VmHWM"))
    return now, most
