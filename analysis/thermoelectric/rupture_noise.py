"""Noise of the thermometer after ruptures, and the error that it gives to a step."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from analysis.spectra.noise import fit_noise
from analysis.spectra.welch import Spectrum, power_spectrum
from analysis.thermoelectric.rupture import MeasuredRupture
from analysis.thermoelectric.rupture_reader import SampleStep, baseline_order
from analysis.thermoelectric.rupture_step import StepWindows, step_sigma

NEAR_Hz, LINE_Hz = 25.0, 2.5
"""Band about an alternating temperature whose mean is its noise, and the part left out at a line."""


@dataclass(frozen=True)
class RuptureNoise:
    """Noise of the thermocouple, one-sided: white (1 + corner/f), and the density at an alternating temperature.

    Parameters
    ----------
    white_V2_per_Hz, corner_Hz : float
    thermal_V2_per_Hz : float
        At the frequency of the temperature; NaN with a steady heater.
    seebeck_V_per_K : float
    scale : float
        Factor by which steps where nothing broke scatter more than that noise makes them.
    """

    white_V2_per_Hz: float
    corner_Hz: float
    thermal_V2_per_Hz: float
    seebeck_V_per_K: float
    scale: float = 1.0

    def sigma_K(self, rupture: MeasuredRupture, step: SampleStep) -> float:
        """Return the standard error of a step, from the lengths of its windows alone."""
        if rupture.mode == "2w":
            inverse_per_s = rupture.rate_Hz * (1.0 / step.before + 1.0 / step.after)
            volts = math.sqrt(self.thermal_V2_per_Hz * inverse_per_s)
        else:
            windows = StepWindows(rupture.rate_Hz, step.before, step.after, step.gap)
            volts = _step_sigma(windows, self.white_V2_per_Hz, self.corner_Hz)
        return self.scale * volts / self.seebeck_V_per_K


@lru_cache(maxsize=4096)
def _step_sigma(windows: StepWindows, white_V2_per_Hz: float, corner_Hz: float) -> float:
    return step_sigma(windows, baseline_order(windows), white_V2_per_Hz, corner_Hz)


def noise_after(ruptures: Sequence[MeasuredRupture], seebeck_V_per_K: float, mains_Hz: float) -> RuptureNoise:
    """Return the noise from the samples after the ruptures.

    Raises
    ------
    ValueError
        Without samples after a rupture.
    """
    stretches = [one.open_V for one in ruptures if one.open_V is not None]
    rate_Hz = ruptures[0].rate_Hz if ruptures else math.nan
    spectrum = power_spectrum(stretches, rate_Hz, 1.0)
    try:
        fitted = fit_noise(spectrum)
        white, corner_Hz = fitted.white_per_Hz, fitted.corner_Hz
    except ValueError:  # windows too short for a corner
        white, corner_Hz = float(np.median(spectrum.density_per_Hz[1:])), 0.0
    thermal_Hz = next((one.thermal_Hz for one in ruptures if math.isfinite(one.thermal_Hz)), math.nan)
    return RuptureNoise(white, corner_Hz, _near(spectrum, thermal_Hz, mains_Hz), seebeck_V_per_K)


def _near(spectrum: Spectrum, thermal_Hz: float, mains_Hz: float) -> float:
    if math.isnan(thermal_Hz):
        return math.nan
    f = spectrum.frequency_Hz
    used = np.abs(f - thermal_Hz) < NEAR_Hz
    used &= np.abs(f - thermal_Hz) > min(LINE_Hz, 1.5 * spectrum.step_Hz)
    if mains_Hz:
        used &= np.abs(f - np.rint(f / mains_Hz) * mains_Hz) > LINE_Hz
    return float(spectrum.density_per_Hz[used].mean()) if used.any() else math.nan
