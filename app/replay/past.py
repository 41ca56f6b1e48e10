"""What came before a place in a recording: for views that count, and are told only what follows."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from analysis.records import Event, EventKind

LAST_MARKS = 11
"""As many as a rate is taken from."""


@dataclass(frozen=True)
class Past:
    """All that lies before sample ``at``, in short.

    Parameters
    ----------
    at : int
    first : int
        The recording's first sample.
    samples : int
        Samples of each channel before ``at``: those of gaps not counted.
    settings : tuple of Event
        Of each setting that was changed, the last change.
    step : Event or None
        The beginning of the step that is under way.
    counts : mapping of str to int
        Marks that count, by name.
    last : mapping of str to tuple of int
        Samples of the last of them.
    traces : int
        Openings that are over.
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
    """The past of each place in a recording, found quickly.

    Parameters
    ----------
    events : iterable of Event
        By their samples.
    first : int
    gaps : sequence of (int, int)
    """

    def __init__(self, events: Iterable[Event], first: int, gaps: Sequence[tuple[int, int]]) -> None:
        self._first, self._gaps = first, gaps
        self.settings: list[Event] = []
        self._steps: list[Event] = []
        self._marks: dict[str, list[int]] = {}
        for event in events:
            match event.kind:
                case EventKind.SETTING:
                    self.settings.append(event)
                case EventKind.STEP:
                    self._steps.append(event)
                case EventKind.MARK if event.payload.get("counts", True):
                    self._marks.setdefault(event.name, []).append(event.sample)

    def settings_before(self, at: int) -> list[Event]:
        """Of each setting that was changed before, the last change."""
        before = self.settings[: bisect_left(self.settings, at, key=_sample)]
        return sorted({event.name: event for event in before}.values(), key=_sample)

    def before(self, at: int, traces: int = 0) -> Past:
        """What lies before a sample; ``traces`` are the openings that are over."""
        number = bisect_left(self._steps, at, key=_sample)
        step = self._steps[number - 1] if number else None
        under_way = step is not None and step.payload.get("phase") == "begin"
        counts = {name: bisect_left(samples, at) for name, samples in self._marks.items()}
        missing = sum(max(min(stop, at) - start, 0) for start, stop in self._gaps)
        return Past(
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
