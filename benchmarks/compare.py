"""What users have instead, on the same sentences, as a Markdown table.

Usage: python benchmarks/compare.py [REAL_NEWS.jsonl]
"""

from __future__ import annotations

import sys

import numpy as np
from sklearn.metrics import f1_score

import spillover
from spillover_training.search import targets

from judged import corpus
from peers import Predict, fasttext_model, fasttext_predict, keyword_lists, plain_recipe


def main(real_news: str | None) -> None:
    """Train the peers, judge all systems, print the table."""
    rows, _, judged = corpus(real_news)
    model = spillover.load()
    train = [row for row in rows if row.split == "train"]
    plain = plain_recipe(train, model.labels)
    words = fasttext_model(train, model.labels)
    subwords = fasttext_model(train, model.labels, (3, 5))
    systems: dict[str, Predict] = {
        "keyword expressions": keyword_lists(model.labels),
        "scikit-learn, words 1–2": lambda texts: plain.predict(texts).astype(bool),
        "fastText, words 1–2": lambda texts: fasttext_predict(words, texts, model.labels),
        "fastText, characters 3–5 as well": lambda texts: fasttext_predict(
            subwords, texts, model.labels
        ),
        "spillover": lambda texts: np.array(
            [[label in carried for label in model.labels] for carried in model.predict(texts)]
        ),
    }
    print(f"| system | sentences | macro-F1 | {' | '.join(model.labels)} |")
    print(f"|---|---|---:|{'---:|' * len(model.labels)}")
    for name, held_out in judged.items():
        true = targets(held_out, model.labels)
        for system, predict in systems.items():
            scores = f1_score(true, predict([row.text for row in held_out]), average=None)
            cells = " | ".join(f"{score:.3f}" for score in scores)
            print(f"| {system} | {name} | {scores.mean():.3f} | {cells} |")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
