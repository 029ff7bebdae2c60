"""Texts that say the same in nearly the same words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from datasketch import MinHash, MinHashLSH

SHINGLE = 5
SIMILARITY = 0.8
"""Texts whose sets of character 5-grams have at least this Jaccard index are near-duplicates."""

_PERMUTATIONS = 128
_SEARCHED = 0.7
"""The index at which MinHash looks; lower, so that its error loses hardly a pair."""

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
    of Massive Datasets", chapter 3), then the index itself. A pair at 0.8 is missed about once in a
    hundred.

    Parameters
    ----------
    texts : sequence of str
        The texts.

    Yields
    ------
    (int, int)
        The numbers of the two texts, the earlier first.
    """
    index = MinHashLSH(threshold=_SEARCHED, num_perm=_PERMUTATIONS)
    shingles = [_shingles(text) for text in texts]
    hashes = MinHash.generator(
        ([each.encode("utf-8") for each in found] for found in shingles),
        num_perm=_PERMUTATIONS,
        seed=1,
    )
    for number, hashed in enumerate(hashes):
        if not shingles[number]:
            continue
        for other in sorted(index.query(hashed)):
            left, right = shingles[other], shingles[number]
            if len(left & right) >= SIMILARITY * len(left | right):
                yield other, number
        index.insert(number, hashed)


def _shingles(text: str) -> frozenset[str]:
    plain = " ".join(text.lower().split())
    return frozenset(plain[at : at + SHINGLE] for at in range(len(plain) - SHINGLE + 1))
