"""All faults with the outcome that each must have; tries them, and renews the table of SECURITY.md.

Usage: PYTHONPATH=tests python -m faults.table
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from faults import inputs, models, runs, spellings, trainings
from faults.harness import Fault, Setting

PAGE = Path(__file__).parents[2] / "SECURITY.md"
HEAD = "| fault | cases | outcome |"
FAULTS: tuple[Fault, ...] = (
    *models.FAULTS,
    *inputs.FAULTS,
    *spellings.FAULTS,
    *runs.FAULTS,
    *trainings.FAULTS,
)


def tried(fault: Fault, cases: int) -> Counter[str]:
    """Return how often each outcome came."""
    folder = Path(tempfile.mkdtemp(prefix="spillover-faults-"))
    try:
        return Counter(fault.tries(Setting(random.Random(fault.kind), cases, folder)))
    finally:
        shutil.rmtree(folder)


def _all_tried(number: int) -> Counter[str]:
    return tried(FAULTS[number], FAULTS[number].all)


def main() -> None:
    """Try all, some at a time; put the table into SECURITY.md, or exit with 1 if it is wrong."""
    wrong = 0
    table = [HEAD, "|---|---:|---|"]
    print("\n".join(table))
    with ProcessPoolExecutor() as pool:
        for fault, outcomes in zip(FAULTS, pool.map(_all_tried, range(len(FAULTS))), strict=True):
            for outcome, number in sorted(outcomes.items()):
                if outcome not in fault.expected:
                    wrong += number
                    print(f"{fault.kind}: {number} times {outcome}", file=sys.stderr)
            found = "; ".join(
                outcome if len(outcomes) == 1 else f"{outcome} ({number})"
                for outcome, number in sorted(outcomes.items())
            )
            table.append(f"| {fault.kind} | {outcomes.total()} | {found} |")
            print(table[-1], flush=True)
    if wrong:
        sys.exit(1)
    before, _, rest = PAGE.read_text("utf-8").partition(HEAD)
    _, _, after = rest.partition("\n\n")
    PAGE.write_text(before + "\n".join(table) + "\n\n" + after, "utf-8")


if __name__ == "__main__":
    main()
