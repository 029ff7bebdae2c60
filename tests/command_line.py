"""Commands run as a user runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

SPILLOVER = [sys.executable, "-m", "spillover"]


def run(
    *arguments: str | Path, stdin: bytes = b"", cwd: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run a command to its end."""
    return subprocess.run(
        [*SPILLOVER, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        cwd=cwd,
        check=False,
    )


def lines(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    """Return the JSONL that a run wrote; assert that it went well."""
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


def refused(done: subprocess.CompletedProcess[bytes], message: str, status: int = 2) -> None:
    """Assert that a run failed with this one line."""
    error = done.stderr.decode()
    assert done.returncode == status, error
    assert message in error
    assert error.count("\n") == 1, error
    assert error.startswith("spillover: ")


def workers_of(process: int) -> list[int]:
    """Return the processes that one has started to work for it."""
    try:
        children = [
            int(child)
            for file in Path(f"/proc/{process}/task").glob("*/children")
            for child in file.read_text().split()
        ]
    except (FileNotFoundError, ProcessLookupError):  # it has ended, or a thread of it
        return []
    return [each for each in children if "popen_loky" in started_as(each)]


def started_as(process: int) -> str:
    """Return the command line of a process; nothing once it has ended."""
    try:
        return Path(f"/proc/{process}/cmdline").read_text()
    except FileNotFoundError:
        return ""
