"""Candidate peaks of a histogram: maxima that stand out by more than the differences between traces."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatArray
from analysis.sliding import gaussian_mean
from analysis.traces.histogram import BinAxis, CountArray, Histogram, Scale
from analysis.traces.maxima import Maximum, maxima

WORTH_REPORTING = 2.5
"""A maximum is fitted if it stands above the ground on both sides by this many standard errors."""

SIGNIFICANT = 3.0
"""Standard errors from which a maximum is more than the highest of many random bumps."""

_SMOOTHINGS = {Scale.LINEAR: (0.02, 0.04, 0.08), Scale.LOG: (0.04, 0.08, 0.16)}
_NEARBY = (
    16.0  # the ground is sought within this many widths: beyond, even the highest random bump stands out
)
_AT_ONCE = 512
"""Traces whose counts are floats at a time."""
_FWHM = 2.0 * np.sqrt(2.0 * np.log(2.0))


@dataclass(frozen=True)
class PeakCandidate:
    """A peak before it is fitted, in the coordinate of its axis (G in G0, or log10 of it).

    Parameters
    ----------
    centre, sigma : float
        Of the smoothed maximum; sigma from its half width.
    low, high : float
        Range of the peak: to the lowest ground between it and its neighbours.
    significance : float
        Height over the higher of the two grounds in standard errors of that difference, from trace to trace.
    """

    centre: float
    sigma: float
    low: float
    high: float
    significance: float


def find_candidates(
    histogram: Histogram, low_G0: float, high_G0: float, significance: float = WORTH_REPORTING
) -> tuple[PeakCandidate, ...]:
    """Return the maxima worth reporting between two conductances, in rising order.

    Their ranges end at the lower conductance, and at the highest conductance measured.
    The histogram is smoothed by three widths (0.02 to 0.08 G0, or 0.04 to 0.16 decades), because a wide peak of
    few traces is rugged on a fine scale and a narrow one vanishes on a coarse one. Of maxima that overlap, the
    most significant is kept and described on the finest scale on which it is nearly as significant.
    """
    axis = histogram.axis
    low, high = (float(x) for x in axis.coordinate([low_G0, high_G0]))
    found = [c for width in _SMOOTHINGS[axis.scale] for c in _maxima(histogram, width)]
    chosen: list[PeakCandidate] = []
    for candidate in sorted(found, key=lambda c: -c.significance):
        edge = candidate.sigma / 2.0
        if candidate.significance < significance or not low + edge < candidate.centre < high - edge:
            continue
        if all(abs(candidate.centre - c.centre) > 2.0 * max(candidate.sigma, c.sigma) for c in chosen):
            chosen.append(_finest(candidate, found))
    chosen = [replace(c, low=max(c.low, low), high=min(c.high, histogram.top)) for c in chosen]
    return _separated(sorted(chosen, key=lambda c: c.centre), histogram)


def _finest(candidate: PeakCandidate, found: list[PeakCandidate]) -> PeakCandidate:
    """Return the same peak on the finest scale on which it has four fifths of its significance."""
    same = (c for c in found if abs(c.centre - candidate.centre) <= max(c.sigma, candidate.sigma))
    finest = next(c for c in same if c.significance >= 0.8 * candidate.significance)
    return replace(finest, significance=candidate.significance)


def _maxima(histogram: Histogram, width: float) -> list[PeakCandidate]:
    """Return all maxima of the histogram smoothed by a Gaussian of this width."""
    axis = histogram.axis
    smooth = gaussian_mean(histogram.counts_per_trace, width / axis.step, "zero")
    x, candidates = axis.coordinates, []
    found = maxima(smooth, round(_NEARBY * width / axis.step))
    for at, significance in zip(found, _significances(histogram, found, width), strict=True):
        sigma = np.sqrt(max((at.width * axis.step / _FWHM) ** 2 - width**2, (0.5 * width) ** 2))
        candidates.append(
            PeakCandidate(
                float(x[at.place]), float(sigma), float(x[at.left]), float(x[at.right]), float(significance)
            )
        )
    return candidates


def _significances(histogram: Histogram, found: list[Maximum], width: float) -> FloatArray:
    """Return the height of each maximum over its higher base, in standard errors from trace to trace.

    Heights are differences of the smoothed counts at two bins; 0 where a maximum is its own base.
    """
    axis, n = histogram.axis, histogram.n_traces
    places = np.array([x.place for x in found], dtype=np.intp)
    if n < 2:
        return np.zeros(places.size)
    top, above = _kernels(axis, places, width), []
    for bases in ([x.left for x in found], [x.right for x in found]):
        height = _weighted(histogram.traces, top - _kernels(axis, np.array(bases, dtype=np.intp), width))
        error = height.std(axis=0, ddof=1) / np.sqrt(n)
        above.append(np.divide(height.mean(axis=0), error, out=np.zeros(places.size), where=error > 0.0))
    return np.minimum(*above)


def _weighted(traces: CountArray, weights: FloatArray) -> FloatArray:
    """Return ``traces @ weights``, some traces at a time: as floats those of a night would take all the memory."""
    parts = (traces[first : first + _AT_ONCE].astype(float) for first in range(0, len(traces), _AT_ONCE))
    return np.concatenate([part @ weights for part in parts])


def _kernels(axis: BinAxis, places: NDArray[np.intp], width: float) -> FloatArray:
    """Return the weights of all bins in the smoothed counts at each place, (n_bins, n_places)."""
    u = (np.arange(axis.bins)[:, None] - places) * axis.step / width
    weights = np.where(np.abs(u) > 4.0, 0.0, np.exp(-0.5 * u**2))
    return np.asarray(weights / weights.sum(axis=0))


def _separated(candidates: list[PeakCandidate], histogram: Histogram) -> tuple[PeakCandidate, ...]:
    """Return the candidates with ranges that end at the lowest ground between neighbours."""
    x = histogram.axis.coordinates
    smooth = gaussian_mean(
        histogram.counts_per_trace, min(_SMOOTHINGS[histogram.axis.scale]) / histogram.axis.step
    )
    separated = list(candidates)
    for i, (left, right) in enumerate(pairwise(candidates)):
        between = np.flatnonzero((x >= left.centre) & (x <= right.centre))
        valley = float(x[between[np.argmin(smooth[between])]])
        separated[i] = replace(separated[i], high=min(separated[i].high, valley))
        separated[i + 1] = replace(separated[i + 1], low=max(separated[i + 1].low, valley))
    return tuple(separated)


def candidate_in(histogram: Histogram, low_G0: float, high_G0: float) -> PeakCandidate:
    """Return the highest maximum between two conductances, significant or not, with these as its range.

    Raises
    ------
    ValueError
        If the histogram has no maximum there.
    """
    low, high = (float(x) for x in histogram.axis.coordinate([low_G0, high_G0]))
    width = _SMOOTHINGS[histogram.axis.scale][1]
    found = [c for c in _maxima(histogram, width) if low < c.centre < high]
    if not found:
        raise ValueError(f"the histogram has no maximum between {low_G0:g} and {high_G0:g} G0")
    highest = max(found, key=lambda c: c.significance)
    return replace(highest, low=low, high=high)
