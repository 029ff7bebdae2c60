"""Text to tokens: the one definition that training and scoring share.

A text is cut at white space into chunks and each chunk is analysed by itself, so that everything
that depends on a chunk alone can be computed once and kept.
"""

from __future__ import annotations

import html
import re
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache

TOKENIZER_VERSION = 2
"""Goes up when `tokens` changes for any text; a model of another version is refused."""

NUMBER, YEAR = "<num>", "<year>"
"""Masks for numerals; no token of a text can look like them."""

# Soft hyphens, zero-width and directional marks: invisible, yet feeds have them inside words.
INVISIBLE = "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]"
_INVISIBLE = re.compile(INVISIBLE)
_ACCENTS = re.compile("[\u0300-\u036f]")
_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u201b\u02bc\u00b4`", "'"))
_CHUNK = re.compile(r"\S+")
# What `html.unescape` replaces, by the same expression, so that each has its place.
ENTITY = r"&(?:#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\t\n\f <&#;]{1,32};?)"
_ENTITY = re.compile(ENTITY)
_TOKEN = re.compile(
    r"(?:[^\W\d_]\.){2,}"  # U.S., U.N.
    r"|\d+(?:[.,:/]\d+)*(?![^\W_])"  # 40, 1,200, 3.5, 06:30
    r"|[^\W_]+(?:'[^\W_]+)*"  # words, M23, 1980s, didn't
    r"|\?"
)
_YEAR = re.compile(r"(?:19|20)\d\d")
LONGEST_KEPT = 64
"""Longer chunks are no words; keeping what they are made of would only fill a cache."""
_MOST_MARKS = 30
"""So many marks on one letter at most, as in Unicode's Stream-Safe Text Format (UAX 15, section
13): the time to put them in order grows with the square of their number."""


def tokens(text: str) -> list[str]:
    """Cut a text into normalised tokens.

    Tokens are lower-case words without a possessive ending, numerals masked as ``<num>`` or
    ``<year>``, and question marks. HTML entities, compatibility characters (NFKD), typographic
    apostrophes, accents and invisible characters are resolved first.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    list of str
        The tokens in reading order; empty for a text without a word.
    """
    found: list[str] = []
    for chunk in text.split():
        found += _kept(chunk) if len(chunk) <= LONGEST_KEPT else chunk_tokens(chunk)
    return found


def chunk_tokens(chunk: str) -> tuple[str, ...]:
    """Cut a chunk, a piece of text without white space, into its tokens."""
    if not chunk.isascii() or "&" in chunk:
        is_long = len(chunk) > LONGEST_KEPT
        chunk = _INVISIBLE.sub("", html.unescape(chunk))
        chunk = _folded(_heap_of_marks().sub(r"\1", chunk) if is_long else chunk)
    return tuple(filter(None, map(_normalised, _TOKEN.findall(chunk))))


def token_spans(text: str) -> list[tuple[str, int, int]]:
    """Cut a text into normalised tokens that know their place.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    list of (str, int, int)
        The tokens that `tokens` gives, each with its start and end in the code points of `text`;
        a place covers the possessive ending, entities and invisible characters inside the word.
    """
    found = []
    for chunk in _CHUNK.finditer(text):
        folded, places = _placed(chunk[0])
        for match in _TOKEN.finditer(folded):
            token = _normalised(match[0])
            if token:
                start, end = places[match.start()][0], places[match.end() - 1][1]
                found.append((token, chunk.start() + start, chunk.start() + end))
    return found


def _placed(chunk: str) -> tuple[str, list[tuple[int, int]]]:
    """Return a chunk as `chunk_tokens` reads it, and where each character comes from."""
    if chunk.isascii() and "&" not in chunk:
        return chunk, [(at, at + 1) for at in range(len(chunk))]
    pieces = [(_folded(piece), start, end) for piece, start, end in _pieces(chunk)]
    places = [(start, end) for folded, start, end in pieces for _ in folded]
    return "".join(folded for folded, _, _ in pieces), places


def _pieces(chunk: str) -> Iterator[tuple[str, int, int]]:
    """Cut a chunk into the shortest pieces that `_folded` changes independently."""
    piece, start, end, marks = "", 0, 0, 0
    for character, begin, finish in _unescaped(chunk):
        if _INVISIBLE.match(character):
            continue
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks > _MOST_MARKS and len(chunk) > LONGEST_KEPT:
            continue
        if piece and not _joins(piece, character):
            yield piece, start, end
            piece = ""
        start = start if piece else begin
        piece, end = piece + character, finish
    if piece:
        yield piece, start, end


def _unescaped(chunk: str) -> Iterator[tuple[str, int, int]]:
    """Yield the characters of a chunk with their places, those of an entity with the entity's."""
    at = 0
    for entity in _ENTITY.finditer(chunk):
        yield from ((chunk[each], each, each + 1) for each in range(at, entity.start()))
        at = entity.end()
        yield from ((character, *entity.span()) for character in html.unescape(entity[0]))
    yield from ((chunk[each], each, each + 1) for each in range(at, len(chunk)))


def _joins(piece: str, character: str) -> bool:
    """Tell whether a character combines with the piece before it, as marks and jamo do."""
    if unicodedata.combining(unicodedata.normalize("NFKD", character)[0]):
        return True
    return _folded(piece + character) != _folded(piece) + _folded(character)


@cache
def _heap_of_marks() -> re.Pattern[str]:
    """Return what finds more than `_MOST_MARKS` in a row; made when the first long chunk comes."""
    marks = "".join(filter(unicodedata.combining, map(chr, range(sys.maxunicode + 1))))
    return re.compile(f"([{marks}]{{{_MOST_MARKS}}})[{marks}]+")


def _folded(chunk: str) -> str:
    # Decomposed, so that Erdoğan and Erdogan are one name without their accents.
    chunk = unicodedata.normalize("NFKD", chunk.translate(_APOSTROPHES))
    return unicodedata.normalize("NFC", _ACCENTS.sub("", chunk))


# News repeats its words: nine chunks in ten are answered from here.
_kept = lru_cache(maxsize=1 << 16)(chunk_tokens)


def _normalised(token: str) -> str:
    if token == "US":  # the country; in lower case it would be the pronoun  # noqa: S105
        return "u.s"
    token = token.lower()
    if token[0].isdigit() and not any(map(str.isalpha, token)):
        return YEAR if _YEAR.fullmatch(token) else NUMBER
    return token.removesuffix("'s").rstrip(".")
