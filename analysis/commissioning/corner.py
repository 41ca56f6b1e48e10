"""Corner of a preamplifier's low-pass filter, from the noise of its own output."""

import numpy as np

from analysis.records import FloatArray
from analysis.spectra.welch import Spectrum

BAND = (0.2, 4.0)
"""Frequencies that are fitted, in units of the expected corner."""

LINE_Hz = 10.0
TOLERANCE = 0.15
SEARCH = (0.25, 4.0)


def corner_Hz(spectrum: Spectrum, expected_Hz: float, poles: int, mains_Hz: float) -> float:
    """Return the corner of white noise behind ``poles`` equal poles, in Hz, by least squares of the logarithm."""
    frequency, density = spectrum.frequency_Hz, spectrum.density_per_Hz
    kept = (frequency > BAND[0] * expected_Hz) & (frequency < BAND[1] * expected_Hz)
    kept &= np.abs(frequency - mains_Hz * np.rint(frequency / mains_Hz)) > LINE_Hz
    candidates = expected_Hz * np.geomspace(*SEARCH, 400)
    residuals = [_residual(frequency[kept], np.log(density[kept]), corner, poles) for corner in candidates]
    return float(candidates[int(np.argmin(residuals))])


def _residual(frequency_Hz: FloatArray, log_density: FloatArray, corner: float, poles: int) -> float:
    off = log_density + poles * np.log1p((frequency_Hz / corner) ** 2)
    return float(np.var(off))
