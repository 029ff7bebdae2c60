"""What a reader sees as the same text gets the same answer, over the whole test split."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby

import numpy as np
import pytest
from faults.spellings import SAME, held_out

import spillover
from spillover_training.corpus import Row

MOST_CHANGED_BY_CAPITALS = 0.05


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return held_out()


@pytest.fixture(scope="module")
def sentences(rows: list[Row]) -> list[str]:
    return [row.text for row in rows]


@pytest.fixture(scope="module")
def articles(rows: list[Row]) -> list[str]:
    """The items: a headline, and prose as one paragraph."""
    found = [[row.text for row in item] for _, item in groupby(rows, lambda row: row.item)]
    return [f"{first}\n{' '.join(others)}" for first, *others in found]


@pytest.mark.parametrize("change", SAME.values(), ids=SAME.keys())
def test_no_label_and_no_score_changes(
    sentences: list[str], articles: list[str], change: Callable[[str], str]
) -> None:
    model = spillover.load()
    changed = [change(text) for text in sentences]
    assert model.predict(changed) == model.predict(sentences)
    assert np.array_equal(model.predict_proba(changed), model.predict_proba(sentences))
    documents = model.read_many([change(text) for text in articles])
    for as_is, otherwise in zip(model.read_many(articles), documents, strict=True):
        assert [each.scores for each in otherwise] == [each.scores for each in as_is]


def test_capitals_change_few_labels(sentences: list[str]) -> None:
    model = spillover.load()
    before, after = model.predict(sentences), model.predict([text.upper() for text in sentences])
    changed = sum(one != other for one, other in zip(before, after, strict=True))
    assert changed <= MOST_CHANGED_BY_CAPITALS * len(sentences)
