"""Mains pick-up of the two signals, which does not pass through the junction."""

import numpy as np
from numpy.random import Generator
from pydantic import Field

from analysis.records import FloatArray
from simulators.parameters import ParameterSection


class MainsParameters(ParameterSection):
    """Mains and its harmonics. TOML: [mains]."""

    frequency_Hz: float = Field(gt=0)
    harmonics: list[float]
    current_A: float = Field(ge=0)
    thermocouple_V: float = Field(ge=0)


class Mains:
    """Sum of harmonics with random phases.

    Parameters
    ----------
    amplitude : float
        Amplitude of the fundamental, in the unit of the signal; ``harmonics`` are relative to it.
    """

    CYCLE = np.linspace(0.0, 1.0, 4097)  # linear interpolation: error 3e-6 at the third harmonic

    def __init__(self, frequency_Hz: float, harmonics: list[float], amplitude: float, rng: Generator) -> None:
        self._frequency_Hz = frequency_Hz
        turns = 2.0 * np.pi * self.CYCLE[:, None] * np.arange(1, len(harmonics) + 1)
        phases = rng.uniform(0.0, 2.0 * np.pi, len(harmonics))
        self._cycle = amplitude * (np.array(harmonics) * np.sin(turns + phases)).sum(axis=1)

    def values(self, time_s: FloatArray) -> FloatArray:
        """Return the pick-up at each time; shape (n,)."""
        cycles = self._frequency_Hz * time_s
        return np.interp(cycles - np.floor(cycles), self.CYCLE, self._cycle)
