"""Traces of many recordings as one set: each recording is reduced to rows, and the rows are merged.

The result is that of `analysis.traces.pipeline.analyse_by` on all the traces, to the last bit, in whatever order or
process the recordings were reduced. No trace is held in memory.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from analysis.disk_backed_list import DiskBackedList
from analysis.recording import Recording
from analysis.records import Trace
from analysis.traces.copies import copies_between, sketches_of
from analysis.traces.histogram import Histogram2D
from analysis.traces.incremental import IncrementalSelection, TraceList
from analysis.traces.incremental_histograms import Axes, TraceCounts
from analysis.traces.kept import KeptTraces
from analysis.traces.options import AnalysisOptions, OptionsFor
from analysis.traces.plateaus import PlateauLengths, lengths_between
from analysis.traces.read import RecordedTraces
from analysis.traces.selection import COPY, Selection, TraceSummary, plausible

REMEMBERED = 1 << 22
"""Samples of one recording that stay in memory between its summary and its counts."""


@dataclass(frozen=True, eq=False)
class CountedTraces:
    """Rows of the traces of one recording.

    Parameters
    ----------
    summaries : tuple of TraceSummary
    axes : (Axis, Axis, Axis)
        Linear, logarithmic, and conductance of the two-dimensional histogram.
    plausible_G0 : tuple of float
        Range outside of which samples were left out of the counts.
    counts : tuple of TraceCounts
        One for each trace.
    kept : tuple of bool
        True for traces in ``map``.
    map : Histogram2D
    sketches : ndarray, shape (n, 8)
        Of each trace; empty if they were not asked for.
    """

    summaries: tuple[TraceSummary, ...]
    axes: Axes
    plausible_G0: tuple[float, float]
    counts: tuple[TraceCounts, ...]
    kept: tuple[bool, ...]
    map: Histogram2D
    sketches: NDArray[np.uint64]


def count_traces(
    recording: Recording, options: OptionsFor, sketched: bool = False, copies: Sequence[int] = ()
) -> CountedTraces:
    """Reduce the traces of a recording to rows.

    Parameters
    ----------
    recording : Recording
    options : callable
        As for `IncrementalSelection`.
    sketched : bool
        Sketch each trace, to recognise it in other recordings.
    copies : sequence of int
        Indices of traces that are not kept, because an earlier recording has them.

    Raises
    ------
    RecordingError
        As raised by `RecordedTraces`.
    """
    traces = _Remembering(RecordedTraces(recording))
    growing = IncrementalSelection(traces, options)
    growing.look()
    for index in copies:
        growing.summaries[index] = _flagged(growing.summaries[index])
    growing.decide()
    growing.select()
    kept = set(growing.kept)
    every = range(len(growing.summaries))
    counted = CountedTraces(
        tuple(growing.summaries),
        growing.counted.axes,
        growing.rules.plausible_G0,
        tuple(growing.counted.row(index) for index in every),
        tuple(index in kept for index in every),
        growing.map,
        sketches_of(traces[index].conductance_G0 for index in every if sketched),
    )
    growing.close()
    traces.close()
    return counted


def _flagged(summary: TraceSummary) -> TraceSummary:
    return replace(summary, flags=(*summary.flags, COPY))


def lengths_in(
    recording: Recording,
    kept: Sequence[int],
    plausible_G0: tuple[float, float],
    bounds_G0: Sequence[tuple[float, float]],
) -> tuple[PlateauLengths, ...]:
    """Return plateau lengths of some traces of a recording between several bounds, wild samples left out."""
    traces = RecordedTraces(recording)
    return lengths_between((plausible(traces[index], plausible_G0) for index in kept), bounds_G0)


class MergedSelection(IncrementalSelection):
    """Selection and histograms of the traces of many recordings, from the rows of each.

    `decide`, then `replace` each recording that `outdated` lists, then `merge`.

    Parameters
    ----------
    parts : sequence of CountedTraces
        Traces that an earlier one has too are not kept, if the parts are sketched.
    open_part : sequence of callable
        Functions that open each recording, for those who want its traces later.
    options : callable
        Function from the usual rules for all the traces to the options.
    """

    def __init__(
        self,
        parts: Sequence[CountedTraces],
        open_part: Sequence[Callable[[], Recording]],
        options: OptionsFor,
    ) -> None:
        super().__init__((), options)
        self._parts = list(parts)
        self._open_part = tuple(open_part)
        self._first_numbers: list[int] = []
        self.first = [0]
        """Index of the first trace of each recording, and the number of all traces."""
        self._copies = copies_between([part.sketches for part in parts])
        number = 0
        for part, copies in zip(parts, self._copies, strict=True):
            numbered = [replace(each, number=number + each.number) for each in part.summaries]
            for index in copies:
                numbered[index] = _flagged(numbered[index])
            self.summaries += numbered
            self._first_numbers.append(number)
            number = max([number - 1, *(each.number for each in numbered)]) + 1
            self.first.append(len(self.summaries))

    @property
    def fixed_options(self) -> AnalysisOptions:
        """Options as decided from all traces, axes included: those that every recording must be counted with."""
        linear, log, _ = self.counted.axes
        return replace(self.options, linear_axis=linear, log_axis=log)

    def copies_in(self, part: int) -> tuple[int, ...]:
        """Return the indices, in a recording, of its traces that an earlier recording has too."""
        return tuple(self._copies[part])

    def kept_in(self, part: int) -> list[int]:
        """Return the indices, in a recording, of its traces that the decided rules keep."""
        own = self.summaries[self.first[part] : self.first[part + 1]]
        return [index for index, each in enumerate(own) if not each.rejection(self.rules)]

    def outdated(self) -> list[int]:
        """Return the recordings that must be counted again with `fixed_options`."""
        return [index for index, part in enumerate(self._parts) if not self._is_current(index, part)]

    def _is_current(self, index: int, part: CountedTraces) -> bool:
        kept = [i for i, is_kept in enumerate(part.kept) if is_kept]
        if part.axes != self.counted.axes or kept != self.kept_in(index):
            return False
        ranges = part.plausible_G0, self.rules.plausible_G0
        return ranges[0] == ranges[1] or all(
            each.is_plausible(ranges[0]) and each.is_plausible(ranges[1]) for each in part.summaries
        )

    def replace(self, index: int, part: CountedTraces) -> None:
        """Take the rows of a recording as counted with `fixed_options`."""
        self._parts[index] = part

    def merge(self) -> None:
        """Add up all rows, in the order of the recordings."""
        self._reasons = [each.rejection(self.rules) for each in self.summaries]
        self._is_kept = [not reason for reason in self._reasons]
        for (first, stop), part in zip(pairwise(self.first), self._parts, strict=True):
            for index, counts in zip(range(first, stop), part.counts, strict=True):
                self.counted.adopt(index, counts)
            self.counted.adopt_kept([i for i in range(first, stop) if self._is_kept[i]], part.map)
        self._parts.clear()  # the rows are on disk now
        self.revision += 1

    def selection(self) -> Selection:
        """Return the selected traces; kept ones are read from their recordings on access."""
        places = [
            (part, index)
            for part, (first, stop) in enumerate(pairwise(self.first))
            for index in range(stop - first)
            if self._is_kept[first + index]
        ]
        kept = KeptTraces(self._open_part, places, self._first_numbers, self.rules.plausible_G0)
        return replace(super().selection(), kept=kept)


class _Remembering:
    """List of traces that are read once from their recording: the first `REMEMBERED` samples stay in memory, the rest
    in a temporary file, which is read much faster than a compressed recording with its check sums.
    """

    def __init__(self, traces: TraceList) -> None:
        self._traces = traces
        self._remembered: dict[int, Trace] = {}
        self._at: dict[int, int] = {}
        self._on_disk: DiskBackedList[Trace] = DiskBackedList()
        self._room = REMEMBERED

    def __len__(self) -> int:
        return len(self._traces)

    def __getitem__(self, index: int) -> Trace:
        if index in self._remembered:
            return self._remembered[index]
        if index in self._at:
            return self._on_disk[self._at[index]]
        trace = self._traces[index]
        if trace.conductance_G0.size <= self._room:
            self._room -= trace.conductance_G0.size
            self._remembered[index] = trace
        else:
            self._at[index] = self._on_disk.add(trace)
        return trace

    def close(self) -> None:
        """Delete the temporary file."""
        self._on_disk.close()
