"""Transition voltage: the bias at which ln(I/V^2) is least, where I grows as the square of V.

Beebe et al., Phys. Rev. Lett. 97, 026801 (2006). For a single level far from E_F it is a little above the level's
distance in volts (symmetric drop); it is read from one curve without a fit.
"""

import numpy as np

from analysis.fitting.data import Measured
from analysis.records import FloatArray
from analysis.transport.landauer import currents, differential_conductance
from analysis.transport.transmission import Transmission

_NEAR = 0.35  # in ln V: the cubic is fitted within a third of the voltage to either side


def transition_voltage(
    transmission: Transmission, temperature_K: float = 300.0, polarity: int = 1, up_to_V: float = 3.0
) -> float:
    """Return the smallest bias of the sign of ``polarity`` with d ln|I| / d ln|V| = 2; NaN without one up to
    ``up_to_V``.
    """
    from scipy.optimize import brentq  # slow to import

    def excess(bias: float | FloatArray) -> FloatArray:
        V = polarity * np.asarray(bias, dtype=np.float64)
        I = currents(transmission, V, temperature_K, temperature_K).current_A  # noqa: E741
        slope = differential_conductance(transmission, V, temperature_K, temperature_K)
        return np.asarray(V * slope / I - 2.0)

    grid = np.linspace(up_to_V / 200, up_to_V, 200)
    above = excess(grid) > 0
    rises = np.flatnonzero(~above[:-1] & above[1:])
    if not rises.size:
        return float("nan")
    return polarity * float(
        brentq(lambda x: float(excess(x)), grid[rises[0]], grid[rises[0] + 1], xtol=1e-12)
    )


def transition_voltage_of_curve(
    voltage_V: FloatArray, current_A: FloatArray, sigma_A: FloatArray | None = None, polarity: int = 1
) -> Measured | None:
    """Return the minimum of ln(I/V^2) of a measured curve, from a cubic in ln V around the lowest point.

    Only voltages of the sign of ``polarity`` are used, and only currents of that sign that exceed their uncertainty.
    None if the minimum lies at the end of the data, or fewer than five points are near it.
    """
    V, I = polarity * np.asarray(voltage_V), polarity * np.asarray(current_A)  # noqa: E741
    sigma = np.zeros_like(I) if sigma_A is None else np.asarray(sigma_A)
    good = (V > 0) & (sigma < I)
    if good.sum() < 5:
        return None
    order = np.argsort(V[good])
    x, relative = np.log(V[good][order]), (sigma[good] / I[good])[order]
    y = np.log(I[good][order]) - 2 * x
    smooth = np.array([np.median(y[max(i - 1, 0) : i + 2]) for i in range(y.size)])
    centre = x[int(np.argmin(smooth))]
    near = np.abs(x - centre) < _NEAR
    if near.sum() < 5 or centre - x[0] < 0.25 * _NEAR or x[-1] - centre < 0.25 * _NEAR:
        return None
    weight = np.ones(int(near.sum())) if sigma_A is None else 1.0 / np.maximum(relative[near], 1e-12)
    design = np.vander(x[near] - centre, 4) * weight[:, None]
    cubic, residual, *_ = np.linalg.lstsq(design, y[near] * weight, rcond=None)
    slope, bend = np.polyder(cubic), np.polyder(cubic, 2)
    roots = [float(r.real) for r in np.roots(slope) if abs(r.imag) < 1e-12 and np.polyval(bend, r.real) > 0]
    if not roots or abs(roots[0]) > _NEAR:
        return None
    covariance = np.linalg.inv(design.T @ design)
    if sigma_A is None:
        covariance = covariance * float(residual.sum()) / max(int(near.sum()) - 4, 1)
    shift = roots[0]
    by = np.array([3 * shift**2, 2 * shift, 1.0, 0.0]) / np.polyval(bend, shift)
    value = float(np.exp(centre + shift))
    error = value * float(np.sqrt(by @ covariance @ by))
    return Measured(polarity * value, max(error, 1e-15))
