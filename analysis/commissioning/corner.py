"""Corner of a preamplifier's low-pass filter, from the noise of its own output."""

import numpy as np

from analysis.records import FloatArray
from analysis.spectra.welch import Spectrum

BAND = (0.2, 4.0)
"""Frequencies that are fitted, in units of the expected corner."""

LINE_Hz = 10.0
TOLERANCE = 0.15
SEARCH = (0.25, 4.0)
IMAGES = 8
"""Number of times that the spectrum is folded on itself, either way."""


def corner_Hz(spectrum: Spectrum, expected_Hz: float, poles: int, mains_Hz: float) -> float:
    """Return the corner of white noise behind ``poles`` equal poles, in Hz, by least squares of the logarithm.

    Noise from above half of the sampling rate is folded into the spectrum, and counts.
    """
    frequency, density = spectrum.frequency_Hz, spectrum.density_per_Hz
    kept = (frequency > BAND[0] * expected_Hz) & (frequency < BAND[1] * expected_Hz)
    kept &= np.abs(frequency - mains_Hz * np.rint(frequency / mains_Hz)) > LINE_Hz
    candidates = expected_Hz * np.geomspace(*SEARCH, 400)
    images = frequency[kept] + 2 * frequency[-1] * np.arange(-IMAGES, IMAGES + 1)[:, np.newaxis]
    residuals = [_residual(images, np.log(density[kept]), corner, poles) for corner in candidates]
    return float(candidates[int(np.argmin(residuals))])


def _residual(images_Hz: FloatArray, log_density: FloatArray, corner: float, poles: int) -> float:
    """Return the scatter about the model; ``images_Hz``, (images, n), are the frequencies that fold on one another."""
    model = ((1 + (images_Hz / corner) ** 2) ** -float(poles)).sum(axis=0)
    return float(np.var(log_density - np.log(model)))
