"""White and 1/f noise of a thermometer, from the residuals of a regression."""

import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatArray

BANDS = 12
"""Bands, evenly spaced in log f, in which the spectrum is averaged before the fit."""


class Bands:
    """Frequency bands of a spectrum of ``n`` samples, padded to ``padded``, between two frequencies."""

    def __init__(self, padded: int, rate_Hz: float, low_Hz: float, high_Hz: float) -> None:
        f_Hz = np.arange(padded // 2 + 1) * (rate_Hz / padded)
        band = np.digitize(f_Hz, np.geomspace(low_Hz, high_Hz, BANDS + 1)) - 1
        self._inside = np.flatnonzero((band >= 0) & (band < BANDS))
        _, self._band, self.count = np.unique(band[self._inside], return_inverse=True, return_counts=True)
        self.inverse_f = self.mean(1.0 / np.maximum(f_Hz, f_Hz[1]))

    def mean(self, spectrum: FloatArray) -> FloatArray:
        """Return the mean of a spectrum over each band."""
        return np.bincount(self._band, spectrum[self._inside]) / self.count


def white_and_pink(power: FloatArray, inverse_f: FloatArray, count: NDArray[np.int64]) -> tuple[float, float]:
    """Fit ``a + b/f`` to mean powers in bands, both coefficients at least 0.

    The weights are the inverse square of the model, which maximises Whittle's likelihood.

    Parameters
    ----------
    power, inverse_f : ndarray, shape (bands,)
        Mean of the power density and of 1/f.
    count : ndarray, shape (bands,)
        Frequencies in each band.
    """
    white, pink = float(power.mean()), 0.0
    if not white > 0.0:
        return 0.0, 0.0
    model = np.full(len(power), white)
    for _ in range(4):
        weight = count / model**2
        s0, s1, s2 = weight.sum(), weight @ inverse_f, weight @ inverse_f**2
        y0, y1 = weight @ power, weight @ (power * inverse_f)
        determinant = s0 * s2 - s1**2
        if determinant <= 1e-12 * s0 * s2:
            break
        white, pink = float((y0 * s2 - y1 * s1) / determinant), float((y1 * s0 - y0 * s1) / determinant)
        if pink < 0.0:
            white, pink = float(y0 / s0), 0.0
        elif white < 0.0:
            white, pink = 0.0, float(y1 / s2)
        model = np.maximum(white + pink * inverse_f, 1e-6 * power.max())
    return white, pink
