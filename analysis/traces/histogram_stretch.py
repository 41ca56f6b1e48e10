"""Stretch of a histogram to which one peak is fitted: its counts by trace, their resamples, how well a fit suits."""

from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatArray
from analysis.traces.histogram import Histogram

_LEAST_BINS = 9
_AT_A_TIME = 20
_EXACT_IN_SINGLE = 1 << 24  # whole numbers below have no rounding in single precision


class PeakShape(Protocol):
    """A fitted peak: centre, width and height, each of shape (1,), and its curve with the background."""

    @property
    def centre(self) -> FloatArray:
        """Coordinate of the maximum."""
        ...

    @property
    def sigma(self) -> FloatArray:
        """Standard deviation."""
        ...

    @property
    def amplitude(self) -> FloatArray:
        """Height above the background."""
        ...

    def curve(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return fit and background at ``x`` (n,), each of shape (1, n)."""
        ...


@dataclass(frozen=True, eq=False)
class HistogramStretch:
    """Fitted stretch of a histogram, as counts per bin and trace."""

    x: FloatArray  # (n,), coordinates of bins
    traces: FloatArray  # (n_traces, n)
    mean: FloatArray  # (n,)

    @classmethod
    def around(cls, histogram: Histogram, low: float, high: float) -> Self:
        """Cut the bins with centres in a range of the coordinate, at least nine of them."""
        x = histogram.axis.coordinates
        first, last = (int(i) for i in np.searchsorted(x, [low, high]))
        missing = max(0, _LEAST_BINS - (last - first))
        first, last = max(0, first - (missing + 1) // 2), min(x.size, last + missing // 2)
        traces = histogram.traces[:, first:last].astype(float)
        return cls(x[first:last], traces, traces.sum(axis=0) / max(len(traces), 1))

    def inside(self, low: float, high: float) -> NDArray[np.bool_]:
        """Return the bins in a window of the coordinate; the nine nearest to its middle if it holds fewer."""
        inside: NDArray[np.bool_] = (self.x >= low) & (self.x <= high)
        if inside.sum() < _LEAST_BINS:
            inside[np.argsort(np.abs(self.x - (low + high) / 2.0), kind="stable")[:_LEAST_BINS]] = True
        return inside

    def inside_each(self, low: FloatArray, high: FloatArray) -> NDArray[np.bool_]:
        """Return the same for many windows, shape (windows, n)."""
        inside: NDArray[np.bool_] = (self.x >= low[:, None]) & (self.x <= high[:, None])
        for few in np.flatnonzero(inside.sum(axis=1) < _LEAST_BINS):
            inside[few] = self.inside(float(low[few]), float(high[few]))
        return inside

    def traces_in(self, inside: NDArray[np.bool_]) -> int:
        """Return the number of traces with a sample in these bins."""
        return int(np.count_nonzero(self.traces[:, inside].any(axis=1)))

    def dwell(self, fit: PeakShape) -> float:
        """Return the mean number of samples within two sigma of the centre, over the traces that have any; 0 without
        any.
        """
        counts = self.traces[:, np.abs(self.x - fit.centre) <= 2.0 * fit.sigma].sum(axis=1)
        return float(counts[counts > 0.0].mean()) if counts.any() else 0.0

    def resampled(self, resamples: int, rng: np.random.Generator) -> FloatArray:
        """Return means over as many traces drawn with replacement, shape (resamples, n)."""
        n = len(self.traces)
        exact = np.float32 if n * self.traces.max(initial=0.0) < _EXACT_IN_SINGLE else np.float64
        counts: NDArray[np.floating[Any]] = self.traces.astype(
            exact
        )  # whole numbers: half the work and the same sums
        means = np.empty((resamples, self.x.size))
        for first in range(0, resamples, _AT_A_TIME):  # all together would take 100 MB for 10 000 traces
            many = min(_AT_A_TIME, resamples - first)
            drawn = rng.integers(n, size=(many, n)) + n * np.arange(many)[:, None]
            times = np.bincount(drawn.ravel(), minlength=many * n).reshape(many, n)
            weights: NDArray[np.floating[Any]] = times.astype(exact)
            means[first : first + many] = (weights @ counts).astype(float) / n
        return means

    def reduced_chi2(self, fit: PeakShape, parameters: int, inside: NDArray[np.bool_]) -> float:
        """Return the mean square of the residuals over each bin's squared standard error; NaN without degrees of
        freedom.
        """
        variance = (
            self.traces.var(axis=0, ddof=1) / len(self.traces) if len(self.traces) > 1 else 0.0 * self.x
        )
        used = inside & (variance > 0.0)
        freedom = np.count_nonzero(used) - parameters
        if freedom <= 0:
            return float("nan")
        residual = self.mean - fit.curve(self.x)[0][0]
        return float(np.sum(residual[used] ** 2 / variance[used]) / freedom)
