"""Two clocks for one bench: life's, and one that moves only when somebody waits for samples.

All that the bench does in time is written once, against `Clock`: it asks what time it is, brings the world up
to it, and waits. Waiting is where the two differ. On the `WallClock` a wait takes as long as it takes; on the
`FastClock` it *is* the passing of time. So a rig on the fast clock does nothing while nobody reads, and a
second passes in the time it takes to compute it.
"""

import math
import threading
import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """The time of a bench, in seconds from 0.

    Attributes
    ----------
    runs_by_itself : bool
        Whether time passes while nobody waits.
    """

    runs_by_itself: bool

    def now(self) -> float:
        """Get the present time in seconds."""

    def wait(self, changed: threading.Condition, until_s: float) -> None:
        """Wait until a time, or until something changed; may come back early. The condition is held.

        Parameters
        ----------
        changed : threading.Condition
            Notified when the state of the bench changes.
        until_s : float
            When to come back; may be infinite.
        """


class WallClock:
    """Life's clock. It starts at 0 when it is made.

    Parameters
    ----------
    speed : float
        How many of its seconds pass in one of life's: a recording can be played back faster, or slower.
    monotonic : callable
        Life's seconds.
    """

    runs_by_itself = True

    def __init__(self, speed: float = 1.0, monotonic: Callable[[], float] = time.monotonic) -> None:
        if not 0 < speed < math.inf:
            raise ValueError(f"speed is {speed}; it must be positive and finite")
        self.speed = speed
        self._monotonic = monotonic
        self._start = monotonic()

    def now(self) -> float:
        """Get its seconds since it was made."""
        return (self._monotonic() - self._start) * self.speed

    def wait(self, changed: threading.Condition, until_s: float) -> None:
        """Sleep until then, or until the condition is notified."""
        left_s = min(max(until_s - self.now(), 0.0) / self.speed, threading.TIMEOUT_MAX)
        changed.wait(left_s)


class FastClock:
    """A clock that moves to where it is asked to wait for, at once.

    A wait without an end (for a trigger that another client gives) really waits for that client.
    """

    runs_by_itself = False

    def __init__(self) -> None:
        self._now = 0.0

    def now(self) -> float:
        """Get the seconds that have been waited for since the clock was made."""
        return self._now

    def wait(self, changed: threading.Condition, until_s: float) -> None:
        """Move to ``until_s``; if that is infinite, sleep until the condition is notified."""
        if math.isinf(until_s):
            changed.wait()
        else:
            self._now = max(self._now, until_s)
