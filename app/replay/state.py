"""State of a replay."""

from dataclasses import dataclass

from app.replay.segments import ReplaySegment


@dataclass(frozen=True)
class PlayerState:
    """State of a replay.

    Parameters
    ----------
    sample, stop : int
        Next sample to play, and present end of the recording.
    time_s, duration_s : float
        Time of ``sample`` and ``stop`` since the start; in thousands of samples if the rate is unknown.
    playing : bool
    speed : float
        Multiple of real time; ``inf`` for as fast as possible.
    at_end : bool
        True if nothing is left to play; a growing recording may continue.
    growing : bool
        True if the recording is still being written (or was, by a process that has just been killed).
    trace, hold : Cut or None
        Trace and hold that contain the next sample.
    traces, holds : tuple of int
        Numbers of finished ones and of all.
    timed : bool
        False if the rate is unknown; times are then not real.
    """

    sample: int
    stop: int
    time_s: float
    duration_s: float
    playing: bool
    speed: float
    at_end: bool
    growing: bool
    trace: ReplaySegment | None
    hold: ReplaySegment | None
    traces: tuple[int, int]
    holds: tuple[int, int]
    timed: bool = True
