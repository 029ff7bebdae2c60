"""`spillover.spark.signals` beside `spillover predict`, on one core and on two, by turns.

The same articles of twelve corpus sentences as JSONL for both; Spark writes Parquet, which is what
it is for, and predict JSONL and Parquet. Every run is a process of its own, on its cores alone,
children too. Prints the Markdown tables of benchmarks/README.md.

Usage: python benchmarks/spark.py [SENTENCES]
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

import pyarrow as pa
from pyspark.sql import SparkSession

from spillover.spark import signals

from stream import PER_ARTICLE, SPILLOVER, articles, write

SENTENCES = 960_000
ROUNDS = 3
SCHEMA = "id LONG, text STRING"
PREDICT = {"predict to JSONL": ".jsonl", "predict to Parquet": ".parquet"}
START, JOB = "start", "Spark to Parquet, a session's first job"
STEPS = (
    "Spark reads JSONL",
    "articles to Python and back, by Arrow",
    "scoring, sentences back by Arrow",
    "Spark to Parquet",
)

# A year of GDELT-sized news, assumed: its index lists some 300,000 articles a day in all
# languages; a third are taken to be English, of 25 sentences each.
ARTICLES_A_DAY, SENTENCES_AN_ARTICLE = 100_000, 25


def session(cores: int) -> SparkSession:
    """Start Spark in this process."""
    made: SparkSession = (
        SparkSession.builder.master(f"local[{cores}]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.files.maxPartitionBytes", "16m")
        .getOrCreate()
    )
    return made


def unchanged(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Give back what came."""
    yield from batches


def job(cores: int, source: str, output: str) -> None:
    """Run one job in a fresh session; print the seconds of the start, of it and of its steps."""
    started = time.perf_counter()
    spark = session(cores)
    seconds = {START: time.perf_counter() - started}
    df = spark.read.schema(SCHEMA).json(source)
    scored = signals(df)
    seconds[JOB] = _seconds(lambda: scored.write.parquet(output))
    # By now the JVM is warm. Each step does the work of those before it too.
    for step, frame in zip(STEPS, (df, df.mapInArrow(unchanged, SCHEMA), scored), strict=False):
        seconds[step] = _seconds(frame.write.format("noop").mode("overwrite").save)
    seconds[STEPS[-1]] = _seconds(lambda: scored.write.mode("overwrite").parquet(output))
    spark.stop()
    print(json.dumps(seconds))


def on_cores(cores: int, *command: str) -> str:
    """Run a command and its children on so many cores; return what it printed."""
    first = sorted(os.sched_getaffinity(0))[:cores]
    done = subprocess.run(  # noqa: S603 (our own)
        command,
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"},
        preexec_fn=lambda: os.sched_setaffinity(0, first),
    )
    return done.stdout


def runs(cores: int, source: Path) -> Iterator[tuple[str, float]]:
    """Run predict and Spark once each; yield what took how many seconds."""
    for name, suffix in PREDICT.items():
        out = str(source.with_name(f"predicted{suffix}"))
        command = [SPILLOVER, "predict", str(source), "-o", out, "--jobs", str(cores)]
        yield name, _seconds(partial(on_cores, cores, *command))
    with tempfile.TemporaryDirectory() as scratch:
        child = [sys.executable, __file__, str(cores), str(source), f"{scratch}/signals"]
        yield from json.loads(on_cores(cores, *child)).items()


def main(sentences: int) -> None:
    """Measure and print."""
    best: dict[int, dict[str, float]] = {1: {}, 2: {}}
    with tempfile.TemporaryDirectory() as scratch:
        source = write(Path(scratch) / "in.jsonl", articles(), sentences, lambda _: PER_ARTICLE)
        for _ in range(ROUNDS):
            for cores, seconds in best.items():
                for name, taken in runs(cores, source):
                    seconds[name] = min(taken, seconds.get(name, taken))
    print(tables(sentences, best))


def tables(sentences: int, best: Mapping[int, Mapping[str, float]]) -> str:
    """Return the Markdown tables of a run."""
    lines = ["| sentences/s and core | one core | two cores |", "|---|---:|---:|"]
    rates = {
        cores: {name: sentences / taken / cores for name, taken in seconds.items()}
        for cores, seconds in best.items()
    }
    for name in (*PREDICT, JOB, STEPS[-1]):
        lines.append(f"| {name} | {rates[1][name]:,.0f} | {rates[2][name]:,.0f} |")
    for name in (JOB, STEPS[-1]):
        shares = [rates[at][name] / max(rates[at][each] for each in PREDICT) for at in (1, 2)]
        lines.append(f"| {name}, share of predict | {shares[0]:.0%} | {shares[1]:.0%} |")
    lines += ["", "| core-µs a sentence | one core | two cores |", "|---|---:|---:|"]
    for before, step in zip((None, *STEPS), STEPS, strict=False):
        more = [
            1e6 * at * (best[at][step] - (best[at][before] if before else 0)) / sentences
            for at in (1, 2)
        ]
        lines.append(f"| {step} | {more[0]:.1f} | {more[1]:.1f} |")
    year = 365 * ARTICLES_A_DAY * SENTENCES_AN_ARTICLE
    hours = year / rates[2][STEPS[-1]] / 3600
    lines += [
        "",
        f"Spark starts in {best[1][START]:.1f} s on one core, {best[2][START]:.1f} s on two. A "
        f"year of {ARTICLES_A_DAY:,} articles a day, {SENTENCES_AN_ARTICLE} sentences each, is "
        f"{year / 1e6:,.0f} million sentences: {hours:,.1f} core-hours at the last rate on two.",
    ]
    return "\n".join(lines)


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    if len(sys.argv) > 2:
        job(int(sys.argv[1]), sys.argv[2], sys.argv[3])
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else SENTENCES)
