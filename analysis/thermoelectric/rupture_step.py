"""Step of a signal at a known sample, below a slow baseline: the temperature of the tip when a junction breaks.

Windows on both sides of the rupture leave out a gap, in which the signal settles: each ends ``gap`` samples from it.
Sample i is at t = (i + 1/2) / f_s; H = 1 before the rupture.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import legendre

from analysis.records import FloatArray


@dataclass(frozen=True)
class StepWindows:
    """Samples around a rupture that a step is measured from."""

    rate_Hz: float
    before: int
    after: int
    gap: int

    def indices(self) -> FloatArray:
        """Return the samples used, relative to the first after the rupture, shape (before + after,)."""
        before = np.arange(-self.gap - self.before, -self.gap, dtype=np.float64)
        return np.concatenate([before, np.arange(self.gap, self.gap + self.after, dtype=np.float64)])

    def times_s(self) -> FloatArray:
        """Return the times of the samples used, in s from the rupture."""
        return (self.indices() + 0.5) / self.rate_Hz


def step_weights(windows: StepWindows, order: int, lines_Hz: Sequence[float] = ()) -> FloatArray:
    """Return the weights whose sum with the samples is the step, before less after, by least squares.

    Parameters
    ----------
    windows : StepWindows
    order : int
        Of the polynomial of the baseline, common to both sides.
    lines_Hz : sequence of float
        Frequencies fitted beside it, such as the mains.

    Raises
    ------
    ValueError
        If the windows are too short to separate step, baseline and lines.
    """
    time_s = windows.times_s()
    closed = (windows.indices() < 0).astype(np.float64)
    middle, half = (time_s[0] + time_s[-1]) / 2.0, (time_s[-1] - time_s[0]) / 2.0
    waves = [wave(2.0 * np.pi * f * time_s) for f in lines_Hz for wave in (np.sin, np.cos)]
    columns = np.column_stack([closed, legendre.legvander((time_s - middle) / half, order), *waves])
    gram = columns.T @ columns
    size = np.sqrt(np.diag(gram))
    if not size.all() or np.linalg.eigvalsh(gram / np.outer(size, size))[0] < 1e-9:
        raise ValueError("the windows around the rupture are too short for this baseline")
    return np.asarray(np.linalg.solve(gram, columns.T)[0])


def white_per_s(windows: StepWindows, weights: FloatArray) -> float:
    """Return the variance of a step for white noise of unit one-sided density, in 1/s."""
    return float(windows.rate_Hz / 2.0 * weights @ weights)


def pink_share(windows: StepWindows, weights: FloatArray) -> float:
    """Return the variance of a step for 1/f noise of one-sided density 1/f.

    A sample is the mean of the noise over its period, so the kernel of two samples k apart is
    -[(k+1)^2 ln|k+1| - 2 k^2 ln|k| + (k-1)^2 ln|k-1|] / 2. It needs weights of sum zero.
    """
    indices = windows.indices().astype(np.int64)
    spread = np.zeros(int(indices[-1] - indices[0]) + 1)
    spread[indices - indices[0]] = weights
    padded = 1 << (2 * len(spread) - 1).bit_length()
    products = np.fft.irfft(np.abs(np.fft.rfft(spread, padded)) ** 2, padded)[: len(spread)]
    k = np.arange(len(spread), dtype=np.float64)
    kernel = -0.5 * (_square_log(k + 1.0) - 2.0 * _square_log(k) + _square_log(np.abs(k - 1.0)))
    return float(products[0] * kernel[0] + 2.0 * products[1:] @ kernel[1:])


def _square_log(k: FloatArray) -> FloatArray:
    return np.asarray(k**2 * np.log(np.where(k > 0.0, k, 1.0)))


def step_sigma(windows: StepWindows, order: int, white_per_Hz: float, corner_Hz: float) -> float:
    """Return the standard error of a step for noise of the one-sided density ``white (1 + corner/f)``."""
    weights = step_weights(windows, order)
    white, pink = white_per_s(windows, weights), pink_share(windows, weights)
    return float(np.sqrt(white_per_Hz * (white + corner_Hz * pink)))


def difference_of_means(windows: StepWindows, values: FloatArray) -> float:
    """Return the mean before less the mean after: what drift falsifies first, for comparison."""
    return float(values[: windows.before].mean() - values[windows.before :].mean())
