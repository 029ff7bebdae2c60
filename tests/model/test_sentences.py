from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.sentences import sentence_spans
from spillover.text import INVISIBLE


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He met Mr. Annan. They left.", ["He met Mr. Annan.", "They left."]),
        ("Port hit\nA rocket hit the port.\n", ["Port hit", "A rocket hit the port."]),
        (
            "It hit the\nport and the\ncity. More came.",
            ["It hit the\nport and the\ncity.", "More came."],
        ),
        (
            "It hit the port of\nKelmet, the army\nsaid.\n\nAid came.\n\nIt left.\n",
            ["It hit the port of\nKelmet, the army\nsaid.", "Aid came.", "It left."],
        ),
        ("One.\r\n\r\nTwo.", ["One.", "Two."]),
        ("😀 It fell. It burned.", ["😀 It fell.", "It burned."]),
        ("half \ud800 a pair. Next.", ["half \ud800 a pair.", "Next."]),
        ("It hit the\r\nport and the\r\ncity.", ["It hit the\r\nport and the\r\ncity."]),
        ("He saw plan B\xa0. It burned.", ["He saw plan B\xa0.", "It burned."]),
        (" \n ", []),
        ("", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@given(st.text(alphabet=st.characters() | st.sampled_from("\n\r. A?!\xa0\ud800")))
def test_spans_are_ordered_stripped_and_lose_nothing(text: str) -> None:
    last = 0
    for start, end in sentence_spans(text):
        assert not seen(text[last:start])
        assert text[start:end]
        assert text[start:end] == text[start:end].strip()
        last = end
    assert not seen(text[last:])


def seen(text: str) -> str:
    return re.sub(INVISIBLE, "", html.unescape(text)).strip()


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        # What is not seen ends no sentence: the segmenter must know "Brig. Gen." and "Lt." still.
        (
            "Brig\u00ad. Ge\u00adn. Ali fell. He li\u200bved.",
            ["Brig\u00ad. Ge\u00adn. Ali fell.", "He li\u200bved."],
        ),
        ("He met Ｌｔ. Ali. １．５ million fled.", ["He met Ｌｔ. Ali.", "１．５ million fled."]),
        ("&quot;I saw it.&quot; He fled.", ["&quot;I saw it.&quot;", "He fled."]),
        ("Rain&nbsp;fell. It&nbsp;froze.", ["Rain&nbsp;fell.", "It&nbsp;froze."]),
        ("\u202bTroops left. AT&T closed.\u202c", ["Troops left.", "AT&T closed."]),
        ("One.&#13;\nTwo.&#10;", ["One.", "Two."]),
        ("&amp;", ["&amp;"]),
        ("\u00ad \u200b&nbsp;", []),
    ],
)
def test_what_is_not_seen_does_not_move_a_sentence(text: str, sentences: list[str]) -> None:
    assert [text[start:end] for start, end in sentence_spans(text)] == sentences


@given(st.lists(st.text() | st.sampled_from(["\u00ad", "&amp;", "&", "&nbsp;", "Ａ", ". A", "\n"])))
def test_sentences_have_their_places_in_any_text(pieces: list[str]) -> None:
    text = "".join(pieces)
    before = 0
    for start, end in sentence_spans(text):
        assert before <= start < end <= len(text)
        before = end


def test_a_long_paragraph_is_cut_where_a_short_one_is() -> None:
    text = "Brig. Gen. Ali said no one was hurt. " * 8000
    found = [text[start:end] for start, end in sentence_spans(text)]
    assert found == ["Brig. Gen. Ali said no one was hurt."] * 8000


def test_what_has_no_sentences_is_cut_all_the_same() -> None:
    for text in ("x" * 1_000_000, "“Ah b. c " * 100_000):
        assert "".join(text[start:end] for start, end in sentence_spans(text)).replace(
            " ", ""
        ) == text.replace(" ", "")
