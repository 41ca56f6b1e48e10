"""Quantiles of lengths of which some are only known to be longer (Kaplan and Meier 1958)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatArray


def quantiles(
    lengths: FloatArray, censored: NDArray[np.bool_], fractions: Sequence[float] = (0.25, 0.5, 0.75)
) -> tuple[float, ...]:
    """Return quantiles of lengths; NaN where too many are censored to tell.

    Parameters
    ----------
    lengths : ndarray, shape (n,)
        NaN counts as missing.
    censored : ndarray of bool, shape (n,)
        True for a length that is only a lower bound.
    fractions : sequence of float
    """
    known = np.isfinite(lengths)
    lengths, censored = lengths[known], censored[known]
    if not lengths.size:
        return tuple(float("nan") for _ in fractions)
    if not censored.any():
        return tuple(float(q) for q in np.quantile(lengths, fractions))
    times, surviving = survival(lengths, censored)
    return tuple(_quantile(times, surviving, fraction) for fraction in fractions)


def medians(lengths: FloatArray) -> FloatArray:
    """Return the median of each row of lengths without those that are missing (NaN); NaN for an empty row."""
    ordered = np.sort(lengths, axis=-1)  # NaN last
    n = np.count_nonzero(np.isfinite(ordered), axis=-1)
    lower, upper = (
        np.take_along_axis(ordered, np.maximum(at, 0)[..., None], axis=-1)[..., 0]
        for at in ((n - 1) // 2, n // 2)
    )
    return np.where(n > 0, (lower + upper) / 2.0, np.nan)


def survival(lengths: FloatArray, censored: NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
    """Return the lengths that were reached and the estimated share of records that are longer than each."""
    times = np.unique(lengths[~censored])
    at_risk = lengths.size - np.searchsorted(np.sort(lengths), times)
    ended = np.array([np.count_nonzero((lengths == time) & ~censored) for time in times], dtype=float)
    return times, np.asarray(np.cumprod(1.0 - ended / at_risk), dtype=float)


def _quantile(times: FloatArray, surviving: FloatArray, fraction: float) -> float:
    """Return the first length that more than the fraction do not survive; the mean of two where it is met exactly."""
    reached = np.flatnonzero(surviving <= 1.0 - fraction + 1e-12)
    if not reached.size:
        return float("nan")
    first = int(reached[0])
    if abs(surviving[first] - (1.0 - fraction)) < 1e-12 and first + 1 < times.size:
        return float((times[first] + times[first + 1]) / 2.0)
    return float(times[first])
