"""What a histogram says about one peak: the fit, other starts, a bootstrap, other windows and backgrounds."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Self

import numpy as np
from numpy.typing import NDArray

from analysis.candidates import SIGNIFICANT, Candidate
from analysis.gaussian import GaussianFits, fit_gaussians
from analysis.histogram import Histogram
from analysis.records import FloatArray

REACHES = (2.5, 4.0, 7.0)
"""Reasonable windows: this many sigma to either side. The middle one is the choice."""

LEAST_TRACES = 20
"""With fewer traces behind a peak a bootstrap over them means little."""

LEAST_DWELL = 2.0
"""Samples that a trace must spend in a peak on average. After a break the amplifier settles through the same
few values in every trace, a sample each: such a peak is no plateau."""

_LEAST_BINS = 9
_AT_A_TIME = 20
_ONE_SIGMA = (15.865, 84.135)  # percentiles


@dataclass(frozen=True, eq=False)
class Stretch:
    """The stretch of a histogram that is fitted, as counts per bin and trace."""

    x: FloatArray  # (n,), coordinates of bins
    traces: FloatArray  # (n_traces, n)
    mean: FloatArray  # (n,)

    @classmethod
    def around(cls, histogram: Histogram, low: float, high: float) -> Self:
        """Bins with centres in a range of the coordinate, and at least nine."""
        x = histogram.axis.coordinates
        first, last = (int(i) for i in np.searchsorted(x, [low, high]))
        missing = max(0, _LEAST_BINS - (last - first))
        first, last = max(0, first - (missing + 1) // 2), min(x.size, last + missing // 2)
        traces = histogram.traces[:, first:last].astype(float)
        return cls(x[first:last], traces, traces.sum(axis=0) / max(len(traces), 1))

    def inside(self, low: float, high: float) -> NDArray[np.bool_]:
        """Bins in a window of the coordinate; the nine nearest to its middle if it holds fewer."""
        inside: NDArray[np.bool_] = (self.x >= low) & (self.x <= high)
        if inside.sum() < _LEAST_BINS:
            inside[np.argsort(np.abs(self.x - (low + high) / 2.0), kind="stable")[:_LEAST_BINS]] = True
        return inside

    def traces_in(self, inside: NDArray[np.bool_]) -> int:
        """Number of traces with a sample in these bins."""
        return int(np.count_nonzero(self.traces[:, inside].any(axis=1)))

    def dwell(self, fit: GaussianFits) -> float:
        """Mean number of samples within two sigma of the centre, in the traces that have any; 0 if none has."""
        counts = self.traces[:, np.abs(self.x - fit.centre) <= 2.0 * fit.sigma].sum(axis=1)
        return float(counts[counts > 0.0].mean()) if counts.any() else 0.0

    def resampled(self, resamples: int, rng: np.random.Generator) -> FloatArray:
        """Means over as many traces drawn with replacement, shape (resamples, n)."""
        n = len(self.traces)
        means = np.empty((resamples, self.x.size))
        for first in range(0, resamples, _AT_A_TIME):  # all at once would take 100 MB for 10 000 traces
            many = min(_AT_A_TIME, resamples - first)
            drawn = rng.integers(n, size=(many, n)) + n * np.arange(many)[:, None]
            times = np.bincount(drawn.ravel(), minlength=many * n).reshape(many, n)
            means[first : first + many] = times.astype(float) @ self.traces / n
        return means

    def reduced_chi2(self, fit: GaussianFits, inside: NDArray[np.bool_]) -> float:
        """Mean square of the residuals over each bin's squared standard error; NaN without degrees of
        freedom.
        """
        variance = (
            self.traces.var(axis=0, ddof=1) / len(self.traces) if len(self.traces) > 1 else 0.0 * self.x
        )
        used = inside & (variance > 0.0)
        freedom = np.count_nonzero(used) - 3 - fit.background.shape[1]
        if freedom <= 0:
            return float("nan")
        residual = self.mean - fit.curve(self.x)[0][0]
        return float(np.sum(residual[used] ** 2 / variance[used]) / freedom)


def fit_from_nine(
    stretch: Stretch, candidate: Candidate, terms: int, inside: NDArray[np.bool_]
) -> GaussianFits:
    """Fits from nine starts: where and as wide as guessed, a sigma aside, half and twice as wide."""
    shifts, factors = np.array(list(product((-1.0, 0.0, 1.0), (0.5, 1.0, 2.0)))).T
    start = candidate.centre + shifts * candidate.sigma, factors * candidate.sigma
    y = np.tile(stretch.mean, (shifts.size, 1))
    return fit_gaussians(stretch.x, y, start, terms, inside, least_sigma(candidate))


def least_sigma(candidate: Candidate) -> float:
    """A fifth of the guessed width: what is narrower is a spike on the peak, the plateau of a single trace."""
    return candidate.sigma / 5.0


def best(fits: GaussianFits) -> GaussianFits:
    """The good fit with the least sum of squares; if none is good, the best of those that are no dips."""
    for acceptable in (fits.good, fits.amplitude > 0.0):
        if acceptable.any():
            return fits[int(np.argmin(np.where(acceptable, fits.cost, np.inf)))]
    return fits[int(np.argmin(fits.cost))]


def settled_window(stretch: Stretch, candidate: Candidate, terms: int) -> tuple[float, float]:
    """Where to fit: the middle reach to either side, within the candidate's own; a wider one if that gives no
    fit.

    The peak is first as wide as guessed, then as fitted.
    """
    guess = candidate.centre, candidate.sigma
    for reach in (REACHES[1], REACHES[2]):
        inside = stretch.inside(*_window(candidate, *guess, reach, reach))
        fit = best(fit_from_nine(stretch, candidate, terms, inside))
        if fit.good[0]:
            return _window(candidate, float(fit.centre[0]), float(fit.sigma[0]), reach, reach)
    return _window(candidate, *guess, REACHES[1], REACHES[1])


def variants(stretch: Stretch, candidate: Candidate, fit: GaussianFits) -> tuple[FloatArray, int]:
    """Centres of the same peak in nine windows on three backgrounds, and how many of those were tried.

    Left out are fits that fail, or describe something else: a Gaussian that its window cannot hold, or a
    spike.
    """
    centre, sigma = float(fit.centre[0]), float(fit.sigma[0])
    windows = [_window(candidate, centre, sigma, *reaches) for reaches in product(REACHES, REACHES)]
    inside = np.array([stretch.inside(*window) for window in windows])
    y = np.tile(stretch.mean, (len(windows), 1))
    least = least_sigma(candidate)
    fits = [fit_gaussians(stretch.x, y, (centre, sigma), terms, inside, least) for terms in range(3)]
    held = np.array([(high - low) / 2.0 for low, high in windows])
    centres = [f.centre[f.good & (f.sigma < held)] for f in fits]
    return np.concatenate(centres), 3 * len(windows)


def _window(
    candidate: Candidate, centre: float, sigma: float, left: float, right: float
) -> tuple[float, float]:
    return max(candidate.low, centre - left * sigma), min(candidate.high, centre + right * sigma)


@dataclass(frozen=True, eq=False)
class Evidence:
    """Everything on which the verdict over one fit rests, in the axis' coordinate.

    Parameters
    ----------
    candidate : Candidate
        What was to be fitted.
    step : float
        Width of a bin.
    window : tuple of float
    n_traces : int
        Traces with a sample in the window.
    dwell : float
        Mean number of samples that such a trace has in the peak.
    fit, starts, boot : GaussianFits
        The fit (one), those from other starts, those to resampled traces (none if the fit itself failed).
    centres : ndarray
        Of the fits with other windows and backgrounds that went well, out of ``tried``.
    tried : int
    """

    candidate: Candidate
    step: float
    window: tuple[float, float]
    n_traces: int
    dwell: float
    fit: GaussianFits
    starts: GaussianFits
    boot: GaussianFits
    centres: FloatArray
    tried: int

    @property
    def interval(self) -> tuple[float, float]:
        """Central 68 % of the bootstrap's centres; NaN if hardly a resample could be fitted."""
        good = self.boot.centre[self.boot.good]
        if good.size < 10:
            return float("nan"), float("nan")
        lower, upper = np.percentile(good, _ONE_SIGMA)
        return float(lower), float(upper)

    @property
    def range(self) -> tuple[float, float]:
        """Lowest and highest centre over windows and backgrounds, the fit itself included."""
        centres = np.append(self.centres, self.fit.centre)
        return float(centres.min()), float(centres.max())

    @property
    def background_at_peak(self) -> float:
        """Height of the background under the centre, counts per bin and trace."""
        return float(self.fit.curve(self.fit.centre)[1][0, 0])

    def doubts(self) -> tuple[str, ...]:
        """Why the fit is not to be trusted; empty if it is."""
        return tuple(self._doubts_about_fit()) + tuple(self._doubts_about_errors())

    def _doubts_about_fit(self) -> Iterator[str]:
        centre, sigma, amplitude = (
            float(v[0]) for v in (self.fit.centre, self.fit.sigma, self.fit.amplitude)
        )
        low, high = self.window
        if self.candidate.significance < SIGNIFICANT:
            yield f"the peak stands out by only {self.candidate.significance:.1f} standard errors"
        if not amplitude > 0.0:
            yield "the fit is a dip, not a peak"
        elif not self.fit.good[0]:
            yield "the fit did not settle: centre or width ran to the edge of its window"
        if sigma > (high - low) / 2.0:
            yield "the peak is wider than its window"
        elif not low + sigma / 2.0 < centre < high - sigma / 2.0:
            yield "the centre is at the edge of its window"
        if sigma < self.step:
            yield "the peak is narrower than the bins resolve"
        if abs(centre - self.candidate.centre) > max(sigma, self.candidate.sigma):
            yield "false minimum: the fitted centre is not where the histogram has its maximum"
        elif self._other_minimum():
            yield "false minimum possible: another start fits as well with another centre"
        if self.dwell < LEAST_DWELL:
            yield f"no plateau: traces pass through in {self.dwell:.1f} samples on average"
        if amplitude < 0.2 * self.background_at_peak:
            yield "the background dominates: the peak stands less than a fifth of it above"

    def _other_minimum(self) -> bool:
        good = self.starts.good & (self.starts.cost < 1.05 * self.fit.cost[0])
        return bool(np.any(np.abs(self.starts.centre - self.fit.centre[0])[good] > self.fit.sigma[0]))

    def _doubts_about_errors(self) -> Iterator[str]:
        sigma = float(self.fit.sigma[0])
        lower, upper = self.interval
        lowest, highest = self.range
        if self.n_traces < LEAST_TRACES:
            yield f"only {self.n_traces} traces have a sample in the window"
        if not self.boot.good.size:
            return
        if self.boot.good.mean() < 0.8:
            yield f"{1.0 - self.boot.good.mean():.0%} of the resampled histograms give no fit"
        elif upper - lower > 2.0 * sigma:
            yield "the statistical uncertainty exceeds the width of the peak"
        elif np.percentile(self.boot.amplitude, 2.5) < 0.0:
            yield "the height of the peak is within two standard errors of zero"
        if self.centres.size < self.tried / 2:
            yield f"only {self.centres.size} of {self.tried} windows and backgrounds give such a peak"
        elif (highest - lowest) / 2.0 > sigma:
            yield "the centre depends on window and background by more than the width of the peak"
        elif highest - lowest > max(sigma, 10.0 * (upper - lower)):
            yield "the centre depends on window and background by many times its statistical uncertainty"
