"""A recording played: the stream of a live run once more, at any speed, from any place.

The player has no thread and no clock. Who shows a replay says how much of life's time has passed and gets what the
bench would have sent in that time: blocks and events in exact order, for the same reducers. `Player.seek` begins a new
stream: reducers begin anew, too, and are first told what was set before.
"""

import math
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from analysis.recording import Recording, RunHeader
from analysis.records import Block, Event, Trace
from app.replay.cuts import Cuts
from app.replay.followed import LOOK_AGAIN_S, FollowedRecording, sample_of
from app.replay.past import Past
from app.replay.state import PlayerState

__all__ = ["Played", "Player", "PlayerState"]

Played = Block | Event | Trace

MOST_SAMPLES = 131_072
"""Samples a channel that one call of `Player.advance` gives at most, so that who draws them can keep up."""

ROUNDING = 1e-6
"""Of a sample: what rounding may cost a time before it belongs to the sample before."""

GRACE_S = 0.5
"""Stepping back so soon after a beginning goes to the one before, not to this beginning again."""


class Player:
    """Plays one recording: a rig's, an imported one, or one that is still being written.

    A recording of conductances (an imported one) holds traces and not what they are cut from: its traces come
    with the stream, each right after its last sample.

    Parameters
    ----------
    path : Path
    speed : float
        Seconds of the recording in one of life's.

    Raises
    ------
    RecordingError
        If there is no such recording.
    """

    def __init__(self, path: Path, speed: float = 1.0) -> None:
        self.playing = False
        self._owed = 0.0
        self.speed = speed
        self._file = FollowedRecording(path)
        self._position = self._told = self._handed = 0
        self._stand_at(self.recording.first)

    # What there is

    @property
    def header(self) -> RunHeader:
        """What the recording says about itself."""
        return self.recording.header

    @property
    def recording(self) -> Recording:
        """The recording, as far as it is known now."""
        return self._file.recording

    @property
    def events(self) -> tuple[Event, ...]:
        """All events by their samples."""
        return self._file.events

    @property
    def traces(self) -> Cuts:
        """All openings."""
        return self._file.traces

    @property
    def holds(self) -> Cuts:
        """All holds."""
        return self._file.holds

    @property
    def total_cycles(self) -> int | None:
        """Traces of an imported recording, which has no parameters that would say how many there are."""
        return len(self.traces) if self.header.provenance == "imported" else None

    @property
    def rate_Hz(self) -> float:
        """Pace of the recording; a thousand a second where it is unknown."""
        return self._file.rate_Hz

    @property
    def state(self) -> PlayerState:
        """Where the replay stands."""
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

    # What can be done

    @property
    def speed(self) -> float:
        """Seconds of the recording in one of life's; ``inf`` is as fast as it can."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        if not speed > 0:
            raise ValueError(f"speed is {speed:g}; it must be positive")
        self._speed = float(speed)
        self._owed = 0.0

    def play(self) -> None:
        """Go on from where it stands."""
        self.playing = True

    def pause(self) -> None:
        """Stay where it is."""
        self.playing = False
        self._owed = 0.0

    def seek(self, sample: int) -> list[Event]:
        """Go to a sample, or to the nearest end of the recording.

        Returns
        -------
        list of Event
            What new reducers must be told first: of each setting that was changed before, the last change.
        """
        self._owed = 0.0
        self._stand_at(min(max(sample, self.recording.first), self.recording.stop))
        return self._file.pasts.settings_before(self._position)

    def seek_time(self, time_s: float) -> list[Event]:
        """Go to a time since the recording's first sample. Returns what `seek` does."""
        return self.seek(self.recording.first + round(time_s * self.rate_Hz))

    def seek_trace(self, number: int) -> list[Event]:
        """Go to the beginning of an opening. Returns what `seek` does; raises ``IndexError``."""
        return self.seek(self.traces[number].start)

    def seek_hold(self, number: int) -> list[Event]:
        """Go to the beginning of a hold. Returns what `seek` does; raises ``IndexError``."""
        return self.seek(self.holds[number].start)

    def step_trace(self, steps: int) -> list[Event] | None:
        """Go so many openings on (negative: back). Returns what `seek` does; None where there is none."""
        return self._step(self.traces, steps)

    def step_hold(self, steps: int) -> list[Event] | None:
        """Go so many holds on (negative: back). Returns what `seek` does; None where there is none."""
        return self._step(self.holds, steps)

    def look_back(self, span_s: float) -> tuple[Past, list[Played]]:
        """What stands in the last seconds before the place where it stands: as if it had been played up to here.

        Parameters
        ----------
        span_s : float
            At most `MOST_SAMPLES`. An opening or a hold that is cut in two by its beginning is there as a whole.

        Returns
        -------
        Past
            What lies before the first of them.
        list of Block, Event and Trace
            As of `advance`.
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
        """Let life's time pass.

        Parameters
        ----------
        wall_dt : float
            Seconds since the last call. Where more samples are due than one call may give, the replay takes
            longer instead.

        Returns
        -------
        list of Block, Event and Trace
            What is due, in exact order: an event after all samples before it and before all others. Nothing
            while paused.
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
        """Let go of the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # The stream

    def _stream(self, end: int) -> Iterator[Played]:
        """Everything from where it stands to ``end``; at the recording's end also the events behind it."""
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
        """Samples up to ``end``, in blocks that end where a recorded trace does."""
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
        """Where the next recorded trace ends; infinite where there is none."""
        if self._file.ready_made and self._handed < len(self.traces):
            return self.traces[self._handed].stop
        return math.inf

    def _step(self, cuts: Cuts, steps: int) -> list[Event] | None:
        if not steps:
            return None
        grace = GRACE_S * self._speed * self.rate_Hz if self.playing and math.isfinite(self._speed) else 0
        found = cuts.after(self._position) if steps > 0 else cuts.before(self._position - round(grace))
        if found is None:
            return None
        number = cuts.index(found) + steps - (1 if steps > 0 else -1)
        return self.seek(cuts[number].start) if 0 <= number < len(cuts) else None

    def _stand_at(self, sample: int) -> None:
        self._position = sample
        self._told = bisect_left(self.events, sample, key=sample_of)
        self._handed = self.traces.finished(sample)
