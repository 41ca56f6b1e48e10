"""Sample clocks, and what runs on them as the bench sees it."""

import math
from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

TICK_ROUNDING = 1e-3
"""Of a tick: what rounding may cost a time before it belongs to the tick before."""


class Scan(Protocol):
    """An acquisition, as the bench sees it."""

    rate_Hz: float

    def room(self) -> int:
        """Get how many more samples it takes; 0 when it has ended."""

    def take(self, signals: Mapping[str, FloatArray]) -> None:
        """Take the volts at the terminals, arrays of shape (n,), n not above `room`."""


class Generation(Protocol):
    """A waveform that is being put out, as the bench sees it."""

    rate_Hz: float | None  # None: it follows the acquisition's sample clock
    signals: tuple[str, ...]
    ended: bool

    def play(self, ticks: int) -> FloatArray:
        """Get what is put out at each of the next ticks, shape (n_signals, ticks); holds when it ends."""


class Ticks:
    """A sample clock: tick k (from 1) comes k periods after the start, and later by what it stood still."""

    def __init__(self, rate_Hz: float, start_s: float) -> None:
        self.rate_Hz = rate_Hz
        self.done = 0
        self._start_s = start_s

    def due(self, now_s: float) -> int:
        """Get how many ticks have come by ``now_s`` and are not done."""
        return math.floor((now_s - self._start_s) * self.rate_Hz + TICK_ROUNDING) - self.done

    def time_s(self, tick: int) -> float:
        """Get when a tick comes."""
        return self._start_s + tick / self.rate_Hz

    def times_s(self, ticks: int) -> FloatArray:
        """Get when the next ticks come, shape (ticks,)."""
        return self._start_s + (self.done + np.arange(1, ticks + 1)) / self.rate_Hz

    def counts(self, times_s: FloatArray) -> NDArray[np.int64]:
        """Get how many ticks that are not done have come by each of the times, shape of ``times_s``."""
        return np.floor((times_s - self._start_s) * self.rate_Hz + TICK_ROUNDING).astype(np.int64) - self.done

    def stand_still(self, now_s: float) -> None:
        """The clock stood still until ``now_s``: the next tick comes a period later."""
        self._start_s = max(self._start_s, now_s - self.done / self.rate_Hz)
