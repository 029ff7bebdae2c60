"""Texts spelled otherwise: what a reader sees as the same, and all in capitals."""

from __future__ import annotations

import html
import random
import re
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import spillover
from faults.harness import Fault, Setting
from spillover_training.corpus import Row, read_rows

LABELED = Path(__file__).parents[2] / "data" / "labeled"
KEPT, CHANGED = "no label changed", "a label changed"
LIGATURES = {"ffi": "ﬃ", "ffl": "ﬄ", "fi": "ﬁ", "fl": "ﬂ", "ff": "ﬀ"}


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


def held_out() -> list[Row]:
    """Return the rows of the test split."""
    return [row for row in read_rows([str(LABELED)]) if row.split == "test"]


def spelled(*changes: Callable[[str], str]) -> Callable[[Setting], Iterator[str]]:
    """Spell sentences of the test split otherwise."""

    def tries(setting: Setting) -> Iterator[str]:
        model = spillover.load()
        texts = [row.text for row in held_out()][: setting.cases]
        before = model.predict(texts)
        for change in changes:
            for one, other in zip(before, model.predict([*map(change, texts)]), strict=True):
                yield KEPT if one == other else CHANGED

    return tries


FAULTS = (
    Fault(
        f"text: the test split spelled in {len(SAME)} other ways",
        (KEPT,),
        spelled(*SAME.values()),
        100,
        1_000_000,
    ),
    Fault("text: the test split in capitals", (KEPT, CHANGED), spelled(str.upper), 100, 1_000_000),
)
