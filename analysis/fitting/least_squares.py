"""Least-squares fit of a transmission model from several starts, with remarks on ambiguities."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import least_squares

from analysis.fitting.data import CurrentData, LogCurrentData
from analysis.fitting.diagnostics import at_bounds, correlation_of, remarks_on
from analysis.fitting.errors import Errors, errors_of
from analysis.fitting.families import LevelFamily
from analysis.fitting.problem import Problem
from analysis.fitting.search_space import evenly_spread
from analysis.records import FloatArray
from analysis.transport.transmission import Transmission

_CANDIDATES = 64
_SCAN_POINTS = 16
_MOST_STEPS = 100
Replicas = Sequence[CurrentData | LogCurrentData]
"""Mean currents that each leave out a group of junctions, see `analysis.iv.junction_curves`."""

_HOW = {"x_scale": "jac", "xtol": 1e-8, "ftol": 1e-7, "gtol": 1e-12}


@dataclass(frozen=True, eq=False)
class FitResult:
    """Outcome of `fit`.

    ``values`` are in the order of ``names``. ``replicas`` are the values with each group of junctions left out.
    ``chi_square`` is in units of the given uncertainties; without them it is in units of the largest current squared,
    ``sigma_known`` is False and the errors come from the scatter about the fit. ``remarks`` are sentences about
    ambiguities and bounds that were reached.
    """

    names: tuple[str, ...]
    values: FloatArray
    error: Errors
    replicas: tuple[FloatArray, ...]
    chi_square: float
    degrees_of_freedom: int
    sigma_known: bool
    at_bound: tuple[str, ...]
    remarks: tuple[str, ...]
    converged: bool
    message: str
    evaluations: int
    transmission: Transmission
    molecules: float

    @property
    def errors(self) -> FloatArray:
        """Half widths (n,) of the 68 % intervals; infinite if the data do not determine a parameter."""
        return self.error.half_width()

    @property
    def covariance(self) -> FloatArray:
        """Squares of standard errors, (n, n)."""
        return self.error.covariance

    @property
    def correlation(self) -> FloatArray:
        """Correlation matrix; 0 for a parameter that the data do not determine."""
        return correlation_of(self.covariance, self.error.standard)

    @property
    def reduced_chi_square(self) -> float:
        """chi^2 per degree of freedom; NaN without degrees of freedom."""
        return self.chi_square / self.degrees_of_freedom if self.degrees_of_freedom > 0 else float("nan")


def fit(problem: Problem, replicas: Replicas = ()) -> FitResult:
    """Minimise chi^2 quickly, for fits to live data.

    If the outcome from the given start is not a good fit (chi^2 four standard deviations above its mean; without
    uncertainties, a scatter above 1 % of the largest current), its mirror image and up to three more starts are
    tried until one is.

    Parameters
    ----------
    problem : Problem
    replicas : sequence of CurrentData or LogCurrentData
        Currents with each group of junctions left out: they give the errors.

    Raises
    ------
    ValueError
        No free parameter, or more parameters than values.
    """
    searches = [_search(problem, _given(problem))]
    if not _good(problem, searches[0].cost):
        for start in (*_mirrored(problem, searches[0].x), *_spread_starts(problem, 3)):
            searches.append(_search(problem, start))
            if _good(problem, searches[-1].cost):
                break
    return _result(problem, searches, replicas)


def fit_thoroughly(problem: Problem, starts: int = 8, replicas: Replicas = ()) -> FitResult:
    """Minimise chi^2 from all of ``starts`` starts, to find other minima.

    The mirror image of the first outcome is one of the starts. ``replicas`` is as in `fit`.

    Raises
    ------
    ValueError
        No free parameter, or more parameters than values.
    """
    searches = [_search(problem, _given(problem))]
    others = [*_mirrored(problem, searches[0].x), *_spread_starts(problem, starts)][: starts - 1]
    return _result(problem, searches + [_search(problem, start) for start in others], replicas)


def _mirrored(problem: Problem, at: FloatArray) -> list[FloatArray]:
    """Return the point with all levels on the other side of E_F, if the bounds allow it; search coordinates."""
    if not isinstance(problem.family, LevelFamily):
        return []
    values = problem.natural(at)
    free = problem.family.free
    energies, drops = (np.unique(free[free[:, column] >= 0, column]) for column in (0, 3))
    values[energies] *= -1.0
    values[drops] = 1.0 - values[drops]
    inside = all(p.minimum <= x <= p.maximum for p, x in zip(problem.parameters, values, strict=True))
    return [problem.search(values)] if energies.size and inside else []


def _good(problem: Problem, cost: float) -> bool:
    freedom = problem.n_residuals - len(problem.parameters)
    limit = freedom + 4.0 * np.sqrt(2.0 * freedom) if problem.data.sigma_known else 1e-4 * problem.data.size
    return bool(2 * cost <= limit)


def _result(problem: Problem, searches: Sequence["_Search"], replicas: Replicas) -> FitResult:
    best = min(searches, key=lambda x: x.cost)
    values = problem.natural(best.x)
    residual, _ = problem.residuals(values)
    left_out = tuple(_refitted(problem, best.x, current) for current in replicas)
    error = errors_of(problem, values, left_out)
    others = [(problem.natural(x.x), 2 * x.cost) for x in searches if x is not best]
    return FitResult(
        names=tuple(p.name for p in problem.parameters),
        values=values,
        error=error,
        replicas=left_out,
        chi_square=float(residual @ residual),
        degrees_of_freedom=residual.size - values.size,
        sigma_known=problem.data.sigma_known,
        at_bound=at_bounds(problem, values),
        remarks=remarks_on(problem, values, error, residual, others),
        converged=best.status > 0,
        message=best.message,
        evaluations=sum(x.evaluations for x in searches),
        transmission=problem.family.transmission(values[: len(problem.family.parameters)]),
        molecules=problem.molecules_at(values),
    )


def _refitted(problem: Problem, start: FloatArray, current: CurrentData | LogCurrentData) -> FloatArray:
    """Fit another mean current in the same minimum; return the values."""
    other = replace(problem, data=replace(problem.data, current=current))
    low, high = other.bounds
    margin = 1e-9 * np.where(np.isfinite(high - low), high - low, 1.0)
    evaluate = _Remembered(other)
    with np.errstate(all="ignore"):
        kept = least_squares(
            evaluate.residual,
            np.clip(start, low + margin, high - margin),
            evaluate.slopes,
            bounds=(low, high),
            max_nfev=_MOST_STEPS,
            **_HOW,
        )
    return other.natural(kept.x)


@dataclass(frozen=True, eq=False)
class _Search:
    """Outcome of one search, in search coordinates; ``cost`` is chi^2 / 2."""

    x: FloatArray
    cost: float
    status: int
    message: str
    evaluations: int


def _search(problem: Problem, start: FloatArray) -> _Search:
    """Approach the minimum, then run Levenberg-Marquardt; if that leaves the bounds, run the bounded trust region."""
    evaluate = _Remembered(problem)
    low, high = problem.bounds
    with np.errstate(all="ignore"):
        begin = _approach(problem, evaluate, start)
        free = least_squares(
            evaluate.residual, begin, evaluate.slopes, method="lm", max_nfev=_MOST_STEPS, **_HOW
        )
        used = evaluate.count
        if np.isfinite(free.cost) and (low <= free.x).all() and (free.x <= high).all():
            return _Search(free.x, float(free.cost), int(free.status), str(free.message), used)
        margin = 1e-9 * np.where(np.isfinite(high - low), high - low, 1.0)
        begin = np.clip(begin, low + margin, high - margin)
        kept = least_squares(
            evaluate.residual, begin, evaluate.slopes, bounds=(low, high), max_nfev=3 * _MOST_STEPS, **_HOW
        )
    return _Search(kept.x, float(kept.cost), int(kept.status), str(kept.message), evaluate.count)


class _Remembered:
    """Residuals and slopes by search coordinates, remembered because the optimiser requests them separately."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._at = b""
        self._last: tuple[FloatArray, FloatArray] | None = None
        self.count = 0

    def both(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return residuals and slopes, computed once for each point."""
        if self._last is None or x.tobytes() != self._at:
            natural = self._problem.natural(x)
            residual, slopes = self._problem.residuals(natural)
            self._last = residual, slopes * np.where(self._problem.logarithmic, natural, 1.0)
            self._at = x.tobytes()
            self.count += 1
        return self._last

    def residual(self, x: FloatArray) -> FloatArray:
        """Return (model - data)/sigma."""
        return self.both(x)[0]

    def slopes(self, x: FloatArray) -> FloatArray:
        """Return the derivatives of the residuals."""
        return self.both(x)[1]


def _approach(problem: Problem, evaluate: _Remembered, start: FloatArray) -> FloatArray:
    """Take a few steps with asinh(signal/sigma) in place of the signal.

    Far from the minimum a current depends on the parameters by powers over decades; its logarithm is nearly
    linear in theirs, so the search approaches in a few steps where plain residuals wander.
    """
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


def _given(problem: Problem) -> FloatArray:
    """Return the user's start, in search coordinates."""
    size = len(problem.parameters)
    if not size:
        raise ValueError("the model has no free parameter: mark one as { start =, min =, max = }")
    if problem.n_residuals < size:
        raise ValueError(f"{problem.data.size} values cannot determine {size} parameters")
    return problem.search(_off_symmetry(problem, np.array([p.start for p in problem.parameters])))


def _spread_starts(problem: Problem, count: int) -> list[FloatArray]:
    """Return the most promising points of an even spread over the bounds, best first; search coordinates."""
    centre = _given(problem)
    low, high = problem.bounds
    reach = np.where(problem.logarithmic, np.log(30.0), 2.0 * np.maximum(np.abs(centre), 0.25))
    low, high = np.maximum(low, centre - reach), np.minimum(high, centre + reach)
    points = low + (high - low) * evenly_spread(_CANDIDATES, centre.size)
    if problem.data.scaled:
        points[:, -1] = 1.0
    costs = problem.rough_costs(np.array([problem.natural(x) for x in points]), _SCAN_POINTS)
    order = np.argsort(np.where(np.isfinite(costs), costs, np.inf), kind="stable")
    return [points[i] for i in order[:count]]


def _off_symmetry(problem: Problem, start: FloatArray) -> FloatArray:
    """Move one of two equal free widths of a level by a tenth: from equal starts they would stay equal."""
    if not isinstance(problem.family, LevelFamily):
        return start
    moved = start.copy()
    for row in problem.family.free:
        probe, substrate = row[1], row[2]
        if probe >= 0 and substrate >= 0 and probe != substrate and start[probe] == start[substrate]:
            parameter = problem.parameters[substrate]
            up = 1.1 * start[substrate]
            moved[substrate] = (
                up if up <= parameter.maximum else max(0.9 * start[substrate], parameter.minimum)
            )
    return moved
