"""Centre of the peak in a window of a histogram: one Gaussian on a sloping background, for many histograms at once."""

import numpy as np

from analysis.records import FloatArray
from analysis.statistics.memory import Drawn, Memory, memory_of, resampled
from analysis.traces.gaussian import fit_gaussians
from analysis.traces.histogram import BinAxis, CountArray, Scale

WIDTH_G0, WIDTH_DECADES = 0.01, 0.05
"""Widths of linear and of logarithmic bins."""

_START_SIGMA = 0.09  # of the window's width, 0.5 G0: 0.045 G0
_SMOOTHED = 5  # bins


def window_axis(low_G0: float, high_G0: float, scale: Scale = Scale.LINEAR) -> BinAxis:
    """Return bins of 0.01 G0, or of 0.05 decades, over a window."""
    if scale is Scale.LOG:
        return BinAxis(scale, low_G0, high_G0, max(8, round(np.log10(high_G0 / low_G0) / WIDTH_DECADES)))
    return BinAxis(scale, low_G0, high_G0, max(8, round((high_G0 - low_G0) / WIDTH_G0)))


def peak_centres(axis: BinAxis, counts: FloatArray) -> FloatArray:
    """Return the centre of the peak of each histogram, as a coordinate of the axis; NaN where the fit does not settle.

    Parameters
    ----------
    axis : BinAxis
        Bins over the window.
    counts : ndarray, shape (k, bins)
        Counts, or mean counts a trace.
    """
    counts = np.atleast_2d(np.asarray(counts, dtype=float))
    x = axis.coordinates
    padded = np.pad(counts, ((0, 0), (_SMOOTHED // 2, _SMOOTHED // 2)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, _SMOOTHED, axis=1)
    highest = x[np.argmax(windows.mean(axis=2), axis=1)]
    scale = np.maximum(counts.max(axis=1, keepdims=True), 1e-300)
    fits = fit_gaussians(x, counts / scale, (highest, _START_SIGMA * axis.step * axis.bins), 2)
    return np.where(fits.good & (counts.sum(axis=1) > 0), fits.centre, np.nan)


def resampled_peak(
    axis: BinAxis, rows: CountArray, rng: np.random.Generator, resamples: int, memory: Memory | None = None
) -> tuple[float, FloatArray, Memory]:
    """Return the peak of traces, that of resampled traces or blocks of them, and the memory of the traces.

    Parameters
    ----------
    axis : BinAxis
    rows : ndarray of int, shape (n, bins)
    rng : Generator
    resamples : int
    memory : Memory, optional
        By default that of log1p of the samples in the window.
    """
    memory = memory or memory_of(np.log1p(rows.sum(axis=1)))
    n = len(rows)

    def peaks(drawn: Drawn) -> FloatArray:
        weights = np.array([np.bincount(indices, minlength=n) for indices in drawn], dtype=float)
        return peak_centres(axis, weights @ rows / n)

    centre = float(peak_centres(axis, rows.mean(axis=0))[0])
    return centre, resampled(peaks, memory, rng, resamples), memory
