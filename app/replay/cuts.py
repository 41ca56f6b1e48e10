"""What a recording can be stepped by: its openings, holds and sweeps, by their samples."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analysis.recording import TraceEntry
from analysis.records import Event, EventKind

TRACE, HOLD, SWEEP = "trace", "hold", "sweep"

STEPS = {"withdraw": TRACE, "modulate": HOLD, "sweep": SWEEP}
"""Names of the steps that an analysis cuts out of a run."""


@dataclass(frozen=True)
class Cut:
    """One opening, hold or sweep.

    Parameters
    ----------
    kind : str
        "trace", "hold" or "sweep".
    number : int
        Among those of its kind, from 0, as the segmenters number them.
    start, stop : int
        Its samples; one that never ended stops where the next began, or at the recording's end.
    """

    kind: str
    number: int
    start: int
    stop: int


class Cuts:
    """The cuts of one kind, by their samples."""

    def __init__(self, cuts: Iterable[Cut]) -> None:
        self._cuts = tuple(cuts)
        self._starts = [cut.start for cut in self._cuts]
        self._stops = [cut.stop for cut in self._cuts]

    def __len__(self) -> int:
        return len(self._cuts)

    def __getitem__(self, number: int) -> Cut:
        if not 0 <= number < len(self._cuts):
            raise IndexError(f"there is no {number}; there are {len(self._cuts)}, from 0")
        return self._cuts[number]

    def index(self, cut: Cut) -> int:
        """Position of one of them; its number may be another, where an imported recording leaves some out."""
        return bisect_left(self._starts, cut.start)

    def at(self, sample: int) -> Cut | None:
        """The one that a sample is in."""
        before = bisect_right(self._starts, sample)
        cut = self._cuts[before - 1] if before else None
        return cut if cut is not None and sample < cut.stop else None

    def finished(self, sample: int) -> int:
        """How many are over when ``sample`` is the next."""
        return bisect_right(self._stops, sample)

    def after(self, sample: int) -> Cut | None:
        """The first that begins behind a sample."""
        number = bisect_right(self._starts, sample)
        return self._cuts[number] if number < len(self._cuts) else None

    def before(self, sample: int) -> Cut | None:
        """The last that begins before a sample."""
        number = bisect_left(self._starts, sample)
        return self._cuts[number - 1] if number else None


def cuts_of(events: Iterable[Event], entries: Sequence[TraceEntry], stop: int) -> dict[str, Cuts]:
    """The cuts of a recording by their kind.

    Parameters
    ----------
    events : iterable of Event
        By their samples.
    entries : sequence of TraceEntry
        The index of traces: used where there are no events to cut traces by, as in an imported recording.
    stop : int
        Where the recording ends.
    """
    found: dict[str, list[Cut]] = {kind: [] for kind in STEPS.values()}
    begun: dict[str, int] = {}
    for event in events:
        kind = STEPS.get(event.name)
        if kind is None or event.kind is not EventKind.STEP:
            continue
        start = begun.pop(kind, None)
        if start is not None:
            found[kind].append(Cut(kind, len(found[kind]), start, event.sample))
        if event.payload.get("phase") == "begin":
            begun[kind] = event.sample
    for kind, start in begun.items():
        found[kind].append(Cut(kind, len(found[kind]), start, stop))
    if not found[TRACE]:
        found[TRACE] = [Cut(TRACE, entry.number, entry.start, entry.stop) for entry in entries]
    return {kind: Cuts(cuts) for kind, cuts in found.items()}
