"""What a reader sees as the same text gets the same answer, over the whole test split."""

from __future__ import annotations

import html
import random
import re
import unicodedata
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest

import spillover
from spillover_training.corpus import Row, read_rows

LABELED = Path(__file__).parents[2] / "data" / "labeled"
LIGATURES = {"ffi": "ﬃ", "ffl": "ﬄ", "fi": "ﬁ", "fl": "ﬂ", "ff": "ﬀ"}
MOST_CHANGED_BY_CAPITALS = 0.05


def inside_words(character: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        draw = random.Random(text)
        return re.sub(r"\w(?=\w)", lambda found: found[0] + character * (draw.random() < 0.3), text)

    return change


def curly(text: str) -> str:
    text = re.sub(r"(^|[\s(\[])'", r"\1‘", text).replace("'", "’")
    return re.sub(r'(^|[\s(\[])"', r"\1“", text).replace('"', "”")


def ligatures(text: str) -> str:
    for letters, ligature in LIGATURES.items():
        text = text.replace(letters, ligature)
    return text


def full_width(text: str) -> str:
    return "".join(
        chr(ord(each) + 0xFEE0) if each.isascii() and each.isalnum() else each for each in text
    )


def numeric_entities(text: str) -> str:
    return re.sub(r"[^\w\s]", lambda found: f"&#{ord(found[0])};", text)


SAME: dict[str, Callable[[str], str]] = {
    "soft hyphens": inside_words("\u00ad"),
    "zero-width spaces": inside_words("\u200b"),
    "zero-width joiners": inside_words("\u200d"),
    "byte order marks": inside_words("\ufeff"),
    "non-breaking spaces": lambda text: text.replace(" ", "\u00a0"),
    "thin spaces": lambda text: text.replace(" ", "\u2009"),
    "entities for spaces": lambda text: text.replace(" ", "&nbsp;"),
    "curly quotes": curly,
    "straight quotes": lambda text: text.translate(str.maketrans("‘’“”", "''\"\"")),
    "ligatures": ligatures,
    "full-width letters": full_width,
    "Windows line ends": lambda text: text.replace("\n", "\r\n"),
    "named entities": html.escape,
    "numeric entities": numeric_entities,
    "runs of spaces": lambda text: text.replace(" ", " \t  "),
    "decomposed accents": lambda text: unicodedata.normalize("NFD", text),
    "right-to-left marks": lambda text: f"\u202b{text}\u202c",
}


@pytest.fixture(scope="module")
def held_out() -> list[Row]:
    return [row for row in read_rows([str(LABELED)]) if row.split == "test"]


@pytest.fixture(scope="module")
def sentences(held_out: list[Row]) -> list[str]:
    return [row.text for row in held_out]


@pytest.fixture(scope="module")
def articles(held_out: list[Row]) -> list[str]:
    """The items: a headline, and prose as one paragraph."""
    found = [[row.text for row in rows] for _, rows in groupby(held_out, lambda row: row.item)]
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
