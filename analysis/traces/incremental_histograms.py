"""Incremental histograms, to which a trace can be added and from which it can be taken back when rules change.

Memory does not grow with the samples: counts of each trace are on disk, sums are arrays of fixed size.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.disk_backed_list import DiskBackedList
from analysis.records import Trace
from analysis.traces.histogram import (
    BinAxis,
    GrowingHistogram2D,
    Histogram,
    Histogram2D,
    common_bins,
    row_of,
)
from analysis.traces.selection import plausible

Axes = tuple[BinAxis, BinAxis, BinAxis]


@dataclass(frozen=True, eq=False)
class TraceCounts:
    """Row of one trace: non-empty bins and their counts, and numbers of special samples."""

    linear_at: NDArray[np.uint16]
    linear_n: NDArray[np.uint32]
    log_at: NDArray[np.uint16]
    log_n: NDArray[np.uint32]
    samples: int
    wild: int
    railed: int
    negative: int


@dataclass(frozen=True, eq=False)
class PlacedTrace:
    """A trace without its wild samples, their number, and the common bins of its conductance."""

    trace: Trace
    wild: int
    places: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class SampleCounts:
    """Numbers of special samples in several traces, as in ``analysis.traces.selection.Selection``."""

    samples: int = 0
    wild: int = 0
    traces_with_wild: int = 0
    railed: int = 0
    negative: int = 0


class IncrementalHistograms:
    """Counts of all traces on given axes, and the sums over kept traces.

    Parameters
    ----------
    axes : (Axis, Axis, Axis)
        Linear axis, logarithmic axis, and conductance axis of the two-dimensional histogram.
    displacement : Axis
    break_G0 : float
        Conductance at which traces are aligned.
    """

    def __init__(self, axes: Axes, displacement: BinAxis, break_G0: float) -> None:
        self.axes = axes
        linear, log, coarse = axes
        self._common = common_bins(log, coarse)
        self.linear = np.zeros(linear.bins + 3, dtype=np.int64)
        self.log = np.zeros(log.bins + 3, dtype=np.int64)
        self._map = GrowingHistogram2D(displacement, coarse, break_G0)
        self._counted: DiskBackedList[TraceCounts] = DiskBackedList()
        self._at = array("q")  # index of each trace's row
        self._special: list[SampleCounts] = []
        self._last: tuple[int, TraceCounts] | None = None
        self._most = 0  # samples of one trace in one bin

    @property
    def map(self) -> Histogram2D:
        """Two-dimensional histogram of the kept traces."""
        return self._map.snapshot()

    def place(self, trace: Trace, plausible_G0: tuple[float, float]) -> PlacedTrace:
        """Return a trace without its wild samples, and its bins, for `count` and `keep`."""
        kept = plausible(trace, plausible_G0)
        wild = 0 if kept is trace else _undefined(kept) - _undefined(trace)
        return PlacedTrace(
            kept, wild, self._common.place(np.ascontiguousarray(kept.conductance_G0, dtype=float))
        )

    def count(self, index: int, placed: PlacedTrace) -> None:
        """Count a trace, a new one (``index`` is then their number so far) or again; it is not kept yet."""
        self.adopt(index, self._counted_trace(placed))

    def adopt(self, index: int, counted: TraceCounts) -> None:
        """Take the row of a trace that was counted elsewhere on the same axes; as `count`."""
        if index == len(self._at):
            self._at.append(-1)
            self._special.append(SampleCounts())
        self._at[index] = self._counted.add(counted)
        self._most = max(self._most, *(int(n.max(initial=0)) for n in (counted.linear_n, counted.log_n)))
        self._special[index] = SampleCounts(
            counted.samples, counted.wild, int(counted.wild > 0), counted.railed, counted.negative
        )
        self._last = index, counted

    def keep(self, index: int, placed: PlacedTrace, sign: int) -> None:
        """Add a counted trace to the sums (``sign`` 1) or take it back (-1)."""
        self._sum(self.row(index), sign)
        self._map.add_placed(placed.trace, self._common.coarse(placed.places), sign)

    def _sum(self, counted: TraceCounts, sign: int) -> None:
        self.linear[counted.linear_at] += sign * counted.linear_n.astype(np.int64)
        self.log[counted.log_at] += sign * counted.log_n.astype(np.int64)

    def adopt_kept(self, indices: Sequence[int], map_of_kept: Histogram2D) -> None:
        """Add the rows of traces to the sums, and the two-dimensional histogram of the same traces."""
        for index in indices:
            self._sum(self.row(index), 1)
        self._map.adopt(map_of_kept)

    def histograms(self, kept: Sequence[int]) -> tuple[Histogram, Histogram]:
        """Return the linear and the logarithmic histogram with one row per trace, for fits of peaks."""
        linear, log = self.axes[:2]
        kind = np.int16 if self._most <= np.iinfo(np.int16).max else np.int32
        rows = [np.zeros((len(kept), axis.bins + 3), dtype=kind) for axis in (linear, log)]
        for row, index in enumerate(kept):
            counted = self.row(index)
            rows[0][row, counted.linear_at] = counted.linear_n
            rows[1][row, counted.log_at] = counted.log_n
        return Histogram(linear, rows[0]), Histogram(log, rows[1])

    def sample_counts(self, indices: Sequence[int]) -> SampleCounts:
        """Return the numbers of special samples in several traces."""
        counts = [self._special[index] for index in indices]
        return SampleCounts(
            sum(c.samples for c in counts),
            sum(c.wild for c in counts),
            sum(c.traces_with_wild for c in counts),
            sum(c.railed for c in counts),
            sum(c.negative for c in counts),
        )

    def close(self) -> None:
        """Delete the temporary file."""
        self._counted.close()

    def row(self, index: int) -> TraceCounts:
        """Return the row of a trace."""
        if self._last is not None and self._last[0] == index:
            return self._last[1]
        return self._counted[self._at[index]]

    def _counted_trace(self, placed: PlacedTrace) -> TraceCounts:
        g = placed.trace.conductance_G0
        linear = row_of(g, self.axes[0])
        railed = int(np.count_nonzero(np.isinf(g))) if linear[0] or linear[-2] else 0
        negative = int(np.count_nonzero(g < 0.0)) - (int(np.count_nonzero(g == -np.inf)) if railed else 0)
        log = self._common.fine_counts(placed.places)
        linear_at, log_at = np.flatnonzero(linear), np.flatnonzero(log)
        return TraceCounts(
            linear_at.astype(np.uint16),
            linear[linear_at].astype(np.uint32),
            log_at.astype(np.uint16),
            log[log_at].astype(np.uint32),
            samples=int(g.size),
            wild=placed.wild,
            railed=railed,
            negative=negative,
        )


def _undefined(trace: Trace) -> int:
    return int(np.count_nonzero(np.isnan(trace.conductance_G0)))
