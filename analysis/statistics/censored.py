"""Mean and spread of values of which some are only known to be larger than a limit (Tobin 1958)."""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

import numpy as np
import scipy
from numpy.typing import ArrayLike

from analysis.records import FloatArray


@dataclass(frozen=True, eq=False)
class CensoredNormal:
    """Normal distribution fitted by maximum likelihood to values and lower bounds.

    Parameters
    ----------
    mean, sigma : float
    covariance : ndarray, shape (2, 2)
        Covariance of mean and log sigma.
    n, censored : int
        Number of all values, and of those that are lower bounds.
    """

    mean: float
    sigma: float
    covariance: FloatArray
    n: int
    censored: int

    @property
    def mean_se(self) -> float:
        """Standard error of the mean."""
        return sqrt(max(float(self.covariance[0, 0]), 0.0))


def fit_censored(values: FloatArray, limits: ArrayLike) -> CensoredNormal:
    """Fit a normal distribution to values that are known, and to limits that the others exceed.

    Parameters
    ----------
    values : ndarray, shape (m,)
        Known values.
    limits : array_like, shape (k,)
        A limit for each censored value.

    Raises
    ------
    ValueError
        For fewer than two different known values.
    """
    from scipy.optimize import minimize  # slow to import

    limits = np.atleast_1d(np.asarray(limits, dtype=float))
    if values.size < 2 or np.ptp(values) == 0.0:
        raise ValueError("fewer than two different values are below the full scale")
    start = np.array([values.mean(), np.log(values.std())])

    def cost(parameters: FloatArray) -> tuple[float, FloatArray]:
        mean, sigma = parameters[0], np.exp(parameters[1])
        z, u = (values - mean) / sigma, (limits - mean) / sigma
        log_above = scipy.special.log_ndtr(-u)
        hazard = np.exp(-0.5 * u**2 - 0.5 * np.log(2 * np.pi) - log_above)
        total = 0.5 * (z @ z) + values.size * parameters[1] - log_above.sum()
        by_mean = -(z.sum() + hazard.sum()) / sigma
        by_log_sigma = values.size - z @ z - hazard @ u
        return float(total), np.array([by_mean, by_log_sigma])

    found = minimize(cost, start, jac=True, method="BFGS", options={"gtol": 1e-9})
    return CensoredNormal(
        float(found.x[0]),
        float(np.exp(found.x[1])),
        np.asarray(np.linalg.inv(_hessian(cost, found.x)), dtype=float),
        int(values.size + limits.size),
        int(limits.size),
    )


def _hessian(
    cost: Callable[[FloatArray], tuple[float, FloatArray]], at: FloatArray, step: float = 1e-5
) -> FloatArray:
    rows = [(cost(at + d)[1] - cost(at - d)[1]) / (2 * step) for d in step * np.eye(at.size)]
    return np.asarray((np.array(rows) + np.array(rows).T) / 2.0, dtype=float)
