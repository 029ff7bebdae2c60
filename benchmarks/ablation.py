"""What each block and choice is worth: one left out or changed at a time, as a Markdown table.

Usage: python benchmarks/ablation.py [REAL_NEWS.jsonl]
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace

from spillover.features import FeatureSettings
from spillover.scorer import Model
from spillover.terms import TermClasses
from spillover_training.evaluate import Evaluation, evaluate
from spillover_training.pipeline import Recipe
from spillover_training.train import fit

from judged import corpus

JOBS = 2
SHIPPED = Recipe()
VARIANTS = {
    "as shipped": SHIPPED,
    "neighbouring sentences not joined": replace(SHIPPED, joined=False),
    "without term classes": replace(
        SHIPPED, settings=FeatureSettings(term_ngrams=0, pair_window=0)
    ),
    "without pairs of term classes": replace(SHIPPED, settings=FeatureSettings(pair_window=0)),
    "without acts under a cue": replace(SHIPPED, settings=FeatureSettings(scope_window=0)),
    "words without bigrams": replace(SHIPPED, settings=FeatureSettings(word_ngrams=1)),
    "word trigrams": replace(SHIPPED, settings=FeatureSettings(word_ngrams=3)),
    "pairs at full weight": replace(SHIPPED, weights={**SHIPPED.weights, "pairs": 1.0}),
    "terms at double weight": replace(SHIPPED, weights={**SHIPPED.weights, "terms": 2.0}),
    "features of 5 sentences and more": replace(SHIPPED, min_df=5),
    "classes not balanced": replace(SHIPPED, balanced=False),
}


def main(real_news: str | None) -> None:
    """Train and judge every variant; print the table row by row."""
    rows, labels, judged = corpus(real_news)
    header = " | ".join(f"macro-F1 on {name} (95 %); average precision by label" for name in judged)
    print(f"| variant | {header} | features | sentences/s |")
    print(f"|---|{'---:|' * (len(judged) + 2)}")
    texts = [row.text for row in rows]
    for name, recipe in VARIANTS.items():
        terms = TermClasses.read()
        _, parts = fit(
            rows, labels, terms=terms, jobs=JOBS, progress=lambda *_: None, recipe=recipe
        )
        model = Model(parts)
        cells = [_judged(evaluate(model, held_out)) for held_out in judged.values()]
        started = time.perf_counter()
        model.predict_proba(texts)
        rate = len(texts) / (time.perf_counter() - started)
        n_features = sum(map(len, parts.tables.features.values()))
        print(f"| {name} | {' | '.join(cells)} | {n_features:,} | {rate:,.0f} |", flush=True)


def _judged(found: Evaluation) -> str:
    by_label = " ".join(f"{each.average_precision:.3f}" for each in found.labels.values())
    return f"{found.macro_f1}; {by_label}"


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
