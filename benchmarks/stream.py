"""`spillover predict` as a stream: rate by jobs, beside pure scoring, and peak memory by size.

All of it on articles of twelve corpus sentences, repeated and shuffled. Prints the Markdown tables
of benchmarks/README.md. Memory is measured on files of a tenth of a size and of that size.

Usage: python benchmarks/stream.py MEGABYTES
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import median

import spillover
from spillover_training.corpus import read_rows

from judged import DATA
from memory import peak

SENTENCES = 1_200_000
PER_ARTICLE = 12
ROUNDS = 3
PURE = "predict_proba, one process"
PURE_TWICE = "predict_proba, two processes at once"
JOBS = "predict --jobs 2"
APART = "two predict --jobs 1 at once, half the file each"
SPILLOVER = str(Path(sys.executable).with_name("spillover"))


def articles() -> list[str]:
    """Return articles as lines of JSONL."""
    texts = [row.text for row in read_rows(DATA)]
    random.Random(0).shuffle(texts)
    return as_documents(texts, PER_ARTICLE)


def as_documents(texts: Sequence[str], size: int) -> list[str]:
    """Return documents of so many sentences as lines of JSONL."""
    # A headline without its full stop would run into the next sentence.
    ended = [text if text[-1] in '.?!"' else text + "." for text in texts]
    return [
        json.dumps({"id": start, "text": " ".join(ended[start : start + size])}) + "\n"
        for start in range(0, len(ended), size)
    ]


def write(path: Path, lines: Sequence[str], size: int, measure: Callable[[str], int]) -> Path:
    """Write the lines, again and again, until their measure reaches a size."""
    with path.open("w", encoding="utf-8") as stream:
        done = at = 0
        while done < size:
            stream.write(lines[at % len(lines)])
            done += measure(lines[at % len(lines)])
            at += 1
    return path


def pure(sentences: Sequence[str]) -> float:
    """Return how many sentences a second `predict_proba` scores, in this process alone."""
    model = spillover.load()
    model.predict_proba(sentences[:50_000])
    started = time.perf_counter()
    model.predict_proba(sentences)
    return len(sentences) / (time.perf_counter() - started)


def predicting(*commands: Sequence[str]) -> float:
    """Run commands at once; return the seconds until the last has ended."""
    started = time.perf_counter()
    running = [subprocess.Popen([SPILLOVER, "predict", *each]) for each in commands]  # noqa: S603
    for each in running:
        if each.wait():
            raise SystemExit(each.returncode)
    return time.perf_counter() - started


def main(megabytes: int) -> None:
    """Measure and print."""
    lines = articles()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        whole = write(folder / "whole.jsonl", lines, SENTENCES, lambda _: PER_ARTICLE)
        halves = [
            write(folder / f"half{at}.jsonl", lines, SENTENCES // 2, lambda _: PER_ARTICLE)
            for at in (0, 1)
        ]
        texts = [json.loads(line)["text"] for line in lines]
        found = [each.text for document in spillover.load().read_many(texts) for each in document]
        rounds: list[dict[str, float]] = []
        for _ in range(ROUNDS):
            with ProcessPoolExecutor(2) as pool:
                alone = pool.submit(pure, found * 4).result()
                both = sum(pool.map(pure, [found * 4, found * 4]))
            out = [str(folder / f"out{at}.jsonl") for at in (0, 1)]
            one = predicting([str(whole), "-o", out[0]])
            two = predicting([str(whole), "-o", out[0], "--jobs", "2"])
            apart = predicting(
                *([str(half), "-o", to] for half, to in zip(halves, out, strict=True))
            )
            rounds.append(
                {
                    PURE: alone,
                    PURE_TWICE: both,
                    "predict --jobs 1": SENTENCES / one,
                    JOBS: SENTENCES / two,
                    APART: SENTENCES / apart,
                }
            )
        print(rates_table(rounds), flush=True)
        print("\n| JSONL in | peak of one process, --jobs 2 |\n|---|---:|")
        for size in (megabytes // 10, megabytes):
            big = write(folder / "big.jsonl", lines, size * 10**6, len)
            # What is kept is little, so that the disk does not fill.
            wanted = ["--only", "spillover_risk", "-o", str(folder / "big.out.jsonl")]
            held = peak([SPILLOVER, "predict", str(big), "--jobs", "2", *wanted])
            print(f"| {size:,} MB | {held.one:,.0f} MB |", flush=True)


def rates_table(rounds: Sequence[Mapping[str, float]]) -> str:
    """Return the Markdown table of the rates, and the shares that count."""
    lines = ["| | sentences/s, median (lowest–highest) |", "|---|---:|"]
    for name in rounds[0]:
        each = [found[name] for found in rounds]
        lines.append(f"| {name} | {median(each):,.0f} ({min(each):,.0f}–{max(each):,.0f}) |")
    of_apart = median(found[JOBS] / found[APART] for found in rounds)
    of_pure = median(found[JOBS] / found[PURE_TWICE] for found in rounds)
    lines += [
        "",
        f"Of the same round, medians: `predict --jobs 2` reaches {of_apart:.2f} of two that run "
        f"apart, and {of_pure:.2f} of `predict_proba` in two processes.",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main(int(sys.argv[1]))
