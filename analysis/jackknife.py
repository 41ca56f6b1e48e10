"""Errors from leaving out junctions: the rule for every fit to the mean of many junctions.

The points of one curve are correlated, so no sum over voltages gives the error of a fit to the mean; only junctions
are independent. Each junction (of many, each group) is left out in turn and the fit is repeated. Student's t
allows for how few junctions the error itself comes from.
"""

from collections.abc import Sequence
from math import ceil

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

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


def student(coverage: float, degrees_of_freedom: FloatArray | float) -> FloatArray:
    """Return the half width of the interval of this coverage, in standard errors, by Student's t."""
    return np.asarray(stdtrit(degrees_of_freedom, 0.5 + 0.5 * coverage), dtype=np.float64)
