"""The bootstrap over items: how far a figure would move if other items had been drawn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import scipy.sparse

from spillover_training.pipeline import Bools, Floats

RESAMPLES = 1000

_AT_ONCE = 50
"""Resamples that are drawn, and multiplied, at one time: it bounds the memory."""


class Resamples:
    """Resamples of the items of rows.

    Efron and Tibshirani 1993, "An introduction to the bootstrap", chapter 13.

    Parameters
    ----------
    items : sequence of str
        The item of each row.
    """

    def __init__(self, items: Sequence[str]) -> None:
        number_of: dict[str, int] = {}
        numbers = [number_of.setdefault(item, len(number_of)) for item in items]
        places = (numbers, np.arange(len(items)))
        shape = (len(number_of), len(items))
        self._rows_of = scipy.sparse.csr_matrix((np.ones(len(items)), places), shape)
        # How often an item is drawn is Poisson of mean 1, nearly: it stays far below 256.
        self._counts: npt.NDArray[np.uint8] = np.ones((1 + RESAMPLES, len(number_of)), np.uint8)
        if number_of:
            draw = np.random.default_rng(0)
            even = np.full(len(number_of), 1 / len(number_of))
            for start in range(1, 1 + RESAMPLES, _AT_ONCE):
                drawn = draw.multinomial(len(number_of), even, _AT_ONCE)
                self._counts[start : start + _AT_ONCE] = drawn

    def sums(self, values: Floats | Bools) -> Floats:
        """Add up values over the rows of each resample, a row as often as its item was drawn.

        Parameters
        ----------
        values : float64 or bool array (n_rows,) or (n_rows, n_columns)
            A figure, or several, of each row.

        Returns
        -------
        float64 array (1 + RESAMPLES,) or (1 + RESAMPLES, n_columns)
            The sums; the first are those of the rows as they are.
        """
        by_item = self._rows_of @ values.astype(np.float64)
        starts = range(0, len(self._counts), _AT_ONCE)
        return np.concatenate([self._counts[at : at + _AT_ONCE] @ by_item for at in starts])
