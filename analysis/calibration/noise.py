"""The thermometer's noise, and the resolution to expect from it before a run."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.heating.budget import expected_covariance_K2
from analysis.heating.programme import LevelProgramme, three_level
from analysis.records import FloatArray
from analysis.spectra.noise import Noise, fit_noise
from analysis.spectra.welch import power_spectrum


@dataclass(frozen=True)
class Resolution:
    """Standard error of the temperature rise at one polarity, and of the asymmetry, after a modulated time."""

    duration_s: float
    rise_K: float
    asymmetry_K: float


def thermometer_noise(stretches: Sequence[FloatArray], rate_Hz: float, gain: float) -> Noise:
    """Measure white level and corner at the preamplifier's input.

    Parameters
    ----------
    stretches : sequence of ndarray
        Output of the preamplifier (V) without modulation.
    rate_Hz : float
    gain : float
        Gain of the preamplifier, V/V.

    Raises
    ------
    ValueError
        If the stretches are too short for a spectrum.
    """
    return fit_noise(power_spectrum([stretch / gain for stretch in stretches], rate_Hz))


def expected_resolution(
    noise: Noise,
    seebeck_V_per_K: float,
    duration_s: float,
    programme: LevelProgramme | None = None,
    mask_samples: int = 6,
    rate_Hz: float = 2000.0,
) -> Resolution:
    """Return the resolution after a modulated time with this noise; by default for the paper's three levels."""
    levels = programme or three_level(1.0)
    covariance = expected_covariance_K2(noise, levels, duration_s, seebeck_V_per_K, mask_samples, rate_Hz)
    difference = np.array([1.0, -1.0])
    return Resolution(
        duration_s,
        float(np.sqrt(0.5 * np.trace(covariance))),
        float(np.sqrt(difference @ covariance @ difference)),
    )
