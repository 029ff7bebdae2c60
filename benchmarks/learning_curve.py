"""How much the model gains from more items: a table on standard output and a plot.

Usage: python benchmarks/learning_curve.py PLOT.svg [REAL_NEWS.jsonl]
"""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import mean

import matplotlib as mpl
from matplotlib import pyplot as plt

from spillover.scorer import Model
from spillover.terms import TermClasses
from spillover_training.corpus import Row
from spillover_training.evaluate import evaluate
from spillover_training.train import fit

from judged import corpus

SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 3 / 4, 1)
SEEDS = (0, 1, 2)
JOBS = 2


def sample(rows: Sequence[Row], share: float, seed: int) -> list[Row]:
    """Return the training rows of a share of the training items."""
    items = sorted({row.item for row in rows if row.split == "train"})
    random.Random(seed).shuffle(items)
    kept = set(items[: round(share * len(items))])
    return [row for row in rows if row.item in kept]


def main(plot: Path, real_news: str | None) -> None:
    """Train on each share and seed; print the table, save the plot."""
    rows, labels, judged = corpus(real_news)
    header = " | ".join(f"macro-F1 on {name}" for name in judged)
    print(f"| items | sentences | {header} |\n|---:|---:|{'---:|' * len(judged)}")
    sizes: list[int] = []
    curves: dict[str, list[list[float]]] = {name: [] for name in judged}
    for share in SHARES:
        # All items are the same items, whatever the seed.
        samples = [sample(rows, share, seed) for seed in (SEEDS if share < 1 else SEEDS[:1])]
        scores: dict[str, list[float]] = {name: [] for name in judged}
        for each in samples:
            terms = TermClasses.read()
            _, parts = fit(each, labels, terms=terms, jobs=JOBS, progress=lambda *_: None)
            for name, held_out in judged.items():
                scores[name].append(evaluate(Model(parts), held_out).macro_f1.value)
        sizes.append(round(mean(len(each) for each in samples)))
        n_items = len({row.item for row in samples[0]})
        cells = []
        for name, found in scores.items():
            curves[name].append(found)
            spread = f" ({min(found):.3f} to {max(found):.3f})" if len(found) > 1 else ""
            cells.append(f"{mean(found):.3f}{spread}")
        print(f"| {n_items} | {sizes[-1]} | {' | '.join(cells)} |", flush=True)
    draw(plot, sizes, curves)


def draw(plot: Path, sizes: Sequence[int], curves: dict[str, list[list[float]]]) -> None:
    """Save the curves, means as lines and each seed as a point; the same bytes at every run."""
    mpl.rcParams["svg.hashsalt"] = "spillover"
    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    for (name, scores), marker in zip(curves.items(), "os", strict=False):
        [line] = axes.plot(sizes, [mean(found) for found in scores], marker=marker, label=name)
        for size, found in zip(sizes, scores, strict=True):
            axes.plot([size] * len(found), found, ".", color=line.get_color(), alpha=0.5)
    axes.set(xscale="log", xlabel="training sentences", ylabel="macro-F1")
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(plot, metadata={"Date": None})


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None)
