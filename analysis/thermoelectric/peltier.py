"""Peltier coefficient of a junction from the heat in the tip at several small biases.

    Q_P = Pi I + I^2 / (2 G),   Pi = S T

The odd part grows faster than I: by 1 + (eV / 2 pi k T)^2 to leading order, 9.6 % at 50 mV and 300 K. The regression is
on the measured current, never on the nominal bias: an offset delta of the bias turns Pi into Pi + delta.
"""

import math
from dataclasses import dataclass

import numpy as np

from analysis.constants import ELEMENTARY_CHARGE_C, BOLTZMANN_J_per_K
from analysis.records import FloatArray

LARGEST_V = 0.05
"""Largest bias up to which the cubic correction leaves less than 0.2 % of the odd part."""


@dataclass(frozen=True)
class Peltier:
    """Pi in V (W/A) and the coefficient of I^2 in ohm, 1/(2 G) for a symmetric junction, with standard errors."""

    Pi_V: float
    square_ohm: float
    sigma_Pi_V: float = math.nan
    sigma_square_ohm: float = math.nan


def cubic_current_A(current_A: FloatArray, conductance_S: float, temperature_K: float) -> FloatArray:
    """Return I (1 + (e I / G / 2 pi k T)^2), to which the odd part of the heat is proportional."""
    thermal_V = 2.0 * math.pi * BOLTZMANN_J_per_K * temperature_K / ELEMENTARY_CHARGE_C
    return np.asarray(current_A * (1.0 + (current_A / conductance_S / thermal_V) ** 2))


def peltier(
    current_A: FloatArray,
    heat_W: FloatArray,
    conductance_S: float,
    temperature_K: float,
    covariance_W2: FloatArray | None = None,
    *,
    cubic: bool = True,
) -> Peltier:
    """Fit the heats at all levels by Pi x + b I^2, x the current with its cubic correction.

    Parameters
    ----------
    current_A, heat_W : ndarray, shape (levels,)
        Mean current, free of the amplifier's offset, and heat in the tip relative to zero bias.
    conductance_S, temperature_K : float
        Low-bias conductance and mean temperature.
    covariance_W2 : ndarray, shape (levels, levels), optional
        Covariance of the heats; equal and independent errors, of unknown size, without it.
    cubic : bool
        False leaves the cubic correction out.

    Raises
    ------
    ValueError
        If the levels do not determine both coefficients.
    """
    odd_A = cubic_current_A(current_A, conductance_S, temperature_K) if cubic else current_A
    solution, covariance = _weighted(np.column_stack([odd_A, current_A**2]), heat_W, covariance_W2)
    sigma = np.sqrt(np.diag(covariance)) if covariance_W2 is not None else np.full(2, np.nan)
    return Peltier(float(solution[0]), float(solution[1]), float(sigma[0]), float(sigma[1]))


def peltier_of_levels(
    current_A: FloatArray,
    heat_W: FloatArray,
    covariance_W2: FloatArray,
    reference: int,
    conductance_S: float,
    temperature_K: float,
) -> Peltier:
    """Fit heats that are relative to that of one level, whatever its current.

    With two levels 1/(2 G) is given, and ``square_ohm`` is not measured.

    Parameters
    ----------
    current_A, heat_W : ndarray, shape (levels,)
        As in `peltier`; the heat of the level ``reference`` is 0 by definition.
    covariance_W2 : ndarray, shape (levels, levels)
        Its row and column of the reference are not used.
    reference : int
    conductance_S, temperature_K : float

    Raises
    ------
    ValueError
        If the levels do not determine the coefficients.
    """
    others = np.arange(len(current_A)) != reference
    odd_A = cubic_current_A(current_A, conductance_S, temperature_K)
    x_A, square_A2 = (v[others] - v[reference] for v in (odd_A, current_A**2))
    y_W, covariance = heat_W[others], covariance_W2[np.ix_(others, others)]
    if len(y_W) > 1:
        solution, errors = _weighted(np.column_stack([x_A, square_A2]), y_W, covariance)
        sigma = np.sqrt(np.diag(errors))
        return Peltier(float(solution[0]), float(solution[1]), float(sigma[0]), float(sigma[1]))
    if not (len(y_W) and x_A[0]):
        raise ValueError("the levels do not determine the odd part of the heat")
    joule_ohm = 1.0 / (2.0 * conductance_S)
    Pi_V = float((y_W[0] - joule_ohm * square_A2[0]) / x_A[0])
    return Peltier(Pi_V, joule_ohm, math.sqrt(covariance[0, 0]) / abs(float(x_A[0])), math.nan)


def two_level_peltier(
    current_A: FloatArray,
    heat_W: FloatArray,
    conductance_S: float,
    temperature_K: float,
    covariance_W2: FloatArray | None = None,
) -> Peltier:
    """Fit heats without a zero level: the even part is given by 1/(2 G), and the constant is free.

    Parameters and errors as for `peltier`; ``square_ohm`` is not measured.
    """
    joule_ohm = 1.0 / (2.0 * conductance_S)
    odd_A = cubic_current_A(current_A, conductance_S, temperature_K)
    design = np.column_stack([odd_A, np.ones_like(odd_A)])
    solution, covariance = _weighted(design, heat_W - joule_ohm * current_A**2, covariance_W2)
    sigma = math.sqrt(covariance[0, 0]) if covariance_W2 is not None else math.nan
    return Peltier(float(solution[0]), joule_ohm, sigma, math.nan)


def _weighted(
    design: FloatArray, values: FloatArray, covariance: FloatArray | None
) -> tuple[FloatArray, FloatArray]:
    """Return coefficients and their covariance, of columns scaled to unit size so that small currents do no harm."""
    size = np.sqrt((design**2).sum(axis=0))
    scaled = design / np.where(size > 0.0, size, 1.0)
    scale = float(np.trace(covariance)) if covariance is not None else 1.0
    weight = np.eye(len(values)) if covariance is None else np.linalg.inv(covariance / scale)
    information = scaled.T @ weight @ scaled
    if len(values) < 2 or np.linalg.eigvalsh(information)[0] < 1e-12 * np.trace(information):
        raise ValueError("the levels do not determine the odd and the even part of the heat")
    inverse = np.linalg.inv(information)
    return (inverse @ (scaled.T @ weight @ values)) / size, scale * inverse / np.outer(size, size)


def bias_of_largest_cooling_V(seebeck_V_per_K: float, temperature_K: float) -> float:
    """Return the bias -S T at which the tip cools most."""
    return -seebeck_V_per_K * temperature_K


def largest_cooling_W(conductance_S: float, seebeck_V_per_K: float, temperature_K: float) -> float:
    """Return the heat in the tip, -G (S T)^2 / 2, at the bias of the largest cooling."""
    return -0.5 * conductance_S * (seebeck_V_per_K * temperature_K) ** 2
