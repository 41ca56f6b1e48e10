"""Errors from leaving out junctions: the rule for every fit to the mean of many junctions.

The points of one curve are correlated, so no sum over voltages gives the error of a fit to the mean; only junctions
are independent. Each junction (of many, each group) is left out in turn and the fit is repeated. Student's t
allows for how few junctions the error itself comes from.

A mean current comes mostly from the few junctions nearest to resonance. A set that lacks them has an estimate and an
error that are both too far to one side, so that a symmetric interval misses more often than it says. Each end of an
interval is therefore the farther of two: that of Student's t, and that of Hall's transformation of t, which takes out
the skewness that the junctions show. One without the other is too narrow where few junctions show little of it.
"""

from collections.abc import Sequence
from math import ceil

import numpy as np
import scipy
from numpy.typing import NDArray

from analysis.records import FloatArray

MOST_ONE_BY_ONE = 50
"""Largest number of junctions left out one by one; more are left out in 26 to 50 groups of equal size."""

ONE_SIGMA, TWO_SIGMA = 0.682689492137086, 0.95
"""Coverage of an error and of an interval."""


def groups_of(count: int) -> tuple[NDArray[np.intp], ...]:
    """Return the indices to leave out in turn: single ones; groups of neighbours for more than 50; none for fewer than
    two.
    """
    if count < 2:
        return ()
    groups = ceil(count / ceil(count / MOST_ONE_BY_ONE))
    return tuple(np.array_split(np.arange(count), groups))


def jackknife_covariance(values: Sequence[FloatArray]) -> FloatArray:
    """Return the covariance of an estimate (n,) from the estimates that each leave out one group, (groups, n)."""
    stacked = np.asarray(values, dtype=np.float64)
    groups = len(stacked)
    deviation = stacked - stacked.mean(axis=0)
    return np.asarray((groups - 1) / groups * deviation.T @ deviation)


def jackknife_error(values: Sequence[FloatArray] | FloatArray) -> FloatArray:
    """Return the standard error of an estimate of any shape from the estimates that each leave out one group."""
    stacked = np.asarray(values, dtype=np.float64)
    groups = len(stacked)
    deviation = stacked - stacked.mean(axis=0)
    return np.asarray(np.sqrt((groups - 1) / groups * (deviation**2).sum(axis=0)))


def jackknife_skewness(values: Sequence[FloatArray] | FloatArray) -> FloatArray:
    """Third cumulant of an estimate in units of its standard error cubed, -1 to 1; 0 where nothing scatters.

    Of a mean it is the skewness of the sample over the root of its size.
    """
    stacked = np.asarray(values, dtype=np.float64)
    deviation = stacked.mean(axis=0) - stacked  # an estimate falls when what raises it is left out
    size = np.sqrt((deviation**2).sum(axis=0))
    return np.asarray(((deviation / np.where(size > 0, size, 1.0)) ** 3).sum(axis=0))


def interval_ends(
    coverage: float, degrees_of_freedom: FloatArray | float, skewness: FloatArray | float
) -> tuple[FloatArray, FloatArray]:
    """Return how far an interval reaches below and above its estimate, in standard errors.

    Each end is the farther of Student's t and of Hall's transformation of t (P. Hall, J. R. Stat. Soc. B 54, 221
    (1992)), with the quantiles of Student's t.

    Parameters
    ----------
    coverage : float
    degrees_of_freedom : ndarray or float
        Of the standard error; infinite for a normal distribution.
    skewness : ndarray or float
        Of the estimate, as of `jackknife_skewness`.
    """
    t = student(coverage, degrees_of_freedom)
    return np.maximum(t, _hall(t, skewness)), np.maximum(t, -_hall(-t, skewness))


def interval(
    estimate: FloatArray | float, values: Sequence[FloatArray] | FloatArray, coverage: float = ONE_SIGMA
) -> tuple[FloatArray, FloatArray]:
    """Interval of an estimate of any shape from the estimates that each leave out one group."""
    error = jackknife_error(values)
    below, above = interval_ends(coverage, len(values) - 1, jackknife_skewness(values))
    return np.asarray(estimate - below * error), np.asarray(estimate + above * error)


def half_interval(values: Sequence[FloatArray] | FloatArray, coverage: float = ONE_SIGMA) -> FloatArray:
    """Half of `interval`: the error that stands behind a value."""
    low, high = interval(0.0, values, coverage)
    return np.asarray(0.5 * (high - low))


def _hall(x: FloatArray, skewness: FloatArray | float) -> FloatArray:
    """Return the t at which Hall's g(t) = t + k (2 t^2 + 1)/6 + k^2 t^3/27 is x, k the skewness of the estimate."""
    skewed = np.abs(skewness) > 1e-6
    k = np.where(skewed, skewness, 1.0)
    return np.asarray(np.where(skewed, 3 / k * (np.cbrt(1 + k * (x - k / 6)) - 1), x))


def student(coverage: float, degrees_of_freedom: FloatArray | float) -> FloatArray:
    """Return the half width of the interval of this coverage, in standard errors, by Student's t."""
    return np.asarray(scipy.special.stdtrit(degrees_of_freedom, 0.5 + 0.5 * coverage), dtype=np.float64)
