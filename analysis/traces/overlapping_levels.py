"""Levels of a logarithmic histogram: position of a maximum, fitted as one level and as two that overlap.

A Gaussian, a peak that leans, and two Gaussians, each on a common background, are fitted to the histogram and to
bootstrap resamples of its traces. Each fit to a resample is scored by its squared error on the traces that were not
drawn. The richer of two fits is dropped if it wins in few resamples, the simpler one if it loses in nearly all; in
between the data do not decide, both are possible, and the interval covers both. So the Gaussian is compared with the
peak that leans, and this single level with two Gaussians. (One peak on two merged levels is off by many times its
error, and two on one level are as bad: coverage in docs/explanation/validation.md.) If the possible fits put the level
at the same place within their errors, the choice does not matter.

Few traces do not show if a level leans: that a Gaussian wins there is no evidence for it, and its maximum may be off.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatArray
from analysis.traces.histogram import Histogram
from analysis.traces.mixture import MOST_LEAN, Mixtures, fit_mixtures
from analysis.traces.peak_finder import SIGNIFICANT, PeakCandidate

HALF_RANGES = (1.0, 1.5, 2.0)
"""Decades to either side of a maximum that are fitted together. The middle value is the default."""

SIGMAS = (0.06, 0.8)
"""Least and largest width of a level, in decades; less than the least where bins are finer."""

ONE, TWO = 0.4, 0.9
"""Shares of the resamples won by two Gaussians: below the first, one level; above the second, two."""

UPRIGHT, LEANING = 0.5, 0.7
"""Shares of the resamples won by a peak that leans: below the first, a Gaussian; above the second, it leans."""

MOST_LEAN_ERROR = 0.3
"""Standard deviation of the lean in the resamples, at most: beyond, they lean either way, about as far as they can."""

MOST_AT_BOUND = 0.5
"""Share of the resamples, at most, that lean as far as they can."""

_GAUSSIAN, _LEANING, _TWO = range(3)
_BIN = 0.05  # decades; less for a narrow level
_LEAST_SIGMA = 1.2  # of a bin
_NARROW = 2.0  # bins in the width of a level, at least, where the histogram has them
_LEAST_BINS = 16
_VISIBLE = 0.1  # of the highest component: a smaller one is not a level
_AT_A_TIME = 20
_ONE_SIGMA = (15.865, 84.135)  # percentiles


@dataclass(frozen=True, eq=False)
class Levels:
    """The level at a maximum, in decades.

    Parameters
    ----------
    fit : Mixtures
        One fit (a batch of one): the simplest that is possible.
    which : int
        Index of the peak that is the level.
    share_of_two : float
        Share of the resamples that two Gaussians describe better than one peak.
    intervals : tuple of tuple of float
        68 % interval, the centre plus and minus its error, of a Gaussian, a peak that leans, and two Gaussians.
    possible : tuple of int
        Indices of those that the data allow, the simplest first.
    leans : ndarray
        Lean of the peak that leans in the resamples.
    amplitudes : ndarray
        Height of the level in the resamples.
    centres : ndarray
        Centre of the level in the possible fits with other windows and backgrounds that show it.
    tried : int
        Number of those fits, with those that do not show it.
    sigmas : tuple of float
        Bounds of the width.
    """

    fit: Mixtures
    which: int
    share_of_two: float
    intervals: tuple[tuple[float, float], ...]
    possible: tuple[int, ...]
    leans: FloatArray
    amplitudes: FloatArray
    centres: FloatArray
    tried: int
    sigmas: tuple[float, float]

    @property
    def interval(self) -> tuple[float, float]:
        """68 % interval: the union of those of the possible fits."""
        lows, highs = zip(*(self.intervals[fit] for fit in self.possible), strict=True)
        return min(lows), max(highs)

    @property
    def undecided(self) -> bool:
        """True if one level and two are both possible and differ in its position."""
        return _TWO in self.possible and self._apart(self.possible)

    @property
    def skewness_known(self) -> bool:
        """False if a single level is possible, and the traces do not show if or how far it leans.

        Where a Gaussian is possible, a peak that leans has to put the level at the same place, even if it loses.
        """
        if self.possible == (_TWO,) or not self.leans.size:
            return True
        if self.leans.std() > MOST_LEAN_ERROR or np.mean(np.abs(self.leans) >= MOST_LEAN) > MOST_AT_BOUND:
            return False
        return _GAUSSIAN not in self.possible or not self._apart((_GAUSSIAN, _LEANING))

    def _apart(self, fits: Sequence[int]) -> bool:
        """Return True if these fits differ in the position of the level by more than the smallest of their errors."""
        intervals = np.array([self.intervals[fit] for fit in fits])
        return bool(np.ptp(intervals.mean(axis=1)) > np.diff(intervals).min() / 2.0)

    @property
    def parameters(self) -> int:
        """Number of fitted parameters."""
        return (1 + len(_place(self.fit))) * self.fit.centre.shape[1] + self.fit.background.shape[1]

    @property
    def least_amplitude(self) -> float:
        """Height that 97.5 % of the resamples exceed; NaN without any."""
        return float(np.percentile(self.amplitudes, 2.5)) if self.amplitudes.size else float("nan")

    @property
    def centre(self) -> FloatArray:
        """Middle of the interval, shape (1,)."""
        return np.array([sum(self.interval) / 2.0])

    @property
    def sigma(self) -> FloatArray:
        """Width of the level, shape (1,)."""
        return self.fit.sigma[:, self.which]

    @property
    def amplitude(self) -> FloatArray:
        """Height of the level above everything else, shape (1,)."""
        return self.fit.amplitude[:, self.which]

    def curve(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the whole fit and the fit without the level, at ``x`` (n,): two arrays (1, n)."""
        parts = self.fit.curves(np.asarray(x, dtype=float))
        whole = parts.sum(axis=1)
        return whole, whole - parts[:, self.which]


@dataclass(frozen=True, eq=False)
class Range:
    """A stretch of a histogram in coarse bins, counts per bin of the histogram and trace."""

    x: FloatArray  # (n,), decades
    traces: FloatArray  # (n_traces, n)

    @classmethod
    def of(cls, histogram: Histogram, low: float, high: float, width: float = _BIN) -> "Range":
        """Cut the range out of a histogram, in at least sixteen bins of about ``width`` decades."""
        axis = histogram.axis
        first, last = (int(i) for i in np.searchsorted(axis.coordinates, [low, high]))
        missing = max(0, _LEAST_BINS - (last - first))
        first, last = max(0, first - (missing + 1) // 2), min(axis.bins, last + missing // 2)
        merged = max(1, min(round(width / axis.step), (last - first) // _LEAST_BINS))
        n = (last - first) // merged
        shape = (n, merged)
        stop = first + n * merged
        traces = histogram.traces[:, first:stop].reshape(-1, *shape).mean(axis=2)
        return cls(axis.coordinates[first:stop].reshape(shape).mean(axis=1), traces)

    @property
    def sigmas(self) -> tuple[float, float]:
        """Least and largest width of a level that is fitted, in decades."""
        return min(SIGMAS[0], _LEAST_SIGMA * float(self.x[1] - self.x[0])), SIGMAS[1]

    def resampled(self, resamples: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        """Return means over traces drawn with replacement, and over those not drawn, each (resamples, n)."""
        n = len(self.traces)
        drawn, left = (np.empty((resamples, self.x.size)) for _ in range(2))
        for first in range(0, resamples, _AT_A_TIME):
            many = slice(first, min(first + _AT_A_TIME, resamples))
            times = rng.multinomial(n, np.full(n, 1.0 / n), size=many.stop - first)
            out = times == 0
            drawn[many] = times.astype(float) @ self.traces / n
            left[many] = out.astype(float) @ self.traces / np.maximum(out.sum(axis=1, keepdims=True), 1)
        return drawn, left


def ranges(candidates: Sequence[PeakCandidate], low: float, high: float) -> list[tuple[float, float]]:
    """Return the range fitted around each candidate: it includes its nearest neighbour, but no third maximum."""
    ranges_of_candidates = []
    for candidate in candidates:
        centre = candidate.centre
        first, last = max(low, centre - HALF_RANGES[-1]), min(high, centre + HALF_RANGES[-1])
        others = [c for c in candidates if c is not candidate and c.significance >= SIGNIFICANT]
        for other in sorted(others, key=lambda c: abs(c.centre - centre))[1:]:
            if other.centre < centre:
                first = max(first, other.high)
            else:
                last = min(last, other.low)
        ranges_of_candidates.append((first, last))
    return ranges_of_candidates


def level_at(
    histogram: Histogram,
    maximum: float,
    neighbours: Sequence[float],
    within: tuple[float, float],
    terms: int,
    resamples: int,
    rng: np.random.Generator,
    sigma: float = SIGMAS[1],
) -> Levels:
    """Locate the level at a maximum of a logarithmic histogram.

    Parameters
    ----------
    histogram : Histogram
    maximum : float
        In decades.
    neighbours : sequence of float
        Other maxima, where a second Gaussian may start.
    within : tuple of float
        Range of the fit, in decades.
    terms : int
        Number of terms of the background: 0 none, 1 constant, 2 sloping.
    resamples : int
    rng : Generator
    sigma : float
        Guessed width of the level, in decades: a narrow one is fitted in finer bins.
    """
    whole = Range.of(histogram, *within, min(_BIN, sigma / _NARROW))
    near = np.abs(whole.x - maximum) <= HALF_RANGES[1]
    part = Range(whole.x[near], whole.traces[:, near]) if near.sum() >= _LEAST_BINS else whole
    near_by = [other for other in neighbours if part.x[0] < other < part.x[-1]]
    fits = [_best(part, start, terms) for start in _starts(maximum, near_by, sigma)]
    drawn, left = part.resampled(resamples, rng)
    boots = [_refit(part, drawn, fit, terms) for fit in fits]
    errors = [np.sum((boot.curves(part.x).sum(axis=1) - left) ** 2, axis=1) for boot in boots]
    intervals = [_interval(fit, boot, maximum) for fit, boot in zip(fits, boots, strict=True)]
    share_of_two, possible = _vote(*errors)
    chosen = possible[0]
    centres, n = _variants(whole, [fits[each] for each in possible], maximum)
    return Levels(
        fits[chosen],
        int(_nearest(fits[chosen], maximum)[0]),
        share_of_two,
        tuple(intervals),
        possible,
        boots[_LEANING].lean[:, 0],
        _pick(boots[chosen].amplitude, _nearest(boots[chosen], maximum)),
        centres,
        n,
        part.sigmas,
    )


def _vote(*errors: FloatArray) -> tuple[float, tuple[int, ...]]:
    """Return the share won by two Gaussians, and which fits are possible, from their errors in each resample."""
    gaussian, leaning, two = errors
    if not gaussian.size:
        return 0.0, (_GAUSSIAN,)
    share = float(np.mean(leaning < gaussian))
    single = [_GAUSSIAN] * (share <= LEANING) + [_LEANING] * (share >= UPRIGHT)
    share = float(np.mean(two < errors[single[-1]]))
    return share, (*single * (share <= TWO), *[_TWO] * (share >= ONE))


def _starts(maximum: float, neighbours: Sequence[float], sigma: float) -> list[tuple[FloatArray, ...]]:
    """Return starts for one peak (at the maximum) and for two (a second to either side and at other maxima)."""
    widths = np.array([0.15, 0.25, 0.4, 0.6])
    if sigma < widths[0]:
        widths[-1] = sigma
    one = np.full((4, 1), maximum), widths[:, None]
    second = np.append(maximum + np.array([0.5, -0.5, 0.9, -0.9]), neighbours)
    two = np.stack([np.full(second.size, maximum), second], axis=1), np.full((second.size, 2), 0.25)
    two[1][4:] = 0.15  # a separate maximum is narrow
    return [one, (*one, np.zeros((4, 1))), two]


def _best(part: Range, start: tuple[FloatArray, ...], terms: int) -> Mixtures:
    mean = np.tile(part.traces.mean(axis=0), (len(start[0]), 1))
    fits = fit_mixtures(part.x, mean, start, part.sigmas, terms)
    upright = (fits.amplitude > 0.0).all(axis=1)  # a dip is not a level
    return fits[int(np.argmin(np.where(upright, fits.cost, np.inf) if upright.any() else fits.cost))]


def _refit(part: Range, y: FloatArray, fit: Mixtures, terms: int) -> Mixtures:
    y, which = np.unique(y, axis=0, return_inverse=True)  # resamples of few traces are often the same
    start = tuple(np.repeat(part, len(y), axis=0) for part in _place(fit))
    return fit_mixtures(part.x, y, start, part.sigmas, terms)[which]


def _place(fit: Mixtures) -> tuple[FloatArray, ...]:
    """Return centres and widths of a fit, and its leans if there are any."""
    return (fit.centre, fit.sigma, fit.lean) if fit.lean.any() else (fit.centre, fit.sigma)


def _nearest(fits: Mixtures, maximum: float) -> NDArray[np.intp]:
    """Return the index of the Gaussian at the maximum in each fit: the nearest of the visible ones."""
    visible = fits.amplitude > _VISIBLE * fits.amplitude.max(axis=1, keepdims=True)
    return np.argmin(np.where(visible, np.abs(fits.centre - maximum), np.inf), axis=1)


def _pick(values: FloatArray, which: NDArray[np.intp]) -> FloatArray:
    return values[np.arange(len(values)), which]


def _interval(fit: Mixtures, boot: Mixtures, maximum: float) -> tuple[float, float]:
    """Return the centre plus and minus its error: the larger of standard deviation and half the central 68 %."""
    centre = float(_pick(fit.centre, _nearest(fit, maximum))[0])
    centres = _pick(boot.centre, _nearest(boot, maximum))
    if centres.size < 2:
        return float("nan"), float("nan")
    low, high = np.percentile(centres, _ONE_SIGMA)
    error = max(float(centres.std(ddof=1)), float(high - low) / 2.0)
    return centre - error, centre + error


def _variants(whole: Range, fits: Sequence[Mixtures], maximum: float) -> tuple[FloatArray, int]:
    """Return the centres of the level in nine windows on three backgrounds, and the number of fits tried.

    Fits that do not show it are left out: no height, or farther off than its width.
    """
    sides = list(product(HALF_RANGES, HALF_RANGES))
    inside = np.array([(whole.x >= maximum - left) & (whole.x <= maximum + right) for left, right in sides])
    mean, least = whole.traces.mean(axis=0), inside.sum(axis=1).min()
    centres, tried = [], 0
    for fit in fits:
        place = _place(fit)
        terms = np.flatnonzero((1 + len(place)) * fit.centre.shape[1] + np.arange(3) <= least)
        if not terms.size:
            continue
        n = terms.size * len(sides)
        start = tuple(np.repeat(part, n, axis=0) for part in place)
        windows = np.tile(inside, (terms.size, 1))
        refit = fit_mixtures(
            whole.x, np.tile(mean, (n, 1)), start, whole.sigmas, np.repeat(terms, len(sides)), windows
        )
        which = _nearest(refit, maximum)
        centre, sigma, height = (_pick(v, which) for v in (refit.centre, refit.sigma, refit.amplitude))
        present = (
            (height > 0.0)
            & (np.abs(centre - maximum) <= np.maximum(sigma, whole.sigmas[0]))
            & (sigma < SIGMAS[1])
        )
        centres.append(centre[present])
        tried += n
    return np.concatenate(centres) if centres else np.empty(0), tried
