"""Random processes in time: lifetimes, and quantities that switch repeatedly."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from analysis.records import FloatArray


class Lifetime:
    """Lifetime that ends after an exponentially distributed wear, drawn at its start."""

    def __init__(self, rng: Generator) -> None:
        self._bears = rng.exponential()
        self._worn = 0.0

    def survives(self, hazard: FloatArray) -> int:
        """Return the number of samples before it ends; len(hazard) if it does not.

        Parameters
        ----------
        hazard : ndarray, shape (n,)
            Expected number of ends in each sample (rate times step). The wear accumulates from call to call.
        """
        if not len(hazard):
            return 0
        # Summed sample by sample from the wear so far, so that the result does not depend on how calls are cut.
        worn = np.cumsum(np.concatenate(([self._worn], hazard)))[1:]
        self._worn = float(worn[-1])
        return int(np.searchsorted(worn, self._bears))


class Switching:
    """Quantity that jumps at exponentially distributed times.

    Parameters
    ----------
    value : float
        Initial value.
    rate_Hz : float
        Mean number of jumps per second; 0 for none.
    jump : callable
        Returns the value after a jump from the value before.
    start_s : float
        Start time.
    rng : numpy Generator
        Source of the waiting times; not to be used for anything else meanwhile.
    """

    def __init__(
        self, value: float, rate_Hz: float, jump: Callable[[float], float], start_s: float, rng: Generator
    ) -> None:
        self._value = value
        self._rate_Hz = rate_Hz
        self._jump = jump
        self._rng = rng
        self._next_s = self._after(start_s)

    def values(self, time_s: FloatArray) -> FloatArray:
        """Return the values at ascending times, never earlier than in the last call; shape (n,)."""
        if not len(time_s) or self._next_s > time_s[-1]:
            return np.full(len(time_s), self._value)
        jumps, values = [], [self._value]
        while self._next_s <= time_s[-1]:
            jumps.append(self._next_s)
            values.append(self._jump(values[-1]))
            self._next_s = self._after(self._next_s)
        self._value = values[-1]
        return np.array(values)[np.searchsorted(jumps, time_s, side="right")]

    def _after(self, time_s: float) -> float:
        return time_s + self._rng.exponential(1.0 / self._rate_Hz) if self._rate_Hz else np.inf


def log_normal(median: float, spread_decades: float, rng: Generator) -> float:
    """Draw a value whose log10 is Gaussian."""
    return float(median * 10.0 ** (spread_decades * rng.standard_normal()))
