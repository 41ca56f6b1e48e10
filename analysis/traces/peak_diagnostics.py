"""Evidence for one peak of a histogram: the fit, other starts, a bootstrap, other windows and backgrounds."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Self

import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatArray
from analysis.sliding import gaussian_mean
from analysis.traces.gaussian import GaussianFits, fit_gaussians
from analysis.traces.histogram import BinAxis, Histogram, Scale
from analysis.traces.histogram_stretch import HistogramStretch, PeakShape
from analysis.traces.peak_finder import SIGNIFICANT, PeakCandidate

REACHES = (2.5, 4.0, 7.0)
"""Reasonable windows: this many sigma to either side. The middle value is the default."""

LEAST_TRACES = 20
"""With fewer traces behind a peak a bootstrap over them means little."""

LEAST_DWELL = 2.0
"""Mean number of samples that a trace must spend in a peak. After a break the amplifier settles through the same
few values in every trace, one sample each: that peak is not a plateau."""

WIDEST = 0.5
"""Standard deviation in decades above which a hump is not the level of one kind of junction."""

_ONE_SIGMA = (15.865, 84.135)  # percentiles


def fit_from_nine(
    stretch: HistogramStretch, candidate: PeakCandidate, terms: int, inside: NDArray[np.bool_]
) -> GaussianFits:
    """Fit from nine starts: at the guessed centre and a sigma to either side; as wide as guessed, half and twice as
    wide.
    """
    shifts, factors = np.array(list(product((-1.0, 0.0, 1.0), (0.5, 1.0, 2.0)))).T
    start = candidate.centre + shifts * candidate.sigma, factors * candidate.sigma
    y = np.tile(stretch.mean, (shifts.size, 1))
    return fit_gaussians(stretch.x, y, start, terms, inside, least_sigma(candidate))


def least_sigma(candidate: PeakCandidate) -> float:
    """Return a fifth of the guessed width: anything narrower is a spike on the peak, the plateau of a single trace."""
    return candidate.sigma / 5.0


def best(fits: GaussianFits) -> GaussianFits:
    """Return the good fit with the least sum of squares; if none is good, the best one with positive height."""
    for acceptable in (fits.good, fits.amplitude > 0.0):
        if acceptable.any():
            return fits[int(np.argmin(np.where(acceptable, fits.cost, np.inf)))]
    return fits[int(np.argmin(fits.cost))]


def settled_window(
    stretch: HistogramStretch, candidate: PeakCandidate, terms: int
) -> tuple[tuple[float, float], GaussianFits]:
    """Return the window of the fit, and the fits from nine starts in it.

    The window reaches by the middle of `REACHES` to either side, within the candidate's range; farther if no fit
    succeeds. It is set by the guessed width, then by the fitted one.
    """
    fitted: dict[bytes, GaussianFits] = {}  # several windows often hold the same bins

    def starts(window: tuple[float, float]) -> GaussianFits:
        inside = stretch.inside(*window)
        key = inside.tobytes()
        if key not in fitted:
            fitted[key] = fit_from_nine(stretch, candidate, terms, inside)
        return fitted[key]

    guess = candidate.centre, candidate.sigma
    for reach in (REACHES[1], REACHES[2]):
        fit = best(starts(_window(candidate, *guess, reach, reach)))
        if fit.good[0]:
            window = _window(candidate, float(fit.centre[0]), float(fit.sigma[0]), reach, reach)
            return window, starts(window)
    window = _window(candidate, *guess, REACHES[1], REACHES[1])
    return window, starts(window)


def variants(
    stretch: HistogramStretch, candidate: PeakCandidate, fit: GaussianFits
) -> tuple[FloatArray, int]:
    """Return the centres of the same peak in nine windows on three backgrounds, and the number of fits tried.

    Fits that fail or describe something else are left out: a Gaussian wider than its window, or a spike.
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


def chosen_anew(
    stretch: HistogramStretch, candidate: PeakCandidate, terms: int, resampled: FloatArray
) -> GaussianFits:
    """Fit each resample around its own maximum, in a window set by the guessed width, then by the fitted one.

    With the window of the whole set the bootstrap would miss the variation that comes from the choice of window.
    """
    smooth = gaussian_mean(resampled, max(candidate.sigma / 2.0 / (stretch.x[1] - stretch.x[0]), 1.0))
    near = np.abs(stretch.x - candidate.centre) <= 2.0 * candidate.sigma
    places = stretch.x[near] if near.any() else stretch.x
    centre = places[np.argmax(smooth[:, near] if near.any() else smooth, axis=1)]
    sigma = np.full(len(resampled), candidate.sigma)
    for _ in range(2):
        low = np.maximum(candidate.low, centre - REACHES[1] * sigma)
        high = np.minimum(candidate.high, centre + REACHES[1] * sigma)
        inside = stretch.inside_each(low, high)
        fits = fit_gaussians(stretch.x, resampled, (centre, sigma), terms, inside, least_sigma(candidate))
        centre, sigma = np.where(fits.good, fits.centre, centre), np.where(fits.good, fits.sigma, sigma)
    return fits


def flank_seen(histogram: Histogram, fit: PeakShape) -> bool:
    """Return True if the counts above the peak fall by half its height within the measured range."""
    if np.isinf(histogram.top):
        return True
    axis = histogram.axis
    width = 0.05 if axis.scale is Scale.LOG else 0.02
    smooth = gaussian_mean(histogram.counts_per_trace, width / axis.step)
    above = (axis.coordinates > fit.centre) & (axis.coordinates < histogram.top - 3.0 * width)
    if not above.any():
        return False
    under = float(fit.curve(fit.centre)[1][0, 0])
    return bool(smooth[above].min() - under < 0.5 * fit.amplitude[0])


def other_minimum(fit: GaussianFits, starts: GaussianFits) -> bool:
    """Return True if another start fits nearly as well with another centre."""
    good = starts.good & (starts.cost < 1.05 * fit.cost[0])
    return bool(np.any(np.abs(starts.centre - fit.centre[0])[good] > fit.sigma[0]))


def _window(
    candidate: PeakCandidate, centre: float, sigma: float, left: float, right: float
) -> tuple[float, float]:
    return max(candidate.low, centre - left * sigma), min(candidate.high, centre + right * sigma)


@dataclass(frozen=True)
class Resamples:
    """Results of the bootstrap: 68 % interval of the centre (NaN with fewer than ten fits), share of the resamples
    that gave a fit, and height that 97.5 % of them exceed (both NaN without a bootstrap).
    """

    interval: tuple[float, float]
    fitted: float
    least_amplitude: float

    @classmethod
    def of(cls, boot: GaussianFits) -> Self:
        """Take the central 68 % of the centres."""
        if not boot.good.size:
            return cls((float("nan"), float("nan")), float("nan"), float("nan"))
        share, least = float(boot.good.mean()), float(np.percentile(boot.amplitude, 2.5))
        if boot.good.sum() < 10:
            return cls((float("nan"), float("nan")), share, least)
        lower, upper = np.percentile(boot.centre[boot.good], _ONE_SIGMA)
        return cls((float(lower), float(upper)), share, least)


SKEWNESS_UNKNOWN = "the traces do not show how skewed the level is, so its maximum may lie elsewhere"
"""Doubt about a fraction of the width of a level, as good as any other in everything else."""


@dataclass(frozen=True, eq=False)
class PeakDiagnostics:
    """Diagnostics of one fit on which its verdict rests, in the coordinate of the axis.

    Parameters
    ----------
    candidate : Candidate
        Peak to be fitted.
    axis : Axis
    window : tuple of float
    n_traces : int
        Traces with a sample in the window.
    dwell : float
        Mean number of samples of these traces in the peak.
    fit : Shape
    settled : bool
        The fit converged with centre and width inside their bounds.
    other_minimum : bool
        Another start gives another peak that fits as well.
    resamples : Resamples
    centres : ndarray
        Centres of the successful fits with other windows and backgrounds, out of ``tried``.
    tried : int
    top : float
        Highest conductance measured; infinite if unknown.
    flank_seen : bool
        The counts above the peak fall within the measured range.
    undecided : bool
        One level and two that overlap are both possible.
    skewness_known : bool
        False if a level may be skewed, and the traces do not show by how much.
    """

    candidate: PeakCandidate
    axis: BinAxis
    window: tuple[float, float]
    n_traces: int
    dwell: float
    fit: PeakShape
    settled: bool
    other_minimum: bool
    resamples: Resamples
    centres: FloatArray
    tried: int
    top: float
    flank_seen: bool
    undecided: bool
    skewness_known: bool

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
        """Return the reasons not to trust the fit; empty if there are none."""
        return (*self._doubts_about_place(), *self._doubts_about_fit(), *self._doubts_about_errors())

    @property
    def _numbers(self) -> tuple[float, float, float]:
        fit = self.fit
        return float(fit.centre[0]), float(fit.sigma[0]), float(fit.amplitude[0])

    def _doubts_about_place(self) -> Iterator[str]:
        centre, sigma, _ = self._numbers
        if self.undecided:
            yield "one level or two: the data do not decide, and the interval covers both"
        if not self.skewness_known:
            yield SKEWNESS_UNKNOWN
        if centre + 2.0 * sigma > self.top or not self.flank_seen:
            top = float(self.axis.value(self.top))
            yield f"cut off: nothing was measured above {top:.2g} G0, so the upper flank is missing"
        if self.axis.scale is Scale.LOG and sigma > WIDEST:
            yield f"wider than a decade (sigma {sigma:.1f} decades): not the level of one junction"

    def _doubts_about_fit(self) -> Iterator[str]:
        centre, sigma, amplitude = self._numbers
        low, high = self.window
        if self.candidate.significance < SIGNIFICANT:
            yield f"the peak stands out by only {self.candidate.significance:.1f} standard errors"
        if not amplitude > 0.0:
            yield "the fit is a dip, not a peak"
        elif not self.settled:
            yield "the fit did not converge: centre or width ran to the edge of its window"
        if sigma > (high - low) / 2.0:
            yield "the peak is wider than its window"
        elif not low + sigma / 2.0 < centre < high - sigma / 2.0:
            yield "the centre is at the edge of its window"
        if sigma < self.axis.step:
            yield "the peak is narrower than the bins resolve"
        if abs(centre - self.candidate.centre) > max(sigma, self.candidate.sigma):
            yield "false minimum: the fitted centre is not at the maximum of the histogram"
        elif self.other_minimum:
            yield "false minimum possible: another start fits as well with another centre"
        if self.dwell < LEAST_DWELL:
            yield f"no plateau: traces pass through it in {self.dwell:.1f} samples on average"
        if amplitude < 0.2 * self.background_at_peak:
            yield "the background dominates: the peak rises above it by less than a fifth"

    def _doubts_about_errors(self) -> Iterator[str]:
        _, sigma, _ = self._numbers
        lower, upper = self.resamples.interval
        lowest, highest = self.range
        if self.n_traces < LEAST_TRACES:
            yield f"only {self.n_traces} traces have a sample in the window"
        if np.isnan(self.resamples.fitted):
            return
        if self.resamples.fitted < 0.8:
            yield f"{1.0 - self.resamples.fitted:.0%} of the resampled histograms give no fit"
        elif upper - lower > 2.0 * sigma:
            yield "the statistical uncertainty exceeds the width of the peak"
        elif self.resamples.least_amplitude < 0.0:
            yield "the height of the peak is within two standard errors of zero"
        if self.centres.size < self.tried / 2:
            yield f"only {self.centres.size} of {self.tried} windows and backgrounds give this peak"
        elif (highest - lowest) / 2.0 > sigma:
            yield "the centre depends on window and background by more than the width of the peak"
        elif highest - lowest > max(sigma, 10.0 * (upper - lower)):
            yield "the centre depends on window and background by many times its statistical uncertainty"
