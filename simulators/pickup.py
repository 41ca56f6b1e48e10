"""What reaches the two signals without passing through the junction: mains."""

import numpy as np
from numpy.random import Generator
from pydantic import Field

from analysis.records import FloatArray
from simulators.parameters import Section


class MainsParameters(Section):
    """Mains and its harmonics. TOML: [mains]."""

    frequency_Hz: float = Field(gt=0)
    harmonics: list[float]
    current_A: float = Field(ge=0)
    thermocouple_V: float = Field(ge=0)


class Mains:
    """A sum of harmonics, with a phase of its own in each of them.

    Parameters
    ----------
    amplitude : float
        Of the fundamental, in the unit of the signal; ``harmonics`` are relative to it.
    """

    def __init__(self, frequency_Hz: float, harmonics: list[float], amplitude: float, rng: Generator) -> None:
        phases = rng.uniform(0.0, 2.0 * np.pi, len(harmonics))
        self._lines = [
            (2.0 * np.pi * frequency_Hz * order, amplitude * share, phase)
            for order, (share, phase) in enumerate(zip(harmonics, phases, strict=True), start=1)
            if amplitude * share > 0
        ]

    def values(self, time_s: FloatArray) -> FloatArray:
        """Pick-up at each time; shape (n,)."""
        total = np.zeros_like(time_s)
        for omega, amplitude, phase in self._lines:
            total += amplitude * np.sin(omega * time_s + phase)
        return total
