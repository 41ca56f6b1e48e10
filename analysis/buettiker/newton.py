"""Newton's method for many small systems together, damped so that it also converges from distant starts.

A step is shortened until the natural monotonicity test holds: the next step with the old Jacobian must be shorter than
this one (Deuflhard, Newton Methods for Nonlinear Problems, Springer 2004, chapter 3). The test does not depend on the
scale of the equations, some of which here are for particles and others for heat.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatArray

BALANCED = 2e-14
"""Share of the terms that cancel in a value up to which it is zero."""

_ROUNDING = (
    1e-9  # of the scale of the unknowns: smaller steps that no longer shrink fast are limited by rounding
)
_NOISE = 1e-10  # of the terms that cancel in a value: the same
_SHORTEST = 1e-4  # damping at which a system is abandoned
_EPS = float(np.finfo(float).eps)

Jacobian = Callable[[], FloatArray]
Equations = Callable[[FloatArray, NDArray[np.intp]], tuple[FloatArray, FloatArray, Jacobian]]
Bounds = Callable[[FloatArray, NDArray[np.intp]], tuple[FloatArray, FloatArray]]


@dataclass(frozen=True, eq=False)
class Roots:
    """Unknowns (n_unknowns, n_systems), iterations, and True for roots, (n_systems,)."""

    unknown: FloatArray
    iterations: NDArray[np.intp]
    found: NDArray[np.bool_]

    def replace(self, systems: NDArray[np.intp], other: "Roots") -> None:
        """Replace these systems by ``other`` and add its iterations."""
        self.unknown[:, systems], self.found[systems] = other.unknown, other.found
        self.iterations[systems] += other.iterations


def roots(
    equations: Equations,
    start: FloatArray,
    scale: FloatArray,
    bounds: Bounds,
    most: int = 40,
    balanced: float = BALANCED,
) -> Roots:
    """Find roots of independent systems of the same few unknowns.

    Parameters
    ----------
    equations : callable
        Function of unknowns (n_unknowns, k) and the numbers (k,) of their systems; returns values (n_unknowns, k), the
        sums of the terms that cancel in them (same shape), and a function, called only where another step follows,
        that returns the Jacobian (n_unknowns, n_unknowns, k), whose rows are the derivatives of a value.
    start, scale : ndarray, shape (n_unknowns, n_systems)
        Starts, and the scale of the unknowns with which steps are compared.
    bounds : callable
        Function that returns the lowest and highest values allowed after one step from these unknowns.
    most : int
        Iterations after which a system is abandoned; a rejected step counts.
    balanced : float
        Share of the terms that cancel in a value up to which it counts as zero.
    """
    u, systems = start.copy(), np.arange(start.shape[1])
    iterations, found = np.zeros(systems.size, dtype=np.intp), np.zeros(systems.size, dtype=bool)
    if not len(u):
        return Roots(u, iterations, ~found)
    value, _, slopes = equations(u, systems)
    jacobian = slopes()
    step, damping = _solved(jacobian, value), np.ones(systems.size)
    for _ in range(most):
        sound = np.isfinite(step).all(axis=0)
        if not sound.all():
            systems, step, damping, jacobian = (
                systems[sound],
                step[:, sound],
                damping[sound],
                jacobian[..., sound],
            )
        if not systems.size:
            break
        here, size = u[:, systems], scale[:, systems]
        iterations[systems] += 1
        damping = np.minimum(damping, _reach(here, step, bounds(here, systems)))
        trial = here + damping * step
        value, cancelled, slopes = equations(trial, systems)
        corrected = _solved(jacobian, value)
        before, after = (np.abs(x / size).max(axis=0) for x in (step, corrected))
        shorter = after <= (1 - 0.25 * damping) * before
        rounding = np.maximum(_ROUNDING, 16 * _EPS * np.abs(here / size).max(axis=0))
        ended = (np.abs(value) <= balanced * cancelled).all(axis=0)
        stuck = (before <= rounding) | (np.abs(value) <= _NOISE * cancelled).all(axis=0)
        ended |= (damping == 1) & stuck & (after > 0.1 * before)
        u[:, systems] = np.where(shorter | ended, trial, here)
        found[systems[ended]] = True
        going = ~ended & (shorter | (damping > _SHORTEST))
        if (shorter & going).any():
            after_jacobian = slopes()
            jacobian = np.where(shorter, after_jacobian, jacobian)
            step = np.where(shorter, _solved(after_jacobian, value), step)
        jacobian, step = jacobian[..., going], step[:, going]
        damping = np.where(shorter, np.minimum(1.0, 4 * damping), damping / 4)[going]
        systems = systems[going]
    return Roots(u, iterations, found)


def _solved(jacobian: FloatArray, value: FloatArray) -> FloatArray:
    """Return the Newton step; NaN if the Jacobian is singular or not finite."""
    matrix, right = np.moveaxis(jacobian, -1, 0), -value.T[..., None]
    try:
        return np.asarray(np.linalg.solve(matrix, right)[..., 0].T)
    except np.linalg.LinAlgError:
        regular = np.linalg.det(matrix) != 0
        step = np.full(value.shape, np.nan)
        step[:, regular] = np.linalg.solve(matrix[regular], right[regular])[..., 0].T
        return step


def _reach(here: FloatArray, step: FloatArray, bounds: tuple[FloatArray, FloatArray]) -> FloatArray:
    """Return the largest share of the step, at most 1, that stays within bounds."""
    low, high = bounds
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(step < 0, (low - here) / step, (high - here) / step)
    return np.asarray(np.minimum(np.where(step == 0, 1.0, part).min(axis=0), 1.0))
