"""Player of a recording: reproduces the stream of the live run at any speed and from any position.

The player has no thread and no clock. Its caller passes the real time elapsed and gets what the bench would have sent
in that time: blocks and events in exact order, for the same reducers. `Player.seek` begins a new stream: reducers must
start again, too, with the settings that it returns.
"""

import math
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from analysis.recording import Recording, RunHeader
from analysis.records import Block, Event, Trace
from app.replay.growing_recording import LOOK_AGAIN_S, GrowingRecording, sample_of
from app.replay.seek_context import SeekContext
from app.replay.segments import Cuts
from app.replay.state import PlayerState

__all__ = ["Played", "Player", "PlayerState"]

Played = Block | Event | Trace

MOST_SAMPLES = 131_072
"""Maximum number of samples per channel from one call of `Player.advance`, so that drawing can keep up."""

ROUNDING = 1e-6
"""Tolerance for rounding of times, in samples."""

GRACE_S = 0.5
"""Time after the beginning of a cut within which a step back goes to the previous cut."""


class Player:
    """Player of one recording: of a rig, imported, or still being written.

    An imported recording of conductances has traces without raw samples: its traces are part of the stream, each
    right after its last sample.

    Parameters
    ----------
    path : Path
    speed : float
        Speed as a multiple of real time.

    Raises
    ------
    RecordingError
        If the recording does not exist or cannot be read.
    """

    def __init__(self, path: Path, speed: float = 1.0) -> None:
        self.playing = False
        self._owed = 0.0
        self.speed = speed
        self._file = GrowingRecording(path)
        self._position = self._told = self._handed = 0
        self._stand_at(self.recording.first)

    # Content

    @property
    def header(self) -> RunHeader:
        """Header of the recording."""
        return self.recording.header

    @property
    def recording(self) -> Recording:
        """Recording up to its present end."""
        return self._file.recording

    @property
    def events(self) -> tuple[Event, ...]:
        """All events, sorted by sample."""
        return self._file.events

    @property
    def traces(self) -> Cuts:
        """All traces."""
        return self._file.traces

    @property
    def holds(self) -> Cuts:
        """All holds."""
        return self._file.holds

    @property
    def total_cycles(self) -> int | None:
        """Number of traces of an imported recording; None for a rig's, whose parameters contain it."""
        return len(self.traces) if self.header.provenance == "imported" else None

    @property
    def rate_Hz(self) -> float:
        """Sample rate; 1 kHz if unknown."""
        return self._file.rate_Hz

    @property
    def state(self) -> PlayerState:
        """State of the replay."""
        file, at = self._file, self._position
        first, stop = file.recording.first, file.recording.stop
        return PlayerState(
            sample=at,
            stop=stop,
            time_s=(at - first) / self.rate_Hz,
            duration_s=(stop - first) / self.rate_Hz,
            playing=self.playing,
            speed=self._speed,
            at_end=at >= file.end and (file.growing or self._told == len(file.events)),
            growing=file.growing,
            trace=file.traces.at(at),
            hold=file.holds.at(at),
            traces=(file.traces.finished(at), len(file.traces)),
            holds=(file.holds.finished(at), len(file.holds)),
            timed=file.recording.rate_Hz > 0,
        )

    # Actions

    @property
    def speed(self) -> float:
        """Speed as a multiple of real time; ``inf`` is as fast as possible."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        if not speed > 0:
            raise ValueError(f"speed: {speed:g}; it must be positive")
        self._speed = float(speed)
        self._owed = 0.0

    def play(self) -> None:
        """Play from the present position."""
        self.playing = True

    def pause(self) -> None:
        """Stop at the present position."""
        self.playing = False
        self._owed = 0.0

    def seek(self, sample: int) -> list[Event]:
        """Go to a sample, or to the nearest end of the recording.

        Returns
        -------
        list of Event
            Last change of each earlier setting, which new reducers need first.
        """
        self._owed = 0.0
        self._stand_at(min(max(sample, self.recording.first), self.recording.stop))
        return self._file.pasts.settings_before(self._position)

    def seek_time(self, time_s: float) -> list[Event]:
        """Go to a time since the first sample, in s. Returns the same as `seek`."""
        return self.seek(self.recording.first + round(time_s * self.rate_Hz))

    def seek_trace(self, number: int) -> list[Event]:
        """Go to the beginning of a trace. Returns the same as `seek`; raises ``IndexError``."""
        return self.seek(self.traces[number].start)

    def seek_hold(self, number: int) -> list[Event]:
        """Go to the beginning of a hold. Returns the same as `seek`; raises ``IndexError``."""
        return self.seek(self.holds[number].start)

    def step_trace(self, steps: int) -> list[Event] | None:
        """Go a number of traces forward (back if negative). Returns the same as `seek`; None if there is none."""
        return self._step(self.traces, steps)

    def step_hold(self, steps: int) -> list[Event] | None:
        """Go a number of holds forward (back if negative). Returns the same as `seek`; None if there is none."""
        return self._step(self.holds, steps)

    def look_back(self, span_s: float) -> tuple[SeekContext, list[Played]]:
        """Return the last seconds before the present position, as if they had been played.

        Parameters
        ----------
        span_s : float
            Time span, at most `MOST_SAMPLES`; it is extended to include the whole of a trace or hold at its beginning.

        Returns
        -------
        Past
            Summary of the recording before them.
        list of Block, Event and Trace
            Items as from `advance`.
        """
        here = self._position
        longest = min(round(span_s * self.rate_Hz), MOST_SAMPLES)
        start = max(here - longest, self.recording.first)
        for cuts in (self.traces, self.holds):
            cut = cuts.at(start)
            if cut is not None and here - cut.start <= MOST_SAMPLES:
                start = min(start, cut.start)
        self.seek(start)
        past = self._file.pasts.before(start, self.traces.finished(start))
        return past, list(self._stream(here))

    def advance(self, wall_dt: float) -> list[Played]:
        """Advance by an interval of real time.

        Parameters
        ----------
        wall_dt : float
            Seconds since the last call. If more samples are due than one call may return, the replay slows down.

        Returns
        -------
        list of Block, Event and Trace
            Items due, in exact order: an event after all samples before it and before all others. Empty while paused.
        """
        if not self.playing:
            return []
        if self._file.look_again(wall_dt, self._position + LOOK_AGAIN_S * self._speed * self.rate_Hz):
            self._stand_at(self._position)
        left = max(self._file.end - self._position, 0)
        if math.isinf(self._speed):
            due = min(MOST_SAMPLES, left)
        else:
            self._owed = min(self._owed + wall_dt * self._speed * self.rate_Hz, MOST_SAMPLES)
            due = min(math.floor(self._owed + ROUNDING), left)
            self._owed -= due
        if due < 1 and left:
            return []
        return list(self._stream(self._position + due))

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # The stream

    def _stream(self, end: int) -> Iterator[Played]:
        """Yield everything up to ``end``, and at the end of the recording also the events after it."""
        last = end == self.recording.stop and not self._file.growing
        while self._told < len(self.events):
            event = self.events[self._told]
            if not last and event.sample >= end:
                break
            yield from self._samples(min(event.sample, end))
            self._told += 1
            yield event
        yield from self._samples(end)

    def _samples(self, end: int) -> Iterator[Block | Trace]:
        """Yield samples up to ``end``, in blocks that end with each recorded trace."""
        while True:
            while self._next_trace_stop() <= self._position:
                yield self.recording.trace(self.traces[self._handed].number)
                self._handed += 1
            if self._position >= end:
                return
            stop = int(min(end, self._next_trace_stop()))
            block = self._file.pieces.block(self._position, stop)
            self._position = block.stop if block else stop
            if block:
                yield block

    def _next_trace_stop(self) -> float:
        """Return the end of the next recorded trace; infinite if there is none."""
        if self._file.ready_made and self._handed < len(self.traces):
            return self.traces[self._handed].stop
        return math.inf

    def _step(self, cuts: Cuts, steps: int) -> list[Event] | None:
        if not steps:
            return None
        grace = GRACE_S * self._speed * self.rate_Hz if self.playing and math.isfinite(self._speed) else 0
        nearest = cuts.after(self._position) if steps > 0 else cuts.before(self._position - round(grace))
        if nearest is None:
            return None
        number = cuts.index(nearest) + steps - (1 if steps > 0 else -1)
        return self.seek(cuts[number].start) if 0 <= number < len(cuts) else None

    def _stand_at(self, sample: int) -> None:
        self._position = sample
        self._told = bisect_left(self.events, sample, key=sample_of)
        self._handed = self.traces.finished(sample)
