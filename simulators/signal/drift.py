"""Slow random walks: drift of the surface and of the tip's temperature."""

import math
from collections.abc import Iterator

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
        while self._first + len(self._knots) <= position[-1] + 1:
            self._knots.append(next(self._draw))
        passed = int(position[0]) - self._first
        if passed > 0:
            del self._knots[:passed]
            self._first += passed
        first, last = math.floor(position[0]), math.floor(position[-1])
        if first == last:  # nearly always
            knot = self._knots[first - self._first]
            return knot + (position - first) * (self._knots[first - self._first + 1] - knot)
        whole = np.floor(position)
        knots = np.array(self._knots)
        at = whole.astype(np.intp) - self._first
        return knots[at] + (position - whole) * (knots[at + 1] - knots[at])


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
