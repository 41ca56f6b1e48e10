"""Bins of many numbers on a logarithmic axis without a logarithm of any of them.

The exponent and the first bits of the mantissa of a positive number rise with it. A table has the bin of all numbers
that begin with the same bits; only a number whose beginning holds an edge of two bins is compared with the edges.
"""

from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatArray

Places = NDArray[np.signedinteger[Any]]

_SHIFT = 40  # 12 bits of the mantissa are left: a table for the cache, in which few beginnings hold an edge
_NEAR_EDGE = -1
_SMALL = np.iinfo(np.int16).max  # bins that a table of half the size can name
_ROUNDING = 1e-9  # far more than the relative error of an edge that was calculated


class LogBins:
    """Table of the bins that begin at given numbers.

    Parameters
    ----------
    firsts : ndarray, shape (bins + 1,)
        Smallest number of each bin and of those above, positive and rising.
    """

    def __init__(self, firsts: FloatArray) -> None:
        self.firsts = firsts
        ends = firsts[[0, -1]].view(np.int64) >> _SHIFT
        beginnings = np.arange(ends[0] - 2, ends[1] + 3, dtype=np.int64)
        lowest = self._compared((beginnings << _SHIFT).view(float))
        highest = self._compared((((beginnings + 1) << _SHIFT) - 1).view(float))
        self._beginning = beginnings[0]
        small = np.int16 if firsts.size < _SMALL else np.int32
        self._table: Places = np.where(lowest == highest, lowest, _NEAR_EDGE).astype(small)

    @classmethod
    def between(cls, edges: FloatArray, exactly: Callable[[FloatArray], Places]) -> Self:
        """Return the bins between edges (bins + 1,), positive, rising and given to rounding.

        ``exactly`` returns the bins of numbers by their logarithms.
        """
        return cls(_first_numbers(edges, exactly))

    def place(self, values: FloatArray) -> Places:
        """Return the bins of numbers (n,): 0 below, 1 ... bins, bins + 1 above, bins + 2 for NaN."""
        keys = values.view(np.int64) >> _SHIFT
        keys -= self._beginning
        np.maximum(keys, 0, out=keys)  # a negative number has negative bits: below
        np.minimum(keys, self._table.size - 1, out=keys)  # both together take a third of the time of clip
        places: Places = self._table.take(keys, mode="clip")
        near = np.flatnonzero(places < 0)
        if near.size:
            places[near] = self._compared(values[near])
        if np.isnan(values.min(initial=0.0)):
            places[np.isnan(values)] = self.firsts.size + 1
        return places

    def _compared(self, values: FloatArray) -> Places:
        return self.firsts.searchsorted(values, side="right")


class CommonBins:
    """Bins of two axes of the same numbers: one look-up serves both.

    Parameters
    ----------
    fine, coarse : LogBins
    """

    def __init__(self, fine: LogBins, coarse: LogBins) -> None:
        self._bins = LogBins(np.union1d(fine.firsts, coarse.firsts))
        self.size = self._bins.firsts.size + 2
        members = np.concatenate([[0.0], self._bins.firsts, [np.nan]])
        self._fine_begins = np.searchsorted(fine.place(members), np.arange(fine.firsts.size + 2))
        self._coarse = coarse.place(members)

    def place(self, values: FloatArray) -> Places:
        """Return the common bins of numbers, shape (n,)."""
        return self._bins.place(values)

    def fine_counts(self, places: Places) -> Places:
        """Return how many of the numbers are in each fine bin, below, above and undefined ones included."""
        return np.add.reduceat(np.bincount(places, minlength=self.size), self._fine_begins)

    def coarse(self, places: Places) -> Places:
        """Return the coarse bin of each number."""
        return self._coarse.take(places)


def _first_numbers(edges: FloatArray, exactly: Callable[[FloatArray], Places]) -> FloatArray:
    """Return the smallest number of each bin and of those above, which rounding puts next to the edges.

    Rounding keeps the order of numbers, so halving the distance of their bits finds it.
    """
    bins = np.arange(1, edges.size + 1)
    below = (edges * (1.0 - _ROUNDING)).view(np.int64)
    at = (edges * (1.0 + _ROUNDING)).view(np.int64)
    while (at - below).max() > 1:
        middle = below + (at - below) // 2
        reached = exactly(middle.view(float)) >= bins
        below, at = np.where(reached, below, middle), np.where(reached, middle, at)
    return at.view(float)
