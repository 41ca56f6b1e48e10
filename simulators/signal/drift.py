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


def drifting_surface(p: SurfaceParameters, interval_s: float, rng: np.random.Generator) -> Iterator[float]:
    """Yield positions in m, starting at 0, whose rate fluctuates about its mean with a given memory."""
    mean, spread = p.drift_pm_per_s * PM, p.drift_spread_pm_per_s * PM
    kept = math.exp(-interval_s / p.drift_memory_s)
    position, excess = 0.0, spread * rng.standard_normal()
    while True:
        yield position
        position += (mean + excess) * interval_s
        excess = kept * excess + math.sqrt(1 - kept**2) * spread * rng.standard_normal()


def drifting_temperature(
    spread_K: float, memory_s: float, interval_s: float, rng: np.random.Generator
) -> Iterator[float]:
    """Yield temperatures in K about 0, starting at 0, with the correlation time ``memory_s``."""
    kept = math.exp(-interval_s / memory_s)
    temperature = 0.0
    while True:
        yield temperature
        temperature = kept * temperature + math.sqrt(1 - kept**2) * spread_K * rng.standard_normal()
