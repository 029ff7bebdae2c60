"""How often the timeline marks a rise where there is none, and misses one where there is.

Usage: python benchmarks/rises.py
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Sequence

import spillover
from spillover.documents import ReadOptions, read_documents
from spillover.readings import Reading, readings
from spillover.timeline import timeline

MONTH = "examples/month/articles.jsonl"
CALM_UNTIL = "2031-05-12"
HEIGHT = ("2031-05-14", "2031-05-18", "2031-05-19", "2031-05-20")
FIRST = datetime.date(2031, 1, 1)
STEADY_DAYS, CALM_DAYS, TRIALS = 300, 28, 40


def marked(days: Sequence[Sequence[Reading]]) -> list[bool]:
    """Return which of some successive days are marked."""
    dated = [(FIRST + datetime.timedelta(at), each) for at, day in enumerate(days) for each in day]
    return [period.rise for period in timeline(dated, spillover.LABELS).periods]


def main() -> None:
    """Print a row for each number of articles a day."""
    found = list(readings(read_documents([MONTH], ReadOptions()), spillover.load()))
    calm = [each for each in found if each.source["date"] < CALM_UNTIL]
    height = [each for each in found if each.source["date"] in HEIGHT]
    print("| articles a day | marked, steady | marked, calm | marked, first day of fighting |")
    print("|---:|---:|---:|---:|")
    for n in (2, 3, 5, 10, 20):
        draw = random.Random(0)
        steady = marked([draw.choices(found, k=n) for _ in range(STEADY_DAYS)])
        trials = [
            marked(
                [*(draw.choices(calm, k=n) for _ in range(CALM_DAYS)), draw.choices(height, k=n)]
            )
            for _ in range(TRIALS)
        ]
        false = sum(sum(trial[:-1]) for trial in trials)
        hits = sum(trial[-1] for trial in trials)
        print(
            f"| {n} | {sum(steady)} of {STEADY_DAYS} | {false} of {TRIALS * CALM_DAYS} "
            f"| {hits} of {TRIALS} |"
        )


if __name__ == "__main__":
    main()
