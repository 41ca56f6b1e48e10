"""Transition voltage of each junction, both polarities, and the level and asymmetry that follow from both.

Beebe et al., Phys. Rev. Lett. 97, 026801 (2006): the minimum of ln(I/V^2). For a level eps0 far from resonance both
polarities give it together with its asymmetry (Baldea, Phys. Rev. B 85, 035442 (2012)):
eps0 = 2 |V+ V-| / sqrt(V+^2 + 10/3 |V+ V-| + V-^2), gamma = (V+ + V-) / 2 over the same root.

The arithmetic mean of curves is dominated by the junctions nearest to resonance, so its minimum is not the mean of the
junctions' minima, however many there are. Both are given, under their own names.
"""

import math
from dataclasses import dataclass

import numpy as np

from analysis.records import FloatArray

NEAR = 0.25
"""Range of ln V to either side of the lowest point that is fitted, if it holds more than five points."""

LEAST_POINTS = 5
_CUBIC_FROM = 8
_REPEATS = 3  # the range is centred on the minimum, where a cubic has no bias


@dataclass(frozen=True, eq=False)
class TransitionVoltages:
    """Transition voltages of junctions with one sign of the voltage.

    Parameters
    ----------
    polarity : int
        1 or -1.
    by_junction_V : ndarray, shape (junctions,)
        Moduli; NaN for a junction without a minimum inside its data.
    of_mean_curve_V, of_log_mean_curve_V : float
        Of the arithmetic and of the geometric mean of the curves; NaN without a minimum.
    """

    polarity: int
    by_junction_V: FloatArray
    of_mean_curve_V: float
    of_log_mean_curve_V: float

    @property
    def found(self) -> int:
        """Number of junctions with a minimum."""
        return int(np.isfinite(self.by_junction_V).sum())


def transition_voltage_of_points(voltage_V: FloatArray, ln_current: FloatArray) -> float:
    """Return the minimum of ln(I/V^2) from a polynomial in ln V around the lowest point; NaN if the data show none.

    Five points are fitted by a parabola; if eight or more lie within 0.25 in ln V, these by a cubic. None of the two
    outermost points at either end may be the lowest. For one level the cubic is off by at most 0.3 %.

    Parameters
    ----------
    voltage_V : ndarray, shape (n,)
        Moduli, all of one polarity.
    ln_current : ndarray, shape (n,)
        Of the modulus; NaN is left out.
    """
    good = np.isfinite(ln_current) & (voltage_V > 0.0)
    order = np.argsort(voltage_V[good], kind="stable")
    x = np.log(voltage_V[good][order])
    y = ln_current[good][order] - 2.0 * x
    if x.size < LEAST_POINTS:
        return math.nan
    lowest = int(np.argmin(y if x.size < 4 * LEAST_POINTS else _medians(y)))
    if lowest < 2 or lowest > x.size - 3:
        return math.nan
    place = float(x[lowest])
    for _ in range(_REPEATS):
        near, degree = np.abs(x - place) < NEAR, 3
        if np.count_nonzero(near) < _CUBIC_FROM:
            near, degree = np.abs(np.arange(x.size) - lowest) <= 2, 2
        place = _minimum(x[near], y[near], degree, place)
        if not x[0] <= place <= x[-1]:
            return math.nan
    return math.exp(place)


def _minimum(x: FloatArray, y: FloatArray, degree: int, near: float) -> float:
    """Return the minimum of a polynomial through points that is nearest to a place; NaN without one."""
    weight = np.exp(-0.5 * x) if degree > 2 else None  # uniform in ln V, where even steps in V are not
    polynomial = np.polynomial.Polynomial.fit(x, y, degree, w=weight)
    slope, bend = polynomial.deriv(), polynomial.deriv(2)
    roots = [float(r.real) for r in np.atleast_1d(slope.roots()) if abs(r.imag) < 1e-9 and bend(r.real) > 0.0]
    return min(roots, key=lambda r: abs(r - near)) if roots else math.nan


def transition_voltages(
    voltage_V: FloatArray, mean_A: FloatArray, mean_ln: FloatArray, polarity: int
) -> TransitionVoltages:
    """Return the transition voltage of each junction and of the mean curves.

    Parameters
    ----------
    voltage_V : ndarray, shape (m,)
    mean_A, mean_ln : ndarray, shape (junctions, m)
        Mean current, and mean of ln|I|, of each junction; NaN where there is none.
    polarity : int
        1 or -1.
    """
    side = polarity * voltage_V > 0.0
    v, ln, mean = polarity * voltage_V[side], mean_ln[:, side], polarity * mean_A[:, side]
    by_junction = np.array([transition_voltage_of_points(v, row) for row in ln])
    arithmetic, geometric = _column_mean(mean), _column_mean(ln)
    with np.errstate(invalid="ignore", divide="ignore"):
        of_mean = transition_voltage_of_points(v, np.where(arithmetic > 0.0, np.log(arithmetic), np.nan))
    return TransitionVoltages(polarity, by_junction, of_mean, transition_voltage_of_points(v, geometric))


def baldea_level(plus_V: FloatArray | float, minus_V: FloatArray | float) -> tuple[FloatArray, FloatArray]:
    """Return the level in eV and its asymmetry from transition voltages of both polarities.

    Parameters
    ----------
    plus_V, minus_V : ndarray or float
        Of positive and negative voltages, with their signs: ``minus_V`` is below zero.
    """
    plus, minus = np.asarray(plus_V, dtype=float), np.asarray(minus_V, dtype=float)
    product = np.abs(plus * minus)
    root = np.sqrt(plus**2 + 10.0 / 3.0 * product + minus**2)
    return np.asarray(2.0 * product / root), np.asarray(0.5 * (plus + minus) / root)


def _medians(y: FloatArray) -> FloatArray:
    """Return medians of three neighbours; the ends as they are."""
    inner = np.median(np.stack([y[:-2], y[1:-1], y[2:]]), axis=0)
    return np.concatenate([y[:1], inner, y[-1:]])


def _column_mean(rows: FloatArray) -> FloatArray:
    count = np.isfinite(rows).sum(axis=0)
    return np.asarray(np.where(count > 0, np.nansum(rows, axis=0) / np.maximum(count, 1), np.nan))
