"""Coupling of a floating probe: profile likelihood of its width, from zero upwards."""

from dataclasses import dataclass

import numpy as np

from analysis.buettiker.fit_circuit import CircuitFamily
from analysis.fitting.result import FitResult
from analysis.fitting.search import Accuracy, bounded_search
from analysis.records import FloatArray

ONE_SIDED = 2.71  # rise of chi^2 at a one-sided bound with 95 % confidence
_ROUGH = Accuracy(1e-3, 1e-4, max_nfev=12)
_CLOSE = 0.03  # to the limit, in the square root of chi^2
_MOST = 10
_LONGEST = 1.6  # step in the logarithm of the width


@dataclass(frozen=True)
class CouplingInterval:
    """Interval of the width of a floating probe; each end separately has 95 % confidence.

    Attributes
    ----------
    low_eV : float
        0 if the width is consistent with zero.
    high_eV : float
        Infinite if chi^2 does not rise enough within the bounds.
    consistent_with_none : bool
        True if leaving out the probe raises chi^2 by less than 2.71.
    """

    low_eV: float
    high_eV: float
    consistent_with_none: bool


def coupling(fit: FitResult[CircuitFamily], without: float) -> CouplingInterval | None:
    """Return the interval of the floating width of ``fit``; ``without`` is chi^2 of the same junction without probe.

    None if the width is not a free parameter.
    """
    index = fit.problem.family.junctions.index_of("gamma_floating_eV")
    if index is None:
        return None
    least = min(fit.chi_square, without)
    none = bool(without - least < ONE_SIDED)
    high = _crossing(fit, index, 1.0, least)
    return CouplingInterval(0.0 if none else _crossing(fit, index, -1.0, least), high, none)


def _crossing(fit: FitResult[CircuitFamily], index: int, direction: float, least: float) -> float:
    """Return the width at which chi^2, minimised over all else, has risen from its least value by the limit.

    sqrt(chi^2 - least) is nearly linear in the logarithm of the width: secants find it in a few steps.
    """
    problem = fit.problem
    low, high = (x[index] for x in problem.bounds)
    limit = float(np.sqrt(ONE_SIDED))
    inside, below = problem.search(fit.values), float(np.sqrt(max(fit.chi_square - least, 0.0)))
    outside: tuple[float, float] | None = None
    near = fit.state
    step = direction * float(np.clip(limit * fit.error.standard[index] / fit.values[index], 0.02, _LONGEST))
    for _ in range(_MOST):
        if outside is None:
            target = float(np.clip(inside[index] + step, low, high))
        else:
            share = np.clip((limit - below) / (outside[1] - below), 0.1, 0.9)
            target = float(inside[index] + share * (outside[0] - inside[index]))
        if abs(target - inside[index]) < 1e-3:
            break
        moved = _moved(fit, inside, index, target)
        outcome = bounded_search(problem, moved, _ROUGH, held=index, near=near)
        rise = 1e3 if outcome is None else float(np.sqrt(max(outcome.chi_square - least, 0.0)))
        if outcome is None or rise > limit + _CLOSE:
            outside = target, rise
            continue
        inside, gained, below, near = outcome.x, rise - below, rise, outcome.state
        if rise > limit - _CLOSE:
            break
        if outside is None:
            ahead = (limit - rise) / gained if gained > 0 else np.inf
            step = direction * min(abs(step) * float(np.clip(1.1 * ahead, 0.3, 4.0)), _LONGEST)
    at_end = (
        outside is None
        and below < limit - _CLOSE
        and abs(inside[index] - (high if direction > 0 else low)) < 1e-6
    )
    if at_end:
        return np.inf if direction > 0 else 0.0
    return float(problem.natural(inside)[index])


def _moved(fit: FitResult[CircuitFamily], at: FloatArray, index: int, target: float) -> FloatArray:
    """Return the point with one coordinate moved and the others following linearly; search coordinates."""
    chain = np.where(fit.problem.logarithmic, fit.values, 1.0)
    covariance = fit.covariance / np.outer(chain, chain)
    variance = covariance[index, index]
    moved = at.copy()
    if not fit.error.unseen.any() and 0 < variance < 1:
        moved = at + covariance[:, index] / variance * (target - at[index])
    moved[index] = target
    return moved
