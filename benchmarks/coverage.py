"""How well the share of known words tells what the model cannot judge: other languages, no prose.

A label on such text is a false alarm, whatever the text says: the model cannot have read it.

Usage: python benchmarks/coverage.py
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np

import spillover
from spillover.documents import read_records
from spillover.scorer import LOW_COVERAGE
from spillover.sentences import Sentence

from judged import corpus

FOREIGN = "tests/data/not_english.jsonl"
THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.8)


def read(texts: Sequence[str]) -> list[Sentence]:
    """Score texts as one sentence each."""
    return [document[0] for document in spillover.load().read_many(texts, split=False)]


def alarms(sentences: Sequence[Sentence], threshold: float) -> float:
    """Return the share of sentences that carry a label and reach a threshold of coverage."""
    return np.mean([bool(each.labels) and each.coverage >= threshold for each in sentences]).item()


def main() -> None:
    """Print what each threshold would mark, then the false alarms by kind of text."""
    english = read([row.text for row in corpus()[2]["test split"]])
    records = [record for _, record in read_records(FOREIGN)]
    foreign = {
        kind: read([record["text"] for record in found])
        for kind, found in groupby(records, lambda record: record["kind"])
    }
    others = [sentence for found in foreign.values() for sentence in found]
    labelled = [sentence for sentence in english if sentence.labels]
    header = "| threshold | marked, English | marked, English with a label | marked, other "
    print(header + "| false alarms left, other |\n|---:|---:|---:|---:|---:|")
    for threshold in THRESHOLDS:
        shares = [
            np.mean([each.coverage < threshold for each in sentences])
            for sentences in (english, labelled, others)
        ]
        cells = " | ".join(f"{share:.1%}" for share in [*shares, alarms(others, threshold)])
        print(f"| {threshold} | {cells} |")
    print("\n| text | sentences | median coverage | with a label | with --skip-low-coverage |")
    print("|---|---:|---:|---:|---:|")
    for kind, found in {"English, test split": english, **foreign}.items():
        median = np.median([each.coverage for each in found])
        print(
            f"| {kind} | {len(found)} | {median:.2f} | {alarms(found, 0):.1%} "
            f"| {alarms(found, LOW_COVERAGE):.1%} |"
        )


if __name__ == "__main__":
    main()
