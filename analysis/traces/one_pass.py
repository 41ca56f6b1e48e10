"""Samples into a one-dimensional and a two-dimensional logarithmic histogram in one pass.

The counts are those of `analysis.traces.histogram`. Samples are counted in pieces that stay in the processor's cache,
in arrays that are used again and again. A logarithm is taken only next to an edge: the exponent and the first bits of
the mantissa of a number rise with it, and a table has the bins of all numbers that begin with the same bits.
"""

import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatArray
from analysis.traces.histogram import BinAxis, Scale

PIECE = 1 << 15
"""Samples counted at once."""

_SHIFT = 42  # 10 bits of the mantissa are left: a table for the cache, in which few beginnings hold an edge
_NEAR_EDGE = -1
_HALF = 16


class OnePassHistograms:
    """Counts of displacement and conductance without rows of traces: for whole nights, where rows are too many.

    Parameters
    ----------
    conductance : BinAxis
        Logarithmic axis of the one-dimensional histogram.
    coarse : BinAxis
        Axis of the two-dimensional one, with the same ends.
    displacement : BinAxis

    Attributes
    ----------
    row : ndarray of int, shape (bins + 3,)
        Samples below, in each bin, above, and undefined.
    cells : ndarray of int, shape (displacement bins + 3, coarse bins + 3)
    """

    def __init__(self, conductance: BinAxis, coarse: BinAxis, displacement: BinAxis) -> None:
        if conductance.scale is not Scale.LOG or (conductance.low, conductance.high) != (
            coarse.low,
            coarse.high,
        ):
            raise ValueError("both axes of the conductance must be logarithmic and have the same ends")
        self._axes = conductance, coarse, displacement
        self._row = np.zeros(conductance.bins + 3, dtype=np.int64)
        self._cells = np.zeros((displacement.bins + 3) * (coarse.bins + 3), dtype=np.int64)
        self._work, self._undefined = np.empty(PIECE), np.empty(PIECE, bool)
        self._keys, self._both = np.empty(PIECE, np.int64), np.empty(PIECE, np.int64)
        self._at, self._cell = np.empty(PIECE, np.intp), np.empty(PIECE, np.intp)
        self._first_key, self._table = self._table_of_bins()
        self._displacement, self._conductance = np.empty(PIECE), np.empty(PIECE)
        self._n = 0
        self._cells_waiting, self._n_cells = np.empty(16 * PIECE, np.intp), 0

    @property
    def row(self) -> NDArray[np.int64]:
        """Counts of the one-dimensional histogram."""
        self._count()
        return self._row.copy()

    @property
    def cells(self) -> NDArray[np.int64]:
        """Counts of the two-dimensional histogram."""
        self._count()
        self._count_cells()
        return self._cells.reshape(self._axes[2].bins + 3, -1).copy()

    def add(self, displacement_m: FloatArray, conductance_G0: FloatArray) -> None:
        """Count samples; both arrays have shape (n,)."""
        first = 0
        while first < conductance_G0.size:
            n = min(conductance_G0.size - first, PIECE - self._n)
            self._displacement[self._n : self._n + n] = displacement_m[first : first + n]
            self._conductance[self._n : self._n + n] = conductance_G0[first : first + n]
            first, self._n = first + n, self._n + n
            if self._n == PIECE:
                self._count()

    def _table_of_bins(self) -> tuple[int, NDArray[np.int64]]:
        """Return the first beginning of a number, and the bins on both axes for each: the fine one above."""
        conductance = self._axes[0]
        ends = np.array([conductance.low, conductance.high]).view(np.int64) >> _SHIFT
        beginnings = np.arange(ends[0] - 2, ends[1] + 3, dtype=np.int64)
        lowest = self._exactly((beginnings << _SHIFT).view(float))
        highest = self._exactly((((beginnings + 1) << _SHIFT) - 1).view(float))
        table = np.where(
            lowest == highest, lowest, _NEAR_EDGE
        )  # rounding keeps the order: all between are there too
        table[[0, -1]] = self._exactly(np.array([0.0, np.inf]))
        return int(beginnings[0]), table

    def _exactly(self, conductance_G0: FloatArray) -> NDArray[np.int64]:
        fine, coarse, _ = self._axes
        logs = fine.coordinate(conductance_G0)
        both: NDArray[np.int64] = (fine.place_of(logs) << _HALF) | coarse.place_of(logs)
        return both

    def _count(self) -> None:
        """Count the samples that wait."""
        n, self._n = self._n, 0
        at, cell, both = self._at[:n], self._cell[:n], self._bins_of(self._conductance[:n])
        np.right_shift(both, _HALF, out=at)
        self._row += np.bincount(at, minlength=self._row.size)
        self._place(self._displacement[:n], cell)
        cell *= self._axes[1].bins + 3
        np.bitwise_and(both, (1 << _HALF) - 1, out=at)
        cell += at
        if self._n_cells + n > self._cells_waiting.size:
            self._count_cells()
        self._cells_waiting[self._n_cells : self._n_cells + n] = cell
        self._n_cells += n

    def _bins_of(self, conductance_G0: FloatArray) -> NDArray[np.int64]:
        n = conductance_G0.size
        keys, both, undefined = self._keys[:n], self._both[:n], self._undefined[:n]
        np.right_shift(conductance_G0.view(np.int64), _SHIFT, out=keys)
        keys -= self._first_key
        self._table.take(keys, mode="clip", out=both)  # a negative number has negative bits
        np.less(both, 0, out=undefined)
        near = np.flatnonzero(undefined)
        if near.size:
            both[near] = self._exactly(conductance_G0[near])
        np.isnan(conductance_G0, out=undefined)
        if undefined.any():
            both[undefined] = self._exactly(np.array([np.nan]))[0]
        return both

    def _place(self, values: FloatArray, out: NDArray[np.intp]) -> None:
        """Write the bins of displacements into ``out``, by the arithmetic of `BinAxis.place`."""
        axis, n = self._axes[2], values.size
        work, half = self._work[:n], axis.step / 2.0
        np.maximum(values, axis.low - half, out=work)
        np.minimum(work, axis.high + half, out=work)
        work -= axis.low
        work /= axis.step
        work += 1.0
        undefined = np.isnan(work, out=self._undefined[:n])
        if undefined.any():
            work[undefined] = axis.bins + 2.0
        np.copyto(out, work, casting="unsafe")

    def _count_cells(self) -> None:
        self._cells += np.bincount(self._cells_waiting[: self._n_cells], minlength=self._cells.size)
        self._n_cells = 0
