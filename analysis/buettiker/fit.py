"""Least-squares fit of a junction with floating probes: many starts on few points, then the best ones on all."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from analysis.buettiker.fit_circuit import Solution
from analysis.buettiker.fit_problem import ProbeProblem
from analysis.fitting.diagnostics import at_bounds, correlation_of
from analysis.fitting.search_space import covariance_of, evenly_spread
from analysis.records import FloatArray

_CANDIDATES = 32
_FEW_CURRENTS = 16
_FINALISTS = 2
_AT_LEAST = 2  # searches, even if the first one describes the data
_AGREEING = 3  # searches that lead to the same chi^2: there is hardly a better one
_SAME = 0.01  # of chi^2: ten times the accuracy of a rough search
_ROUGH, _FINE = (
    {"xtol": 1e-3, "ftol": 1e-3, "gtol": None, "max_nfev": 25},
    {"xtol": 1e-6, "ftol": 1e-7, "gtol": None, "max_nfev": 100},
)
_UNSETTLED = "a floating probe has no stationary state at any of the starts"


@dataclass(frozen=True, eq=False)
class ProbeFit:
    """Outcome of a fit.

    ``values`` and ``errors`` (one standard deviation; infinite if the data do not determine a parameter) are in the
    order of ``names``; ``covariance`` has shape (n, n). ``chi_square`` includes the prior of the scale. ``others`` are
    further minima: their values and chi^2.
    """

    problem: ProbeProblem
    values: FloatArray
    errors: FloatArray
    covariance: FloatArray
    chi_square: float
    converged: bool
    others: tuple[tuple[FloatArray, float], ...]
    evaluations: int

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the free parameters."""
        return tuple(p.name for p in self.problem.parameters)

    @property
    def degrees_of_freedom(self) -> int:
        """Number of residuals, including the prior, minus number of parameters."""
        return self.problem.n_residuals - len(self.values)

    @property
    def at_bound(self) -> tuple[str, ...]:
        """Parameters that ended on a bound."""
        return at_bounds(self.problem, self.values)

    @property
    def correlation(self) -> FloatArray:
        """Correlation matrix; 0 for a parameter that the data do not determine."""
        return correlation_of(self.covariance, self.errors)

    def value(self, name: str) -> float:
        """Return the value of a free parameter."""
        return float(self.values[self.names.index(name)])


@dataclass(frozen=True, eq=False)
class SearchResult:
    """Outcome of one search, in search coordinates."""

    x: FloatArray
    chi_square: float
    converged: bool
    evaluations: int


def fit(problem: ProbeProblem, near: Iterable[FloatArray] = (), starts: int = 4) -> ProbeFit:
    """Minimise chi^2.

    Searches on a part of the currents start from the parameters' own start, then from the most promising points of
    ``near`` and of an even spread over the bounds, until one describes them or three lead to the same chi^2; the best
    two continue on all data.

    Parameters
    ----------
    problem : ProbeProblem
    near : iterable of ndarray
        Further starts, in natural values.
    starts : int
        Number of starts from ``near``, and from the spread.

    Raises
    ------
    ValueError
        Without a free parameter, with more parameters than values, or if floating probes settle at no start.
    """
    size = len(problem.parameters)
    if not problem.family.parameters:
        raise ValueError("the model has no free parameter: mark one as { start =, min =, max = }")
    if problem.data.size < size:
        raise ValueError(f"{problem.data.size} values cannot determine {size} parameters")
    given = np.array([p.start for p in problem.parameters])
    rough = ProbeProblem(problem.data.thinned(_FEW_CURRENTS), problem.family)
    searches: list[SearchResult] = []
    for start in _promising(rough, given, list(near), starts):
        if (x := search(rough, start, _ROUGH)) is not None:
            searches.append(x)
        if _enough(rough, [y.chi_square for y in searches]):
            break
    best = _distinct(sorted(searches, key=lambda x: x.chi_square), problem)
    final = [y for x in best[:_FINALISTS] if (y := search(problem, x.x, _FINE)) is not None]
    if not final:
        raise ValueError(_UNSETTLED)
    evaluations = sum(x.evaluations for x in [*searches, *final])
    return _result(problem, sorted(final, key=lambda x: x.chi_square), evaluations)


def refit(problem: ProbeProblem, values: FloatArray) -> ProbeFit:
    """Minimise chi^2 from one start. Raises ``ValueError`` if a floating probe does not settle there."""
    outcome = search(problem, problem.search(values), _FINE)
    if outcome is None:
        raise ValueError(_UNSETTLED)
    return _result(problem, [outcome], outcome.evaluations)


def search(
    problem: ProbeProblem, start: FloatArray, how: dict[str, float | None], kept: int | None = None
) -> SearchResult | None:
    """Search from one start with a bounded trust region, in search coordinates; None if a probe does not settle there.

    The parameter number ``kept`` stays constant.
    """
    low, high = problem.bounds
    free = np.arange(start.size) != (-1 if kept is None else kept)
    margin = 1e-9 * np.where(np.isfinite(high - low), high - low, 1.0)
    at = np.clip(start, low + margin, high - margin)
    at[~free] = start[~free]
    follow = _Follow(problem)
    if follow.both(at) is None:
        return None

    def whole(x: FloatArray) -> FloatArray:
        full = at.copy()
        full[free] = x
        return full

    if not free.any():
        residual = follow.residual(at)
        return SearchResult(at, float(residual @ residual), True, follow.count)
    with np.errstate(all="ignore"):
        outcome = least_squares(
            lambda x: follow.residual(whole(x)),
            at[free],
            lambda x: follow.slopes(whole(x))[:, free],
            bounds=(low[free], high[free]),
            x_scale="jac",
            **how,
        )
    return SearchResult(whole(outcome.x), 2 * float(outcome.cost), bool(outcome.status > 0), follow.count)


class _Follow:
    """Residuals and slopes by search coordinates, each solved from the potentials of the previous point."""

    def __init__(self, problem: ProbeProblem) -> None:
        self._problem = problem
        self._at = b""
        self._last: tuple[FloatArray, FloatArray] | None = None
        self._previous: tuple[FloatArray, Solution] | None = None
        self.count = 0

    def both(self, x: FloatArray) -> tuple[FloatArray, FloatArray] | None:
        """Return residuals and slopes, computed once for each point; None if a probe does not settle."""
        if self._at != x.tobytes():
            natural = self._problem.natural(x)
            solved = self._problem.residuals(natural, self._ahead(natural))
            self.count += 1
            self._at = x.tobytes()
            self._last = None
            if solved is not None:
                chain = np.where(self._problem.logarithmic, natural, 1.0)
                self._last, self._previous = (solved[0], solved[1] * chain), (natural, solved[2])
        return self._last

    def _ahead(self, natural: FloatArray) -> FloatArray | None:
        """Extrapolate the potentials to first order; return the previous ones if the step is unreasonably large."""
        if self._previous is None:
            return None
        before, solution = self._previous
        n = len(solution.state_slopes)
        ahead = solution.state + np.tensordot((natural - before)[:n], solution.state_slopes, axes=1)
        far = np.abs(ahead - solution.state) > 0.3 * np.abs(solution.state) + 0.02
        return np.where(far.any(axis=0), solution.state, ahead)

    def residual(self, x: FloatArray) -> FloatArray:
        """Return (model - data)/sigma; infinite, so that the step is rejected, if a probe does not settle."""
        both = self.both(x)
        return np.full(self._problem.n_residuals, np.inf) if both is None else both[0]

    def slopes(self, x: FloatArray) -> FloatArray:
        """Return the derivatives of the residuals."""
        both = self.both(x)
        if both is None:
            raise ValueError(_UNSETTLED)
        return both[1]


def _enough(problem: ProbeProblem, reached: Sequence[float]) -> bool:
    """Return True if no other minimum can be much better than those reached, or if several starts led to the best."""
    if len(reached) < _AT_LEAST:
        return False
    freedom, least = problem.n_residuals - len(problem.parameters), min(reached)
    good = least < freedom + 2.0 * np.sqrt(2.0 * max(freedom, 1))
    return bool(good or sum(x <= least + _SAME * max(least, freedom) for x in reached) >= _AGREEING)


def _promising(
    problem: ProbeProblem, given: FloatArray, near: Sequence[FloatArray], count: int
) -> Iterator[FloatArray]:
    """Yield the problem's start, the best of ``near``, then as many of an even spread over the bounds; search
    coordinates.
    """
    centre = problem.search(given)
    low, high = problem.bounds
    clipped = [np.clip(problem.search(x), low, high) for x in near]
    reach = np.where(problem.logarithmic, np.log(30.0), 2.0 * np.maximum(np.abs(centre), 0.25))
    low, high = np.maximum(low, centre - reach), np.minimum(high, centre + reach)
    spread = low + (high - low) * evenly_spread(_CANDIDATES, centre.size)
    if problem.data.scaled:
        spread[:, -1] = 1.0
    yield centre
    yield from _nearest(problem, clipped, count)
    yield from _nearest(problem, list(spread), count)


def _nearest(problem: ProbeProblem, points: list[FloatArray], count: int) -> list[FloatArray]:
    costs = np.array([_distance(problem, problem.natural(x)) for x in points])
    order = np.argsort(costs, kind="stable")
    return [points[i] for i in order[:count] if np.isfinite(costs[i])]


def _distance(problem: ProbeProblem, values: FloatArray) -> float:
    """Return the distance of parameters from the data in asinh of signal over noise, so that only the shape matters
    much.
    """
    predicted = problem.predicted(values)
    if predicted is None:
        return np.inf
    off = np.arcsinh(problem.data.whitened(*predicted)) - np.arcsinh(problem.data.measured)
    return float(off @ off)


def _distinct(searches: Sequence[SearchResult], problem: ProbeProblem) -> list[SearchResult]:
    """Return the searches that ended at different points."""
    kept: list[SearchResult] = []
    for x in searches:
        if not any(np.allclose(problem.natural(x.x), problem.natural(y.x), rtol=0.02) for y in kept):
            kept.append(x)
    return kept


def _result(problem: ProbeProblem, searches: Sequence[SearchResult], evaluations: int) -> ProbeFit:
    best = searches[0]
    values = problem.natural(best.x)
    solved = problem.residuals(values)
    if solved is None:
        raise ValueError(_UNSETTLED)
    covariance, unseen = covariance_of(solved[1])
    errors = np.sqrt(covariance.diagonal())
    errors[unseen] = np.inf
    others = tuple((problem.natural(x.x), x.chi_square) for x in _distinct(searches, problem)[1:])
    return ProbeFit(problem, values, errors, covariance, best.chi_square, best.converged, others, evaluations)
