"""Temperature rise against power: slopes through the origin, with errors of both.

Lee et al., Nature 498, 209 (2013), print dT_sym = Q_Total/2R_P; half of the power in either electrode gives
dT_sym = Q_Total R_P / 2, which has the unit of a temperature.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.heating.combine import JunctionTable
from analysis.heating.hold_estimate import HoldEstimate
from analysis.heating.points import HeatingPoint
from analysis.records import FloatArray

_POLARITIES = {
    "positive": np.array([[1.0, 0, 0, 0], [0, 0, 1.0, 0]]),
    "negative": np.array([[0, 1.0, 0, 0], [0, 0, 0, 1.0]]),
    "symmetric": np.array([[0.5, 0.5, 0, 0], [0, 0, 0.5, 0.5]]),
}


@dataclass(frozen=True)
class Slope:
    """Slope dT/Q_Total in K/W, its statistical error, and the quality of a line through the origin.

    ``reduced_chi2`` is NaN for a single point, or if the errors are not used.
    """

    slope_K_per_W: float
    sigma_K_per_W: float
    n: int
    reduced_chi2: float = math.nan


def slope_over_points(points: Sequence[HeatingPoint], polarity: str = "symmetric") -> Slope:
    """Fit a slope over amplitudes.

    Parameters
    ----------
    points : sequence of HeatingPoint
    polarity : "positive", "negative" or "symmetric"
        "symmetric" is the mean of both, which for junctions that are symmetric on average has slope R_P/2 for any
        transmission.

    Raises
    ------
    ValueError
        Without points, or if a point has no power or no error.
    """
    transform = _POLARITIES[polarity]
    y, x = (np.array([row @ point.mean for point in points], dtype=float).reshape(-1) for row in transform)
    covariance = np.array([transform @ point.covariance @ transform.T for point in points]).reshape(-1, 2, 2)
    return slope_through_origin(x, y, covariance)


def slope_through_origin(x: FloatArray, y: FloatArray, covariance: FloatArray) -> Slope:
    """Fit y = b x with correlated errors in both (York et al., Am. J. Phys. 72, 367 (2004), intercept 0).

    Parameters
    ----------
    x, y : ndarray, shape (n,)
    covariance : ndarray, shape (n, 2, 2)
        Covariance of (y, x) at each point.
    """
    if not x.size or not np.all(x):
        raise ValueError("a slope through the origin needs points, all with a power other than zero")
    var_y, var_x, cov = covariance[:, 0, 0], covariance[:, 1, 1], covariance[:, 0, 1]
    b = float(y.sum() / x.sum())
    for _ in range(50):
        variance = var_y - 2.0 * b * cov + b**2 * var_x
        if not np.all(variance > 0.0):
            raise ValueError("a point has no error, so its weight in the slope would be infinite")
        beta = (x * var_y + b * y * var_x - (b * x + y) * cov) / variance  # the adjusted x
        previous, b = b, float(np.sum(beta * y / variance) / np.sum(beta * x / variance))
        if abs(b - previous) <= 1e-14 * abs(b):
            break
    chi2 = float(np.sum((y - b * x) ** 2 / variance))
    sigma = 1.0 / math.sqrt(float(np.sum(beta**2 / variance)))
    return Slope(b, sigma, x.size, chi2 / (x.size - 1) if x.size > 1 else math.nan)


def slope_over_junctions(estimates: Sequence[HoldEstimate], polarity: str = "symmetric") -> Slope:
    """Fit a slope to all junctions' dT against their own Q_Total, by least squares weighted by time.

    A junction that carries more current is hotter, so the scatter of the currents cancels. The error comes from
    the scatter about the line (HC3: a heavy junction pulls the line towards itself); NaN for one junction.

    Raises
    ------
    ValueError
        If no hold is left, or none carried power.
    """
    used = [e for e in estimates if not e.rejected]
    table = JunctionTable.of(used)
    dT, Q = (table.values @ row for row in _POLARITIES[polarity])
    if not np.any(Q):
        raise ValueError("a slope needs junctions that carried power")
    leverage = table.kept_s * Q**2
    leverage = leverage / leverage.sum()
    b = float(np.sum(leverage * np.divide(dT, Q, out=np.zeros_like(dT), where=Q != 0.0)))
    n = len(used)
    if n < 2:
        return Slope(b, math.nan, n)
    pulled = table.kept_s * Q * (dT - b * Q) / (1.0 - leverage)
    return Slope(b, float(np.sqrt(np.sum(pulled**2)) / (table.kept_s @ Q**2)), n)
