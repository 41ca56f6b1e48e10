"""Sample clocks, and the bench's interface to the tasks that run on them."""

import math
from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

TICK_ROUNDING = 1e-3
"""Tolerance for rounding of a time, as a share of a tick."""


class Scan(Protocol):
    """Interface of the bench to an acquisition."""

    rate_Hz: float
    at_s: Mapping[str, float]  # time from the tick to the first conversion of each scanned signal

    @property
    def converter(self) -> object:
        """Converter of the task, whose state changes with each conversion."""

    def room(self) -> int:
        """Return the number of further samples that it takes; 0 when it has ended."""

    def convert(self, signals: Mapping[str, FloatArray], before: Mapping[str, FloatArray]) -> FloatArray:
        """Convert the voltages at the terminals, arrays of shape (n,), to readings of shape (n_channels, n).

        Outputs in ``signals`` are those after each tick; ``before`` has them just before it, where they are known.
        """

    def store(self, readings: FloatArray) -> None:
        """Store the next readings, n at most `room`."""


class Generation(Protocol):
    """Interface of the bench to a running waveform."""

    rate_Hz: float | None  # None: it follows the acquisition's sample clock
    signals: tuple[str, ...]
    ended: bool

    def play(self, ticks: int) -> FloatArray:
        """Return the outputs at each of the next ticks, shape (n_signals, ticks); they hold after its end."""


class Ticks:
    """Sample clock whose tick k (from 1) comes k periods after the start, plus the time during which it stood still."""

    def __init__(self, rate_Hz: float, start_s: float) -> None:
        self.rate_Hz = rate_Hz
        self.done = 0
        self._start_s = start_s

    def due(self, now_s: float) -> int:
        """Return the number of ticks that have come by ``now_s`` and are not done."""
        return math.floor((now_s - self._start_s) * self.rate_Hz + TICK_ROUNDING) - self.done

    def time_s(self, tick: int) -> float:
        """Return the time of a tick, in s."""
        return self._start_s + tick / self.rate_Hz

    def times_s(self, ticks: int) -> FloatArray:
        """Return the times of the next ticks, in s, shape (ticks,)."""
        return self._start_s + (self.done + np.arange(1, ticks + 1)) / self.rate_Hz

    def counts(self, times_s: FloatArray) -> NDArray[np.int64]:
        """Return the number of ticks not done that have come by each time, shape of ``times_s``."""
        return np.floor((times_s - self._start_s) * self.rate_Hz + TICK_ROUNDING).astype(np.int64) - self.done

    def stand_still(self, now_s: float) -> None:
        """Stop the clock until ``now_s``: the next tick comes one period later."""
        self._start_s = max(self._start_s, now_s - self.done / self.rate_Hz)
