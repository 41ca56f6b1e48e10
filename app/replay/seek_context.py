"""Summary of a recording before a position, for views that continue from there with the right counts."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from analysis.records import Event, EventKind

LAST_MARKS = 11
"""Number of last marks kept, from which a rate is calculated."""


@dataclass(frozen=True)
class SeekContext:
    """Summary of a recording before sample ``at``.

    Parameters
    ----------
    at : int
    first : int
        First sample of the recording.
    samples : int
        Samples of each channel before ``at``, without gaps.
    settings : tuple of Event
        Last change of each changed setting.
    step : Event or None
        Beginning of the step in progress at ``at``; None between steps.
    counts : mapping of str to int
        Number of counting marks, by name.
    last : mapping of str to tuple of int
        Samples of the last marks, by name.
    traces : int
        Number of finished traces.
    """

    at: int
    first: int = 0
    samples: int = 0
    settings: tuple[Event, ...] = ()
    step: Event | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    last: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    traces: int = 0


class Pasts:
    """Index of a recording for fast summaries of any position.

    Parameters
    ----------
    events : iterable of Event
        Events in the order of their samples.
    first : int
    gaps : sequence of (int, int)
    """

    def __init__(self, events: Iterable[Event], first: int, gaps: Sequence[tuple[int, int]]) -> None:
        self._first, self._gaps = first, gaps
        self._settings: dict[str, list[Event]] = {}
        self._steps: list[Event] = []
        self._marks: dict[str, list[int]] = {}
        for event in events:
            match event.kind:
                case EventKind.SETTING:
                    self._settings.setdefault(event.name, []).append(event)
                case EventKind.STEP:
                    self._steps.append(event)
                case EventKind.MARK if event.payload.get("counts", True):
                    self._marks.setdefault(event.name, []).append(event.sample)

    def settings_before(self, at: int) -> list[Event]:
        """Return the last change of each setting before a sample."""
        numbers = {name: bisect_left(events, at, key=_sample) for name, events in self._settings.items()}
        last = (self._settings[name][number - 1] for name, number in numbers.items() if number)
        return sorted(last, key=_sample)

    def before(self, at: int, traces: int = 0) -> SeekContext:
        """Return the summary before a sample; ``traces`` is the number of finished traces."""
        number = bisect_left(self._steps, at, key=_sample)
        step = self._steps[number - 1] if number else None
        under_way = step is not None and step.payload.get("phase") == "begin"
        counts = {name: bisect_left(samples, at) for name, samples in self._marks.items()}
        missing = sum(max(min(stop, at) - start, 0) for start, stop in self._gaps)
        return SeekContext(
            at,
            self._first,
            at - self._first - missing,
            tuple(self.settings_before(at)),
            step if under_way else None,
            counts,
            {n: tuple(self._marks[n][max(count - LAST_MARKS, 0) : count]) for n, count in counts.items()},
            traces,
        )


def _sample(event: Event) -> int:
    return event.sample
