"""Ruptures that a thermal conductance needs, from the tip, its noise and the temperature difference."""

import math
from dataclasses import dataclass

from analysis.thermoelectric.modulated_step import modulated_sigma_W_per_K

_STEP_COEFFICIENTS = {0: (1.0, 4.0 * math.log(2.0)), 1: (4.0, 4.0), 2: (4.0, 4.0), 3: (64.0 / 9.0, 4.3457)}
"""Coefficients of 1/T and of the corner in the variance of a step, by the order of the baseline."""


@dataclass(frozen=True)
class ThermometerNoise:
    """A tip as a thermometer: R_P, S_TC, and noise S(f) = white (1 + corner/f) at the preamplifier's input."""

    resistance_K_per_W: float
    seebeck_V_per_K: float
    white_V2_per_Hz: float
    corner_Hz: float

    def density_V2_per_Hz(self, frequency_Hz: float) -> float:
        """Return the density at a frequency."""
        return self.white_V2_per_Hz * (1.0 + self.corner_Hz / frequency_Hz)


def steady_sigma_W_per_K(
    tip: ThermometerNoise, difference_K: float, window_s: float, baseline_order: int = 0
) -> float:
    """Return the standard error of G_th of one rupture with a steady heater and long windows of equal length.

    Raises
    ------
    ValueError
        For an order of the baseline above 3.
    """
    if baseline_order not in _STEP_COEFFICIENTS:
        raise ValueError(f"baseline_order = {baseline_order} must be 0 to 3")
    white, pink = _STEP_COEFFICIENTS[baseline_order]
    variance_V2 = tip.white_V2_per_Hz * (white / window_s + pink * tip.corner_Hz)
    return math.sqrt(variance_V2) / (tip.seebeck_V_per_K * tip.resistance_K_per_W * difference_K)


def modulated_rupture_sigma_W_per_K(
    tip: ThermometerNoise, amplitude_K: float, window_s: float, thermal_Hz: float
) -> float:
    """Return the standard error of G_th of one rupture with the tip's temperature modulated at ``thermal_Hz``."""
    return modulated_sigma_W_per_K(
        amplitude_K,
        tip.density_V2_per_Hz(thermal_Hz),
        window_s,
        tip.seebeck_V_per_K,
        tip.resistance_K_per_W,
    )


def repetitions(sigma: float, value: float, relative: float = 0.1) -> int:
    """Return the number of repetitions after which the mean has a relative error."""
    return math.ceil((sigma / (relative * abs(value))) ** 2)
