"""Training that is interrupted, killed, or out of disk."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from command_line import SPILLOVER, workers_of

from faults.harness import FAILED, Fault, Setting, outcome
from faults.runs import SENTENCES, ended

ALL_OR_NOTHING = "no model, or that of an undisturbed run"


def kills(setting: Setting) -> Iterator[str]:
    """Stop a training at a random moment."""
    rows, out = _rows(setting), setting.folder / "model"
    started = time.monotonic()
    subprocess.run(_command(rows, out), check=True, stdout=subprocess.DEVNULL)
    undisturbed = time.monotonic() - started
    sums = (out / "SHA256SUMS").read_bytes()
    for _ in range(setting.cases):
        for path in set(setting.folder.iterdir()) - {rows}:  # what SIGKILL left, too
            shutil.rmtree(path)
        stopped_by = setting.draw.choice([signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
        begun = subprocess.Popen(
            _command(rows, out), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        time.sleep(setting.draw.uniform(0.2, 1.1) * undisturbed)
        begun.send_signal(stopped_by)
        _, told = begun.communicate(timeout=60)
        left = [path.name for path in setting.folder.iterdir() if path.name.startswith(".")]
        if stopped_by != signal.SIGKILL and (told or left):
            yield f"{stopped_by.name}: {told.decode()}, left {left}"
        elif out.exists() and (out / "SHA256SUMS").read_bytes() != sums:
            yield "a model that is not whole"
        else:
            yield ALL_OR_NOTHING


def dead_workers(setting: Setting) -> Iterator[str]:
    """Kill one of the processes that a training has started."""
    rows = _rows(setting)
    for _ in range(setting.cases):
        begun = subprocess.Popen(
            _command(rows, setting.folder / "model"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        while len(workers := workers_of(begun.pid)) < 2:
            time.sleep(0.01)
        os.kill(setting.draw.choice(workers), signal.SIGKILL)
        _, told = begun.communicate(timeout=60)
        yield outcome(begun.returncode, told.decode())


def full_disks(setting: Setting) -> Iterator[str]:
    """Run out of room in one of a model's files."""
    rows = _rows(setting)
    for _ in range(setting.cases):
        command = " ".join(_command(rows, setting.folder / "model", jobs=1))
        limited = f"ulimit -f {setting.draw.randint(0, 20)}; exec {command}"
        found = ended(["/bin/sh", "-c", limited])
        left = sorted(path.name for path in setting.folder.iterdir())
        yield found if left == [rows.name] else f"left {left}"


def _rows(setting: Setting) -> Path:
    """Return a file of labelled rows; of no use but to train on."""
    path = setting.folder / "rows.jsonl"
    with path.open("w") as file:
        for each in range(3000):
            at = setting.draw.randrange(3)
            words = " ".join(str(setting.draw.randrange(2000, 9000)) + "th" for _ in range(9))
            labels = ["force"] * (at == 0) + ["talks"] * (at == 2)
            row = {"text": f"{SENTENCES[at]} {words}", "labels": labels, "item": each // 6}
            file.write(json.dumps(row) + "\n")
    return path


def _command(rows: Path, out: Path, jobs: int = 2) -> list[str]:
    return [*SPILLOVER, "train", str(rows), "--out", str(out), "--jobs", str(jobs)]


FAULTS = (
    Fault(
        "training: SIGINT, SIGTERM or SIGKILL at a random moment", (ALL_OR_NOTHING,), kills, 2, 20
    ),
    Fault("training: a worker killed", (FAILED,), dead_workers, 1, 10),
    Fault("training: full disk", (FAILED,), full_disks, 1, 10),
)
