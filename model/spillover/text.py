"""Text to tokens: the one definition that training and scoring share.

A text is cut at white space into chunks and each chunk is analysed by itself, so that everything
that depends on a chunk alone can be computed once and kept.
"""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache

TOKENIZER_VERSION = 1
"""Goes up when `tokens` changes for any text; a model of another version is refused."""

NUMBER, YEAR = "<num>", "<year>"
"""Masks for numerals; no token of a text can look like them."""

# Soft hyphens, zero-width and directional marks: invisible, yet feeds have them inside words.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]"
)
_ACCENTS = re.compile("[\u0300-\u036f]")
_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u201b\u02bc\u00b4`", "'"))
_TOKEN = re.compile(
    r"(?:[^\W\d_]\.){2,}"  # U.S., U.N.
    r"|\d+(?:[.,:/]\d+)*(?![^\W_])"  # 40, 1,200, 3.5, 06:30
    r"|[^\W_]+(?:'[^\W_]+)*"  # words, M23, 1980s, didn't
    r"|\?"
)
_YEAR = re.compile(r"(?:19|20)\d\d")
LONGEST_KEPT = 64
"""Longer chunks are no words; keeping what they are made of would only fill a cache."""


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
        chunk = _INVISIBLE.sub("", html.unescape(chunk))
        # Decomposed, so that Erdoğan and Erdogan are one name without their accents.
        chunk = unicodedata.normalize("NFKD", chunk.translate(_APOSTROPHES))
        chunk = unicodedata.normalize("NFC", _ACCENTS.sub("", chunk))
    return tuple(filter(None, map(_normalised, _TOKEN.findall(chunk))))


# News repeats its words: nine chunks in ten are answered from here.
_kept = lru_cache(maxsize=1 << 16)(chunk_tokens)


def _normalised(token: str) -> str:
    if token == "US":  # the country; in lower case it would be the pronoun  # noqa: S105
        return "u.s"
    token = token.lower()
    if token[0].isdigit() and not any(map(str.isalpha, token)):
        return YEAR if _YEAR.fullmatch(token) else NUMBER
    return token.removesuffix("'s").rstrip(".")
