"""Positions of the traces, holds and sweeps in a recording, for stepping through it."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analysis.recording import TraceEntry
from analysis.records import Event, EventKind

TRACE, HOLD, SWEEP = "trace", "hold", "sweep"

STEPS = {"withdraw": TRACE, "modulate": HOLD, "sweep": SWEEP}
"""Kinds of cuts by the name of their step."""


@dataclass(frozen=True)
class ReplaySegment:
    """Samples of one trace, hold or sweep.

    Parameters
    ----------
    kind : str
        "trace", "hold" or "sweep".
    number : int
        Number among its kind, from 0, as assigned by the segmenters.
    start, stop : int
        First sample, and sample after the last; an unfinished cut ends where the next begins, or with the recording.
    """

    kind: str
    number: int
    start: int
    stop: int


class Cuts:
    """All cuts of one kind, in order."""

    def __init__(self, cuts: Iterable[ReplaySegment]) -> None:
        self._cuts = tuple(cuts)
        self._starts = [cut.start for cut in self._cuts]
        self._stops = [cut.stop for cut in self._cuts]

    def __len__(self) -> int:
        return len(self._cuts)

    def __getitem__(self, number: int) -> ReplaySegment:
        if not 0 <= number < len(self._cuts):
            raise IndexError(f"there is no number {number}; allowed: 0 to {len(self._cuts) - 1}")
        return self._cuts[number]

    def index(self, cut: ReplaySegment) -> int:
        """Return the position of a cut; it may differ from its number, as an imported recording may skip numbers."""
        return bisect_left(self._starts, cut.start)

    def at(self, sample: int) -> ReplaySegment | None:
        """Return the cut that contains a sample; None if there is none."""
        before = bisect_right(self._starts, sample)
        cut = self._cuts[before - 1] if before else None
        return cut if cut is not None and sample < cut.stop else None

    def finished(self, sample: int) -> int:
        """Return the number of cuts that end before ``sample``."""
        return bisect_right(self._stops, sample)

    def after(self, sample: int) -> ReplaySegment | None:
        """Return the first cut that begins after a sample; None if there is none."""
        number = bisect_right(self._starts, sample)
        return self._cuts[number] if number < len(self._cuts) else None

    def before(self, sample: int) -> ReplaySegment | None:
        """Return the last cut that begins before a sample; None if there is none."""
        number = bisect_left(self._starts, sample)
        return self._cuts[number - 1] if number else None


def cuts_of(events: Iterable[Event], entries: Sequence[TraceEntry], stop: int) -> dict[str, Cuts]:
    """Return the cuts of a recording by their kind.

    Parameters
    ----------
    events : iterable of Event
        Events in the order of their samples.
    entries : sequence of TraceEntry
        Index of traces, used if no events delimit traces, as in an imported recording.
    stop : int
        End of the recording.
    """
    cuts: dict[str, list[ReplaySegment]] = {kind: [] for kind in STEPS.values()}
    begun: dict[str, int] = {}
    for event in events:
        kind = STEPS.get(event.name)
        if kind is None or event.kind is not EventKind.STEP:
            continue
        start = begun.pop(kind, None)
        if start is not None:
            cuts[kind].append(ReplaySegment(kind, len(cuts[kind]), start, event.sample))
        if event.payload.get("phase") == "begin":
            begun[kind] = event.sample
    for kind, start in begun.items():
        cuts[kind].append(ReplaySegment(kind, len(cuts[kind]), start, stop))
    if not cuts[TRACE]:
        cuts[TRACE] = [ReplaySegment(TRACE, entry.number, entry.start, entry.stop) for entry in entries]
    return {kind: Cuts(of_kind) for kind, of_kind in cuts.items()}
