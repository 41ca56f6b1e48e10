"""Two kinds of junctions in one histogram: the thermopowers of single junctions as one Gaussian or as two.

Two fits of different numbers of parameters are compared by BIC. Two kinds are offered where it prefers them by more
than 10, never by default: a tail is no second kind.
"""

import math
from dataclasses import dataclass

import numpy as np

from analysis.records import FloatArray

LEAST_JUNCTIONS = 20
PREFERENCE = 10.0
"""Difference of BIC beyond which two Gaussians are offered; "very strong" by Kass and Raftery (1995)."""

ROUNDS, LEAST_SHARE = 300, 0.05
LEAST_WIDTH = 0.05
"""Least width of a Gaussian over that of all values, so that it can't shrink onto one of them."""


@dataclass(frozen=True)
class Kind:
    """One Gaussian: share of the junctions, mean and standard deviation."""

    share: float
    mean: float
    sd: float


@dataclass(frozen=True)
class TwoKinds:
    """Both Gaussians, the lower mean first, and the difference of BIC in their favour."""

    lower: Kind
    upper: Kind
    preference: float


def two_kinds(values: FloatArray) -> TwoKinds | None:
    """Return two Gaussians if BIC prefers them to one by more than 10; else None.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Thermopowers of single junctions; fewer than 20 have no second kind.
    """
    x = np.sort(values[np.isfinite(values)])
    if x.size < LEAST_JUNCTIONS or not x.std() > 0.0:
        return None
    scaled = (x - x.mean()) / x.std()
    one = -2.0 * float(_log_density(scaled, 0.0, 1.0).sum()) + 2.0 * math.log(x.size)
    fits = [_fitted(scaled, start) for start in (0.25, 0.5, 0.75)]
    likelihood, share, mean, sd = max(fits, key=lambda fit: fit[0])
    preference = one - (-2.0 * likelihood + 5.0 * math.log(x.size))
    if preference <= PREFERENCE or share.min() < LEAST_SHARE:
        return None
    kinds = [
        Kind(float(share[k]), float(x.mean() + x.std() * mean[k]), float(x.std() * sd[k]))
        for k in np.argsort(mean)
    ]
    return TwoKinds(kinds[0], kinds[1], preference)


def _fitted(x: FloatArray, split: float) -> tuple[float, FloatArray, FloatArray, FloatArray]:
    """Return log-likelihood, shares, means and widths by expectation and maximisation, from a split of the values."""
    cut = round(split * x.size)
    weight = np.zeros((2, x.size))
    weight[0, :cut], weight[1, cut:] = 1.0, 1.0
    likelihood = -math.inf
    for _ in range(ROUNDS):
        count = weight.sum(axis=1)
        share, mean = count / x.size, weight @ x / count
        sd = np.maximum(np.sqrt((weight * (x - mean[:, None]) ** 2).sum(axis=1) / count), LEAST_WIDTH)
        log = np.log(share)[:, None] + _log_density(x, mean[:, None], sd[:, None])
        together = np.logaddexp(log[0], log[1])
        weight = np.maximum(np.exp(log - together), 1e-300)
        previous, likelihood = likelihood, float(together.sum())
        if likelihood - previous < 1e-6:
            break
    return likelihood, share, mean, sd


def _log_density(x: FloatArray, mean: FloatArray | float, sd: FloatArray | float) -> FloatArray:
    return np.asarray(-0.5 * ((x - mean) / sd) ** 2 - np.log(sd) - 0.5 * math.log(2.0 * math.pi))
