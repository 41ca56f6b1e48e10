"""Fits of one level to many mean I-V curves at once, for studies of thousands of sets.

They find what `analysis.fitting.least_squares.fit` finds one by one (`test_fits.py` compares both).
"""

from collections.abc import Sequence

import numpy as np

from analysis.constants import G0_S, BOLTZMANN_eV_per_K
from analysis.fitting.data import CurrentData, LogCurrentData
from analysis.records import FloatArray
from analysis.transport.level_derivatives import level_slopes

TEMPERATURE_K = 300.0
LOWEST, HIGHEST = np.array([0.05, np.log(1e-5)]), np.array([3.0, 0.0])
"""Bounds of energy (eV) and logarithm of the width, which the fit searches by."""

START = np.array([0.77, np.log(0.03)])
STEPS, CONVERGED = 60, 1e-6


def currents_of(level: FloatArray, voltage_V: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Currents (m, n) in A of levels (m, 2), energy and logarithm of the width, and slopes (m, n, 2)."""
    energy_eV, gamma_eV = level[:, 0], np.exp(level[:, 1])
    kT_eV = BOLTZMANN_eV_per_K * TEMPERATURE_K
    fields = np.column_stack([energy_eV, gamma_eV, gamma_eV, np.full(energy_eV.shape, 0.5)])
    found = level_slopes(fields, voltage_V, kT_eV, kT_eV)
    by_width = (found.slopes[0, :, 1] + found.slopes[0, :, 2]) * gamma_eV[:, None]
    return G0_S * found.by_level[0], G0_S * np.stack([found.slopes[0, :, 0], by_width], axis=-1)


def fit_levels(curves: Sequence[CurrentData | LogCurrentData], start: FloatArray) -> FloatArray:
    """Levels (m, 2) that suit the curves, which share their voltages; ``start`` has their shape.

    Levenberg-Marquardt, each curve with a damping of its own; those that have converged are left alone.
    """
    logarithmic = isinstance(curves[0], LogCurrentData)
    measured = np.array([x.current_A for x in curves])
    sigma = np.array([x.sigma_ln if isinstance(x, LogCurrentData) else x.sigma_A for x in curves])
    at = np.array(start, dtype=np.float64)

    def residuals(rows: FloatArray, level: FloatArray) -> tuple[FloatArray, FloatArray]:
        model, slopes = currents_of(level, curves[0].voltage_V)
        if logarithmic:
            slopes, model = slopes / model[..., None], np.log(np.abs(model / measured[rows]))
        else:
            model = model - measured[rows]
        return model / sigma[rows], slopes / sigma[rows][..., None]

    rows = np.arange(len(curves))
    residual, slopes = residuals(rows, at)
    damping = np.full(len(curves), 1e-4)
    for _ in range(STEPS):
        normal = np.einsum("mni,mnj->mij", slopes, slopes)
        normal[:, [0, 1], [0, 1]] *= 1 + damping[rows, None]
        step = -np.linalg.solve(normal, np.einsum("mni,mn->mi", slopes, residual)[..., None])[..., 0]
        tried = np.clip(at[rows] + step, LOWEST, HIGHEST)
        found, by = residuals(rows, tried)
        better = (found**2).sum(axis=1) <= (residual**2).sum(axis=1)
        at[rows[better]] = tried[better]
        damping[rows] *= np.where(better, 0.1, 10.0)
        going = ~(better & (np.abs(step).max(axis=1) < CONVERGED)) & (damping[rows] < 1e12)
        residual = np.where(better[:, None], found, residual)[going]
        slopes = np.where(better[:, None, None], by, slopes)[going]
        rows = rows[going]
        if not rows.size:
            return at
    raise AssertionError(f"{rows.size} of {len(curves)} fits have not converged")
