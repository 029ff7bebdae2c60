from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.sentences import sentence_spans


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
        assert not text[last:start].strip()
        assert text[start:end]
        assert text[start:end] == text[start:end].strip()
        last = end
    assert not text[last:].strip()
