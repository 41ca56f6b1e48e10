"""Where a replay stands."""

from dataclasses import dataclass

from app.replay.cuts import Cut


@dataclass(frozen=True)
class PlayerState:
    """Where a replay stands.

    Parameters
    ----------
    sample, stop : int
        The next sample to be played; the end of the recording as far as it is known.
    time_s, duration_s : float
        The same in seconds of the recording; in thousands of samples where the rate is unknown.
    playing : bool
    speed : float
        ``inf``: as fast as it can.
    at_end : bool
        Nothing is left; a recording that is being written may still grow.
    growing : bool
        Whether the recording is being written, or was left so by a killed process.
    trace, hold : Cut or None
        What the next sample is in.
    traces, holds : tuple of int
        (those that are over, all).
    timed : bool
        False where the rate is unknown, and so every time made up.
    """

    sample: int
    stop: int
    time_s: float
    duration_s: float
    playing: bool
    speed: float
    at_end: bool
    growing: bool
    trace: Cut | None
    hold: Cut | None
    traces: tuple[int, int]
    holds: tuple[int, int]
    timed: bool = True
