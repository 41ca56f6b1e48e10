"""Mains lines that wander: the rest that a regression at one frequency leaves of them, second by second.

The frequency of a grid wanders by 20 mHz within minutes. Over a hold of 30 s that is more than half a turn of phase,
which neither one frequency nor a linear change of the amplitude follows. What is left counts as noise (three times the
error of a rise, from a line of 1 uV) and moves the levels.
"""

import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatArray

WINDOW_S = 1.0
"""Time of used samples within which a line is steady. Each window has as many: a few that are left of excluded periods
would make a line of their noise."""


class WanderingLines:
    """Lines whose amplitude and phase change from window to window.

    Parameters
    ----------
    at : ndarray of int, shape (used,)
        Indices of the used samples, rising.
    rate_Hz : float
    waves : ndarray, shape (2 lines, used)
        Sine and cosine of each line at these samples.
    """

    def __init__(self, at: NDArray[np.intp], rate_Hz: float, waves: FloatArray) -> None:
        windows = int(len(at) / rate_Hz / WINDOW_S)
        self._waves = waves if windows > 1 else waves[:0]
        self._starts = np.arange(max(windows, 1)) * len(at) // max(windows, 1)
        self._counts = np.diff(self._starts, append=len(at))
        self._power = self._means(self._waves**2)
        centres = self._means(at.astype(np.float64))
        self._before = np.clip(np.searchsorted(centres, at, "right") - 1, 0, max(windows - 2, 0))
        if windows > 1:
            left, right = centres[self._before], centres[self._before + 1]
            self._after = np.clip((at - left) / (right - left), 0.0, 1.0)

    def _means(self, values: FloatArray) -> FloatArray:
        return np.asarray(np.add.reduceat(values, self._starts, axis=-1) / self._counts)

    def of(self, residual: FloatArray) -> FloatArray:
        """Return the lines in a residual, shape (used,); 0 where the samples last for less than two windows."""
        lines = np.zeros(len(residual))
        for wave, power in zip(self._waves, self._power, strict=True):
            amplitudes = self._means(wave * residual) / power
            steps = np.diff(amplitudes)
            lines += wave * (amplitudes[self._before] + self._after * steps[self._before])
        return lines
