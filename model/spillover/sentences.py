"""Documents cut into sentences that keep their place in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import overload

import sentencex

_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_BREAK = re.compile(r"(?:\r\n|\r|\n)[ \t]*(\S?)")
# Between two lines of text; the look-ahead leaves the next line for the next match.
_WITHIN = re.compile(r"\S[ \t]*(?:\r\n|\r|\n)[ \t]*(?=(\S))")
_BLANK_LINE = re.compile(r"(?:\r\n|\r|\n)[ \t]*(?:\r\n|\r|\n)\s*")


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """One sentence of a document, with its scores.

    Attributes
    ----------
    text : str
        The sentence, without surrounding white space.
    start, end : int
        Its place: ``document.text[start:end] == text``, in code points.
    scores : Mapping of str to float
        The calibrated probability of each label.
    labels : tuple of str
        The labels whose probability reaches the model's threshold.
    coverage : float
        Share of the tokens that the model knows from training, 0 to 1.
    low_coverage : bool
        Whether so few are known that the scores say little.
    """

    text: str
    start: int
    end: int
    scores: Mapping[str, float]
    labels: tuple[str, ...]
    coverage: float
    low_coverage: bool


class Document(Sequence[Sentence]):
    """A text and its sentences; an immutable sequence of `Sentence`.

    Attributes
    ----------
    text : str
        The text as it was given.
    """

    def __init__(self, text: str, sentences: Sequence[Sentence]) -> None:
        self.text = text
        self._sentences = tuple(sentences)

    @overload
    def __getitem__(self, index: int) -> Sentence: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Sentence, ...]: ...
    def __getitem__(self, index: int | slice) -> Sentence | tuple[Sentence, ...]:
        """Return one sentence, or a tuple of them."""
        return self._sentences[index]

    def __len__(self) -> int:
        """Return the number of sentences."""
        return len(self._sentences)

    def __repr__(self) -> str:
        return f"<Document: {len(self)} sentences, {len(self.text)} characters>"


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Find the sentences of an English text.

    A line break ends a sentence, as after a headline, unless the text is wrapped: a third of its
    lines or more go on in lower case.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    list of (int, int)
        Start and end of each sentence in code points, without surrounding white space, in order.
    """
    # The segmenter refuses lone surrogates; another character of width one keeps the offsets.
    readable = _SURROGATE.sub("\ufffd", text)
    spans = []
    for start, end in _paragraphs(readable):
        at = start
        for piece in sentencex.segment("en", readable[start:end]):
            stripped = piece.strip()
            if stripped:
                begin = at + piece.index(stripped)
                spans.append((begin, begin + len(stripped)))
            at += len(piece)
    return spans


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    breaks = list(_LINE_BREAK.finditer(text))
    goes_on = [found[1].islower() for found in _WITHIN.finditer(text)]
    wrapped = 3 * sum(goes_on) >= len(goes_on)
    start = 0
    for found in _BLANK_LINE.finditer(text) if wrapped else breaks:
        yield start, found.start()
        start = found.end(1) - len(found[1]) if not wrapped else found.end()
    yield start, len(text)
