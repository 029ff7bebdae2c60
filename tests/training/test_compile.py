from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from spillover.features import FeatureSettings
from spillover.scorer import Model
from spillover.terms import TermClasses
from spillover.text import tokens
from spillover_training.corpus import Row
from spillover_training.pipeline import Recipe
from spillover_training.train import fit

LABELS = {
    "military_strike": "",
    "casualty_report": "",
    "diplomatic_meeting": "",
    "spillover_risk": "",
}


@pytest.mark.parametrize(
    "settings",
    [
        FeatureSettings(word_ngrams=1),
        FeatureSettings(word_ngrams=4, scope_window=0),
        FeatureSettings(term_ngrams=0),
        FeatureSettings(term_ngrams=0, pair_window=0),
        FeatureSettings(term_ngrams=5, pair_window=0),
        FeatureSettings(term_ngrams=1, pair_window=20, scope_window=20),
    ],
)
def test_every_setting_scores_as_its_pipeline(rows: list[Row], settings: FeatureSettings) -> None:
    some = rows[:1200]
    pipeline, parts = fit(
        some,
        LABELS,
        terms=TermClasses.read(),
        jobs=1,
        progress=lambda *_: None,
        recipe=Recipe(settings=settings),
    )
    texts = [*(row.text for row in some[:200]), "", "?", "no no no troops could strike strike"]
    expected = pipeline.predict_proba(texts)
    np.testing.assert_allclose(Model(parts).predict_proba(texts), expected, rtol=0, atol=1e-6)
    alone = np.vstack([Model(parts).predict_proba([text]) for text in texts[-20:]])
    np.testing.assert_allclose(alone, expected[-20:], rtol=0, atol=1e-6)


def test_many_term_classes(rows: list[Row]) -> None:
    some = rows[:400]
    words = Counter(token for row in some for token in tokens(row.text) if token.isalpha())
    common = {f"c{at:03}": word for at, (word, _) in enumerate(words.most_common(300))}
    pipeline, parts = fit(
        some,
        LABELS,
        terms=TermClasses({name: word + "\n" for name, word in common.items()}),
        jobs=1,
        progress=lambda *_: None,
        recipe=Recipe(),
    )
    texts = [row.text for row in some]
    np.testing.assert_allclose(
        Model(parts).predict_proba(texts), pipeline.predict_proba(texts), rtol=0, atol=1e-6
    )
