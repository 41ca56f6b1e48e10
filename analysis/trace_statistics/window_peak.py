"""Centre of the peak in a window of a histogram, for many histograms at once.

A window holds one Gaussian on a sloping background, or two that overlap; the peak is then the one nearest to the
maximum. The user says how many: what decides between them costs too much for windows that are looked at again and
again (see ``analysis.traces.overlapping_levels``).
"""

import numpy as np

from analysis.records import FloatArray
from analysis.statistics.memory import Drawn, Memory, memory_of, resampled
from analysis.traces.gaussian import fit_gaussians
from analysis.traces.histogram import BinAxis, CountArray, Scale
from analysis.traces.mixture import Mixtures, fit_mixtures

WIDTH_G0, WIDTH_DECADES = 0.01, 0.05
"""Widths of linear and of logarithmic bins."""

_START_SIGMA = 0.09  # of the window's width, 0.5 G0: 0.045 G0
_SMOOTHED = 5  # bins
_VISIBLE = 0.1  # of the higher Gaussian: a smaller one is no peak

_RESOLVED = 1e-4  # of a bin: far more than rounding, far less than the scatter of a billion traces

GAUSSIANS = (1, 2)
"""Possible numbers of Gaussians in a window."""


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
    x, scale = axis.coordinates, _scale(counts)
    fits = fit_gaussians(x, counts / scale, (_highest(axis, counts), _START_SIGMA * axis.step * axis.bins), 2)
    return np.where(fits.good & (counts.sum(axis=1) > 0), fits.centre, np.nan)


class _TwoGaussians:
    """Two Gaussians on a sloping background, fitted to a mean histogram and from there to resampled ones."""

    def __init__(self, axis: BinAxis, mean: FloatArray) -> None:
        self._axis = axis
        maximum = float(_highest(axis, mean[None])[0])
        width = axis.step * axis.bins
        seconds = maximum + width * np.array([0.15, -0.15, 0.3, -0.3, 0.45, -0.45])
        inside = seconds[(seconds > axis.coordinates[0]) & (seconds < axis.coordinates[-1])]
        start = np.stack([np.full(inside.size, maximum), inside], axis=1)
        fits = self._fit(np.tile(mean, (inside.size, 1)), start, np.full(start.shape, _START_SIGMA * width))
        upright = (fits.amplitude > 0.0).all(axis=1)
        self._whole = fits[int(np.argmin(np.where(upright, fits.cost, np.inf)))]

    def centres(self, counts: FloatArray) -> FloatArray:
        """Return the centre of the Gaussian nearest to the maximum of each histogram; NaN without counts.

        Resampled histograms whose maximum is at the other level tell that the data do not decide which is higher.
        """
        start = (np.repeat(each, len(counts), axis=0) for each in (self._whole.centre, self._whole.sigma))
        fits = self._fit(counts, *start)
        visible = fits.amplitude > _VISIBLE * fits.amplitude.max(axis=1, keepdims=True)
        apart = np.abs(fits.centre - _highest(self._axis, counts)[:, None])
        which = np.argmin(np.where(visible, apart, np.inf), axis=1)
        return np.where(counts.sum(axis=1) > 0, fits.centre[np.arange(len(counts)), which], np.nan)

    def _fit(self, counts: FloatArray, centre: FloatArray, sigma: FloatArray) -> Mixtures:
        limits = self._axis.step, self._axis.step * self._axis.bins / 2.0
        return fit_mixtures(self._axis.coordinates, counts / _scale(counts), (centre, sigma), limits, 2)


def alike(axis: BinAxis, resampled_peaks: FloatArray) -> bool:
    """Return True if resampling moves the peak by less than is resolved: the traces are copies, or a fixed resistor,
    and tell nothing of its error.
    """
    good = resampled_peaks[np.isfinite(resampled_peaks)]
    return bool(good.size > 1 and np.ptp(good) <= _RESOLVED * axis.step)


def _scale(counts: FloatArray) -> FloatArray:
    return np.maximum(counts.max(axis=1, keepdims=True), 1e-300)


def _highest(axis: BinAxis, counts: FloatArray) -> FloatArray:
    """Return the coordinate of the maximum of each smoothed histogram."""
    padded = np.pad(counts, ((0, 0), (_SMOOTHED // 2, _SMOOTHED // 2)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, _SMOOTHED, axis=1)
    return np.asarray(axis.coordinates[np.argmax(windows.mean(axis=2), axis=1)])


def resampled_peak(
    axis: BinAxis,
    rows: CountArray,
    rng: np.random.Generator,
    resamples: int,
    memory: Memory | None = None,
    gaussians: int = 1,
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
    gaussians : 1 or 2
        Number of Gaussians in the window.
    """
    memory = memory or memory_of(np.log1p(rows.sum(axis=1)))
    n, mean = len(rows), rows.mean(axis=0, dtype=float)
    two = _TwoGaussians(axis, mean) if gaussians == 2 and mean.any() else None

    def centres(counts: FloatArray) -> FloatArray:
        return peak_centres(axis, counts) if two is None else two.centres(counts)

    def peaks(drawn: Drawn) -> FloatArray:
        weights = np.array([np.bincount(indices, minlength=n) for indices in drawn], dtype=float)
        return centres(weights @ rows / n)

    centre = float(centres(mean[None])[0])
    return centre, resampled(peaks, memory, rng, resamples), memory
