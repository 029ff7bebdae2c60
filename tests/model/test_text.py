from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.text import token_spans, tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Rockets hit Israel's port.", ["rockets", "hit", "israel", "port"]),
        ("US and U.S. troops told us", ["u.s", "and", "u.s", "troops", "told", "us"]),
        (
            "At least 1,200 of M23 since 2022",
            ["at", "least", "<num>", "of", "m23", "since", "<year>"],
        ),
        ("It didn't; why?", ["it", "didn't", "why", "?"]),
        ("cease-fire at 06:30", ["cease", "fire", "at", "<num>"]),
        ("'quoted' “words”", ["quoted", "words"]),
        ("", []),
        (" \n—…", []),
    ],
)
def test_tokens(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


@pytest.mark.parametrize(
    "variant",
    [
        "Israel’s for\u00adces ki\u200blled three",  # curly quote, soft hyphen, zero-width space
        "Israel's\u00a0forces  killed\r\nthree",  # other white space
        "Israel&#39;s forces killed&nbsp;three",  # entities
        "Ｉsrael's ﬁorces killed three".replace("ﬁo", "fo"),  # full-width letter
        "\ufeffIsrael's forces \u202akilled\u202c three",  # byte order and directional marks
        "ISRAEL'S FORCES KILLED THREE",
    ],
)
def test_tokens_see_what_a_reader_sees(variant: str) -> None:
    assert tokens(variant) == tokens("Israel's forces killed three")


@given(st.text())
def test_tokens_are_lower_case_words_of_any_text(text: str) -> None:
    for token in tokens(text):
        assert token
        assert token.split() == [token]
        assert token == token.lower() or not token.isascii()


@given(st.text(), st.text())
def test_white_space_separates(left: str, right: str) -> None:
    assert tokens(f"{left} {right}") == tokens(left) + tokens(right)


def test_a_long_chunk_is_cut_like_a_short_one() -> None:
    assert tokens("killed," * 1000) == ["killed"] * 1000


# Text as feeds have it: entities, marks that combine, jamo, invisible and full-width characters.
AWKWARD = st.lists(
    st.one_of(
        st.text(),
        st.sampled_from(
            ["&amp;", "&eacute;", "&#x200b;", "&notit;", "&#0;", "&", "'s", "U.S.", " "]
        ),
        st.text(
            "e\u0301\u0323\u0327\u0345\u0f73\u0627\u0653\u1100\u1161\u11a8\u09c7\u09be\u00ad\u200b"
        ),
    )
).map("".join)


@given(AWKWARD)
def test_token_spans_are_the_tokens_in_their_places(text: str) -> None:
    found = token_spans(text)
    assert [token for token, _, _ in found] == tokens(text)
    places = [(start, end) for _, start, end in found]
    assert places == sorted(places)
    assert all(0 <= start < end <= len(text) for start, end in places)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("Rockets hit Israel's port.", ["Rockets", "hit", "Israel's", "port"]),
        ("Erdoğan’s for\u00adces, ﬁre", ["Erdoğan’s", "for\u00adces", "ﬁre"]),
        ("caf\u0065\u0301 a&nbsp;b caf&eacute;s", ["caf\u0065\u0301", "a", "b", "caf&eacute;s"]),
        ("at least 1,200 killed?", ["at", "least", "1,200", "killed", "?"]),
    ],
)
def test_a_token_span_is_the_word_as_it_stands(text: str, places: list[str]) -> None:
    assert [text[start:end] for _, start, end in token_spans(text)] == places


@given(st.text("a\u0301\u0323\u0345\u05b0\u20d0 é&", min_size=65, max_size=200))
def test_spans_of_heaps_of_marks_are_the_tokens_too(text: str) -> None:
    assert [token for token, _, _ in token_spans(text)] == tokens(text)


def test_a_heap_of_marks_is_read_in_linear_time() -> None:
    # Unbounded, putting them in order would take hours.
    heap = "a" + "\u0323\u0301" * 1_000_000
    assert tokens(f"{heap} killed three")[1:] == ["killed", "three"]
    assert tokens("e" + "\u0301" * 200) == ["e"]
