"""How fast, how large and how quick to start: the shipped recipe beside scikit-learn and fastText.

Everything is trained on the same rows and timed in one run on one core, round by round, so that
the ratios hold on another machine where the figures do not. Writes benchmarks/speed.json and
benchmarks/growth.svg, and prints the Markdown table of benchmarks/README.md.

Usage: python benchmarks/speed.py
"""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import fasttext
import joblib
import matplotlib as mpl
from matplotlib import pyplot as plt

import spillover
from spillover_training.corpus import Row, read_rows

from judged import DATA
from memory import kilobytes
from peers import fasttext_model, fasttext_words, plain_recipe

HERE = Path(__file__).parent
SENTENCES = 50_000
ROUNDS = 5
SINGLE_CALLS = 300
STARTS = 7
SIZES = (1_000, 10_000, 100_000, 1_000_000)
SHOWN = 100_000
"""The size whose memory is in the table. The pipeline goes no further: it takes minutes, and how
it grows has been seen by then."""

SPILLOVER = "spillover"
PIPELINE = "its scikit-learn pipeline (pipeline.joblib)"
PLAIN = "scikit-learn, words 1–2"
WORDS = "fastText, words 1–2"
SUBWORDS = "fastText, characters 3–5 as well"

SYSTEMS = (SPILLOVER, PIPELINE, PLAIN, WORDS, SUBWORDS)

Score = Callable[[Sequence[str]], object]


def sentences(count: int) -> list[str]:
    """Return sentences of the corpus, repeated and shuffled."""
    texts = [row.text for row in read_rows(DATA)]
    tiled = (texts * (count // len(texts) + 1))[:count]
    random.Random(0).shuffle(tiled)
    return tiled


def train(folder: Path) -> dict[str, dict[str, float]]:
    """Train all systems into a folder; return seconds, peak memory and size on disk of each."""
    rows = [row for row in read_rows(DATA) if row.split == "train"]
    labels = spillover.LABELS
    costs: dict[str, dict[str, float]] = {}

    def timed(name: str, file: Path, work: Callable[[], object]) -> None:
        started = time.perf_counter()
        work()
        costs[name] = {"train_s": time.perf_counter() - started, "size_mb": _megabytes(file)}

    model = folder / "model"
    command = [_script(), "train", "data/labeled", "--out", str(model)]
    timed(SPILLOVER, model, partial(_run, command))
    costs[SPILLOVER]["train_peak_mb"] = (
        resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    )
    (model / "pipeline.joblib").rename(folder / "pipeline.joblib")
    costs[PIPELINE] = {"size_mb": _megabytes(folder / "pipeline.joblib")}
    costs[SPILLOVER]["size_mb"] = _megabytes(model)
    plain = folder / "plain.joblib"
    timed(PLAIN, plain, lambda: joblib.dump(plain_recipe(rows, labels), plain, compress=3))
    for name, subwords in ((WORDS, (0, 0)), (SUBWORDS, (3, 5))):
        file = folder / f"{subwords[1]}.fasttext"
        timed(name, file, partial(_save_fasttext, rows, labels, subwords, file))
    return costs


def _save_fasttext(
    rows: Sequence[Row], labels: Sequence[str], subwords: tuple[int, int], file: Path
) -> None:
    fasttext_model(rows, labels, subwords).save_model(str(file))


def loaded(folder: Path, name: str) -> Score:
    """Load one trained system; return how it scores a list of sentences."""
    if name == SPILLOVER:
        return spillover.load(folder / "model").predict_proba
    if name == PIPELINE:
        return joblib.load(folder / "pipeline.joblib").predict_proba  # type: ignore[no-any-return]
    if name == PLAIN:
        return joblib.load(folder / "plain.joblib").predict_proba  # type: ignore[no-any-return]
    model = fasttext.load_model(str(folder / ("0.fasttext" if name == WORDS else "5.fasttext")))
    return lambda texts: model.predict(texts, k=-1, threshold=0.5)


def prepared(name: str, texts: Sequence[str]) -> list[str]:
    """Return the texts as the system wants them; what that takes is left out of all timings."""
    return [fasttext_words(text) for text in texts] if name in (WORDS, SUBWORDS) else list(texts)


def rates(folder: Path) -> dict[str, dict[str, Any]]:
    """Time batches and single sentences, the systems by turns."""
    texts = {name: prepared(name, sentences(SENTENCES)) for name in SYSTEMS}
    scores = {name: loaded(folder, name) for name in SYSTEMS}
    figures: dict[str, dict[str, Any]] = {name: {"batch_s": [], "single_s": []} for name in SYSTEMS}
    for name, score in scores.items():
        score(texts[name][:2000])
    for turn in range(ROUNDS):
        for name, score in scores.items():
            figures[name]["batch_s"].append(_seconds(partial(score, texts[name])))
            few = texts[name][turn * SINGLE_CALLS : (turn + 1) * SINGLE_CALLS]
            each = partial(_each, score, [[text] for text in few])
            figures[name]["single_s"].append(_seconds(each) / SINGLE_CALLS)
    ones = texts[SPILLOVER][:SINGLE_CALLS]
    spillover.score("Warm.")
    figures[SPILLOVER]["score_s"] = [
        _seconds(partial(_each, spillover.score, ones)) / SINGLE_CALLS for _ in range(ROUNDS)
    ]
    figures[SPILLOVER]["load_s"] = [
        _seconds(partial(spillover.load, folder / "model")) for _ in range(ROUNDS)
    ]
    return figures


def starts(folder: Path) -> dict[str, list[float]]:
    """Time cold processes, by turns."""
    once = "predict_proba(['Rockets hit the port.'])"
    commands = {
        "python -c 'import numpy, typer'": [sys.executable, "-c", "import numpy, typer"],
        "spillover predict --text": [_script(), "predict", "--text", "Rockets hit the port."],
        PIPELINE: _python(f"joblib.load({str(folder / 'pipeline.joblib')!r}).{once}"),
        PLAIN: _python(f"joblib.load({str(folder / 'plain.joblib')!r}).{once}"),
    }
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(STARTS):
        for name, command in commands.items():
            taken[name].append(_seconds(partial(_run, command)))
    return taken


def growth(folder: Path) -> dict[str, list[dict[str, float]]]:
    """Measure seconds and peak memory of each system for each size, each in its own process."""
    found: dict[str, list[dict[str, float]]] = {}
    for name in SYSTEMS:
        found[name] = []
        for size in SIZES if name != PIPELINE else SIZES[:-1]:
            child = [sys.executable, __file__, str(folder), name, str(size)]
            found[name].append(json.loads(_run(child)))
    return found


def one_size(folder: Path, name: str, size: int) -> None:
    """Score so many sentences; print the seconds and the peak memory of the whole process."""
    texts = prepared(name, sentences(size))
    score = loaded(folder, name)
    score(texts[:1000])
    seconds = _seconds(lambda: score(texts))
    # Not ru_maxrss, which begins with what the process held that started this one.
    _, most = kilobytes(os.getpid())
    print(json.dumps({"sentences": size, "s": seconds, "peak_mb": most / 1024}))


def table(figures: dict[str, Any]) -> str:
    """Return the Markdown table of a run."""
    lines = [
        "| | batch, sentences/s (lowest–highest) | one sentence | times ours, batch | training | "
        f"on disk | memory at {SHOWN:,} |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    ours = median(figures["rates"][SPILLOVER]["batch_s"])
    for name in SYSTEMS:
        batch = figures["rates"][name]["batch_s"]
        cost = figures["costs"][name]
        trained = f"{cost['train_s']:.0f} s" if "train_s" in cost else "the same"
        lines.append(
            f"| {name} | {SENTENCES / median(batch):,.0f} "
            f"({SENTENCES / max(batch):,.0f}–{SENTENCES / min(batch):,.0f}) "
            f"| {1e6 * median(figures['rates'][name]['single_s']):,.0f} µs "
            f"| {median(batch) / ours:.1f} | {trained} | {cost['size_mb']:.1f} MB "
            f"| {figures['growth'][name][SIZES.index(SHOWN)]['peak_mb']:,.0f} MB |"
        )
    lines += ["", "| cold start | median (lowest–highest) |", "|---|---:|"]
    for name, taken in figures["starts"].items():
        lines.append(f"| {name} | {median(taken):.2f} s ({min(taken):.2f}–{max(taken):.2f}) |")
    own = figures["rates"][SPILLOVER]
    lines += [
        "",
        f"`spillover.score(sentence)`: {1e6 * median(own['score_s']):,.0f} µs. `spillover.load()` "
        f"after imports: {1e3 * median(own['load_s']):.0f} ms. Peak memory of `spillover train`: "
        f"{figures['costs'][SPILLOVER]['train_peak_mb']:,.0f} MB.",
    ]
    return "\n".join(lines)


def draw(plot: Path, grown: dict[str, list[dict[str, float]]]) -> None:
    """Save seconds and memory against the number of sentences."""
    mpl.rcParams["svg.hashsalt"] = "spillover"
    figure, (seconds, memory) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
    for name, found in grown.items():
        sizes = [each["sentences"] for each in found]
        seconds.plot(sizes, [each["s"] for each in found], marker="o", label=name)
        memory.plot(sizes, [each["peak_mb"] for each in found], marker="o")
    for axes, label in ((seconds, "seconds"), (memory, "peak memory, MB")):
        axes.set(xscale="log", yscale="log", xlabel="sentences", ylabel=label)
        axes.grid(alpha=0.3)
    figure.legend(loc="outside lower center", ncols=3, fontsize="small")
    figure.savefig(plot, metadata={"Date": None})


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _each(work: Callable[[Any], object], ones: Sequence[object]) -> None:
    for one in ones:
        work(one)


def _run(command: Sequence[str]) -> bytes:
    return subprocess.run(command, check=True, capture_output=True).stdout  # noqa: S603 (our own)


def _megabytes(path: Path) -> float:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6


def _script() -> str:
    return str(Path(sys.executable).with_name("spillover"))


def _python(statement: str) -> list[str]:
    return [sys.executable, "-c", f"import joblib; {statement}"]


def main() -> None:
    """Run everything; write the figures and the plot, print the table."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        costs = train(folder)
        # One core for everything that is timed from here on, children too.
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        figures: dict[str, Any] = {
            "costs": costs,
            "rates": rates(folder),
            "starts": starts(folder),
            "growth": growth(folder),
        }
    (HERE / "speed.json").write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    draw(HERE / "growth.svg", figures["growth"])
    print(table(figures))


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    else:
        one_size(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
