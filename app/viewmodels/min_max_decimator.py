"""Reduction of samples to the minimum and maximum in each column of a plot, which keeps spikes."""

import numpy as np

from analysis.records import FloatArray


def least_and_largest(data: FloatArray, offset: int, width: int) -> tuple[FloatArray, FloatArray]:
    """Return minimum and maximum of each column of ``width`` samples; NaN only if a column has nothing else.

    Parameters
    ----------
    data : ndarray, shape (rows, n)
    offset : int
        Position of the first sample in its column: ``0 <= offset < width``.
    width : int
        Samples per column.

    Returns
    -------
    (ndarray, ndarray), each of shape (rows, columns)
    """
    edges = np.concatenate([[0], np.arange(width - offset, data.shape[1], width)])
    return np.fmin.reduceat(data, edges, axis=1), np.fmax.reduceat(data, edges, axis=1)


def grouped(values: FloatArray, offset: int, group: int, reduction: np.ufunc) -> FloatArray:
    """Reduce columns, shape (rows, m), in groups of ``group``; the first has position ``offset`` in its group."""
    rows, m = values.shape
    total = -(-(offset + m) // group) * group
    padded = np.full((rows, total), np.nan)
    padded[:, offset : offset + m] = values
    reduced: FloatArray = reduction.reduce(padded.reshape(rows, -1, group), axis=2)
    return reduced


def interleaved(least: FloatArray, largest: FloatArray) -> FloatArray:
    """Interleave minima and maxima, shapes (..., n), to a line, shape (..., 2 n)."""
    return np.stack([least, largest], axis=-1).reshape(*least.shape[:-1], -1)


class MinMaxDecimator:
    """Ring buffer of the newest columns of several signals.

    Parameters
    ----------
    rows : int
        Number of signals.
    width : int
        Samples per column; columns begin at multiples of it.
    columns : int
        Number of columns kept.
    """

    def __init__(self, rows: int, width: int, columns: int) -> None:
        self.width = width
        self.newest = -1
        """Index of the newest column; -1 before the first."""
        self._oldest = 0
        self._least = np.full((rows, columns), np.nan)
        self._largest = np.full((rows, columns), np.nan)

    def feed(self, first: int, data: FloatArray) -> None:
        """Add samples, shape (rows, n), that begin at index ``first``, after all earlier ones."""
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
        """Discard all columns."""
        self._least[:] = self._largest[:] = np.nan
        self.newest = -1

    def last(self, columns: int, group: int) -> tuple[int, FloatArray, FloatArray]:
        """Return the newest columns in groups that begin at multiples of ``group``.

        Returns
        -------
        (int, ndarray, ndarray)
            Index of the first group; minimum and maximum of each, shape (rows, groups).
        """
        if self.newest < 0:
            nothing = np.empty((len(self._least), 0))
            return 0, nothing, nothing
        first = max(self.newest - columns + 1, self._oldest) // group * group
        places = np.arange(first, self.newest + 1) % self._least.shape[1]
        least = grouped(self._least[:, places], 0, group, np.fmin)
        largest = grouped(self._largest[:, places], 0, group, np.fmax)
        return first // group, least, largest


class WholeDecimator:
    """Columns of all samples of a run; they double in width whenever the run outgrows them.

    Parts of the run may come in any order, and again.

    Parameters
    ----------
    rows : int
        Number of signals.
    columns : int
        Largest number of columns.
    """

    def __init__(self, rows: int, columns: int) -> None:
        self.width = 1
        """Samples per column."""
        self._least = np.full((rows, columns), np.nan)
        self._largest = np.full((rows, columns), np.nan)

    def feed(self, first: int, data: FloatArray) -> None:
        """Add samples, shape (rows, n), that begin at index ``first``."""
        while first + data.shape[1] > self.width * self._least.shape[1]:
            self._double()
        least, largest = least_and_largest(data, first % self.width, self.width)
        at = slice(first // self.width, first // self.width + least.shape[1])
        self._least[:, at] = np.fmin(self._least[:, at], least)
        self._largest[:, at] = np.fmax(self._largest[:, at], largest)

    def _double(self) -> None:
        half = self._least.shape[1] // 2
        for kept, reduction in ((self._least, np.fmin), (self._largest, np.fmax)):
            kept[:, :half] = grouped(kept, 0, 2, reduction)[:, :half]
            kept[:, half:] = np.nan
        self.width *= 2

    def until(self, stop: int, group: int) -> tuple[FloatArray, FloatArray]:
        """Return minimum and maximum of the columns before sample ``stop``, in groups, shape (rows, groups)."""
        columns = -(-stop // self.width)
        least, largest = self._least[:, :columns], self._largest[:, :columns]
        return grouped(least, 0, group, np.fmin), grouped(largest, 0, group, np.fmax)
