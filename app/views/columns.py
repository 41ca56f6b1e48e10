"""Samples in columns of a plot: the least and the largest of each, so that no spike is missed."""

import numpy as np

from analysis.records import FloatArray


def least_and_largest(data: FloatArray, offset: int, width: int) -> tuple[FloatArray, FloatArray]:
    """Of each column of ``width`` samples; NaN only where a column has nothing else.

    Parameters
    ----------
    data : ndarray, shape (rows, n)
    offset : int
        How far into its column the first sample is: ``0 <= offset < width``.
    width : int

    Returns
    -------
    (ndarray, ndarray), each of shape (rows, columns)
    """
    edges = np.concatenate([[0], np.arange(width - offset, data.shape[1], width)])
    return np.fmin.reduceat(data, edges, axis=1), np.fmax.reduceat(data, edges, axis=1)


def grouped(values: FloatArray, offset: int, group: int, reduction: np.ufunc) -> FloatArray:
    """Reduce groups of ``group`` columns (rows, m); the first is ``offset`` columns into its group."""
    rows, m = values.shape
    total = -(-(offset + m) // group) * group
    padded = np.full((rows, total), np.nan)
    padded[:, offset : offset + m] = values
    reduced: FloatArray = reduction.reduce(padded.reshape(rows, -1, group), axis=2)
    return reduced


def interleaved(least: FloatArray, largest: FloatArray) -> FloatArray:
    """Least and largest of each column one after the other, (..., n) and (..., n) to (..., 2 n): a line to be drawn."""
    return np.stack([least, largest], axis=-1).reshape(*least.shape[:-1], -1)


class ColumnRing:
    """The newest columns of several signals, in place of the samples.

    Parameters
    ----------
    rows : int
        Signals.
    width : int
        Samples a column; columns begin at multiples of it.
    columns : int
        How many are kept.
    """

    def __init__(self, rows: int, width: int, columns: int) -> None:
        self.width = width
        self.newest = -1
        """Index of the newest column; -1 before there is one."""
        self._oldest = 0
        self._least = np.full((rows, columns), np.nan)
        self._largest = np.full((rows, columns), np.nan)

    def take(self, first: int, data: FloatArray) -> None:
        """Take samples (rows, n) from index ``first`` on, later than all before."""
        size = self._least.shape[1]
        n = data.shape[1]
        if not n:
            return
        keep_from = max(first, ((first + n - 1) // self.width - size + 1) * self.width)
        data, first = data[:, keep_from - first :], keep_from
        column, last = first // self.width, (first + data.shape[1] - 1) // self.width
        least, largest = least_and_largest(data, first % self.width, self.width)
        if self.newest < 0:
            self._oldest = column
        if column == self.newest:
            at = column % size
            least[:, 0] = np.fmin(least[:, 0], self._least[:, at])
            largest[:, 0] = np.fmax(largest[:, 0], self._largest[:, at])
        elif self.newest >= 0 and column > self.newest + 1:
            skipped = np.arange(max(self.newest + 1, column - size), column) % size
            self._least[:, skipped] = self._largest[:, skipped] = np.nan
        places = np.arange(column, last + 1) % size
        self._least[:, places], self._largest[:, places] = least, largest
        self.newest = last

    def clear(self) -> None:
        """Forget everything."""
        self._least[:] = self._largest[:] = np.nan
        self.newest = -1

    def last(self, columns: int, group: int) -> tuple[int, FloatArray, FloatArray]:
        """The newest columns, in groups that begin at multiples of ``group``.

        Returns
        -------
        (int, ndarray, ndarray)
            Index of the first group; least and largest of each, shape (rows, groups).
        """
        if self.newest < 0:
            nothing = np.empty((len(self._least), 0))
            return 0, nothing, nothing
        first = max(self.newest - columns + 1, self._oldest) // group * group
        places = np.arange(first, self.newest + 1) % self._least.shape[1]
        least = grouped(self._least[:, places], 0, group, np.fmin)
        largest = grouped(self._largest[:, places], 0, group, np.fmax)
        return first // group, least, largest
