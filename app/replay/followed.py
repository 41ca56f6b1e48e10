"""A recording with what is in it, by samples; one that is still being written is followed as it grows."""

from pathlib import Path

from analysis.recording import Recording, RecordingError, TraceEntry
from analysis.records import Event, EventKind
from app.replay.cuts import HOLD, TRACE, cuts_of
from app.replay.past import Pasts
from app.replay.pieces import Pieces

LOOK_AGAIN_S, LOOK_AGAIN_PER_EVENT_S = 0.5, 1e-4
"""How often a recording that is being written is looked at again, in life's time: all its events are read each time."""

HELD_BACK_S = 1.0
"""The end of a step is known, and written, a little after its samples."""

GIVEN_UP_AFTER = 10
"""Looks in vain after which an unfinished recording counts as one that a killed process left."""

UNFINISHED = "unfinished"

UNKNOWN_RATE_HZ = 1000.0
"""Pace of a recording that does not say its rate."""


class FollowedRecording:
    """One recording, as far as it is known now.

    ``events`` are by their samples, ``pasts`` what came before each place, ``traces`` and ``holds`` the `Cuts`,
    ``pieces`` the samples. Where traces are ``ready_made``, it holds conductances and not what they come from.

    Parameters
    ----------
    path : Path

    Raises
    ------
    RecordingError
        If there is no such recording.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._since_look_s = 0.0
        self._looks_in_vain = 0
        self.recording = Recording(path)
        try:
            self._index()
        except BaseException:
            self.recording.close()
            raise

    def _index(self) -> None:
        """Find where everything is."""
        recording = self.recording
        self.pieces = Pieces(recording)
        self.events = tuple(sorted(recording.events, key=sample_of))
        if not self.events:  # an imported recording: the ends of its traces are what can be counted
            self.events = tuple(_end_of(entry) for entry in recording.traces)
        self.pasts = Pasts(self.events, recording.first, recording.gaps)
        cuts = cuts_of(self.events, recording.traces, recording.stop)
        self.traces, self.holds = cuts[TRACE], cuts[HOLD]
        self.ready_made = "conductance" in recording.channels

    @property
    def rate_Hz(self) -> float:
        """Pace of the recording; a thousand a second where it is unknown."""
        return self.recording.rate_Hz if self.recording.rate_Hz > 0 else UNKNOWN_RATE_HZ

    @property
    def growing(self) -> bool:
        """Whether a writer may be at work on it: its last sign of life was not long ago."""
        return self.recording.status == UNFINISHED and self._looks_in_vain < GIVEN_UP_AFTER

    @property
    def end(self) -> int:
        """How far it can be played: the newest samples of a running recording wait for events that come late."""
        first, stop = self.recording.first, self.recording.stop
        return max(stop - round(HELD_BACK_S * self.rate_Hz), first) if self.growing else stop

    def look_again(self, wall_dt: float, needed_to: float) -> bool:
        """Open a recording that may have grown anew, now and then, when its known end is near.

        Parameters
        ----------
        wall_dt : float
            Life's time since the last call.
        needed_to : float
            The sample up to which it should soon be known.

        Returns
        -------
        bool
            Whether there is more than before.
        """
        self._since_look_s += wall_dt
        soon = self._since_look_s < max(LOOK_AGAIN_S, LOOK_AGAIN_PER_EVENT_S * len(self.events))
        if self.recording.status != UNFINISHED or needed_to < self.end or soon:
            return False
        self._since_look_s = 0.0
        try:
            again = self.recording.again()
        except RecordingError:  # its writer is just putting the finished file in its place
            return False
        before = self.recording
        if (again.stop, again.status) == (before.stop, before.status):
            self._looks_in_vain += 1
            again.close()
            return False
        self._looks_in_vain = 0
        self.recording = again
        before.close()
        self._index()
        return True

    def close(self) -> None:
        """Let go of the file."""
        self.recording.close()


def sample_of(event: Event) -> int:
    """Where an event stands."""
    return event.sample


def _end_of(entry: TraceEntry) -> Event:
    last = max(entry.stop - 1, entry.start)
    return Event(last, EventKind.MARK, "trace", {"number": entry.number, "ended": entry.ended})
