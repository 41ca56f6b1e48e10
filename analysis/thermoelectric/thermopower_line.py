"""Line through the means of sets of junctions, with errors that hold for few junctions as well.

Junctions scatter by their noise and by the spread of their thermopower:

    SD^2 = noise^2 + (spread theta)^2

With few junctions the scatter of one set is known badly, and weights from it would favour the sets that scatter little
by chance: the quoted error of 6 junctions a set covered the truth in 83 % in place of 95 %. So the two numbers of this
law are found from all sets together, and the error is widened to Student's t.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from analysis.line_fit import Line, line_with_both_errors
from analysis.records import FloatArray

ROUNDS = 5
TWO_SIGMA = 0.9772498680518208
"""Probability below two standard deviations."""

LEAST_V2 = 1e-24


def common_variance_V2(theta_K: FloatArray, sd_V: FloatArray, junctions: FloatArray) -> FloatArray:
    """Return the variance of single junctions in each set by the common law, shape (sets,)."""
    from scipy.optimize import nnls  # slow to import

    seen_V2 = np.maximum(sd_V**2, LEAST_V2)
    columns, variance_V2 = np.column_stack([np.ones_like(theta_K), theta_K**2]), seen_V2
    size = np.maximum(columns.max(axis=0), 1e-12)
    for _ in range(ROUNDS):
        weight = np.sqrt(junctions - 1.0) / variance_V2
        found, _ = nnls(columns / size * weight[:, None], seen_V2 * weight)
        variance_V2 = np.maximum(columns / size @ found, 1e-3 * seen_V2)
    return np.asarray(variance_V2)


def line_through_means(
    theta_K: ArrayLike, sigma_theta_K: ArrayLike, mean_V: ArrayLike, sd_V: ArrayLike, junctions: ArrayLike
) -> Line:
    """Fit York's line to the means of sets.

    Parameters
    ----------
    theta_K, sigma_theta_K, mean_V, sd_V : array_like, shape (sets,)
        Reduced temperature difference and its error; mean and standard deviation of single junctions.
    junctions : array_like, shape (sets,)
        Two or more in each set.

    Returns
    -------
    Line
        Its errors are those of Student's t: two of them hold the truth in 95.4 %.
    """
    from scipy.stats import t

    theta, sd, count = (np.asarray(each, dtype=np.float64) for each in (theta_K, sd_V, junctions))
    sem_V = np.sqrt(common_variance_V2(theta, sd, count) / count)
    line = line_with_both_errors(theta, mean_V, sigma_theta_K, sem_V)
    wider = float(t.ppf(TWO_SIGMA, max(float((count - 1.0).sum()) - 2.0, 1.0))) / 2.0
    return replace(
        line,
        sigma_slope=wider * line.sigma_slope,
        sigma_intercept=wider * line.sigma_intercept,
        covariance=wider**2 * line.covariance,
    )
