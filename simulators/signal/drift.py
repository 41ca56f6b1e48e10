"""Slow random walks: drift of the surface and of the tip's temperature."""

import math
from collections.abc import Callable, Iterator

import numpy as np
from pydantic import Field

from analysis.records import FloatArray
from simulators.parameters import ParameterSection

PM = 1e-12


class SurfaceParameters(ParameterSection):
    """Initial position and drift of the surface."""

    initial_gap_nm: float = Field(gt=0)
    drift_pm_per_s: float
    drift_spread_pm_per_s: float = Field(ge=0)
    drift_memory_s: float = Field(gt=0)
    apex_spread_nm: float = Field(ge=0)


class SlowFunction:
    """Smooth function of time, evaluated at whole seconds and linear between them.

    Parameters
    ----------
    function : callable
        Returns the values at times in s, shape (n,), each independent of the others.
    """

    def __init__(self, function: Callable[[FloatArray], FloatArray]) -> None:
        self._function = function
        self._second, self._begin, self._rise = math.nan, 0.0, 0.0

    def values(self, time_s: FloatArray) -> FloatArray:
        """Return the values at ascending times; shape (n,)."""
        if not len(time_s):
            return np.empty(0)
        first, last = math.floor(time_s[0]), math.floor(time_s[-1])
        if first < last:
            whole_s = np.arange(first, last + 2.0)
            return np.interp(time_s, whole_s, self._function(whole_s))
        if first != self._second:
            self._begin, end = self._function(np.array([first, first + 1.0])).tolist()
            self._second, self._rise = first, end - self._begin
        return self._begin + self._rise * (time_s - first)


class Wander:
    """Random walk, linear between knots that are drawn when time reaches them.

    Parameters
    ----------
    knots : iterator of float
        Values at the times 0, ``interval_s``, 2 ``interval_s`` ...
    interval_s : float
        Time between knots.
    """

    def __init__(self, knots: Iterator[float], interval_s: float) -> None:
        self._draw = knots
        self._interval_s = interval_s
        self._first = 0
        self._knots = [next(knots)]

    def values(self, time_s: FloatArray) -> FloatArray:
        """Return the values at ascending times, never earlier than in the last call; shape (n,)."""
        position = time_s / self._interval_s
        first, last = math.floor(position[0]), math.floor(position[-1])
        while self._first + len(self._knots) <= last + 1:
            self._knots.append(next(self._draw))
        if first > self._first:
            del self._knots[: first - self._first]
            self._first = first
        if first == last:  # nearly always
            knot = self._knots[first - self._first]
            return knot + (position - first) * (self._knots[first - self._first + 1] - knot)
        whole = np.floor(position)
        knots = np.array(self._knots)
        at = whole.astype(np.intp) - self._first
        return knots[at] + (position - whole) * (knots[at + 1] - knots[at])


class RandomWalk:
    """Random walk that makes a step at the begin of each interval, and is constant within it.

    Parameters
    ----------
    first : float
        Value in the first interval, from time 0.
    step : float
        Standard deviation of a step.
    interval_s : float
    rng : numpy Generator
        Source of the steps, one for each interval, however the times are cut into calls.
    """

    def __init__(self, first: float, step: float, interval_s: float, rng: np.random.Generator) -> None:
        self._value, self._interval = first, 0
        self._step, self._interval_s, self._rng = step, interval_s, rng

    def values(self, time_s: FloatArray) -> FloatArray:
        """Return the values at ascending times, never earlier than in the last call; shape (n,)."""
        intervals = np.floor(time_s / self._interval_s).astype(np.intp) - self._interval
        if not intervals[-1]:  # nearly always
            return np.full(len(time_s), self._value)
        steps = self._step * self._rng.standard_normal(intervals[-1])
        walked: FloatArray = np.cumsum(np.concatenate(([self._value], steps)))
        self._value, self._interval = float(walked[-1]), self._interval + int(intervals[-1])
        return walked[intervals]


class OrnsteinUhlenbeck:
    """Values about 0 of a given spread and correlation time ``memory_s``, at equal intervals, beginning with ``first``.

    The iterators of this file are classes so that a `simulators.rig.memento.Memento` can set them back.
    """

    def __init__(
        self, spread: float, memory_s: float, interval_s: float, rng: np.random.Generator, first: float = 0.0
    ) -> None:
        self._kept = math.exp(-interval_s / memory_s)
        self._kick = math.sqrt(1 - self._kept**2) * spread
        self._rng = rng
        self._next = first

    def __iter__(self) -> Iterator[float]:
        return self

    def __next__(self) -> float:
        present = self._next
        self._next = self._kept * present + self._kick * self._rng.standard_normal()
        return present


class DriftingSurface:
    """Positions in m, starting at 0, whose rate fluctuates about its mean with a given memory, at equal intervals."""

    def __init__(self, p: SurfaceParameters, interval_s: float, rng: np.random.Generator) -> None:
        spread = p.drift_spread_pm_per_s * PM
        first = spread * rng.standard_normal()
        self._mean, self._interval_s = p.drift_pm_per_s * PM, interval_s
        self._excess = OrnsteinUhlenbeck(spread, p.drift_memory_s, interval_s, rng, first)
        self._next_m = 0.0

    def __iter__(self) -> Iterator[float]:
        return self

    def __next__(self) -> float:
        present_m = self._next_m
        self._next_m += (self._mean + next(self._excess)) * self._interval_s
        return present_m
