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
    numbers : sequence of int
        Number of each trace in the whole set.
    plausible_G0 : tuple of float
        Samples outside of this range are replaced by NaN.
    """

    def __init__(
        self,
        open_part: Sequence[Callable[[], Recording]],
        places: Sequence[Place],
        numbers: Sequence[int],
        plausible_G0: tuple[float, float],
    ) -> None:
        self._open_part, self._plausible_G0 = tuple(open_part), plausible_G0
        self._places, self._numbers = tuple(places), tuple(numbers)

    @property
    def places(self) -> tuple[Place, ...]:
        """Recording and index in it of each trace."""
        return self._places

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Trace]:
        numbered = zip(self._places, self._numbers, strict=True)
        for part, group in groupby(numbered, key=lambda each: each[0][0]):
            with self._open_part[part]() as recording:
                traces = RecordedTraces(recording)
                for (_, index), number in group:
                    yield plausible(replace(traces[index], number=number), self._plausible_G0)

    @overload
    def __getitem__(self, index: int) -> Trace: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Trace]: ...

    def __getitem__(self, index: int | slice) -> Trace | Sequence[Trace]:
        if isinstance(index, slice):
            return KeptTraces(self._open_part, self._places[index], self._numbers[index], self._plausible_G0)
        return next(iter(self.chosen([index])))

    def chosen(self, indices: Iterable[int]) -> "KeptTraces":
        """Return the traces at these indices; each recording is opened once for them, if they ascend."""
        at = list(indices)
        places, numbers = [self._places[i] for i in at], [self._numbers[i] for i in at]
        return KeptTraces(self._open_part, places, numbers, self._plausible_G0)
