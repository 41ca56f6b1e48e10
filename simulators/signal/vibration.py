"""Vibrations of the tip against the sample: machines with lines of their own, and knocks that ring down."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from pydantic import Field

from analysis.records import FloatArray
from simulators.parameters import ParameterError, ParameterSection
from simulators.signal.drift import PM

DEAD = 12.0
"""Decay times after which a knock has died away (6e-6 of it is left)."""


class VibrationParameters(ParameterSection):
    """Vibrations of the gap, and what they shake into the signals. TOML: [vibration]."""

    lines_Hz: list[float]
    lines_pm: list[float]
    knock_pm: float = Field(ge=0)
    knock_every_s: float = Field(gt=0)
    knock_Hz: float = Field(gt=0)
    knock_decay_s: float = Field(gt=0)
    cable_C_per_m: float
    leads_V_per_m: float

    @property
    def acts(self) -> bool:
        """True if anything shakes the tip."""
        return any(self.lines_pm) or self.knock_pm > 0


@dataclass(frozen=True, eq=False)
class Shaken:
    """Displacement of the tip toward the sample, and what the shaken cables add; arrays of shape (n,), or 0."""

    toward_m: FloatArray | float = 0.0
    current_A: FloatArray | float = 0.0
    thermocouple_V: FloatArray | float = 0.0


class Vibration:
    """Vibration as a function of time alone.

    Parameters
    ----------
    vibration : VibrationParameters
    rng : numpy Generator
        Source of the phases of the lines and of the times of the knocks; not used if nothing shakes.

    Raises
    ------
    ParameterError
        If there are not as many amplitudes as lines.
    """

    def __init__(self, vibration: VibrationParameters, rng: Generator) -> None:
        if len(vibration.lines_Hz) != len(vibration.lines_pm):
            raise ParameterError("vibration.lines_Hz and vibration.lines_pm must be of equal length")
        self._vibration = vibration
        self._rng = rng
        lines = len(vibration.lines_Hz)
        self._phases = rng.uniform(0.0, 2.0 * np.pi, lines) if vibration.acts else np.zeros(lines)
        self._next_s = self._wait_s() if vibration.knock_pm else math.inf
        self._knocks: list[tuple[float, float]] = []

    def along(self, time_s: FloatArray, dt: float) -> Shaken:
        """Return the vibration at the ends of steps of ``dt``, rising; the current is a mean over each step."""
        p = self._vibration
        if not p.acts or not len(time_s):
            return Shaken()
        toward_m = self._toward_m(time_s)
        current_A = p.cable_C_per_m * (toward_m - self._toward_m(time_s - dt)) / dt
        return Shaken(toward_m, current_A, p.leads_V_per_m * toward_m)

    def _toward_m(self, time_s: FloatArray) -> FloatArray:
        p = self._vibration
        toward_m = np.zeros(len(time_s))
        for line_Hz, rms_pm, phase in zip(p.lines_Hz, p.lines_pm, self._phases, strict=True):
            toward_m += math.sqrt(2.0) * PM * rms_pm * np.sin(2.0 * np.pi * line_Hz * time_s + phase)
        for began_s, strength in self._ringing(float(time_s[0]), float(time_s[-1])):
            rings = slice(*np.searchsorted(time_s, [began_s, began_s + DEAD * p.knock_decay_s], "right"))
            since_s = time_s[rings] - began_s
            ring = np.exp(-since_s / p.knock_decay_s) * np.sin(2.0 * np.pi * p.knock_Hz * since_s)
            toward_m[rings] += p.knock_pm * PM * strength * ring
        return toward_m

    def _wait_s(self) -> float:
        return float(self._rng.exponential(self._vibration.knock_every_s))

    def _ringing(self, from_s: float, to_s: float) -> list[tuple[float, float]]:
        """Return begin and relative strength, exponential and of either sign, of the knocks that ring in a span."""
        while self._next_s <= to_s:
            strength = self._rng.exponential() * self._rng.choice([-1.0, 1.0])
            self._knocks.append((self._next_s, float(strength)))
            self._next_s += self._wait_s()
        dead_s = from_s - DEAD * self._vibration.knock_decay_s
        self._knocks = [knock for knock in self._knocks if knock[0] > dead_s]
        return self._knocks
