"""Bins of many numbers on a logarithmic axis without a logarithm of each.

The exponent and the first bits of the mantissa of a positive number rise with it. A table has the bin of all numbers
that begin with the same bits; a logarithm is taken only of those whose beginning holds an edge of two bins.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatArray

Places = NDArray[np.intp]

_SHIFT = 42  # 10 bits of the mantissa are left: a table for the cache, in which few beginnings hold an edge
_NEAR_EDGE = -1


class LogBins:
    """Table of the bins of an axis.

    Parameters
    ----------
    low, high : float
        First and last edge, positive.
    exactly : callable
        Function that returns the bins of numbers by their logarithm, the same for all numbers above ``high``.
    """

    def __init__(self, low: float, high: float, exactly: Callable[[FloatArray], Places]) -> None:
        self._exactly = exactly
        ends = np.array([low, high]).view(np.int64) >> _SHIFT
        beginnings = np.arange(ends[0] - 2, ends[1] + 3, dtype=np.int64)
        lowest = exactly((beginnings << _SHIFT).view(float))
        highest = exactly((((beginnings + 1) << _SHIFT) - 1).view(float))
        self._first = beginnings[0]
        # rounding keeps the order: if both ends of a beginning are in one bin, all between are there too
        self._table = np.where(lowest == highest, lowest, _NEAR_EDGE)

    def place(self, values: FloatArray) -> Places:
        """Return the bins of numbers, NaN among them, as ``exactly`` does; shape (n,)."""
        keys = values.view(np.int64) >> _SHIFT
        keys -= self._first
        places = self._table.take(keys, mode="clip")  # a negative number has negative bits: below
        near = places < 0
        near |= np.isnan(values)
        at = np.flatnonzero(near)
        if at.size:
            places[at] = self._exactly(values[at])
        return places
