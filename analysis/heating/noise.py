"""White and 1/f noise of a thermometer, from the residuals of a regression."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatArray

BANDS = 12
"""Bands, evenly spaced in log f, in which the spectrum is averaged before the fit."""

CUT_Hz, CUT_WIDTHS = 0.5, 2.0
"""Frequencies left out to either side of a mains line, and at least in units of the spectrum's resolution: what is
taken out as a line takes the noise there with it."""


class Bands:
    """Frequency bands of a spectrum of ``n`` samples, padded to ``padded``, between two frequencies, without lines."""

    def __init__(
        self,
        n: int,
        padded: int,
        rate_Hz: float,
        between_Hz: tuple[float, float],
        lines_Hz: Sequence[float] = (),
    ) -> None:
        f_Hz = np.arange(padded // 2 + 1) * (rate_Hz / padded)
        band = np.digitize(f_Hz, np.geomspace(*between_Hz, BANDS + 1)) - 1
        cut_Hz = max(CUT_Hz, CUT_WIDTHS * rate_Hz / n)
        beside = np.all(np.abs(np.subtract.outer(lines_Hz, f_Hz)) > cut_Hz, axis=0)
        self._inside = np.flatnonzero((band >= 0) & (band < BANDS) & beside)
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
