"""Texts that say the same in nearly the same words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from datasketch import MinHash

SHINGLE = 5
SIMILARITY = 0.8
"""Texts whose sets of character 5-grams have at least this Jaccard index are near-duplicates."""

_BANDS, _IN_BAND = 18, 7
"""Texts that agree in all of a band are looked at: with these a pair at 0.8 is missed with the
probability (1 - 0.8 ** 7) ** 18 = 0.014."""

_CROWD = 10
"""So many that are alike, itself among them, are looked at for a text at most, in each band."""

_KEPT = 10_000

_MASKED = re.compile(r"\b[A-Z][\w'’.-]*(?:\s+[A-Z][\w'’.-]*)*|\d+(?:[.,:]\d+)*")
_PLAIN = re.compile(r"\b[a-z]+")
_FEWEST_PLAIN = 5


def skeleton(text: str) -> str | None:
    """Return a text with names and numbers masked, or None if few plain words are left.

    "Goma fell" and "Bukavu fell" share more grammar than anybody wrote; five plain words in common
    are a template.
    """
    masked = _MASKED.sub("#", text)
    return masked if len(_PLAIN.findall(masked)) >= _FEWEST_PLAIN else None


def near_duplicates(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Find pairs of near-duplicates among texts.

    Candidates by MinHash with locality-sensitive hashing (Leskovec, Rajaraman and Ullman, "Mining
    of Massive Datasets", chapter 3), then the index itself. A pair at 0.8 is missed about once in
    seventy times. Of a crowd of texts alike, each is held against those just before it alone, so
    that time and memory grow no faster than the number of texts.

    Parameters
    ----------
    texts : sequence of str
        The texts.

    Yields
    ------
    (int, int)
        The numbers of the two texts, the earlier first.
    """
    numbers = [number for number, text in enumerate(texts) if _shingles(text)]
    shingles = lru_cache(_KEPT)(lambda at: _shingles(texts[numbers[at]]))
    for right, left in _candidates([texts[number] for number in numbers]):
        one, other = shingles(left), shingles(right)
        if len(one & other) >= SIMILARITY * len(one | other):
            yield numbers[left], numbers[right]


def _candidates(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the numbers of two texts that agree in a band of their MinHash, the later first."""
    keys = _band_keys(texts)
    found = np.empty(0, np.int64)
    for band in range(_BANDS):
        order = np.argsort(keys[:, band], kind="stable")
        ordered = keys[order, band]
        for step in range(1, min(_CROWD, len(texts))):
            same = ordered[step:] == ordered[:-step]
            if not same.any():
                break
            pairs = order[step:][same] * len(texts) + order[:-step][same]
            found = np.union1d(found, pairs)
    for pair in found.tolist():
        yield divmod(pair, len(texts))


def _band_keys(texts: Sequence[str]) -> npt.NDArray[np.uint64]:
    """Return a number for each band of each text's MinHash, array (n_texts, _BANDS)."""
    keys = np.empty((len(texts), _BANDS), np.uint64)
    mix = np.random.default_rng(1).integers(1 << 63, size=_IN_BAND, dtype=np.uint64)
    encoded = ([each.encode("utf-8") for each in _shingles(text)] for text in texts)
    hashes = MinHash.generator(encoded, num_perm=_BANDS * _IN_BAND, seed=1)
    for number, hashed in enumerate(hashes):
        keys[number] = hashed.hashvalues.reshape(_BANDS, _IN_BAND) @ mix
    return keys


def _shingles(text: str) -> frozenset[str]:
    plain = " ".join(text.lower().split())
    return frozenset(plain[at : at + SHINGLE] for at in range(len(plain) - SHINGLE + 1))
