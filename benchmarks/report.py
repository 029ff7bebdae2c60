"""`spillover report` on 2,000 sentences: seconds and size of the page, beside those of one.

The sentences are those of the corpus, in documents of twenty; once as they come and once only such
as carry a label, since it is these that are explained. Prints the Markdown table of
benchmarks/README.md, the best of some rounds.

Usage: python benchmarks/report.py
"""

from __future__ import annotations

import os
import random
import subprocess
import tempfile
import time
from pathlib import Path

from spillover_training.corpus import read_rows

from judged import DATA
from stream import SPILLOVER, as_documents

SENTENCES = 2000
PER_DOCUMENT = 20
ROUNDS = 5


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
            path = Path(scratch) / "in.jsonl"
            path.write_text("".join(as_documents(texts, PER_DOCUMENT)))
            taken = [reported(path, page) for _ in range(ROUNDS)]
            processor, clock = (min(each) for each in zip(*taken, strict=True))
            print(
                f"| {name} | {processor:.2f} | {clock:.2f} | {page.stat().st_size / 1e6:.2f} MB |"
            )


if __name__ == "__main__":
    main()
