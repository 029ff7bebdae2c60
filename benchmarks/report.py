"""`spillover report` on 2,000 sentences: seconds and size of the page, beside those of one.

The sentences are those of the corpus, in documents of twenty; once as they come and once only such
as carry a label, since it is these that are explained. Prints the Markdown table of
benchmarks/README.md, the best of some rounds.

Usage: python benchmarks/report.py
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from spillover_training.corpus import read_rows

from judged import DATA

SENTENCES = 2000
PER_DOCUMENT = 20
ROUNDS = 5
SPILLOVER = str(Path(sys.executable).with_name("spillover"))


def write(path: Path, texts: Sequence[str]) -> Path:
    """Write texts as documents."""
    # A headline without its full stop would run into the next sentence.
    ended = [text if text[-1] in '.?!"' else text + "." for text in texts]
    documents = (ended[at : at + PER_DOCUMENT] for at in range(0, len(ended), PER_DOCUMENT))
    path.write_text("".join(json.dumps({"text": " ".join(each)}) + "\n" for each in documents))
    return path


def reported(path: Path, page: Path) -> tuple[float, float]:
    """Return the seconds that a report took: of the processor, and of the clock."""
    started = time.perf_counter()
    running = subprocess.Popen([SPILLOVER, "report", path, "--output", page])  # noqa: S603
    _, status, used = os.wait4(running.pid, 0)
    if status:
        raise SystemExit(os.waitstatus_to_exitcode(status))
    return used.ru_utime + used.ru_stime, time.perf_counter() - started


def main() -> None:
    """Measure and print."""
    rows = read_rows(DATA)
    random.Random(0).shuffle(rows)
    mixed = [row.text for row in rows[:SENTENCES]]
    labelled = [row.text for row in rows if row.labels][:SENTENCES]
    sets = {
        "one sentence": mixed[:1],
        "2,000 sentences of the corpus": mixed,
        "2,000 that carry a label": labelled,
    }
    print("| a report of | processor seconds | seconds | size of the page |\n|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as scratch:
        page = Path(scratch) / "report.html"
        for name, texts in sets.items():
            path = write(Path(scratch) / "in.jsonl", texts)
            taken = [reported(path, page) for _ in range(ROUNDS)]
            processor, clock = (min(each) for each in zip(*taken, strict=True))
            print(
                f"| {name} | {processor:.2f} | {clock:.2f} | {page.stat().st_size / 1e6:.2f} MB |"
            )


if __name__ == "__main__":
    main()
