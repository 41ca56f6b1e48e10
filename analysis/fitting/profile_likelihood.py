"""Profile likelihood of one parameter of a fit: chi^2 along it, with all others refitted at each point."""

from dataclasses import dataclass

import numpy as np

from analysis.fitting.families import Family
from analysis.fitting.problem import Problem
from analysis.fitting.result import FitResult
from analysis.fitting.search import Accuracy, bounded_search
from analysis.records import FloatArray

_ACCURACY = Accuracy(1e-8, 1e-8, 1e-8)


@dataclass(frozen=True, eq=False)
class Profile:
    """chi^2 over values of a parameter, arrays of shape (n_points,).

    ``low`` and ``high`` bound the interval within which chi^2 rises by at most one standard error squared
    (`Errors.unit`: 1 for given uncertainties); infinite on a side where it does not rise that far within the points.
    """

    name: str
    values: FloatArray
    chi_square: FloatArray
    low: float
    high: float


def profile_likelihood(result: FitResult[Family], name: str, reach: float = 3.0, points: int = 31) -> Profile:
    """Return the profile of the parameter ``name``, ``reach`` standard deviations to either side, within its bounds.

    If the fit gave no uncertainty the parameter is followed over a factor of ten (or 1, in its own unit, if it need
    not be positive) to either side. Raises ``ValueError`` for a name that was not fitted.
    """
    if name not in result.names:
        raise ValueError(f"no free parameter {name!r}; the free parameters are {', '.join(result.names)}")
    index, problem = result.names.index(name), result.problem
    parameter, best = problem.parameters[index], problem.search(result.values)
    error = result.errors[index] / (result.values[index] if parameter.logarithmic else 1.0)
    width = (
        reach * error
        if np.isfinite(error) and error > 0
        else (np.log(10.0) if parameter.logarithmic else 1.0)
    )
    low, high = (bound[index] for bound in problem.bounds)
    grid = np.linspace(max(best[index] - width, low), min(best[index] + width, high), points)
    right, left = grid[grid >= best[index]], grid[grid < best[index]][::-1]
    chi_square = np.concatenate(
        [_follow(problem, best, index, left)[::-1], _follow(problem, best, index, right)]
    )
    limit = result.chi_square + float(result.error.unit[index])
    values = np.array(
        [problem.natural(np.where(np.arange(best.size) == index, x, best))[index] for x in grid]
    )
    inside = int(np.argmin(np.abs(grid - best[index])))
    return Profile(
        name,
        values,
        chi_square,
        _crossing(values[inside::-1], chi_square[inside::-1], limit, -np.inf),
        _crossing(values[inside:], chi_square[inside:], limit, np.inf),
    )


def _follow(problem: Problem[Family], best: FloatArray, index: int, grid: FloatArray) -> FloatArray:
    """Return chi^2 at each point of the grid; each refit starts from the previous one."""
    at, costs = best.copy(), []
    for value in grid:
        at[index] = value
        outcome = bounded_search(problem, at, _ACCURACY, held=index)
        costs.append(np.inf if outcome is None else outcome.chi_square)
        at = at if outcome is None else outcome.x
    return np.array(costs)


def _crossing(values: FloatArray, chi_square: FloatArray, limit: float, never: float) -> float:
    """Return the value at which chi^2 first exceeds the limit, by linear interpolation."""
    above = np.flatnonzero(chi_square > limit)
    if not above.size:
        return never
    i = int(above[0])
    if i == 0:
        return float(values[0])
    share = (limit - chi_square[i - 1]) / (chi_square[i] - chi_square[i - 1])
    return float(values[i - 1] + share * (values[i] - values[i - 1]))
