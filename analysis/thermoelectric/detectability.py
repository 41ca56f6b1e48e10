"""Expected errors of thermal conductance and thermopower, from the noise of the instruments, before a run."""

import math
from dataclasses import dataclass

import numpy as np

from analysis.constants import BOLTZMANN_J_per_K
from analysis.records import FloatArray
from analysis.thermoelectric.modulated_step import modulated_sigma_W_per_K

_STEP_COEFFICIENTS = {0: (1.0, 4.0 * math.log(2.0)), 1: (4.0, 4.0), 2: (4.0, 4.0), 3: (64.0 / 9.0, 4.3457)}
"""Coefficients of 1/T and of the corner in the variance of a step, by the order of the baseline."""


LEE_WHITE_V_per_rtHz, LEE_CORNER_Hz = 9.9e-9, 3.24
"""Noise of the thermometer of Lee et al., Nature 498, 209 (2013): 0.61 mK/rtHz."""

CONVERTER_SHARE = 6e-6
"""Noise of one sample of the card over its range: 60 uV at 10 V (NI 6281, specifications)."""

FLICKER_per_Hz = 1e-4
"""S_I/I^2 of a molecule at 1 Hz, falling as 1/f; typical."""

TWO_LEVEL_SHARE, TWO_LEVEL_HEIGHT, TWO_LEVEL_Hz = 0.5, (0.03, 0.2), (1.0, 100.0)
"""Two-level noise of molecules: share of the junctions that have it, bounds of its height over G, and of its corner."""

LONGEST_WINDOW_S = {"dc": 1.0, "2w": 10.0}
"""Longest windows about a rupture: with a steady heater the 1/f noise lets longer ones gain nothing."""


@dataclass(frozen=True)
class ThermometerNoise:
    """A tip as a thermometer: R_P, S_TC, and noise S(f) = white (1 + corner/f) at the preamplifier's input.

    ``measured`` is False where the noise is that of the tip of Lee et al., because no calibration tells it.
    """

    resistance_K_per_W: float
    seebeck_V_per_K: float
    white_V2_per_Hz: float
    corner_Hz: float
    measured: bool = True

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


def rupture_sigma_W_per_K(
    tip: ThermometerNoise, difference_K: float, before_s: float, after_s: float, thermal_Hz: float = 0.0
) -> float:
    """Return the standard error of G_th of one rupture with windows before and after it.

    Parameters
    ----------
    tip : ThermometerNoise
    difference_K : float
        T_probe - T_substrate; with an alternating heater its amplitude.
    before_s, after_s : float
        The shorter one counts with a steady heater, which has a curved baseline.
    thermal_Hz : float
        Frequency of an alternating temperature; 0 with a steady heater.
    """
    if not thermal_Hz:
        return steady_sigma_W_per_K(tip, difference_K, min(before_s, after_s), 2)
    both_s = 2.0 / (1.0 / before_s + 1.0 / after_s)
    return modulated_rupture_sigma_W_per_K(tip, difference_K, both_s, thermal_Hz)


def repetitions(sigma: float, value: float, relative: float = 0.1) -> int:
    """Return the number of repetitions after which the mean has a relative error."""
    return math.ceil((sigma / (relative * abs(value))) ** 2)


def current_noise_A2_per_Hz(
    gain_V_per_A: float, range_V: float, rate_Hz: float, conductance_S: float, temperature_K: float = 300.0
) -> float:
    """Return the white noise of a measured current: Johnson noise of feedback resistor and junction, converter.

    The feedback resistor is taken as the gain in ohm, and the converter as that of the NI 6281.
    """
    johnson = 4.0 * BOLTZMANN_J_per_K * temperature_K * (1.0 / gain_V_per_A + conductance_S)
    return johnson + 2.0 / rate_Hz * (CONVERTER_SHARE * range_V / gain_V_per_A) ** 2


def molecule_noise_per_Hz(frequency_Hz: float) -> float:
    """Return S_G/G^2 of a molecule, the mean over junctions: flicker, and two-level noise of some of them.

    Heights are taken as evenly spread between their bounds, and corners as evenly in the logarithm.
    """
    (least, most), (slow_Hz, fast_Hz) = TWO_LEVEL_HEIGHT, TWO_LEVEL_Hz
    square = (most**3 - least**3) / (3.0 * (most - least))
    turned = math.atan(fast_Hz / frequency_Hz) - math.atan(slow_Hz / frequency_Hz)
    lorentzians = square * turned / (2.0 * math.pi * math.log(fast_Hz / slow_Hz))
    return (FLICKER_per_Hz + TWO_LEVEL_SHARE * lorentzians) / frequency_Hz


def open_circuit_sigma_V(
    bias_V: FloatArray,
    share: FloatArray,
    window_s: float,
    conductance_S: float,
    noise_A2_per_Hz: float,
    flicker_per_Hz: float = 0.0,
) -> float:
    """Return the standard error of the open-circuit voltage of one hold, for a voltage near zero.

    Parameters
    ----------
    bias_V, share : ndarray, shape (levels,)
        Levels, and their shares of the period, which add up to 1.
    window_s, conductance_S, noise_A2_per_Hz : float
    flicker_per_Hz : float
        S_G/G^2 at the frequency of the levels.

    Notes
    -----
    The weight of a level is w = 2 T share/(S_I/G^2 + (S_G/G^2) V^2), and
    Var = sum(w V^2)/(sum(w) sum(w V^2) - sum(w V)^2): that of a line weighted with the noise of each level.
    """
    weight = 2.0 * window_s * share / (noise_A2_per_Hz / conductance_S**2 + flicker_per_Hz * bias_V**2)
    square = float(weight @ bias_V**2)
    return math.sqrt(square / (float(weight.sum()) * square - float(weight @ bias_V) ** 2))


def thermopower_sigma_V_per_K(
    differences_K: FloatArray, junctions: int, noise_V: float, spread_V_per_K: float
) -> float:
    """Return the standard error of a slope through sets of junctions at several temperature differences.

    Each junction scatters by its noise and by the spread of the thermopower times the difference. Raises
    ``ValueError`` for fewer than two differences.
    """
    difference_K = np.asarray(differences_K, dtype=float)
    weight = junctions / (noise_V**2 + (spread_V_per_K * difference_K) ** 2)
    centre_K = float(weight @ difference_K / weight.sum())
    square = float(weight @ (difference_K - centre_K) ** 2)
    if not square > 0.0:
        raise ValueError("a slope needs two temperature differences")
    return 1.0 / math.sqrt(square)
