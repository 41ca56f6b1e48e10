"""Recording with an index of its content; one that is still being written is followed as it grows."""

from pathlib import Path

from analysis.recording import Recording, RecordingError, TraceEntry
from analysis.records import Event, EventKind
from app.replay.block_cache import Pieces
from app.replay.seek_context import Pasts
from app.replay.segments import HOLD, TRACE, cuts_of

LOOK_AGAIN_S, LOOK_AGAIN_PER_EVENT_S = 0.5, 1e-4
"""Interval, in real time, at which a growing recording is reopened; each time all its events are read."""

HELD_BACK_S = 1.0
"""Margin to the end of a growing recording, as the end of a step is written a little after its samples."""

GIVEN_UP_AFTER = 10
"""Number of checks without growth after which an unfinished recording is taken for that of a killed process."""

UNFINISHED = "unfinished"

UNKNOWN_RATE_HZ = 1000.0
"""Assumed rate of a recording without one."""


class GrowingRecording:
    """Recording up to its present end.

    ``events`` are sorted by sample, ``pasts`` summarizes what came before each position, ``traces`` and ``holds`` are
    `Cuts`, ``pieces`` the samples. If ``ready_made``, the recording has conductance traces without raw samples.

    Parameters
    ----------
    path : Path

    Raises
    ------
    RecordingError
        If the recording does not exist or cannot be read.
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
        """Index the content."""
        recording = self.recording
        self.pieces = Pieces(recording)
        self.events = tuple(sorted(recording.events, key=sample_of))
        if not self.events:  # an imported recording: count the ends of its traces
            self.events = tuple(_end_of(entry) for entry in recording.traces)
        self.pasts = Pasts(self.events, recording.first, recording.gaps)
        cuts = cuts_of(self.events, recording.traces, recording.stop)
        self.traces, self.holds = cuts[TRACE], cuts[HOLD]
        self.ready_made = "conductance" in recording.channels

    @property
    def rate_Hz(self) -> float:
        """Sample rate; 1 kHz if unknown."""
        return self.recording.rate_Hz if self.recording.rate_Hz > 0 else UNKNOWN_RATE_HZ

    @property
    def growing(self) -> bool:
        """True if the recording is unfinished and has grown recently."""
        return self.recording.status == UNFINISHED and self._looks_in_vain < GIVEN_UP_AFTER

    @property
    def end(self) -> int:
        """End of playback; the newest samples of a growing recording are held back for late events."""
        first, stop = self.recording.first, self.recording.stop
        return max(stop - round(HELD_BACK_S * self.rate_Hz), first) if self.growing else stop

    def look_again(self, wall_dt: float, needed_to: float) -> bool:
        """Reopen a growing recording if playback approaches its known end, at intervals of `LOOK_AGAIN_S`.

        Parameters
        ----------
        wall_dt : float
            Real time since the last call, in s.
        needed_to : float
            Sample that playback will reach soon.

        Returns
        -------
        bool
            True if the recording has grown.
        """
        self._since_look_s += wall_dt
        soon = self._since_look_s < max(LOOK_AGAIN_S, LOOK_AGAIN_PER_EVENT_S * len(self.events))
        if self.recording.status != UNFINISHED or needed_to < self.end or soon:
            return False
        self._since_look_s = 0.0
        try:
            again = self.recording.again()
        except RecordingError:  # its writer is replacing it by the finished file
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
        """Close the file."""
        self.recording.close()


def sample_of(event: Event) -> int:
    """Return the sample of an event."""
    return event.sample


def _end_of(entry: TraceEntry) -> Event:
    last = max(entry.stop - 1, entry.start)
    return Event(last, EventKind.MARK, "trace", {"number": entry.number, "ended": entry.ended})
