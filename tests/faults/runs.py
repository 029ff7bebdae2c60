"""Runs that are interrupted, killed, out of disk, or not alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from command_line import SPILLOVER

from faults.harness import FAILED, REFUSED, Fault, Setting, outcome

SENTENCES = ["Rockets hit the port, killing three.", "Bread is dear.", "The talks began in Osha."]
SAME = "--resume gives the bytes of an undisturbed run"
QUIET = "exit 0, nothing said"
STOPPED = "ended by the signal, nothing said"
APART = "each writes its bytes"


def kills(setting: Setting) -> Iterator[str]:
    """Stop a run at a random moment, several times, and go on with it."""
    path, whole = _articles(setting, 12_000)
    output = setting.folder / "out.jsonl"
    for _ in range(setting.cases):
        for _ in range(setting.draw.randint(1, 2)):
            jobs = str(setting.draw.choice([1, 1, 2]))
            begun = subprocess.Popen(
                [*_command(path, output), "--resume", "--jobs", jobs],
                stdout=subprocess.DEVNULL,  # workers that outlive a kill may print there
                stderr=subprocess.DEVNULL,
            )
            time.sleep(setting.draw.uniform(0.05, 1.5))
            begun.send_signal(setting.draw.choice([signal.SIGINT, signal.SIGTERM, signal.SIGKILL]))
            begun.wait(30)
        if output.exists() and output.read_bytes() != whole:
            yield "an output file that is not whole"
        done = subprocess.run(
            [*_command(path, output), "--resume"], capture_output=True, check=False
        )
        same = done.returncode == 0 and output.read_bytes() == whole
        yield SAME if same else f"other bytes: {done.stderr.decode()}"
        output.unlink(missing_ok=True)


def starts(setting: Setting) -> Iterator[str]:
    """Stop a run while it still imports."""
    for _ in range(setting.cases):
        stopped_by = setting.draw.choice([signal.SIGINT, signal.SIGTERM])
        with subprocess.Popen(
            [*SPILLOVER, "predict", "--text", SENTENCES[0]],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        ) as begun:
            maps = Path(f"/proc/{begun.pid}/maps")
            while begun.poll() is None and "numpy" not in maps.read_text():
                time.sleep(0.001)
            time.sleep(setting.draw.uniform(0, 0.1))
            begun.send_signal(stopped_by)
            _, told = begun.communicate(timeout=30)
        if told or begun.returncode not in (0, -stopped_by, 128 + stopped_by):
            yield f"{begun.returncode} {told!r}"
        else:
            yield QUIET if begun.returncode == 0 else STOPPED


def full_disks(setting: Setting) -> Iterator[str]:
    """Run out of room in a file, then go on; and on standard output."""
    path, whole = _articles(setting, 2000)
    output = setting.folder / "out.jsonl"
    for _ in range(setting.cases):
        blocks = setting.draw.randint(0, 2 * len(whole) // 1024 // 3)
        limited = f"ulimit -f {blocks}; exec {' '.join(_command(path, output))}"
        yield ended(["/bin/sh", "-c", limited])
        subprocess.run([*_command(path, output), "--resume"], check=True)
        if output.read_bytes() != whole:
            yield "other bytes"
        output.unlink()
    with Path("/dev/full").open("wb") as full:
        begun = [*SPILLOVER, "predict", str(path)]
        done = subprocess.run(begun, stdout=full, stderr=subprocess.PIPE, check=False)
        yield outcome(done.returncode, done.stderr.decode())


def no_permission(setting: Setting) -> Iterator[str]:
    """Read what may not be read, and write where nothing may be written."""
    secret, fine, closed = (setting.folder / name for name in ("secret.jsonl", "a.jsonl", "closed"))
    for path in (secret, fine):
        path.write_text('{"text": "Bread is dear.", "labels": []}\n')
    secret.chmod(0)
    closed.mkdir(0o500)
    # The superuser may do anything, unless these are taken away.
    dropped = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    for arguments in (
        ["predict", secret],
        ["report", secret, "-o", setting.folder / "a.html"],
        ["evaluate", secret],
        ["predict", fine, "-o", closed / "a.jsonl"],
        ["report", fine, "-o", closed / "a.html"],
        ["train", fine, "--out", closed / "model"],
        ["predict", fine, "--model", secret],
    ):
        begun = [*(dropped if os.geteuid() == 0 else []), *SPILLOVER, *map(str, arguments)]
        yield ended(begun)


def closed_pipes(setting: Setting) -> Iterator[str]:
    """Close the pipe after a few lines, as `head` does."""
    path, _ = _articles(setting, 2000)
    for _ in range(setting.cases):
        with subprocess.Popen(
            [*SPILLOVER, "predict", str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as begun:
            assert begun.stdout is not None
            assert begun.stderr is not None
            begun.stdout.read(setting.draw.randint(1, 100_000))
            begun.stdout.close()
            told = begun.stderr.read()
        yield QUIET if (begun.returncode, told) == (0, b"") else f"{begun.returncode} {told!r}"


def pipes_and_growing_files(setting: Setting) -> Iterator[str]:
    """Read a FIFO, and a file that is written to meanwhile."""
    record = json.dumps({"text": SENTENCES[0]}) + "\n"
    fifo, growing = setting.folder / "fifo.jsonl", setting.folder / "growing.jsonl"
    os.mkfifo(fifo)
    for path in (fifo, growing):
        growing.write_text(record * 1000)
        with subprocess.Popen(
            [*SPILLOVER, "predict", str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as begun:
            with path.open("a") as file:
                for _ in range(500):
                    file.write(record)
            out, told = begun.communicate(timeout=60)
        for line in out.splitlines():
            json.loads(line)
        yield QUIET if (begun.returncode, told) == (0, b"") else f"{begun.returncode} {told!r}"


def two_at_once(setting: Setting) -> Iterator[str]:
    """Run twice at once: into two files beside each other, then into one."""
    path, whole = _articles(setting, 20_000)
    outputs = [setting.folder / f"{name}.jsonl" for name in "ab"]
    begun = [subprocess.Popen(_command(path, output)) for output in outputs]
    statuses = [each.wait(60) for each in begun]
    same = statuses == [0, 0] and all(each.read_bytes() == whole for each in outputs)
    yield APART if same else "they disturb each other"
    for output in outputs:
        output.unlink()
    first = subprocess.Popen(_command(path, outputs[0]))
    part = outputs[0].with_name("a.jsonl.part")
    while not (part.exists() and part.stat().st_size) and first.poll() is None:
        time.sleep(0.01)
    first.send_signal(signal.SIGSTOP)  # or it might end before the other has begun
    yield ended(_command(path, outputs[0]))
    first.send_signal(signal.SIGCONT)
    same = first.wait(60) == 0 and outputs[0].read_bytes() == whole
    yield APART if same else "the second disturbs the first"


def _articles(setting: Setting, number: int) -> tuple[Path, bytes]:
    """Return a file of articles and what an undisturbed run makes of it."""
    path, output = setting.folder / "in.jsonl", setting.folder / "whole.jsonl"
    with path.open("w") as file:
        for each in range(number):
            text = " ".join(setting.draw.choices(SENTENCES, k=setting.draw.randint(0, 5)))
            file.write(json.dumps({"id": each, "text": text}) + "\n")
    subprocess.run(_command(path, output), check=True)
    return path, output.read_bytes()


def _command(path: Path, output: Path) -> list[str]:
    return [*SPILLOVER, "predict", str(path), "-o", str(output)]


def ended(command: list[str]) -> str:
    """Run a command; return how it ended."""
    done = subprocess.run(command, capture_output=True, check=False)
    return outcome(done.returncode, done.stderr.decode())


FAULTS = (
    Fault("run: SIGINT, SIGTERM or SIGKILL at a random moment", (SAME,), kills, 1, 30),
    Fault("run: SIGINT or SIGTERM while it starts", (STOPPED, QUIET), starts, 5, 100),
    Fault("run: full disk, then --resume", (FAILED,), full_disks, 1, 10),
    Fault("input, output: no permission", (REFUSED,), no_permission, 1, 1),
    Fault("run: pipe closed", (QUIET,), closed_pipes, 1, 10),
    Fault("input: FIFO, file that grows", (QUIET,), pipes_and_growing_files, 1, 1),
    Fault("run: two at once, into two files and into one", (APART, REFUSED), two_at_once, 1, 1),
)
