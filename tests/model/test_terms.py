from __future__ import annotations

from pathlib import Path

import pytest

from spillover.errors import InputError
from spillover.terms import TermClasses
from spillover.text import tokens

SOURCES = {
    "fire": "# force\n@act\nstrike, strikes\nopened fire on",
    "economy": "hunger strike",
    "negation": "@cue\nno, not",
    "number": "<num>, two",
}


def found(text: str) -> list[tuple[int, str]]:
    return TermClasses.parse(SOURCES).match(tokens(text))


def test_the_longest_entry_wins() -> None:
    assert found("A strike after a hunger strike") == [(1, "fire"), (4, "economy")]


def test_phrases_and_numerals() -> None:
    assert found("They opened fire on 40, not two") == [
        (1, "fire"),
        (4, "number"),
        (5, "negation"),
        (6, "number"),
    ]


def test_part_of_a_phrase_is_no_term() -> None:
    assert found("They opened fire") == []


def test_marks() -> None:
    classes = TermClasses.parse(SOURCES)
    assert classes.acts == {"fire"}
    assert classes.cues == {"negation"}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("strikes", "term class other, line 1: 'strikes' stands in fire too"),
        ("fine\n—", "term class other, line 2: '—' has no word"),
        ("@verb", "term class other, line 1: '@verb' is neither @act nor @cue"),
    ],
)
def test_faulty_sources_are_named(source: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        TermClasses.parse({"fire": "strikes", "other": source})
    assert str(error.value) == message


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    classes = TermClasses.parse(SOURCES)
    classes.write(tmp_path)
    assert TermClasses.read(tmp_path) == classes


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no term classes here"):
        TermClasses.read(tmp_path)


def test_the_shipped_classes_are_sound() -> None:
    classes = TermClasses.read()
    assert "attack" in classes.acts
    assert "negation" in classes.cues
    assert classes.match(tokens("They struck a deal.")) == [(1, "accord")]
    assert classes.match(tokens("Teachers went on strike.")) == [(0, "occupation"), (1, "economy")]
