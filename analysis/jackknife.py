"""Errors from junctions left out: the rule for every fit to the mean of many junctions.

The points of one curve move together, so that no sum over voltages tells how well a fit to the mean is known; only
junctions are independent. Each junction (of many, each group) is left out in turn and the fit repeated. Student's t
allows for how few junctions the error itself comes from.
"""

from collections.abc import Sequence
from math import ceil

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from analysis.records import FloatArray

MOST_ONE_BY_ONE = 50
"""More junctions than that are left out in groups of equal size, of which there are 26 to 50."""

ONE_SIGMA, TWO_SIGMA = 0.682689492137086, 0.95
"""Coverage of an error and of an interval."""


def groups_of(count: int) -> tuple[NDArray[np.intp], ...]:
    """Indices to leave out in turn: one by one; neighbours in groups for more than 50; none for fewer than two."""
    if count < 2:
        return ()
    groups = ceil(count / ceil(count / MOST_ONE_BY_ONE))
    return tuple(np.array_split(np.arange(count), groups))


def jackknife_covariance(values: Sequence[FloatArray]) -> FloatArray:
    """Covariance of an estimate (n,) from the estimates that each leave out one group, (groups, n)."""
    stacked = np.asarray(values, dtype=np.float64)
    groups = len(stacked)
    deviation = stacked - stacked.mean(axis=0)
    return np.asarray((groups - 1) / groups * deviation.T @ deviation)


def jackknife_error(values: Sequence[FloatArray] | FloatArray) -> FloatArray:
    """Standard error of an estimate of any shape from the estimates that each leave out one group."""
    stacked = np.asarray(values, dtype=np.float64)
    groups = len(stacked)
    deviation = stacked - stacked.mean(axis=0)
    return np.asarray(np.sqrt((groups - 1) / groups * (deviation**2).sum(axis=0)))


def student(coverage: float, degrees_of_freedom: FloatArray | float) -> FloatArray:
    """Half width of the interval of this coverage, in standard errors, by Student's t."""
    return np.asarray(stdtrit(degrees_of_freedom, 0.5 + 0.5 * coverage), dtype=np.float64)
