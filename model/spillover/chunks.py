"""White-space separated chunks of many texts to token ids, in arrays.

News repeats its words, so nearly every chunk has been seen before. A chunk of up to 16 bytes is
looked up as two 64-bit words, for all chunks of a batch at once: a sixth of the time that
`str.split` and a dict take. Only what is new, or longer, is analysed in Python.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import chain
from threading import Lock

import numpy as np
import numpy.typing as npt

from spillover.text import LONGEST_KEPT, chunk_tokens

Int32s = npt.NDArray[np.int32]
Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

# What str.split takes for white space: in ASCII, and, encoded in UTF-8, beyond it.
_IS_SPACE = np.zeros(256, bool)
_IS_SPACE[[9, 10, 11, 12, 13, 28, 29, 30, 31, 32]] = True
_WIDE_SPACE = re.compile(
    rb"\xc2[\x85\xa0]|\xe1\x9a\x80|\xe2(?:\x80[\x80-\x8a\xa8\xa9\xaf]|\x81\x9f)|\xe3\x80\x80"
)

_KEY_BYTES = 16
# The bytes behind a chunk's end are set to 0xff, which no UTF-8 has: so no two chunks look alike.
_FILLED = np.array([(1 << 64) - (1 << 8 * n) for n in range(8)] + [0], np.uint64)
_FILLED_1, _FILLED_2 = np.r_[_FILLED, [_FILLED[8]] * 8], np.r_[[_FILLED[0]] * 8, _FILLED]
_ODD_1, _ODD_2 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
_EMPTY = np.iinfo(np.int32).min


class Chunks:
    """Chunks seen so far, and the tokens that each is made of.

    Parameters
    ----------
    ids : Mapping of str to int
        The ids of the tokens.
    unknown : int
        The id of all other tokens.
    """

    def __init__(self, ids: Mapping[str, int], unknown: int) -> None:
        self._ids = ids
        self._unknown = unknown
        # A chunk of one token has that token's id as its code; -1, -2, … stand for `_several`.
        self._codes: dict[bytes, int] = {}
        self._several: list[tuple[int, ...]] = []
        self._lock = Lock()
        self._table = _Table({})
        self._missed = 0

    def __len__(self) -> int:
        return len(self._codes)

    def token_ids(self, texts: Sequence[str]) -> tuple[Int32s, Ints]:
        """Cut texts into tokens.

        Parameters
        ----------
        texts : sequence of str
            Any texts.

        Returns
        -------
        int32 array (n_tokens,)
            The ids of all tokens of all texts.
        int64 array (n_texts,)
            How many tokens each text has.
        """
        encoded = [_encoded(text) for text in texts]
        buffer = b"\n".join([*encoded, bytes(_KEY_BYTES)])
        starts, ends = _cut(buffer)
        text_ends = np.cumsum(np.fromiter(map(len, encoded), np.int64, len(texts)) + 1)
        counts = np.diff(np.searchsorted(starts, text_ends), prepend=0)
        starts, ends = starts[: counts.sum()], ends[: counts.sum()]
        codes = self._table.find(buffer, starts, ends)
        new = np.flatnonzero(codes == _EMPTY)
        known, add = self._codes.get, self._add
        codes[new] = [
            add(chunk) if (code := known(chunk := buffer[start:end])) is None else code
            for start, end in zip(starts[new].tolist(), ends[new].tolist(), strict=True)
        ]
        # Longer ones are never in the table.
        self._missed += int(np.count_nonzero((ends - starts).take(new) <= _KEY_BYTES))
        if self._missed > len(self._codes) + 1000:  # those cost as much as a new table
            with self._lock:
                self._table, self._missed = _Table(self._codes), 0
        several = codes < 0
        if not several.any():
            return codes, counts
        runs = [self._several[-code - 1] for code in codes[several].tolist()]
        lengths = np.ones(len(codes), np.int64)
        lengths[several] = np.fromiter(map(len, runs), np.int64, len(runs))
        ids = np.repeat(codes, lengths)
        ids[ids < 0] = np.fromiter(chain.from_iterable(runs), np.int32)
        return ids, run_totals(lengths, counts)

    def _add(self, chunk: bytes) -> int:
        found = tuple(
            self._ids.get(token, self._unknown)
            for token in chunk_tokens(chunk.decode("utf-8", "surrogatepass"))
        )
        with self._lock:  # or two threads would get one place
            if len(found) == 1:
                code = found[0]
            else:
                self._several.append(found)
                code = -len(self._several)
            if len(chunk) <= LONGEST_KEPT:
                self._codes[chunk] = code
        return code


def run_totals(values: npt.NDArray[np.generic], counts: Ints) -> Ints:
    """Add up runs of whole numbers, of which some may be empty."""
    sums = np.concatenate([[0], np.cumsum(values, dtype=np.int64)])
    ends = np.cumsum(counts)
    totals: Ints = sums.take(ends) - sums.take(ends - counts)
    return totals


def _encoded(text: str) -> bytes:
    encoded = text.encode("utf-8", "surrogatepass")
    return encoded if len(encoded) == len(text) else _WIDE_SPACE.sub(b" ", encoded)


def _cut(buffer: bytes) -> tuple[Ints, Ints]:
    """Return where the chunks of a buffer start and end."""
    is_space = np.ones(len(buffer) + 2, bool)
    np.take(_IS_SPACE, np.frombuffer(buffer, np.uint8), out=is_space[1:-1])
    edges = np.flatnonzero(is_space[1:] != is_space[:-1])
    return edges[::2], edges[1::2]


class _Table:
    """The codes of chunks of up to 16 bytes: open addressing with linear probing, never changed."""

    def __init__(self, codes: Mapping[bytes, int]) -> None:
        short = {chunk: code for chunk, code in codes.items() if len(chunk) <= _KEY_BYTES}
        keys = b"".join(chunk.ljust(_KEY_BYTES, b"\xff") for chunk in short)
        first, second = np.frombuffer(keys, "<u8").reshape(-1, 2).T
        bits = (4 * len(short) + 15).bit_length()  # a quarter is taken at most
        self._shift = np.uint64(64 - bits)
        self._mask = (1 << bits) - 1
        self._first = np.zeros(1 << bits, np.uint64)
        self._second = np.zeros(1 << bits, np.uint64)
        self._codes = np.full(1 << bits, _EMPTY, np.int32)
        left = np.arange(len(short))
        values = np.fromiter(short.values(), np.int32, len(short))
        slots = self._slots(first, second)
        while len(left):
            free = self._codes[slots] == _EMPTY
            here, which = slots[free], left[free]
            self._first[here], self._second[here] = first[which], second[which]
            self._codes[here] = values[which]  # of several for one slot, the last stays
            placed = (self._first[slots] == first[left]) & (self._second[slots] == second[left])
            left, slots = left[~placed], (slots[~placed] + 1) & self._mask

    def _slots(self, first: Words, second: Words) -> Ints:
        mixed: Words = (first + second * _ODD_2) * _ODD_1 >> self._shift
        return mixed.view(np.int64)

    def find(self, buffer: bytes, starts: Ints, ends: Ints) -> Int32s:
        """Return the codes of chunks, `_EMPTY` for what is not here."""
        words = np.ndarray((len(buffer) - 7,), "<u8", buffer, strides=(1,))
        lengths = ends - starts
        shown = np.minimum(lengths, _KEY_BYTES)
        first = words[starts] | _FILLED_1.take(shown)
        second = words[starts + 8] | _FILLED_2.take(shown)
        slots = self._slots(first, second)
        codes = self._codes.take(slots)
        others = (self._first.take(slots) != first) | (self._second.take(slots) != second)
        probing = np.flatnonzero(others & (codes != _EMPTY))
        slots = slots[probing]
        while len(probing):
            slots = (slots + 1) & self._mask
            held = self._codes.take(slots)
            codes[probing] = held
            others = (self._first.take(slots) != first[probing]) | (
                self._second.take(slots) != second[probing]
            )
            on = np.flatnonzero(others & (held != _EMPTY))
            probing, slots = probing[on], slots[on]
        codes[lengths > _KEY_BYTES] = _EMPTY
        return codes
