"""Straight line through points with errors in both coordinates (York et al., Am. J. Phys. 72, 367 (2004))."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.distributions import normal_exceeded
from analysis.records import FloatArray

MOST_PAIRS = 500_000
"""Pairs of points whose slopes are taken for the median slope."""


@dataclass(frozen=True)
class Line:
    """y = intercept + slope x, with standard errors, their covariance, chi2 and degrees of freedom."""

    slope: float
    intercept: float
    sigma_slope: float
    sigma_intercept: float
    covariance: float
    chi2: float
    degrees_of_freedom: int

    def with_scale_error(self, relative: float) -> float:
        """Return the error of the slope with a relative error of the scale of x, common to all points, added."""
        return math.hypot(self.sigma_slope, self.slope * relative)


def line_with_both_errors(x: ArrayLike, y: ArrayLike, sigma_x: ArrayLike, sigma_y: ArrayLike) -> Line:
    """Fit a line by maximum likelihood to points with independent errors in x and in y.

    The slope of ordinary least squares is too small by var(x) / (var(x) + sigma_x^2). A scale error of x that all
    points share does not belong into ``sigma_x``: see `Line.with_scale_error`.

    Parameters
    ----------
    x, y, sigma_x, sigma_y : array_like, shape (n,)
        An error of 0 in x is allowed where that in y is not 0.

    Raises
    ------
    ValueError
        With fewer than two different x, or errors that are not positive.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    variance_x = np.asarray(sigma_x, dtype=np.float64) ** 2
    variance_y = np.asarray(sigma_y, dtype=np.float64) ** 2
    if len(x) < 2 or not np.ptp(x) > 0.0:
        raise ValueError("a line needs points at two different x")
    if not np.all(variance_y > 0.0) or not np.all(variance_x >= 0.0):
        raise ValueError("a point of a line needs errors: above 0 in y, not below 0 in x")
    slope, weight, beta = _likeliest(x, y, variance_x, variance_y, free=True)
    mean_x, mean_y = weight @ x / weight.sum(), weight @ y / weight.sum()
    adjusted = mean_x + beta
    mean_adjusted = weight @ adjusted / weight.sum()
    variance = 1.0 / (weight @ (adjusted - mean_adjusted) ** 2)
    intercept = float(mean_y - slope * mean_x)
    return Line(
        slope,
        intercept,
        math.sqrt(variance),
        math.sqrt(1.0 / weight.sum() + mean_adjusted**2 * variance),
        float(-mean_adjusted * variance),
        float(weight @ (y - intercept - slope * x) ** 2),
        len(x) - 2,
    )


def slope_through_origin(x: ArrayLike, y: ArrayLike, sigma_x: ArrayLike, sigma_y: ArrayLike) -> float:
    """Return the slope of the likeliest line through the origin; parameters as for `line_with_both_errors`."""
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    variance_x = np.asarray(sigma_x, dtype=np.float64) ** 2
    return _likeliest(x, y, variance_x, np.asarray(sigma_y, dtype=np.float64) ** 2, free=False)[0]


def _likeliest(
    x: FloatArray, y: FloatArray, variance_x: FloatArray, variance_y: FloatArray, *, free: bool
) -> tuple[float, FloatArray, FloatArray]:
    """Return York's slope, the weights of the points, and his beta; the intercept is ``free`` or 0."""
    slope = _least_squares_slope(x, y) if free else float(x @ y / (x @ x))
    for _ in range(200):
        weight = 1.0 / (variance_y + slope**2 * variance_x)
        u = x - weight @ x / weight.sum() if free else x
        v = y - weight @ y / weight.sum() if free else y
        beta = weight * (u * variance_y + slope * v * variance_x)
        previous, slope = slope, float((weight * beta) @ v / ((weight * beta) @ u))
        if abs(slope - previous) <= 4e-16 * abs(slope):
            break
    return slope, weight, beta


def least_squares_slope(x: ArrayLike, y: ArrayLike) -> float:
    """Return the slope of ordinary least squares, with a free intercept."""
    return _least_squares_slope(np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64))


def _least_squares_slope(x: FloatArray, y: FloatArray) -> float:
    about = x - x.mean()
    return float(about @ y / (about @ about))


def theil_sen_slope(x: ArrayLike, y: ArrayLike) -> float:
    """Return the median of the slopes between pairs of points, as `theil_sen`: tails of y move it little."""
    slopes, _ = _slopes_of_pairs(np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64))
    return float(np.median(slopes)) if slopes.size else math.nan


def theil_sen(x: FloatArray, y: FloatArray) -> tuple[float, float, float]:
    """Return the median of the slopes between pairs of points, and its 95 % interval; NaN where there is none.

    The interval is that of Sen, J. Am. Stat. Assoc. 63, 1379 (1968). All pairs are taken of up to a thousand points,
    of more those at every k-th distance only: all pairs of ten thousand need gigabytes.
    """
    n = x.size
    slopes, taken = _slopes_of_pairs(x, y)
    slopes = np.sort(slopes)
    if not slopes.size:
        return math.nan, math.nan, math.nan
    ties = sum(math.perm(int(k), 2) * (2 * int(k) + 5) for values in (x, y) for k in _repeats(values))
    sigma = math.sqrt((n * (n - 1) * (2 * n + 5) - ties) / 18.0)
    reach = normal_exceeded(0.025) * sigma * taken / (n * (n - 1) // 2)
    low = max(round((slopes.size - reach) / 2.0) - 1, 0)
    high = min(round((slopes.size + reach) / 2.0), slopes.size - 1)
    return float(np.median(slopes)), float(slopes[low]), float(slopes[high])


def _slopes_of_pairs(x: FloatArray, y: FloatArray) -> tuple[FloatArray, int]:
    """Return the slopes between pairs of points at different x, of `MOST_PAIRS` at most, and the number of pairs."""
    n = x.size
    every = max(1, math.ceil(n * (n - 1) // 2 / MOST_PAIRS))
    apart = range((every + 1) // 2, n, every)
    run = np.concatenate([np.empty(0), *(x[k:] - x[:-k] for k in apart)])
    rise = np.concatenate([np.empty(0), *(y[k:] - y[:-k] for k in apart)])
    return rise[run != 0.0] / run[run != 0.0], run.size


def _repeats(values: FloatArray) -> NDArray[np.intp]:
    """Return how often each value that repeats does."""
    count = np.unique(values, return_counts=True)[1]
    return count[count > 1]
