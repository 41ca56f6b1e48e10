"""Mains pick-up of the two signals, which does not pass through the junction."""

import numpy as np
from numpy.random import Generator
from pydantic import Field

from analysis.records import FloatArray
from simulators.parameters import ParameterSection
from simulators.signal.drift import SlowFunction


class MainsParameters(ParameterSection):
    """Mains and its harmonics. TOML: [mains]."""

    frequency_Hz: float = Field(gt=0)
    wander_Hz: float = Field(ge=0)
    harmonics: list[float]
    current_A: float = Field(ge=0)
    thermocouple_V: float = Field(ge=0)


class Mains:
    """Sum of harmonics with random phases; the frequency wanders as that of a grid does, the same in every signal.

    Parameters
    ----------
    mains : MainsParameters
    amplitude : float
        Amplitude of the fundamental, in the unit of the signal; the harmonics are relative to it.
    rng : Generator
    """

    CYCLE = np.linspace(0.0, 1.0, 4097)  # linear interpolation: error 3e-6 at the third harmonic
    PERIODS_s, PHASES = np.array([37.0, 131.0, 433.0]), np.array([0.3, 1.1, 2.2])
    """The wander, three sines of equal size: a grid has no period, and wanders most over minutes."""

    def __init__(self, mains: MainsParameters, amplitude: float, rng: Generator) -> None:
        self._mains = mains
        turns = 2.0 * np.pi * self.CYCLE[:, None] * np.arange(1, len(mains.harmonics) + 1)
        phases = rng.uniform(0.0, 2.0 * np.pi, len(mains.harmonics))
        self._cycle = amplitude * (np.array(mains.harmonics) * np.sin(turns + phases)).sum(axis=1)
        self._ahead = SlowFunction(self._cycles_ahead)

    def values(self, time_s: FloatArray) -> FloatArray:
        """Return the pick-up at each time, rising; shape (n,)."""
        return self.at(self.phase(time_s))

    def phase(self, time_s: FloatArray) -> FloatArray:
        """Return the phase of the mains, the same in every signal, in cycles from 0 to 1; shape (n,)."""
        cycles = self._mains.frequency_Hz * time_s
        if self._mains.wander_Hz:
            cycles += self._ahead.values(time_s)
        cycles -= np.floor(cycles)
        return cycles

    def at(self, phase: FloatArray) -> FloatArray:
        """Return the pick-up at each `phase`; shape (n,)."""
        return np.interp(phase, self.CYCLE, self._cycle)

    def _cycles_ahead(self, time_s: FloatArray) -> FloatArray:
        """Return by how many cycles the mains are ahead of their mean frequency."""
        rate = 2.0 * np.pi / self.PERIODS_s
        each_Hz = self._mains.wander_Hz * np.sqrt(2.0 / len(rate))
        ahead = np.cos(time_s[:, None] * rate + self.PHASES) * (-each_Hz / rate)
        return np.asarray(ahead.sum(axis=1))
