"""Signals on a real Spark in this process, beside the model's own reading."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from command_line import run
from on_spark import environment  # skips all of this where there is no pyspark
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as sql

import spillover
from spillover.errors import InputError, ModelError
from spillover.spark import _Packed, _unpacked, signals
from spillover_training.corpus import Row

pytestmark = pytest.mark.filterwarnings("ignore:PySpark does not yet:FutureWarning")

SCORED = ("start", "end", "text", "labels", "coverage", "low_coverage")


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    """A session with two threads."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment().items():
            patch.setenv(name, value)
        session = (
            SparkSession.builder.master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.sql.shuffle.partitions", "2")
            .config("spark.log.level", "ERROR")
            .getOrCreate()
        )
        yield session
        session.stop()


@pytest.fixture(scope="module")
def texts(rows: list[Row]) -> list[str]:
    """Articles of one to thirty sentences, some with what is not ASCII."""
    draw = random.Random(3)
    sentences = [row.text for row in rows]
    made = [" ".join(draw.choices(sentences, k=draw.randint(1, 30))) for _ in range(150)]
    odd = "— “Rockets” hit Jénin\u00ad.\r\n\r\nThree died &amp; two fled."
    return ["", odd, *made]


@pytest.fixture(scope="module")
def articles(spark: SparkSession, texts: list[str]) -> DataFrame:
    return spark.createDataFrame(list(enumerate(texts)), "id int, text string")


def read(model: spillover.Model, text: str, *, split: bool = True) -> list[tuple[Any, ...]]:
    """Return what the model itself says of a text, as `found` has it."""
    [document] = model.read_many([text], split=split)
    return [
        (number, *(getattr(each, name) for name in SCORED), tuple(each.scores.values()))
        for number, each in enumerate(document)
    ]


def found(df: DataFrame) -> dict[str, list[tuple[Any, ...]]]:
    """Return what Spark says of each document, by its name."""
    documents: dict[str, list[tuple[Any, ...]]] = {}
    for row in df.orderBy("document", "sentence").collect():
        assert row["_error"] is None
        values = row.asDict() | {"labels": tuple(row["labels"])}
        scores = tuple(value for name, value in values.items() if name.startswith("score_"))
        sentence = (row["sentence"], *(values[name] for name in SCORED), scores)
        documents.setdefault(row["document"], []).append(sentence)
    return documents


def expected(texts: Sequence[str], **options: Any) -> dict[str, list[tuple[Any, ...]]]:
    model = options.pop("model", None) or spillover.load()
    documents = {str(at): read(model, text, **options) for at, text in enumerate(texts)}
    return {name: sentences for name, sentences in documents.items() if sentences}


def test_every_row_is_what_the_model_reads(articles: DataFrame, texts: list[str]) -> None:
    assert found(signals(articles, document="id")) == expected(texts)


def test_texts_that_are_sentences_stay_whole(articles: DataFrame, texts: list[str]) -> None:
    assert found(signals(articles, document="id", split=False)) == expected(texts, split=False)


def test_neither_order_nor_partitions_nor_batches_change_a_bit(
    spark: SparkSession, articles: DataFrame, texts: list[str]
) -> None:
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", 7)
    try:
        shuffled = articles.repartition(5).orderBy(sql.rand(4))
        assert found(signals(shuffled, document="id")) == expected(texts)
    finally:
        spark.conf.unset("spark.sql.execution.arrow.maxRecordsPerBatch")


def test_a_long_document_among_short_ones(spark: SparkSession) -> None:
    texts = ["Rockets hit the port.", "The talks began in Osha. " * 30_000, "Bread is dear."]
    long = spark.createDataFrame(list(enumerate(texts)), "id int, text string").coalesce(1)
    assert found(signals(long, document="id")) == expected(texts)


def test_a_model_of_ones_own_and_its_thresholds(
    articles: DataFrame, texts: list[str], model: spillover.Model, trained: Path
) -> None:
    assert found(signals(articles, document="id", model=trained)) == expected(texts, model=model)
    # The same model by its version, in the workers that have just used it.
    strict = model.with_thresholds({}, 0.99)
    assert found(signals(articles, document="id", model=strict)) == expected(texts, model=strict)


def test_rows_that_are_no_documents_are_told(spark: SparkSession) -> None:
    rows = spark.createDataFrame([(1, None), (2, "Bread is dear."), (3, "")], "id int, body string")
    broken = spark.range(4, 5).select(
        sql.col("id").cast("int"), sql.lit(bytearray(b"caf\xe9")).cast("string").alias("body")
    )
    out = signals(rows.union(broken), "body", document="id").orderBy("document").collect()
    assert [(row["document"], row["source_id"], row["text"], row["_error"]) for row in out] == [
        ("1", 1, None, "without text"),
        ("2", 2, "Bread is dear.", None),
        ("4", 4, None, "not in utf-8"),
    ]
    assert out[0]["labels"] is out[0]["sentence"] is out[0]["score_casualty_report"] is None


@pytest.mark.slow
def test_a_document_that_is_too_long_is_told(spark: SparkSession) -> None:
    long = spark.range(1).select(sql.repeat(sql.lit("a"), 64 * 1024 * 1024 + 1).alias("text"))
    [row] = signals(long).select("_error", "text").collect()
    assert (row["_error"], row["text"]) == ("too long", None)


def test_columns_are_kept_with_their_types(spark: SparkSession) -> None:
    kinds = "`a.b` decimal(9,2), tags array<string>, by struct<name:string>, `n``o` map<string,int>"
    values = (Decimal("1.50"), ["x", "y"], ("Ada",), {"z": 1}, "Bread is dear. Talks began.")
    df = spark.createDataFrame([values], f"{kinds}, text string")
    out = signals(df)
    kept = [name for name in out.columns if name.startswith("source_")]
    assert kept == ["source_a.b", "source_tags", "source_by", "source_n`o"]
    assert [each.dataType for each in out.schema.fields[-5:-1]] == [
        each.dataType for each in df.schema.fields[:-1]
    ]
    first, second = out.collect()
    for sentence in (first, second):
        assert tuple(sentence[name] for name in kept) == values[:-1]
    few = signals(df, keep=["tags"])
    assert [name for name in few.columns if name.startswith("source_")] == ["source_tags"]


def test_without_a_name_the_text_names_a_document(spark: SparkSession) -> None:
    df = spark.createDataFrame([("Bread is dear.",)], "text string")
    [row] = signals(df).collect()
    assert row["document"] == sha256(b"Bread is dear.").hexdigest()


def test_a_column_that_is_missing_or_no_text_is_named(articles: DataFrame) -> None:
    with pytest.raises(InputError, match=r"no column 'body' \(there are id, text\)"):
        signals(articles, "body")
    with pytest.raises(InputError, match=r"no column 'url' \(there are id, text\)"):
        signals(articles, document="url")
    with pytest.raises(InputError, match=r"column 'id' must hold strings, not int"):
        signals(articles, "id")
    with pytest.raises(ModelError, match="nowhere"):
        signals(articles, model="nowhere")


def test_another_version_on_an_executor_is_refused() -> None:
    packed = _Packed.of(spillover.load())
    with pytest.raises(ModelError, match=r"is 0\.0 on the driver and .* on an executor: install"):
        _unpacked(replace(packed, digest="other", version="0.0"))


def test_what_spark_writes_goes_into_the_other_commands(
    spark: SparkSession, articles: DataFrame, tmp_path: Path
) -> None:
    dated = articles.withColumn("date", sql.lit("2031-05-01").cast("date"))
    out = tmp_path / "signals"
    signals(dated, document="id").sort("document", "sentence").coalesce(1).write.parquet(str(out))
    [written] = out.glob("*.parquet")
    for command, page in (("timeline", "timeline.csv"), ("report", "report.html")):
        done = run(command, written, "--output", tmp_path / page)
        assert done.returncode == 0, done.stderr.decode()
    assert (tmp_path / "timeline.csv").read_text().splitlines()[1].startswith("2031-05-01,151,")
    done = run("evaluate", written)
    assert done.returncode == 0, done.stderr.decode()
    assert b"military_strike" in done.stdout
