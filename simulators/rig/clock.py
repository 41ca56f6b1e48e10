"""Two clocks for one bench: real time, and one that advances only during a wait for samples.

The bench uses one `Clock`: it reads the time, brings the world up to it, and waits. The two clocks differ in
waiting. On the `WallClock` a wait takes real time; on the `FastClock` the wait itself advances the time. A rig on the
fast clock therefore stands still until a client reads, and a simulated second takes as long as its computation.
"""

import math
import threading
import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """Time of a bench, in seconds from 0.

    Attributes
    ----------
    runs_by_itself : bool
        True if time passes without a wait.
    """

    runs_by_itself: bool

    def now(self) -> float:
        """Return the present time in seconds."""

    def wait(self, changed: threading.Condition, until_s: float) -> None:
        """Wait until a time or a change of the bench; may return early. The caller holds the condition.

        Parameters
        ----------
        changed : threading.Condition
            Notified when the state of the bench changes.
        until_s : float
            Time of return; may be infinite.
        """


class WallClock:
    """Real-time clock that starts at 0 when it is created.

    Parameters
    ----------
    speed : float
        Seconds of this clock per real second, to play a recording back faster or slower.
    monotonic : callable
        Returns the real time in s.
    """

    runs_by_itself = True

    def __init__(self, speed: float = 1.0, monotonic: Callable[[], float] = time.perf_counter) -> None:
        if not 0 < speed < math.inf:
            raise ValueError(f"speed is {speed}; it must be positive and finite")
        self.speed = speed
        self._monotonic = monotonic
        self._start = monotonic()

    def now(self) -> float:
        """Return the time since the clock was created, in s."""
        return (self._monotonic() - self._start) * self.speed

    def wait(self, changed: threading.Condition, until_s: float) -> None:
        """Sleep until ``until_s`` or until the condition is notified."""
        left_s = min(max(until_s - self.now(), 0.0) / self.speed, threading.TIMEOUT_MAX)
        changed.wait(left_s)


class FastClock:
    """Clock that jumps at once to the end of a wait.

    An infinite wait (for a trigger from another client) really waits for that client.
    """

    runs_by_itself = False

    def __init__(self) -> None:
        self._now = 0.0

    def now(self) -> float:
        """Return the total time waited for since the clock was created, in s."""
        return self._now

    def wait(self, changed: threading.Condition, until_s: float) -> None:
        """Advance to ``until_s``; if that is infinite, sleep until the condition is notified."""
        if math.isinf(until_s):
            changed.wait()
        else:
            self._now = max(self._now, until_s)
