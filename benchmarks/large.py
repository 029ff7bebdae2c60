"""Labelled data as large as users may have: seconds and peak memory of each command on them.

The rows are those of the corpus again and again, each with three words changed for words from
elsewhere in it, so that they share their words and no text is the same twice; their labels mean
less than they did, which does not matter here. Prints the Markdown table of benchmarks/README.md.

Usage: python benchmarks/large.py [ROWS [COMMAND...]]
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from pathlib import Path

from spillover_training.corpus import read_rows

from judged import DATA
from memory import peak
from stream import SPILLOVER

COMMANDS = ("corpus check", "train", "evaluate")
CHANGED = 3


def write(path: Path, number: int) -> Path:
    """Write as many rows, in items as large as those of the corpus."""
    rows = read_rows(DATA)
    draw = random.Random(0)
    words = [word for row in rows for word in row.text.split()]
    with path.open("w", encoding="utf-8") as stream:
        for at in range(number):
            again, each = divmod(at, len(rows))
            text = rows[each].text.split()
            for _ in range(CHANGED):
                text[draw.randrange(len(text))] = draw.choice(words)
            row = {
                "text": " ".join(text),
                "labels": rows[each].labels,
                "item": f"{rows[each].item}-{again}",
            }
            stream.write(json.dumps(row) + "\n")
    return path


def main(number: int, commands: list[str]) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as scratch:
        data, model = write(Path(scratch) / "rows.jsonl", number), Path(scratch) / "model"
        print(f"| on {number:,} rows | seconds | memory, all processes |\n|---|---:|---:|")
        for command in commands:
            options = ["--out", str(model)] if command == "train" else []
            started = time.perf_counter()
            held = peak([SPILLOVER, *command.split(), str(data), *options], (0, 1))
            seconds = time.perf_counter() - started
            print(f"| {command} | {seconds:,.0f} | {held.together:,.0f} MB |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000, sys.argv[2:] or list(COMMANDS))
