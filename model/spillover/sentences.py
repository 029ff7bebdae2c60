"""Documents cut into sentences that keep their place in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, overload

import sentencex

from spillover.shown import Shown

_WINDOW = 100_000
"""No sentence is longer. The segmenter's time grows with the square of what it is given, if that
is full of opening quotes."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_STOP_AFTER_SPACE = re.compile(r"\.(?<=\s\.)")  # begins with what is found fast
_SPACE_BEFORE_STOP = re.compile(r"(?<=\w)\s+(?=\.)")
_WIDE_SPACE = re.compile(r"[^\S\x00-\x7f]")
_BLANK_LINE = re.compile(r"\n[ \t]*\n\s*")


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


def scored_sentence(**attributes: Any) -> Sentence:
    """Make a `Sentence` of all its attributes, in a third of the time its own constructor takes.

    That sets each attribute of a frozen class by a call of its own, which is a tenth of what a
    long run takes.
    """
    sentence = _new(Sentence)
    _set(sentence, "__dict__", attributes)
    return sentence


_new, _set = object.__new__, object.__setattr__


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

    def _repr_html_(self) -> str:
        """Return the document with its labelled sentences marked, as Jupyter shows it."""
        from spillover.report.notebook import document_html

        return document_html(self.text, self)


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
    if text.isascii() and "&" not in text:
        return _spans(text)
    shown = Shown(text)
    return [shown.place(start, end) for start, end in _spans(_readable(shown.text))]


def _spans(text: str) -> list[tuple[int, int]]:
    spans = []
    for start, end in _paragraphs(text):
        for at, piece in _pieces(text, start, end):
            stripped = piece.strip()
            if stripped:
                begin = at + piece.index(stripped)
                spans.append((begin, begin + len(stripped)))
    return spans


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    """Cut a paragraph into sentences, looking at no more than `_WINDOW` characters at a time."""
    while start < end:
        stop = end
        if end - start > _WINDOW:
            stop = text.rfind(" ", start, start + _WINDOW) + 1 or start + _WINDOW
        pieces = list(sentencex.segment("en", text[start:stop]))
        if stop < end and len(pieces) > 1:
            pieces.pop()  # it goes on in the next window
        for piece in pieces:
            yield start, piece
            start += len(piece)


def _readable(text: str) -> str:
    """Return a text of the same length without what the segmenter fails on.

    That is lone surrogates, and white space beyond ASCII between a word and a full stop.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        text = _SURROGATE.sub("\ufffd", text)
    if _STOP_AFTER_SPACE.search(text):
        text = _SPACE_BEFORE_STOP.sub(lambda found: _WIDE_SPACE.sub(" ", found[0]), text)
    return text


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    if "\r" in text:  # white space of the same width, so that there is one kind of line break
        text = text.replace("\r\n", " \n").replace("\r", "\n")
    lines = text.split("\n")
    start = 0
    if _is_wrapped(lines):
        for found in _BLANK_LINE.finditer(text):
            yield start, found.start()
            start = found.end()
        yield start, len(text)
        return
    for line in lines:
        end = start + len(line)
        yield (end - len(line.lstrip(" \t")) if start else start), end
        start = end + 1


def _is_wrapped(lines: Sequence[str]) -> bool:
    going_on = breaks = 0
    for before, after in pairwise([line.strip(" \t") for line in lines]):
        if before and after and not (before[-1].isspace() or after[0].isspace()):
            breaks += 1
            going_on += after[0].islower()
    return 3 * going_on >= breaks
