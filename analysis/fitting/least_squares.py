"""Least-squares fit of a model from several starts: three plans, by what an evaluation of the model costs."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from analysis.fitting.data import CurrentData, LogCurrentData
from analysis.fitting.errors import errors_of
from analysis.fitting.families import Family
from analysis.fitting.problem import F, Problem
from analysis.fitting.result import FitResult
from analysis.fitting.search import EXACT, UNSETTLED, Accuracy, Search, bounded_search, search
from analysis.fitting.search_space import evenly_spread
from analysis.numbers import counted
from analysis.records import FloatArray

Replicas = Sequence[CurrentData | LogCurrentData]
"""Mean currents that each leave out a group of junctions, see `analysis.iv.junction_curves`."""

_CANDIDATES, _FEW_CANDIDATES = 64, 32
_SCAN_POINTS = 16
_ROUGH, _FINE = Accuracy(1e-3, 1e-3, max_nfev=25), Accuracy(1e-6, 1e-7)
_FINALISTS = 2
_AT_LEAST = 2  # searches, even if the first one describes the data
_AGREEING = 3  # searches that lead to the same chi^2: there is hardly a better one
_EQUAL = 1e-6  # of chi^2: mirror images differ by rounding alone
_SAME = 0.01  # of chi^2: ten times the accuracy of a rough search


def fit(problem: Problem[F], replicas: Replicas = ()) -> FitResult[F]:
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
        No free parameter, or more parameters than values; no stationary state at any start.
    """
    searches = _all([search(problem, _given(problem))])
    if not searches or not _good(problem, searches[0].chi_square):
        for start in (*_mirrored(problem, searches[:1]), *_spread_starts(problem, 3, _CANDIDATES)):
            searches += _all([search(problem, start)])
            if searches and _good(problem, searches[-1].chi_square):
                break
    return _result(problem, searches, replicas)


def fit_thoroughly(problem: Problem[F], starts: int = 8, replicas: Replicas = ()) -> FitResult[F]:
    """Minimise chi^2 from all of ``starts`` starts, to find other minima.

    The mirror image of the first outcome is one of the starts. ``replicas`` is as in `fit`.

    Raises
    ------
    ValueError
        As `fit` does.
    """
    first = _all([search(problem, _given(problem))])
    others = [*_mirrored(problem, first), *_spread_starts(problem, starts, _CANDIDATES)][: starts - 1]
    return _result(problem, first + _all([search(problem, start) for start in others]), replicas)


def fit_in_stages(problem: Problem[F], near: Iterable[FloatArray] = (), starts: int = 4) -> FitResult[F]:
    """Minimise chi^2 of a model that takes milliseconds: many starts on few currents, then the best ones on all.

    Searches on a part of the currents start from the parameters' own start, then from the most promising points of
    ``near`` and of an even spread over the bounds, until one describes them or three lead to the same chi^2; the best
    two continue on all data.

    Parameters
    ----------
    problem : Problem
    near : iterable of ndarray
        Further starts, in natural values.
    starts : int
        Number of starts from ``near``, and from the spread.

    Raises
    ------
    ValueError
        As `fit` does.
    """
    rough = replace(problem, data=problem.data.thinned(_SCAN_POINTS))
    searches: list[Search] = []
    for start in _staged_starts(problem, rough, near, starts):
        searches += _all([bounded_search(rough, start, _ROUGH)])
        if _enough(rough, [x.chi_square for x in searches]):
            break
    best = _distinct(problem, sorted(searches, key=lambda x: x.chi_square))
    final = _all([bounded_search(problem, x.x, _FINE) for x in best[:_FINALISTS]])
    return _result(problem, final, evaluations=sum(x.evaluations for x in searches))


def _staged_starts(
    problem: Problem[Family], rough: Problem[Family], near: Iterable[FloatArray], count: int
) -> Iterator[FloatArray]:
    yield _given(problem)
    yield from _promising(rough, [np.clip(rough.search(x), *rough.bounds) for x in near], count)
    yield from _spread_starts(rough, count, _FEW_CANDIDATES)


def refit(problem: Problem[F], values: FloatArray, near: FloatArray | None = None) -> FitResult[F]:
    """Minimise chi^2 from one start; ``near`` is the state of the model there, if it is known.

    Raises ``ValueError`` if there is no stationary state.
    """
    return _result(problem, _all([bounded_search(problem, problem.search(values), _FINE, near=near)]))


def _all(searches: Iterable[Search | None]) -> list[Search]:
    return [x for x in searches if x is not None]


def _mirrored(problem: Problem[Family], searches: Sequence[Search]) -> list[FloatArray]:
    """Return the mirror images of outcomes, if there are any and the bounds allow them; search coordinates."""
    images = []
    for outcome in searches:
        values = problem.natural(outcome.x)
        image = problem.family.mirrored(problem.own(values))
        if image is not None:
            values[: image.size] = image
            if all(p.minimum <= x <= p.maximum for p, x in zip(problem.parameters, values, strict=True)):
                images.append(problem.search(values))
    return images


def _good(problem: Problem[Family], chi_square: float) -> bool:
    freedom = problem.n_residuals - len(problem.parameters)
    limit = freedom + 4.0 * np.sqrt(2.0 * freedom) if problem.data.sigma_known else 1e-4 * problem.data.size
    return bool(chi_square <= limit)


def _enough(problem: Problem[Family], reached: Sequence[float]) -> bool:
    """Return True if no other minimum can be much better than those reached, or if several starts led to the best."""
    if len(reached) < _AT_LEAST:
        return False
    freedom, least = problem.n_residuals - len(problem.parameters), min(reached)
    good = least < freedom + 2.0 * np.sqrt(2.0 * max(freedom, 1))
    return bool(good or sum(x <= least + _SAME * max(least, freedom) for x in reached) >= _AGREEING)


def _distinct(problem: Problem[Family], searches: Sequence[Search]) -> list[Search]:
    """Return the searches that ended at different points."""
    kept: list[Search] = []
    for x in searches:
        if not any(np.allclose(problem.natural(x.x), problem.natural(y.x), rtol=0.02) for y in kept):
            kept.append(x)
    return kept


def _result(
    problem: Problem[F], searches: Sequence[Search], replicas: Replicas = (), evaluations: int = 0
) -> FitResult[F]:
    """Return the best search with its errors; ``evaluations`` are those of earlier searches."""
    least = min((x.chi_square for x in searches), default=np.inf)
    best = next(
        (x for x in searches if x.chi_square <= (1 + _EQUAL) * least), None
    )  # of equal ones the first
    values = np.empty(0) if best is None else problem.natural(best.x)
    at = None if best is None else problem.evaluated(values, best.state)
    if best is None or at is None:
        raise ValueError(UNSETTLED)
    left_out = tuple(_refitted(problem, best.x, current) for current in replicas)
    return FitResult(
        problem=problem,
        values=values,
        error=errors_of(problem, values, at, left_out),
        replicas=left_out,
        residual=at.residual,
        converged=best.converged,
        message=best.message,
        others=tuple((problem.natural(x.x), x.chi_square) for x in searches if x is not best),
        evaluations=evaluations + sum(x.evaluations for x in searches),
        state=at.response.state,
    )


def _refitted(
    problem: Problem[Family], start: FloatArray, current: CurrentData | LogCurrentData
) -> FloatArray:
    """Fit another mean current in the same minimum; return the values."""
    other = replace(problem, data=replace(problem.data, current=current))
    outcome = bounded_search(other, start, EXACT)
    if outcome is None:
        raise ValueError(UNSETTLED)
    return other.natural(outcome.x)


def _given(problem: Problem[Family]) -> FloatArray:
    """Return the user's start, in search coordinates."""
    size = len(problem.parameters)
    if not size:
        raise ValueError("the model has no free parameter: mark one as { start =, min =, max = }")
    if problem.n_residuals < size:
        values, parameters = counted(problem.data.size, "value"), counted(size, "parameter")
        raise ValueError(f"{values} cannot determine {parameters}")
    current = problem.data.current
    if current is not None and not np.any(current.current_A):
        raise ValueError("every current is zero: there is nothing to fit")
    start = np.array([p.start for p in problem.parameters])
    own = problem.family.search_start()
    start[: own.size] = own
    return problem.search(start)


def _spread_starts(problem: Problem[Family], count: int, candidates: int) -> list[FloatArray]:
    """Return the most promising points of an even spread over the bounds, best first; search coordinates."""
    centre = _given(problem)
    low, high = problem.bounds
    reach = np.where(problem.logarithmic, np.log(30.0), 2.0 * np.maximum(np.abs(centre), 0.25))
    low, high = np.maximum(low, centre - reach), np.minimum(high, centre + reach)
    points = low + (high - low) * evenly_spread(candidates, centre.size)
    if problem.data.scaled:
        points[:, -1] = 1.0
    return _promising(problem, list(points), count)


def _promising(problem: Problem[Family], points: Sequence[FloatArray], count: int) -> list[FloatArray]:
    """Return the points nearest to the data, best first; search coordinates."""
    if not points:
        return []
    costs = problem.rough_costs(np.array([problem.natural(x) for x in points]), _SCAN_POINTS)
    order = np.argsort(np.where(np.isfinite(costs), costs, np.inf), kind="stable")
    return [points[i] for i in order[:count] if np.isfinite(costs[i])]
