from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import spillover
from spillover.explain import feature_name

SENTENCE = "None of the soldiers was killed when two rockets hit Kelmet’s port, officials said."

WORDS = st.sampled_from(
    ["rockets", "killed", "no", "the", "port", "met", "at", "3", "zzz", "U.S.", "Erdoğan’s", "?"]
)


@given(st.one_of(st.text(), st.lists(WORDS, max_size=30).map(" ".join)))
def test_contributions_and_intercept_sum_to_the_logit(text: str) -> None:
    model = spillover.load()
    explained = model.explain(text)
    assert tuple(explained) == model.labels
    for label, p in zip(model.labels, model.predict_proba([text])[0], strict=True):
        why = explained[label]
        assert 1 / (1 + math.exp(-why.logit)) == pytest.approx(p, rel=0, abs=1e-7)
        total = why.intercept + sum(reason.contribution for reason in why.reasons)
        assert why.logit == pytest.approx(total, rel=1e-9)
        assert why.probability == pytest.approx(p, rel=0, abs=1e-7)


@given(st.lists(WORDS, min_size=1, max_size=30).map(" ".join))
def test_the_words_share_what_their_features_add(text: str) -> None:
    for why in spillover.load().explain(text).values():
        placed = sum(reason.contribution for reason in why.reasons if reason.spans)
        assert sum(weight for _, _, weight in why.words) == pytest.approx(placed, abs=1e-9)


def test_reasons_name_the_words_in_their_places() -> None:
    why = spillover.load().explain(SENTENCE)["casualty_report"]
    places = {
        reason.name: [SENTENCE[start:end] for start, end in reason.spans] for reason in why.reasons
    }
    assert places["“killed”"] == ["killed"]
    assert places["force near killing"] == ["soldiers", "killed"]
    assert places["killing under negation"] == ["None", "of", "killed"]
    strengths = [abs(reason.contribution) for reason in why.reasons]
    assert strengths == sorted(strengths, reverse=True)
    assert {SENTENCE[start:end] for start, end, _ in why.words} >= {"Kelmet’s", "two", "said"}


def test_what_speaks_for_a_casualty_is_the_word_of_it() -> None:
    why = spillover.load().explain("Rockets hit the port, killing three.")["casualty_report"]
    start, end, _ = max(why.words, key=lambda word: word[2])
    assert "Rockets hit the port, killing three."[start:end] == "killing"


def test_a_feature_that_occurs_twice_is_one_reason() -> None:
    reasons = spillover.load().explain("killed, they were killed")["casualty_report"].reasons
    [twice] = [reason for reason in reasons if reason.name == "“killed”"]
    assert len(twice.spans) == 2
    assert len({reason.name for reason in reasons}) == len(reasons)


def test_a_text_without_words_has_its_reasons_too() -> None:
    why = spillover.load().explain("…")["military_strike"]
    assert why.words == ()
    assert why.probability < 0.05


@pytest.mark.parametrize(
    ("block", "feature", "name"),
    [
        ("words", "killed", "“killed”"),
        ("words", "at <num>", "“at [number]”"),
        ("words", "<s> rockets", "“rockets” at the start"),
        ("words", "? </s>", "“?” at the end"),
        ("terms", "air-strike civil-place </s>", "air strike, then civil place, the last term"),
        ("terms", "<s> weapon", "weapon, the first term"),
        ("terms", "<s> weapon </s>", "weapon, the first term, the last term"),
        ("terms", "<s> </s>", "no listed term"),
        ("terms", "negation>killing", "killing under negation"),
        ("pairs", "killing&weapon", "killing near weapon"),
    ],
)
def test_features_have_names_for_readers(block: str, feature: str, name: str) -> None:
    assert feature_name(block, feature) == name


def test_every_name_tells_one_feature() -> None:
    for block, found in spillover.load().parts.tables.features.items():
        assert len({feature_name(block, feature) for feature in found}) == len(found)


def test_unknown_labels_and_no_text() -> None:
    explained = spillover.load().explain("Bread is dear.")
    with pytest.raises(KeyError, match="riot"):
        explained["riot"]
    with pytest.raises(TypeError, match="text must be str, got list"):
        spillover.load().explain(["Bread is dear."])  # type: ignore[arg-type]
    assert f"military_strike {explained['military_strike'].probability:.2f}" in repr(explained)
