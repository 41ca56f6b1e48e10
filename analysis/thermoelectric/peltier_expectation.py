"""Expected error of a Peltier coefficient, from the thermometer's noise, before a run."""

import math
from collections.abc import Sequence

from analysis.thermoelectric.detectability import ThermometerNoise

FLICKER = 0.8526
"""Coefficient of corner/frequency in the variance of the odd part of two levels, for long holds."""

THREE_LEVELS = 1.5
"""Variance of the odd part with a third of the time at 0 V over that of two levels."""


def odd_sigma_W(
    tip: ThermometerNoise, duration_s: float, frequency_Hz: float, has_zero: bool = False, kept: float = 1.0
) -> float:
    """Return the standard error of half of the difference of the heats at both signs of the bias.

    Var = S_w/(2 T) (1 + 0.8526 f_c/f) over (S_TC R_P)^2; with a third of the time at 0 V 1.5 times as much.

    Parameters
    ----------
    tip : ThermometerNoise
    duration_s : float
    frequency_Hz : float
        Repetition rate of the levels.
    has_zero : bool
    kept : float
        Share of the samples that masks leave.
    """
    variance_V2 = (
        tip.white_V2_per_Hz / (2.0 * duration_s * kept) * (1.0 + FLICKER * tip.corner_Hz / frequency_Hz)
    )
    if has_zero:
        variance_V2 *= THREE_LEVELS
    return math.sqrt(variance_V2) / (tip.seebeck_V_per_K * tip.resistance_K_per_W)


def peltier_sigma_V(odd_W: float, currents_A: Sequence[float]) -> float:
    """Return the standard error of Pi from holds at these currents, each with an odd part of this error."""
    return odd_W / math.sqrt(sum(current_A**2 for current_A in currents_A))
