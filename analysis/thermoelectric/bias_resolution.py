"""Biases that a converter with a divider can set, and what its steps cost a Peltier coefficient."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.records import FloatArray


@dataclass(frozen=True)
class BiasOutput:
    """A bipolar analogue output of +-range volts with a divider between it and the junction."""

    bits: int
    range_V: float
    divider: float = 1.0

    @property
    def step_V(self) -> float:
        """Step of the bias at the junction."""
        return 2.0 * self.range_V / 2**self.bits / self.divider

    def levels_V(self, wanted_V: ArrayLike) -> FloatArray:
        """Return the nearest biases that the output can set; half steps are rounded to the even code."""
        return np.asarray(np.round(np.asarray(wanted_V, dtype=np.float64) / self.step_V) * self.step_V)

    def largest_error_V(self, wanted_V: ArrayLike) -> float:
        """Return the largest difference from the wanted biases."""
        return float(np.max(np.abs(self.levels_V(wanted_V) - np.asarray(wanted_V))))

    def asymmetry_V(self, wanted_V: ArrayLike) -> float:
        """Return the sum of the largest and the smallest bias; 0 for levels that are symmetric."""
        levels_V = self.levels_V(wanted_V)
        return float(levels_V.max() + levels_V.min())

    def relative_peltier_error(self, seebeck_V_per_K: float, temperature_K: float) -> float:
        """Return the relative error of Pi = S T that an offset of half a step makes in a fit of nominal biases."""
        return 0.5 * self.step_V / abs(seebeck_V_per_K * temperature_K)
