"""Decision of the watchdog when to act: from beats and times alone, without a clock, a pipe or a rig."""

from enum import Enum, auto

from app.acquisition.watchdog.frames import Frame, Kind

LONGEST_PACE_S = 60.0
"""Longest silence that a bench can ask for: two times the longest time for making a rig safe, and some."""

LATE_S = 0.02
"""Delay of the watchdog's own waking after which it looks into the pipe once more before it acts."""

PARDON_S = 0.02
"""Time of that second look."""


class Phase(Enum):
    """Phase of a watchdog's life."""

    WAITING = auto()
    """Nothing has moved yet."""

    ARMED = auto()
    TRIPPED = auto()
    """It must make the rig safe, or has done so and holds the outputs."""

    OVER = auto()
    """It may leave."""


class Duty:
    """State machine of the watchdog.

    Attributes
    ----------
    phase : Phase
    why : str
        Reason of a trip, as part of a sentence; "" before.
    """

    def __init__(self) -> None:
        self.phase = Phase.WAITING
        self.why = ""
        self._limit_s = 0.0
        self._samples = 0
        self._alive_s = 0.0
        self._pardoned_s = 0.0

    @property
    def due_s(self) -> float | None:
        """Time at which the silence is too long; None while the rig is at rest or already tripped."""
        if self.phase is not Phase.ARMED:
            return None
        return max(self._alive_s + self._limit_s, self._pardoned_s)

    def on_frame(self, frame: Frame, now_s: float) -> None:
        """Take a frame of the bench.

        Only a beat whose number of samples has grown is a sign of life: a bench that beats without samples is dead.
        """
        match frame.kind, self.phase:
            case Kind.SAFE, _:
                self.phase = Phase.OVER
            case Kind.ARM, Phase.WAITING:
                self.phase, self._samples = Phase.ARMED, 0
                self._allow(frame, now_s)
            case Kind.PACE, Phase.ARMED:
                self._allow(frame, now_s)
            case Kind.BEAT, Phase.ARMED if frame.number > self._samples:
                self._samples, self._alive_s = frame.number, now_s
            case Kind.HELP, Phase.ARMED:
                self._trip("the bench could not make the rig safe")

    def on_end(self) -> None:
        """Take the end of the pipe: the bench is gone."""
        if self.phase is Phase.ARMED:
            self._trip("the bench has gone")
        elif self.phase is Phase.WAITING:
            self.phase = Phase.OVER

    def on_terminate(self) -> None:
        """Take a request of the system to end."""
        if self.phase is Phase.ARMED:
            self._trip("the watchdog was asked to end")
        elif self.phase is Phase.WAITING:
            self.phase = Phase.OVER

    def on_silence(self, now_s: float) -> None:
        """Look at the time when no frame came.

        A watchdog that was itself late (a busy computer, sleep) may have beats in its pipe that it has not read; it
        waits for them a moment, once.
        """
        due_s = self.due_s
        if due_s is None or now_s < due_s:
            return
        if now_s - due_s > LATE_S and self._pardoned_s <= self._alive_s:
            self._pardoned_s = now_s + PARDON_S
            return
        self._trip(f"no samples came for {now_s - self._alive_s:.2f} s")

    def _allow(self, frame: Frame, now_s: float) -> None:
        self._limit_s = min(frame.number / 1000, LONGEST_PACE_S)
        self._alive_s = now_s

    def _trip(self, why: str) -> None:
        self.phase, self.why = Phase.TRIPPED, why
