"""From a folder of articles to Parquet of their signals by day, and a table of counts a day.

spark-submit job.py ARTICLES OUT --column body --document url --date published

Writes OUT/signals/day=2031-05-01/*.parquet, a row a sentence, and OUT/daily/*.csv.
"""

from __future__ import annotations

import argparse
import sys

from pyspark.errors import AnalysisException
from pyspark.sql import Observation, SparkSession
from pyspark.sql import functions as sql

import spillover
from spillover.errors import InputError, SpilloverError
from spillover.spark import signals


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description="Signals of war in a folder of articles, by day, on Spark.",
        epilog="Example: spark-submit job.py articles out --column body --date published",
    )
    add = parser.add_argument
    add("articles", metavar="ARTICLES", help="a folder of Parquet or JSONL, where all nodes see it")
    add("out", metavar="OUT", help="the folder to write; must not exist")
    add("--format", default="parquet", choices=("parquet", "json"), help="what ARTICLES holds")
    add("--schema", metavar="DDL", help="such as 'url STRING, text STRING'; saves JSON a reading")
    add("--column", default="text", metavar="NAME", help="the column of the text")
    add("--document", metavar="NAME", help="the column that names an article (its SHA-256)")
    add("--date", default="date", metavar="NAME", help="the column of the day: a date or ISO 8601")
    add("--model", metavar="FOLDER", help="a model of your own, where the driver sees it")
    add("--policy", metavar="POLICY", help="f1, precision=0.9 or recall=0.9")
    return parser.parse_args()


def main() -> None:
    """Run the job."""
    wanted = arguments()
    model = spillover.load(wanted.model, wanted.policy)
    spark = SparkSession.builder.appName("spillover").getOrCreate()
    reader = spark.read.format(wanted.format)
    articles = (reader.schema(wanted.schema) if wanted.schema else reader).load(wanted.articles)

    if wanted.date not in articles.columns:
        raise InputError(f"no column {wanted.date!r} (there are {', '.join(articles.columns)})")

    skipped = Observation("skipped")
    scored = signals(articles, wanted.column, model=model, document=wanted.document).observe(
        skipped, sql.count("_error").alias("number"), sql.collect_set("_error").alias("kinds")
    )
    # The day as it is written, whatever its time zone; null if it is no ISO 8601.
    kept = f"source_{wanted.date}".replace("`", "``")
    day = sql.substring(sql.col(f"`{kept}`").cast("string"), 1, 10).try_cast("date")
    # An article's sentences stay together, in their order.
    rows = (
        scored.where("_error IS NULL")
        .drop("_error")
        .withColumn("day", day)
        .sortWithinPartitions("day", "document", "sentence")
    )
    rows.write.partitionBy("day").parquet(f"{wanted.out}/signals")

    counts = [
        sql.count_if(sql.col("sentence") == 0).alias("articles"),
        sql.count("sentence").alias("sentences"),
        *(sql.count_if(sql.array_contains("labels", label)).alias(label) for label in model.labels),
    ]
    # From what was written, so that nothing is scored twice.
    written = spark.read.schema(rows.schema).parquet(f"{wanted.out}/signals")
    daily = written.groupBy("day").agg(*counts).orderBy("day").coalesce(1)
    daily.write.csv(f"{wanted.out}/daily", header=True)

    found = skipped.get
    spark.stop()
    if found["number"]:
        number = "1 row" if found["number"] == 1 else f"{found['number']} rows"
        print(f"spillover: {number} skipped: {', '.join(sorted(found['kinds']))}", file=sys.stderr)


if __name__ == "__main__":
    try:
        main()
    except (AnalysisException, SpilloverError) as error:
        sys.exit(f"spillover: {error}")
