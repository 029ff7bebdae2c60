from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.errors import ModelError
from spillover.features import BLOCKS, Analyzer, FeatureSettings
from spillover.terms import TermClasses
from spillover.text import tokens

TERMS = TermClasses.parse(
    {"fire": "@act\nraid, strikes", "kill": "@act\nkilled", "no": "@cue\nno, could", "who": "one"}
)
TEXT = "Strikes raid; no one was killed"


def features(block: str, text: str = TEXT, **settings: int) -> Counter[str]:
    return Counter(Analyzer(block, FeatureSettings(**settings), TERMS)(text))


def test_words() -> None:
    assert features("words", "Two raids?", word_ngrams=2) == Counter(
        ["two", "raids", "?", "<s> two", "two raids", "raids ?", "? </s>"]
    )


def test_terms_collapse_runs_and_mark_acts_under_a_cue() -> None:
    unigrams = ["no>kill", "fire", "no", "who", "kill"]
    bigrams = ["<s> fire", "fire no", "no who", "who kill", "kill </s>"]
    assert features("terms", term_ngrams=2) == Counter(unigrams + bigrams)


def test_a_cue_reaches_only_so_far() -> None:
    assert "no>kill" not in features("terms", scope_window=2)
    assert "no>kill" in features("terms", scope_window=3)


def test_pairs_are_unordered_and_near() -> None:
    assert features("pairs", pair_window=1) == Counter(["fire&no", "no&who", "kill&who"])
    assert features("pairs", "one raid") == features("pairs", "raid one") == Counter(["fire&who"])


def test_an_unknown_block_is_refused() -> None:
    with pytest.raises(ValueError, match="block must be one of words, terms, pairs"):
        Analyzer("letters", FeatureSettings(), TERMS)


def test_settings_read_back() -> None:
    settings = FeatureSettings(word_ngrams=3)
    assert FeatureSettings.from_json(settings.to_json()) == settings


def test_a_length_of_0_leaves_a_block_out() -> None:
    assert FeatureSettings().blocks == ("words", "terms", "pairs")
    assert FeatureSettings(pair_window=0).blocks == ("words", "terms")


@pytest.mark.parametrize("change", [{"more": 1}, {"word_ngrams": 0}, {"word_ngrams": True}])
def test_foreign_settings_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="feature setting"):
        FeatureSettings.from_json({**FeatureSettings().to_json(), **change})


@pytest.mark.parametrize("block", BLOCKS)
@given(st.lists(st.sampled_from(["strikes", "raid", "killed", "no", "one", "was"])).map(" ".join))
def test_occurrences_are_the_features_with_their_tokens(block: str, text: str) -> None:
    analyzer = Analyzer(block, FeatureSettings(term_ngrams=3), TERMS)
    found = analyzer.occurrences(tokens(text))
    assert [feature for feature, _ in found] == analyzer(text)
    assert all(list(at) == sorted(set(at)) for _, at in found)


def test_where_features_come_from() -> None:
    def places(block: str) -> dict[str, tuple[int, ...]]:
        return dict(Analyzer(block, FeatureSettings(), TERMS).occurrences(tokens(TEXT)))

    assert places("words")["was killed"] == (4, 5)
    assert places("terms")["no>kill"] == (2, 5)
    assert places("terms")["<s> fire"] == (0, 1)  # a run of two terms
    assert places("pairs")["fire&kill"] == (0, 1, 5)
