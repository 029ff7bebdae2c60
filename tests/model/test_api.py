"""The public surface, on the shipped model."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

import spillover


def test_score_one() -> None:
    scores = spillover.score("Rockets hit the port of Aden on Monday, killing three soldiers.")
    assert tuple(scores) == spillover.LABELS == spillover.load().labels
    assert scores["military_strike"] > 0.9
    assert scores["casualty_report"] > 0.9
    assert scores["diplomatic_meeting"] < 0.1


def test_score_many() -> None:
    texts = ["Envoys of the two armies met in Geneva.", "Bread is dear."]
    scores = spillover.score(iter(texts))
    assert scores == [spillover.score(text) for text in texts]
    assert scores[0]["diplomatic_meeting"] > 0.9
    assert spillover.score([]) == []


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (None, "str or an iterable of str, got NoneType"),
        (3, "str or an iterable of str, got int"),
        (b"bytes", "str or an iterable of str, got bytes"),
        (["a", None], r"texts\[1\] must be str, got NoneType"),
    ],
)
def test_what_is_no_text_is_refused(texts: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        spillover.score(texts)


def test_the_empty_string_carries_nothing() -> None:
    assert spillover.load().predict([""]) == [()]


def test_unknown_names_are_unknown() -> None:
    with pytest.raises(AttributeError, match="no attribute 'LABLES'"):
        _ = spillover.LABLES


def test_importing_the_package_takes_no_time_yet_all_of_it_is_there() -> None:
    code = (
        "import sys, spillover\n"
        "print('numpy' in sys.modules)\n"
        "from spillover import Document, Model, Sentence\n"
        "print(all(hasattr(spillover, name) for name in spillover.__all__))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.split() == [b"False", b"True"]
