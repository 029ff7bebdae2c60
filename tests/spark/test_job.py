"""The example's job, submitted as its README says: on this machine and on a cluster of two."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset
import pytest
from command_line import run
from on_spark import (
    BIN,
    JOB,
    PATIENCE,
    Family,
    cpu_seconds,
    family,
    python_workers,
    start_cluster,
    wait_for,
)

import spillover
from spillover_training.corpus import Row

MONTH = Path(__file__).parents[2] / "examples" / "month" / "articles.jsonl"
SENTENCES = 200_000
PER_ARTICLE = 16
PARTITION = "spark.sql.files.maxPartitionBytes"


def submit(started: Family, articles: Path, out: Path, *options: str) -> subprocess.Popen[bytes]:
    """Submit the job, which writes what it says to OUT.log."""
    names = ("--format", "json", "--document", "id")
    log = out.with_suffix(".log")
    return started.start(log, BIN / "spark-submit", *options, JOB, articles, out, *names)


def numbered(articles: list[dict[str, object]], path: Path) -> Path:
    with path.open("w") as stream:
        stream.writelines(json.dumps({"id": at, **each}) + "\n" for at, each in enumerate(articles))
    return path


@pytest.fixture(scope="module")
def many(rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Articles of 200,000 sentences on ten days."""
    draw = random.Random(5)
    texts = [row.text if row.text[-1] in '.?!"' else row.text + "." for row in rows]
    articles: list[dict[str, object]] = [
        {"date": f"2031-05-1{at % 10}", "text": " ".join(draw.choices(texts, k=PER_ARTICLE))}
        for at in range(SENTENCES // PER_ARTICLE + 1)
    ]
    return numbered(articles, tmp_path_factory.mktemp("many") / "articles.jsonl")


def sorted_rows(path: Path) -> pa.Table:
    """Return what predict and Spark both write, in one order and type."""
    table = pyarrow.dataset.dataset(path, partitioning=None).to_table()
    table = table.append_column("id", table["source_id"].cast(pa.int64()))
    names = [name for name in table.column_names if not name.startswith(("source_", "document"))]
    return table.select(names).sort_by([("id", "ascending"), ("sentence", "ascending")])


def assert_as_predicted(articles: Path, out: Path) -> None:
    predicted = out.with_suffix(".parquet")
    assert run("predict", articles, "--output", predicted).returncode == 0
    ours, sparks = sorted_rows(predicted), sorted_rows(out / "signals")
    assert sparks.cast(ours.schema).equals(ours)


def test_a_month_of_articles(tmp_path: Path) -> None:
    articles = [json.loads(line) for line in MONTH.read_text().splitlines()]
    broken: dict[str, object] = {"date": "2031-05-01", "text": None}
    source = numbered([*articles, broken], tmp_path / "in.jsonl")
    out = tmp_path / "out"
    with family() as started:
        status = submit(started, source, out, "--master", "local[2]").wait(PATIENCE)
    said = out.with_suffix(".log").read_text()
    assert status == 0, said
    assert "spillover: 1 row skipped: without text" in said
    assert_as_predicted(numbered(articles, tmp_path / "good.jsonl"), out)

    expected: dict[str, Counter[str]] = {}
    for article in articles:
        counts = expected.setdefault(article["date"], Counter())
        read = spillover.load().read(article["text"])
        counts.update(["articles", *("sentences" for _ in read)])
        counts.update(label for sentence in read for label in sentence.labels)
    [table] = (out / "daily").glob("*.csv")
    daily = list(csv.DictReader(table.read_text().splitlines()))
    assert [row["day"] for row in daily] == sorted(expected)
    for row in daily:
        counts = expected[row.pop("day")]
        assert row == {name: str(counts[name]) for name in row}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("missing", "message"),
    [("articles", "Path does not exist"), ("date", "no column 'date' (there are id, text)")],
)
def test_what_is_missing_is_told_without_a_traceback(
    tmp_path: Path, missing: str, message: str
) -> None:
    source = tmp_path / "in.jsonl"
    if missing != "articles":
        numbered([{"text": "Bread is dear."}], source)
    with family() as started:
        status = submit(started, source, tmp_path / "out", "--master", "local[1]").wait(PATIENCE)
    said = (tmp_path / "out.log").read_text()
    assert status == 1, said
    [line] = [line for line in said.splitlines() if line.startswith("spillover: ")]
    assert message in line
    assert "Traceback" not in said


@pytest.mark.slow
def test_a_cluster_that_loses_a_worker_process_writes_every_row(many: Path, tmp_path: Path) -> None:
    out, log = tmp_path / "out", tmp_path / "out.log"

    def lost() -> bool:
        """Kill a Python worker that has worked, until Spark says that a task was lost by it."""
        if "Lost task" in log.read_text():
            return True
        for worker in python_workers(started):
            if cpu_seconds(worker) > 0.3:
                os.kill(worker, signal.SIGKILL)
                time.sleep(1)
                break
        return job.poll() is not None

    with family() as started:
        cluster = ("--master", start_cluster(started, tmp_path), "--executor-memory", "512m")
        job = submit(started, many, out, *cluster, "--conf", f"{PARTITION}=2m")
        wait_for(lost)
        assert job.wait(PATIENCE) == 0, log.read_text()
        assert "Lost task" in log.read_text()
    # Both workers of the cluster had an executor.
    assert all(list(tmp_path.glob(f"work{at}/app-*/*/stderr")) for at in (1, 2))
    assert_as_predicted(many, out)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_input(many: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    peak = 0.0

    def ended() -> bool:
        nonlocal peak
        peak = max([peak, *map(resident_megabytes, python_workers(started))])
        return job.poll() is not None

    with family() as started:
        job = submit(started, many, out, "--master", "local[2]", "--driver-memory", "512m")
        wait_for(ended)
    assert job.returncode == 0, out.with_suffix(".log").read_text()
    assert pyarrow.dataset.dataset(out / "signals").count_rows() >= SENTENCES
    assert 0 < peak < 400


def resident_megabytes(process: int) -> float:
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:  # it has ended
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line), 0) / 1024
