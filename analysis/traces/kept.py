"""Kept traces of several recordings, read on access."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import overload

from analysis.recording import Recording
from analysis.records import Trace
from analysis.traces.read import RecordedTraces
from analysis.traces.selection import plausible

Place = tuple[int, int]
"""Index of a recording, and of a trace in it."""


class KeptTraces(Sequence[Trace]):
    """Kept traces without their wild samples. No file stays open: iterate, rather than ask for one after another.

    `chosen` takes some of them, for an iteration over these alone.

    Parameters
    ----------
    open_part : sequence of callable
        Functions that open each recording.
    places : sequence of (int, int)
        Recording and index of each trace.
    first_numbers : sequence of int
        Number in the whole set of each recording's trace 0.
    plausible_G0 : tuple of float
        Samples outside of this range are replaced by NaN.
    """

    def __init__(
        self,
        open_part: Sequence[Callable[[], Recording]],
        places: Sequence[Place],
        first_numbers: Sequence[int],
        plausible_G0: tuple[float, float],
    ) -> None:
        self._open_part, self._plausible_G0 = tuple(open_part), plausible_G0
        self._places, self._first_numbers = tuple(places), tuple(first_numbers)

    @property
    def first_numbers(self) -> tuple[int, ...]:
        """Number in the whole set of each recording's trace 0."""
        return self._first_numbers

    @property
    def places(self) -> tuple[Place, ...]:
        """Recording and index in it of each trace."""
        return self._places

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Trace]:
        for part, group in groupby(self._places, key=lambda place: place[0]):
            with self._open_part[part]() as recording:
                yield from kept_traces(
                    recording, [i for _, i in group], self._first_numbers[part], self._plausible_G0
                )

    @overload
    def __getitem__(self, index: int) -> Trace: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Trace]: ...

    def __getitem__(self, index: int | slice) -> Trace | Sequence[Trace]:
        if isinstance(index, slice):
            return self._with(self._places[index])
        return next(iter(self.chosen([index])))

    def chosen(self, indices: Iterable[int]) -> "KeptTraces":
        """Return the traces at these indices; each recording is opened once for them, if they ascend."""
        return self._with([self._places[i] for i in indices])

    def _with(self, places: Sequence[Place]) -> "KeptTraces":
        return KeptTraces(self._open_part, places, self._first_numbers, self._plausible_G0)


def kept_traces(
    recording: Recording, kept: Sequence[int], first_number: int, plausible_G0: tuple[float, float]
) -> Iterator[Trace]:
    """Yield some traces of a recording without their wild samples, numbered in the whole set."""
    traces = RecordedTraces(recording)
    for index in kept:
        trace = traces[index]
        yield plausible(replace(trace, number=first_number + trace.number), plausible_G0)
