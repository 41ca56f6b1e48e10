"""Search for a minimum of chi^2 from one start."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.fitting.families import Family
from analysis.fitting.problem import Evaluation, Problem
from analysis.records import FloatArray

UNSETTLED = "a floating probe has no stationary state at any of the starts"
_MOST_STEPS = 100
_MOST_OUTSIDE = 10
"""Steps in turn outside the bounds after which a search without bounds is given up for the bounded one."""


@dataclass(frozen=True)
class Accuracy:
    """Limits at which a search ends: relative change of the parameters and of chi^2, gradient, evaluations."""

    xtol: float
    ftol: float
    gtol: float | None = None
    max_nfev: int = _MOST_STEPS


EXACT = Accuracy(1e-8, 1e-7, 1e-12)
"""Accuracy for models that cost little."""


@dataclass(frozen=True, eq=False)
class Search:
    """Outcome of one search, in search coordinates; ``state`` is that of the model at a near point, if it has one."""

    x: FloatArray
    chi_square: float
    converged: bool
    message: str
    evaluations: int
    state: FloatArray | None = None


class _Outside(Exception):
    """A search without bounds has left them."""


class _Evaluator:
    """Residuals and slopes by search coordinates, each solved from the state of the previous point.

    They are remembered because the optimiser requests them separately. ``near`` is the state near the first point.
    """

    def __init__(self, problem: Problem[Family], near: FloatArray | None = None) -> None:
        self._problem = problem
        self._near = near
        self._at = b""
        self._last: Evaluation | None = None
        self._before: tuple[FloatArray, Evaluation] | None = None
        self.count = 0

    def at(self, x: FloatArray) -> Evaluation | None:
        """Return residuals and derivatives by search coordinates; None if the model has no stationary state."""
        if self._at != x.tobytes():
            natural = self._problem.natural(x)
            result = self._problem.evaluated(natural, self._state_near(natural))
            self.count += 1
            self._at = x.tobytes()
            self._last = None
            if result is not None:
                chain = np.where(self._problem.logarithmic, natural, 1.0)
                self._last = Evaluation(result.residual, result.slopes * chain, result.response)
                self._before = natural, result
        return self._last

    def _state_near(self, natural: FloatArray) -> FloatArray | None:
        if self._before is None:
            return self._near
        before, result = self._before
        return result.response.state_after(self._problem.own(natural - before))

    @property
    def state(self) -> FloatArray | None:
        """State at the last point that has one."""
        return self._near if self._before is None else self._before[1].response.state

    def residual(self, x: FloatArray) -> FloatArray:
        """Return (model - data)/sigma; infinite, so that the step is rejected, without a stationary state."""
        result = self.at(x)
        return np.full(self._problem.n_residuals, np.inf) if result is None else result.residual

    def slopes(self, x: FloatArray) -> FloatArray:
        """Return the derivatives of the residuals."""
        result = self.at(x)
        if result is None:
            raise ValueError(UNSETTLED)
        return result.slopes


def bounded_search(
    problem: Problem[Family],
    start: FloatArray,
    accuracy: Accuracy,
    held: int | None = None,
    near: FloatArray | None = None,
) -> Search | None:
    """Search from one start with a bounded trust region, in search coordinates.

    The parameter number ``held`` stays constant; ``near`` is the state of the model near the start, which saves the
    search for it. None if the model has no stationary state at the start.
    """
    return _bounded(problem, _Evaluator(problem, near), start, accuracy, held)


def _bounded(
    problem: Problem[Family],
    evaluate: _Evaluator,
    start: FloatArray,
    accuracy: Accuracy,
    held: int | None = None,
) -> Search | None:
    from scipy.optimize import least_squares  # slow to import

    low, high = problem.bounds
    free = np.arange(start.size) != (-1 if held is None else held)
    margin = 1e-9 * np.where(np.isfinite(high - low), high - low, 1.0)
    at = np.where(free, np.clip(start, low + margin, high - margin), start)
    if evaluate.at(at) is None:
        return None

    def whole(x: FloatArray) -> FloatArray:
        full = at.copy()
        full[free] = x
        return full

    if not free.any():
        residual = evaluate.residual(at)
        return Search(at, float(residual @ residual), True, "", evaluate.count, evaluate.state)
    with np.errstate(all="ignore"):
        outcome = least_squares(
            lambda x: evaluate.residual(whole(x)),
            at[free],
            lambda x: evaluate.slopes(whole(x))[:, free],
            bounds=(low[free], high[free]),
            x_scale="jac",
            **vars(accuracy),
        )
    return _searched(outcome, whole(outcome.x), evaluate)


def search(problem: Problem[Family], start: FloatArray) -> Search | None:
    """Approach the minimum, then run Levenberg-Marquardt; if that leaves the bounds, run the bounded trust region.

    For models that cost little. None if the model has no stationary state near the start.
    """
    from scipy.optimize import least_squares  # slow to import

    evaluate = _Evaluator(problem)
    low, high = problem.bounds
    outside = 0

    def inside(x: FloatArray) -> bool:
        return bool((low <= x).all() and (x <= high).all())

    def slopes(x: FloatArray) -> FloatArray:
        nonlocal outside
        outside = 0 if inside(x) else outside + 1
        if outside > _MOST_OUTSIDE:
            raise _Outside
        return evaluate.slopes(x)

    with np.errstate(all="ignore"):
        if evaluate.at(start) is None:
            return None
        begin = _approach(problem, evaluate, start)
        with suppress(_Outside):
            free = least_squares(evaluate.residual, begin, slopes, method="lm", x_scale="jac", **vars(EXACT))
            if np.isfinite(free.cost) and inside(free.x):
                return _searched(free, free.x, evaluate)
    return _bounded(problem, evaluate, begin, Accuracy(EXACT.xtol, EXACT.ftol, EXACT.gtol, 3 * _MOST_STEPS))


def _searched(outcome: Any, x: FloatArray, evaluate: _Evaluator) -> Search:
    cost, converged = 2 * float(outcome.cost), bool(outcome.status > 0)
    return Search(x, cost, converged, str(outcome.message), evaluate.count, evaluate.state)


def _approach(problem: Problem[Family], evaluate: _Evaluator, start: FloatArray) -> FloatArray:
    """Take a few steps with asinh(signal/sigma) in place of the signal.

    Far from the minimum a current depends on the parameters by powers over decades; its logarithm is nearly
    linear in theirs, so the search approaches in a few steps where plain residuals wander.
    """
    from scipy.optimize import least_squares  # slow to import

    contrast = 1.0 if problem.data.sigma_known else 100.0
    data = contrast * problem.measured

    def residual(x: FloatArray) -> FloatArray:
        return np.asarray(np.arcsinh(contrast * evaluate.residual(x) + data) - np.arcsinh(data))

    def slopes(x: FloatArray) -> FloatArray:
        model = contrast * evaluate.residual(x) + data
        return np.asarray(contrast * evaluate.slopes(x) / np.hypot(1.0, model)[:, None])

    outcome = least_squares(
        residual, start, slopes, method="lm", max_nfev=8, x_scale="jac", ftol=1e-2, xtol=1e-3
    )
    low, high = problem.bounds
    near = np.clip(outcome.x, low, high)
    better = np.sum(evaluate.residual(near) ** 2) < np.sum(evaluate.residual(start) ** 2)
    return near if better else start
