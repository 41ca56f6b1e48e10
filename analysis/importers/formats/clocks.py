"""Dates and times of day in columns of text, as seconds from the first row."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analysis.importers.fields import day_known, time_in
from analysis.importers.quantities import ImportedColumn

_DAY_s, _BACK_s = 86_400.0, 3600.0
"""A clock may be set back by less than an hour; a larger step back is midnight."""


class Clocks:
    """Columns that hold dates, times of day or both; their sum is one column.

    Parameters
    ----------
    fields : sequence of str
        First row.
    """

    def __init__(self, fields: Sequence[str]) -> None:
        self.places = [i for i, field in enumerate(fields) if time_in(field) is not None]
        self._of_day = any(":" in fields[i] for i in self.places)
        self._days_known = any(day_known(fields[i]) for i in self.places)
        self._origin: NDArray[np.float64] | None = None
        self._last_s, self._turns = 0.0, 0.0

    def named(self, columns: Sequence[ImportedColumn]) -> list[ImportedColumn]:
        """Return the columns with the name of the sum for the first clock; others stay, as columns have numbers."""
        free = all(column.name != "time" or i in self.places for i, column in enumerate(columns))
        named = list(columns)
        for i in self.places:
            named[i] = replace(columns[i], name=f"clock_{i + 1}", unit="s")
        if self.places:
            first = self.places[0]
            named[first] = replace(
                named[first], name=("time" if free else "clock") if self._of_day else "date"
            )
        return named

    def summed(self, values: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """Return the columns of the next rows, shape (rows, columns), with the sum of all clocks for the first."""
        columns = list(values.T.copy())
        if self.places:
            columns[self.places[0]] = self._seconds(values[:, self.places])
        return columns

    def _seconds(self, clocks: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return seconds from the first row; past midnight, too, and where a day could be taken for a month."""
        if self._origin is None:
            self._origin = clocks[0].copy()
        seconds = (clocks - self._origin).sum(axis=1)
        if self._days_known:
            return np.asarray(seconds)
        steps = np.diff(seconds, prepend=self._last_s)
        self._last_s = float(seconds[-1])
        turns = self._turns + np.cumsum(np.floor((steps + _BACK_s) / _DAY_s))
        self._turns = float(turns[-1])
        return np.asarray(seconds - _DAY_s * turns)
