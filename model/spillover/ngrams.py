"""N-grams as a trie in arrays: looked up for a whole batch at once, or one at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from spillover.errors import ModelError

Ints = npt.NDArray[np.int64]

# Fibonacci hashing: the multiplier is 2**64 over the golden ratio (Knuth, The Art of Computer
# Programming, volume 3, section 6.4).
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_BITS = (1 << 64) - 1
_EMPTY = -1


class Ngrams:
    """The n-grams of an alphabet of symbols that a model knows.

    Every n-gram is a node: the symbols are nodes ``0 .. symbols - 1``, longer n-grams follow, each
    given by the node of all its symbols but the last, and the last symbol.

    Parameters
    ----------
    pairs : int32 array (n_ngrams, 2)
        Prefix and last symbol of each n-gram, in strictly ascending order.
    symbols : int
        The size of the alphabet. Its last two symbols mark the start and the end of a text.

    Raises
    ------
    ModelError
        If the pairs are not in order, or one of them can be no n-gram of a text.
    """

    def __init__(self, pairs: npt.NDArray[np.int32], symbols: int) -> None:
        self.pairs = pairs
        self.symbols = symbols
        self.size = symbols + len(pairs)
        prefixes, lasts = pairs[:, 0].astype(np.int64), pairs[:, 1].astype(np.int64)
        self._keys = prefixes * symbols + lasts
        start, end = symbols - 2, symbols - 1
        ends = np.zeros(self.size, bool)
        ends[end] = True
        ends[symbols:] = lasts == end
        if (
            (np.diff(self._keys) <= 0).any()
            or (prefixes < 0).any()
            or (prefixes >= np.arange(symbols, self.size)).any()
            or (lasts < 0).any()
            or (lasts >= symbols).any()
            or (lasts == start).any()
            # Nothing follows the end of a text; a batch counts on that.
            or ends[prefixes].any()
        ):
            raise ModelError("its n-grams are not in order")
        self.has_children = np.zeros(self.size + 1, bool)
        self.has_children[prefixes] = True
        self._fill_slots()

    @property
    def missing(self) -> int:
        """What stands for an n-gram that is none of these: one past the last node."""
        return self.size

    def _fill_slots(self) -> None:
        """Hash the n-grams into an open-addressing table with linear probing."""
        bits = max(4, int(2 * len(self._keys)).bit_length() + 1)  # at most a quarter is taken
        self._shift = np.uint64(64 - bits)
        self._mask = (1 << bits) - 1
        self._slot_keys = np.full(1 << bits, _EMPTY, np.int64)
        self._slot_nodes = np.full(1 << bits, self.missing, np.int32)
        nodes = np.arange(self.symbols, self.size)
        slots = self._slots(self._keys)
        while len(nodes):
            free = self._slot_keys[slots] == _EMPTY
            keys = self._keys[nodes - self.symbols]
            self._slot_keys[slots[free]] = keys[free]  # of several for one slot, the last stays
            placed = self._slot_keys[slots] == keys
            self._slot_nodes[slots[placed]] = nodes[placed]
            nodes, slots = nodes[~placed], (slots[~placed] + 1) & self._mask

    def _slots(self, keys: Ints) -> Ints:
        return ((keys.view(np.uint64) * _MULTIPLIER) >> self._shift).view(np.int64)

    def find(self, prefixes: Ints, lasts: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        """Look up n-grams.

        Parameters
        ----------
        prefixes : int64 array (n,)
            The nodes of all symbols but the last.
        lasts : int32 array (n,)
            The last symbols.

        Returns
        -------
        int32 array (n,)
            Their nodes, `missing` for those that are not known.
        """
        keys = prefixes * self.symbols + lasts
        slots = self._slots(keys)
        held = self._slot_keys.take(slots)
        nodes = self._slot_nodes.take(slots)  # of an empty slot: what is missing
        # By places, not by a mask: a processor does not foresee which n-grams are known, and each
        # wrong guess costs it as much as ten look-ups.
        probing = np.flatnonzero((held != keys) & (held != _EMPTY))
        nodes[probing] = self.missing
        slots = slots[probing]
        while len(probing):
            slots = (slots + 1) & self._mask
            held = self._slot_keys.take(slots)
            found = held == keys[probing]
            nodes[probing[found]] = self._slot_nodes.take(slots[found])
            on = ~found & (held != _EMPTY)
            probing, slots = probing[on], slots[on]
        return nodes

    def walk(self, symbols: list[int]) -> Iterator[tuple[int, int, int]]:
        """Find all known n-grams of a short row of symbols, without arrays.

        Parameters
        ----------
        symbols : list of int
            The nodes of symbols.

        Yields
        ------
        (int, int, int)
            Where an n-gram begins, its length and its node; by beginning and length.
        """
        # Indexed, the buffers of arrays give plain ints; the arrays would not.
        keys, nodes = self._slot_keys.data, self._slot_nodes.data
        base, mask, shift, factor = self.symbols, self._mask, int(self._shift), int(_MULTIPLIER)
        for at, node in enumerate(symbols):
            yield at, 1, node
            for length, last in enumerate(symbols[at + 1 :], 2):
                key = node * base + last
                slot = (key * factor & _BITS) >> shift
                while (held := keys[slot]) != key and held != _EMPTY:
                    slot = slot + 1 & mask
                if held == _EMPTY:
                    break
                node = nodes[slot]  # noqa: PLW2901 (the n-gram grows)
                yield at, length, node
