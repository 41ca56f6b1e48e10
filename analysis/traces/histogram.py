"""Conductance histograms that count every sample: in a bin, below, above, or undefined.

Rows of a ``Histogram`` belong to traces, so that any statistic over traces (a bootstrap, a selection) is a
statistic over rows. Bins hold ``low <= value < high``, their edges resolved to rounding.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.records import FloatArray, Trace
from analysis.traces.log_bins import CommonBins, LogBins, Places

CountArray = NDArray[np.signedinteger[Any]]

_MANY = 256  # numbers from which on a table is quicker than their logarithms
_ROWS = 256  # traces searched together
_CHUNK = 1 << 16  # samples counted at once: the working set stays in the processor's cache
_MOST_RECENT = 1 << 30  # samples that a counter of 32 bits may gather


class Scale(StrEnum):
    """Quantity that is divided evenly into bins: the value, or its logarithm to base 10."""

    LINEAR = "linear"
    LOG = "log"


@dataclass(frozen=True)
class BinAxis:
    """Bins of equal width in a value or in its logarithm.

    Parameters
    ----------
    scale : Scale
    low, high : float
        First and last edge, in the value's own unit on both scales.
    bins : int

    Raises
    ------
    ValueError
        For no bins, an empty range, or a logarithmic range that is not positive.
    """

    scale: Scale
    low: float
    high: float
    bins: int

    def __post_init__(self) -> None:
        if self.bins < 1 or not self.low < self.high:
            raise ValueError(f"{self.bins} bins from {self.low} to {self.high}; need some, and low < high")
        if self.scale is Scale.LOG and not self.low > 0.0:
            raise ValueError(f"a logarithmic axis cannot begin at {self.low}")

    @classmethod
    def linear(cls, low: float, high: float, width: float) -> Self:
        """Return a linear axis with bins of width ``width``, or a little less to fill the range evenly."""
        return cls(Scale.LINEAR, low, high, int(np.ceil((high - low) / width * (1.0 - 1e-9))))

    @classmethod
    def log(cls, low: float, high: float, per_decade: int) -> Self:
        """Return a logarithmic axis with ``per_decade`` bins a decade, or a little more to fill the range evenly."""
        return cls(Scale.LOG, low, high, int(np.ceil(np.log10(high / low) * per_decade * (1.0 - 1e-9))))

    def coordinate(self, values: ArrayLike) -> FloatArray:
        """Return the value, or its log10; zero and negative values become about -308 decades."""
        values = np.asarray(values, dtype=float)
        if self.scale is Scale.LINEAR:
            return values
        return np.asarray(np.log10(np.maximum(values, np.finfo(float).tiny)), dtype=float)

    def value(self, coordinate: ArrayLike) -> FloatArray:
        """Undo ``coordinate``."""
        coordinate = np.asarray(coordinate, dtype=float)
        return coordinate if self.scale is Scale.LINEAR else np.asarray(10.0**coordinate, dtype=float)

    @cached_property
    def _ends(self) -> tuple[float, float]:
        """Coordinates of the first and the last edge."""
        first, last = self.coordinate([self.low, self.high])
        return float(first), float(last)

    @cached_property
    def step(self) -> float:
        """Width of a bin, in units of the coordinate (a value's unit, or decades)."""
        first, last = self._ends
        return (last - first) / self.bins

    @property
    def coordinates(self) -> FloatArray:
        """Coordinates of the bin centres, shape (bins,)."""
        places = np.arange(0.5, self.bins, dtype=float)
        return np.asarray(self._ends[0] + self.step * places, dtype=float)

    @property
    def centres(self) -> FloatArray:
        """Bin centres in the value's unit, shape (bins,); geometric means of the edges on a log axis."""
        return self.value(self.coordinates)

    @property
    def edges(self) -> FloatArray:
        """Bin edges in the value's unit, shape (bins + 1,)."""
        first, last = self._ends
        return self.value(first + (last - first) * np.arange(self.bins + 1) / self.bins)

    @property
    def log_bins(self) -> LogBins:
        """Table of the bins of a logarithmic axis."""
        return _log_bins(self)

    def place(self, values: ArrayLike) -> Places:
        """Return the bin of each value: 0 below, 1 ... bins, bins + 1 above, bins + 2 undefined (NaN)."""
        values = np.asarray(values, dtype=float)
        if self.scale is Scale.LOG and values.size >= _MANY:
            return self.log_bins.place(np.ascontiguousarray(values))
        return self.place_by_coordinate(values)

    def place_by_coordinate(self, values: FloatArray) -> NDArray[np.intp]:
        """Return the bins as `place` does, from the coordinate of each value."""
        low, high = self._ends
        half = self.step / 2.0
        place = self.coordinate(values).clip(low - half, high + half)
        place -= low
        place /= self.step
        place += 1.0
        if np.isnan(place.min(initial=1.0)):
            place[np.isnan(place)] = self.bins + 2.0
        return place.astype(np.intp)


@lru_cache(maxsize=64)
def _log_bins(axis: BinAxis) -> LogBins:
    return LogBins.between(axis.edges, axis.place_by_coordinate)


@lru_cache(maxsize=64)
def common_bins(fine: BinAxis, coarse: BinAxis) -> CommonBins:
    """Return the bins that two logarithmic axes have in common."""
    return CommonBins(fine.log_bins, coarse.log_bins)


@dataclass(frozen=True, eq=False)
class Histogram:
    """Counts of samples on one axis, trace by trace.

    Parameters
    ----------
    axis : Axis
    rows : ndarray of int, shape (n_traces, bins + 3)
        Samples below, in each bin, above, and undefined; a row's sum is the number of samples of its trace.
    """

    axis: BinAxis
    rows: CountArray

    def __post_init__(self) -> None:
        if self.rows.ndim != 2 or self.rows.shape[1] != self.axis.bins + 3:
            raise ValueError(f"rows have shape {self.rows.shape}, expected (n, {self.axis.bins + 3})")
        self.rows.setflags(write=False)

    @property
    def n_traces(self) -> int:
        """Number of traces, those without a sample in any bin included."""
        return int(self.rows.shape[0])

    @property
    def traces(self) -> CountArray:
        """Counts in the bins, shape (n_traces, bins)."""
        return self.rows[:, 1:-2]

    @cached_property
    def counts(self) -> CountArray:
        """Counts in the bins over all traces, shape (bins,)."""
        counts = self.traces.sum(axis=0)
        counts.setflags(write=False)
        return counts

    @property
    def counts_per_trace(self) -> FloatArray:
        """Mean counts a trace, shape (bins,); zeros where there is no trace."""
        return self.counts / max(self.n_traces, 1)

    @property
    def underflow(self) -> int:
        """Samples below the first bin; on a log axis the negative ones are among them."""
        return int(self.rows[:, 0].sum())

    @property
    def overflow(self) -> int:
        """Samples above the last bin, railed ones (``inf``) among them."""
        return int(self.rows[:, -2].sum())

    @property
    def undefined(self) -> int:
        """Samples without a value (NaN): excluded ones, or without bias."""
        return int(self.rows[:, -1].sum())

    @cached_property
    def top(self) -> float:
        """Coordinate up to which conductance was measured: upper edge of the highest bin that 1 % of the traces reach.

        It may be the full scale of an amplifier; bins above are unmeasured, not zero. Infinite if the traces reach
        the end of the axis, or without counts.
        """
        highest = np.sort([bin_ for first in range(0, self.n_traces, _ROWS) for bin_ in self._highest(first)])
        if not highest.size:
            return float("inf")
        last = int(highest[-max(1, highest.size // 100)])
        return (
            float("inf")
            if last == self.axis.bins - 1
            else float(self.axis.coordinates[last] + self.axis.step / 2)
        )

    def _highest(self, first: int) -> NDArray[np.intp]:
        """Return the highest bin with a count of each trace from ``first`` on, without traces that have none."""
        counted = self.traces[first : first + _ROWS, ::-1] > 0
        return (self.axis.bins - 1 - np.argmax(counted, axis=1))[counted.any(axis=1)]

    def __add__(self, other: "Histogram") -> "Histogram":
        """Return a histogram of the traces of both. Raises ``ValueError`` if the axes differ."""
        if self.axis != other.axis:
            raise ValueError("histograms on different axes cannot be added")
        return Histogram(self.axis, np.concatenate([self.rows, other.rows]))


class GrowingHistogram:
    """Histogram that grows trace by trace; a snapshot is a ``Histogram``."""

    def __init__(self, axis: BinAxis) -> None:
        self.axis = axis
        self._rows: list[CountArray] = []

    def add(self, values: ArrayLike) -> None:
        """Count the samples of one trace, shape (n,)."""
        self._rows.append(row_of(values, self.axis))

    def snapshot(self) -> Histogram:
        """Return the histogram of the traces counted so far."""
        return Histogram(self.axis, np.array(self._rows, dtype=np.int64).reshape(-1, self.axis.bins + 3))


def row_of(values: ArrayLike, axis: BinAxis) -> CountArray:
    """Return the counts of the samples of one trace (n,): below, in each bin, above, undefined."""
    values = np.asarray(values)
    row = np.bincount(axis.place(values[:_CHUNK]), minlength=axis.bins + 3)
    for begin in range(_CHUNK, values.size, _CHUNK):
        row += np.bincount(axis.place(values[begin : begin + _CHUNK]), minlength=row.size)
    return row


def histogram(traces: Iterable[Trace], axis: BinAxis) -> Histogram:
    """Return the histogram of the conductance of traces."""
    growing = GrowingHistogram(axis)
    for trace in traces:
        growing.add(trace.conductance_G0)
    return growing.snapshot()


def last_opening(conductance_G0: FloatArray, threshold_G0: float) -> int | None:
    """Return the index of the first sample after the last fall from ``threshold_G0`` or more to less; None without one.

    A trace that makes contact again and stays in contact is aligned at its last break.
    """
    above = conductance_G0 >= threshold_G0
    last = max(above.tobytes().rfind(True), 0)
    if last + 1 < above.size and above[last] and conductance_G0[last + 1] < threshold_G0:
        return last + 1  # the usual case, much faster: it ends open
    falls = np.flatnonzero(above[:-1] & (conductance_G0[1:] < threshold_G0))
    return int(falls[-1]) + 1 if falls.size else None


@dataclass(frozen=True, eq=False)
class Histogram2D:
    """Samples over displacement and conductance, traces aligned where they last broke.

    Parameters
    ----------
    displacement : Axis
        Metres from the last opening.
    conductance : Axis
        G0.
    cells : ndarray of int, shape (displacement bins + 3, conductance bins + 3)
        Includes below, above and undefined on both axes: the sum is the number of samples of the aligned traces.
    n_traces : int
        Traces that were aligned and counted.
    not_aligned : int
        Traces left out: they never cross the threshold, or their displacement is unknown.
    """

    displacement: BinAxis
    conductance: BinAxis
    cells: CountArray
    n_traces: int
    not_aligned: int

    @property
    def counts(self) -> CountArray:
        """Counts in the bins, shape (displacement bins, conductance bins)."""
        return self.cells[1:-2, 1:-2]

    def __add__(self, other: "Histogram2D") -> "Histogram2D":
        """Return a histogram of the traces of both. Raises ``ValueError`` if the axes differ."""
        if (self.displacement, self.conductance) != (other.displacement, other.conductance):
            raise ValueError("histograms on different axes cannot be added")
        return Histogram2D(
            self.displacement,
            self.conductance,
            self.cells + other.cells,
            self.n_traces + other.n_traces,
            self.not_aligned + other.not_aligned,
        )


class GrowingHistogram2D:
    """Two-dimensional histogram that grows trace by trace; a snapshot is a ``Histogram2D``.

    Parameters
    ----------
    displacement, conductance : Axis
    threshold_G0 : float
        Conductance at which traces are aligned: displacement is zero at their last fall through it.
    """

    def __init__(self, displacement: BinAxis, conductance: BinAxis, threshold_G0: float = 0.5) -> None:
        self.displacement = displacement
        self.conductance = conductance
        self.threshold_G0 = threshold_G0
        self._cells = np.zeros((displacement.bins + 3) * (conductance.bins + 3), dtype=np.int64)
        self._recent = self._cells.astype(np.int32)  # half the size: it stays in the processor's cache
        self._n_recent = 0
        self._n_traces = 0
        self._not_aligned = 0

    def add(self, trace: Trace) -> None:
        """Count the samples of one trace, or count it as not aligned."""
        self.add_placed(trace, self.conductance.place(trace.conductance_G0))

    def add_placed(self, trace: Trace, places: Places, sign: int = 1) -> None:
        """Count a trace as `add` does, with the bins of its conductance; with ``sign`` -1, take it back."""
        opening = last_opening(trace.conductance_G0, self.threshold_G0)
        if opening is None or np.isnan(trace.displacement_m[opening]):
            self._not_aligned += sign
            return
        for begin in range(0, places.size, _CHUNK):
            chunk = slice(begin, begin + _CHUNK)
            x = trace.displacement_m[chunk] - trace.displacement_m[opening]
            self._count(self.displacement.place_by_coordinate(x), places[chunk], sign)
        self._n_traces += sign

    def _count(self, cells: NDArray[np.intp], places: Places, sign: int) -> None:
        cells *= self.conductance.bins + 3
        cells += places
        if self._n_recent > _MOST_RECENT:
            self._settle()
        self._n_recent += cells.size
        np.add.at(self._recent, cells, np.int32(sign))

    def _settle(self) -> None:
        self._cells += self._recent
        self._recent[:] = 0
        self._n_recent = 0

    def adopt(self, other: Histogram2D) -> None:
        """Add the traces of a histogram on the same axes."""
        if (self.displacement, self.conductance) != (other.displacement, other.conductance):
            raise ValueError("histograms on different axes cannot be added")
        self._cells += other.cells.reshape(-1)
        self._n_traces += other.n_traces
        self._not_aligned += other.not_aligned

    def snapshot(self) -> Histogram2D:
        """Return the histogram of the traces counted so far."""
        self._settle()
        cells = self._cells.reshape(self.displacement.bins + 3, -1).copy()
        return Histogram2D(self.displacement, self.conductance, cells, self._n_traces, self._not_aligned)


def histogram_2d(
    traces: Iterable[Trace], displacement: BinAxis, conductance: BinAxis, threshold_G0: float = 0.5
) -> Histogram2D:
    """Return the two-dimensional histogram of traces aligned at their last opening."""
    growing = GrowingHistogram2D(displacement, conductance, threshold_G0)
    for trace in traces:
        growing.add(trace)
    return growing.snapshot()
