"""`spillover.spark.signals` beside `spillover predict`, on one core and on two, by turns.

The same articles of twelve corpus sentences as JSONL for both; Spark writes Parquet, which it is
for, predict JSONL and Parquet. Every run is a process of its own that is held, with its children,
to so many cores. The machine may be shared: of several rounds the best counts, and the processor's
time is told beside the clock's. Prints the Markdown tables of benchmarks/README.md.

Usage: python benchmarks/spark.py [SENTENCES]
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa
from pyspark.sql import SparkSession

from spillover.spark import signals

from memory import descendants
from stream import PER_ARTICLE, SPILLOVER, articles, write

SENTENCES = 480_000
ROUNDS = 3
CORES = (1, 2)
SCHEMA = "id LONG, text STRING"

JSONL, PARQUET = "predict to JSONL", "predict to Parquet"
START, FIRST, LATER = "start", "Spark to Parquet, first job", "Spark to Parquet, later job"
WHOLE = "Spark to Parquet, start and first job"
READING, THERE, SCORING = "JSONL read", "articles to Python", "and scored sentences back"

# A year of GDELT-sized news, assumed: a hundred thousand articles in English a day, of 25
# sentences each.
ARTICLES_A_DAY, SENTENCES_AN_ARTICLE = 100_000, 25

Cost = tuple[float, float]
"""Seconds by the clock and of the processor."""


def dropped(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Take articles and give none back."""
    for batch in batches:
        yield batch.slice(0, 0)


def job(cores: int, source: str, output: str) -> None:
    """Run jobs in a session of its own; print what each costs, and what the JVM's share was."""
    costs = {}

    def measure(name: str, work: Callable[[], object]) -> None:
        python, jvm = spent()
        started = time.perf_counter()
        work()
        seconds = time.perf_counter() - started
        now = spent()
        costs[name] = (seconds, now[0] - python + now[1] - jvm)
        costs[f"{name}, JVM"] = (seconds, now[1] - jvm)

    def start() -> SparkSession:
        return (
            SparkSession.builder.master(f"local[{cores}]")
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.sql.files.maxPartitionBytes", "16m")
            .getOrCreate()
        )

    measure(START, start)
    spark = start()
    df = spark.read.schema(SCHEMA).json(source)
    scored = signals(df)
    measure(FIRST, lambda: scored.write.parquet(output))
    measure(LATER, lambda: scored.write.mode("overwrite").parquet(output))
    for name, frame in (
        (READING, df),
        (THERE, df.mapInArrow(dropped, SCHEMA)),
        (SCORING, scored),
    ):
        measure(name, frame.write.format("noop").mode("overwrite").save)
    spark.stop()
    print(json.dumps(costs))


def spent() -> Cost:
    """Return the processor's seconds of this process and its children, and of the JVM alone."""
    seconds = {"java": 0.0, "python": 0.0}
    for process in [os.getpid(), *descendants(os.getpid())]:
        try:
            name, _, fields = Path(f"/proc/{process}/stat").read_text().rpartition(") ")
        except OSError:  # it has ended; what it spent is its parent's
            continue
        own, waited_for = fields.split()[11:13], fields.split()[13:15]
        is_java = name.endswith("(java")
        # What the JVM has waited for are Python's.
        seconds["java" if is_java else "python"] += sum(map(int, own))
        seconds["python"] += sum(map(int, waited_for))
    tick = os.sysconf("SC_CLK_TCK")
    return seconds["python"] / tick, seconds["java"] / tick


def on_cores(cores: int, *command: str) -> tuple[str, Cost]:
    """Run a command on so many cores; return what it printed and what it cost."""
    mine = sorted(os.sched_getaffinity(0))[:cores]
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(  # noqa: S603 (our own)
        command,
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"},
        preexec_fn=partial(os.sched_setaffinity, 0, mine),
    )
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return done.stdout, (seconds, processor)


def round_of(cores: int, source: Path) -> Iterator[tuple[str, Cost]]:
    """Run predict and Spark on so many cores; yield what each cost."""
    with tempfile.TemporaryDirectory() as scratch:
        for name, output in ((JSONL, "out.jsonl"), (PARQUET, "out.parquet")):
            out = f"{scratch}/{output}"
            command = (SPILLOVER, "predict", str(source), "-o", out, "--jobs", str(cores))
            _, cost = on_cores(cores, *command)
            yield name, cost
        child = (sys.executable, __file__, str(cores), str(source), f"{scratch}/signals")
        printed, _ = on_cores(cores, *child)
        costs = {
            name: (clock, processor) for name, (clock, processor) in json.loads(printed).items()
        }
        costs[WHOLE] = (costs[START][0] + costs[FIRST][0], costs[START][1] + costs[FIRST][1])
        yield from costs.items()


def tables(sentences: int, best: dict[int, dict[str, Cost]]) -> str:
    """Return the Markdown tables of a run."""

    def row(name: str, cells: list[str]) -> str:
        return f"| {name} | {' | '.join(cells)} |"

    def rates(name: str) -> list[float]:
        """Return the sentences a second and core, then a second of the processor."""
        return [
            sentences / best[cores][name][which] / (1 if which else cores)
            for cores in CORES
            for which in (0, 1)
        ]

    lines = [
        "| | one core: sentences/s | a second of it | two cores: sentences/s and core "
        "| a second of them |",
        "|---|---:|---:|---:|---:|",
    ]
    for name in (JSONL, PARQUET, WHOLE, FIRST, LATER):
        lines.append(row(name, [f"{rate:,.0f}" for rate in rates(name)]))
    fastest = [max(each) for each in zip(rates(JSONL), rates(PARQUET), strict=True)]
    for name in (WHOLE, FIRST, LATER):
        shares = [rate / most for rate, most in zip(rates(name), fastest, strict=True)]
        lines.append(
            row(f"{name}, share of the faster predict", [f"{each:.0%}" for each in shares])
        )
    lines += ["", "| core-µs a sentence | one core | two cores |", "|---|---:|---:|"]
    steps = (READING, THERE, SCORING, LATER)
    for name in [*steps, *(f"{name}, JVM" for name in steps)]:
        lines.append(row(name, [f"{1e6 * best[at][name][1] / sentences:.1f}" for at in CORES]))
    # Once, then as long as a later job takes.
    once = [best[at][WHOLE][1] - best[at][LATER][1] for at in CORES]
    most = [min(best[at][JSONL][1], best[at][PARQUET][1]) / 0.6 for at in CORES]
    enough = [
        sentences * fixed / (bound - best[at][LATER][1])
        for at, fixed, bound in zip(CORES, once, most, strict=True)
    ]
    year = 365 * ARTICLES_A_DAY * SENTENCES_AN_ARTICLE
    hours = [year / 3600 / rate for rate in rates(LATER)[2:]]
    lines += [
        "",
        f"By the processor's time, starting Spark and warming up takes {once[0]:.0f} s on one core "
        f"and {once[1]:.0f} s on two, so that a run with its start reaches 60 % of predict's rate "
        f"from {enough[0] / 1e6:.1f} and {enough[1] / 1e6:.1f} million sentences on. "
        f"A year of {ARTICLES_A_DAY:,} articles a day of {SENTENCES_AN_ARTICLE} sentences is "
        f"{year / 1e6:,.0f} million sentences: {hours[0]:,.1f} core-hours by the clock, "
        f"{hours[1]:,.1f} by the processor, at a later job's rate on two cores.",
    ]
    return "\n".join(lines)


def main(sentences: int) -> None:
    """Measure and print."""
    best: dict[int, dict[str, Cost]] = {cores: {} for cores in CORES}
    with tempfile.TemporaryDirectory() as scratch:
        source = write(Path(scratch) / "in.jsonl", articles(), sentences, lambda _: PER_ARTICLE)
        for _ in range(ROUNDS):
            for cores, costs in best.items():
                for name, cost in round_of(cores, source):
                    clock, processor = costs.get(name, cost)
                    costs[name] = (min(clock, cost[0]), min(processor, cost[1]))
                    print(f"{name}, {cores}: {cost[0]:.1f} s, {cost[1]:.1f} s", file=sys.stderr)
    print(tables(sentences, best))


if __name__ == "__main__":
    if len(sys.argv) > 2:
        job(int(sys.argv[1]), sys.argv[2], sys.argv[3])
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else SENTENCES)
