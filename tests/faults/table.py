"""All faults with the outcome that each must have; prints them tried, as a table in Markdown.

Usage: PYTHONPATH=tests python -m faults.table
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

from faults import inputs, models, runs
from faults.harness import Fault, Setting

FAULTS: tuple[Fault, ...] = (*models.FAULTS, *inputs.FAULTS, *runs.FAULTS)


def tried(fault: Fault, cases: int) -> Counter[str]:
    """Return how often each outcome came."""
    folder = Path(tempfile.mkdtemp(prefix="spillover-faults-"))
    try:
        return Counter(fault.tries(Setting(random.Random(fault.kind), cases, folder)))
    finally:
        shutil.rmtree(folder)


def main() -> None:
    """Try all; exit with 1 if an outcome is wrong."""
    wrong = 0
    print("| fault | cases | outcome |")
    print("|---|---:|---|")
    for fault in FAULTS:
        outcomes = tried(fault, fault.all)
        for outcome, number in sorted(outcomes.items()):
            if outcome not in fault.expected:
                wrong += number
                print(f"{fault.kind}: {number} times {outcome}", file=sys.stderr)
        found = "; ".join(
            outcome if len(outcomes) == 1 else f"{outcome} ({number})"
            for outcome, number in sorted(outcomes.items())
        )
        print(f"| {fault.kind} | {outcomes.total()} | {found} |", flush=True)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
