"""Line through the means of sets of junctions, with errors that hold for few junctions as well.

Junctions scatter by their noise and by the spread of their thermopower:

    SD^2 = noise^2 + (spread theta)^2

With few junctions the scatter of one set is known badly, and weights from it would favour the sets that scatter little
by chance: the quoted error of 6 junctions a set covered the truth in 83 % in place of 95 %. So the two numbers of this
law are found from all sets together, and the error is widened to Student's t.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from analysis.line_fit import Line, line_with_both_errors
from analysis.records import FloatArray

ROUNDS = 5
TWO_SIGMA = 0.9772498680518208
"""Probability below two standard deviations."""

LEAST_V2, LEAST_K2 = 1e-24, 1.0


@dataclass(frozen=True)
class Spread:
    """Variance of the thermopower between junctions, in (V/K)^2, below 0 by chance, and its standard error."""

    variance_V2_per_K2: float
    sigma_V2_per_K2: float

    @property
    def V_per_K(self) -> float:
        """Standard deviation; 0 if the noise explains all."""
        return math.sqrt(max(self.variance_V2_per_K2, 0.0))

    @property
    def sure(self) -> bool:
        """True if it is more than two errors from 0."""
        return self.variance_V2_per_K2 > 2.0 * self.sigma_V2_per_K2

    def beyond(self, errors: float) -> float:
        """Return the standard deviation that lies some errors above the variance, or below it if negative."""
        return math.sqrt(max(self.variance_V2_per_K2 + errors * self.sigma_V2_per_K2, 0.0))


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


def spread_beyond_noise(
    theta_K: FloatArray, sd_V: FloatArray, sigma_V2: FloatArray, junctions: FloatArray
) -> Spread | None:
    """Return the spread in SD^2 = noise^2 + (spread theta)^2; None where the sets do not tell both apart.

    The noise is what the sets nearest to theta = 0 show, whatever it comes from: the errors of single holds, which do
    not contain all of it, have no part.

    Parameters
    ----------
    theta_K, sd_V, junctions : ndarray, shape (sets,)
    sigma_V2 : ndarray, shape (sets,)
        Standard error of each SD^2; that of Gaussian junctions if it is smaller.
    """
    squares_K2 = theta_K**2
    if len(theta_K) < 2 or not np.ptp(squares_K2) > LEAST_K2:
        return None
    variance_V2 = common_variance_V2(theta_K, sd_V, junctions)
    gaussian_V2 = variance_V2 * np.sqrt(2.0 / (junctions - 1.0))
    weight = gaussian_V2**-2.0
    about_K2 = squares_K2 - weight @ squares_K2 / weight.sum()
    share = weight * about_K2 / (weight @ about_K2**2)
    return Spread(float(share @ sd_V**2), float(np.sqrt(share**2 @ np.maximum(sigma_V2, gaussian_V2) ** 2)))


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
