"""What a fit leaves open, in sentences: signs, exchanges, directions without information, bounds, other minima."""

from collections.abc import Sequence

import numpy as np

from analysis.fit_model import LevelFamily
from analysis.fit_problem import Problem
from analysis.records import FloatArray
from analysis.search_space import SearchSpace

_AS_GOOD = 1.0  # difference of chi^2 that is no difference
_STILL_LIKELY = 4.0
_STRONG = 0.99


def at_bounds(problem: SearchSpace, values: FloatArray) -> tuple[str, ...]:
    """Names of the parameters that ended on a bound."""
    names = []
    for p, value in zip(problem.parameters, values, strict=True):
        width = 1e-6 * max(abs(value), 1e-12)
        if value - p.minimum <= width or p.maximum - value <= width:
            names.append(p.name)
    return tuple(names)


def correlation_of(covariance: FloatArray, errors: FloatArray) -> FloatArray:
    """Correlation matrix; 0 beside a parameter whose error is zero or infinite."""
    product = np.outer(errors, errors)
    known = (product > 0) & np.isfinite(product)
    return np.asarray(np.where(known, covariance, 0.0) / np.where(known, product, 1.0))


def remarks_on(
    problem: Problem,
    values: FloatArray,
    errors: FloatArray,
    covariance: FloatArray,
    chi_square: float,
    unit: float,
    others: Sequence[tuple[FloatArray, float]],
) -> tuple[str, ...]:
    """Sentences on a fit; ``unit`` is the chi^2 that stands for one standard deviation squared."""
    reached = at_bounds(problem, values)
    said = [f"{name} ended on its bound: its uncertainty is not to be trusted." for name in reached]
    freedom = problem.data.size - len(values)
    if problem.data.sigma_known and chi_square > freedom + 6.0 * np.sqrt(2.0 * max(freedom, 1)):
        said.append(
            f"The model does not describe these data (chi^2 = {chi_square:.4g} for {freedom} degrees of freedom): "
            "the errors are those it would have if it did."
        )
    lost = [p.name for p, e in zip(problem.parameters, errors, strict=True) if np.isinf(e)]
    if lost:
        said.append(f"These data do not fix {_listed(lost)} one by one, only combinations of them.")
    said += _correlated(problem, errors, covariance)
    if isinstance(problem.family, LevelFamily):
        said += _exchanged(problem, problem.family, values, covariance)
        said += _mirrored(problem, problem.family, values, chi_square, unit)
    said += _other_minima(problem, values, chi_square, unit, others)
    return tuple(said)


def _correlated(problem: Problem, errors: FloatArray, covariance: FloatArray) -> list[str]:
    correlation = correlation_of(covariance, errors)
    names = [p.name for p in problem.parameters]
    pairs = zip(*np.triu_indices(len(names), 1), strict=True)
    return [
        f"{names[i]} and {names[j]} are almost one parameter (correlation {correlation[i, j]:+.4f})."
        for i, j in pairs
        if abs(correlation[i, j]) > _STRONG
    ]


def _exchanged(
    problem: Problem, family: LevelFamily, values: FloatArray, covariance: FloatArray
) -> list[str]:
    said = []
    for number, (_, probe, substrate, _) in enumerate(family.free, start=1):
        if probe >= 0 and substrate >= 0 and probe != substrate:
            pair = [probe, substrate]
            weights = 0.5 / values[pair]
            relative = float(np.sqrt(weights @ covariance[np.ix_(pair, pair)] @ weights))
            mean = float(np.sqrt(values[probe] * values[substrate]))
            said.append(
                f"The two widths of level {number} can be exchanged: currents and heats hold only their product "
                f"and sum (geometric mean {1e3 * mean:.4g} meV, known to {100 * relative:.2g} %)."
            )
    return said


def _mirrored(
    problem: Problem, family: LevelFamily, values: FloatArray, chi_square: float, unit: float
) -> list[str]:
    """The mirror image eps -> -eps, bias_drop -> 1 - bias_drop carries the same current at every bias."""
    fields = family.fields(values).copy()
    if not fields[:, 0].any():
        return []
    image = fields * [-1, 1, 1, -1] + [0, 0, 0, 1]
    flipped = Problem(
        problem.data, LevelFamily(image, np.full(family.free.shape, -1), ()), problem.scale(values)
    )
    residual, _ = flipped.residuals(np.empty(0))
    worse = (float(residual @ residual) - chi_square) / unit
    drops_free = bool((family.free[:, 3] >= 0).any())
    symmetric = bool(np.all(fields[:, 3] == 0.5))
    positions = ", ".join(f"{x:+.4g}" for x in -fields[:, 0])
    if worse < _AS_GOOD and (symmetric or drops_free):
        how = "bounds or the start chose it" if problem.family.parameters else "the model states it"
        return [
            f"The sign of the level position is not determined by these data: {positions} eV fits as well "
            f"(chi^2 differs by {worse:.2g}); {how}. Heat in one electrode or thermopower would tell."
        ]
    if problem.data.tells_sign:
        return [
            f"The mirror image ({positions} eV) is worse by chi^2 = {worse:.3g}: the sign comes from the data."
        ]
    return []


def _other_minima(
    problem: Problem,
    values: FloatArray,
    chi_square: float,
    unit: float,
    others: Sequence[tuple[FloatArray, float]],
) -> list[str]:
    known = [_canonical(problem, values)]
    said = []
    for point, cost in sorted(others, key=lambda x: x[1]):
        form = _canonical(problem, point)
        if (cost - chi_square) / unit < _STILL_LIKELY and not any(
            np.allclose(form, x, rtol=0.02) for x in known
        ):
            known.append(form)
            text = ", ".join(f"{p.name} = {v:.5g}" for p, v in zip(problem.parameters, point, strict=True))
            said.append(
                f"Another minimum is as likely (chi^2 higher by {(cost - chi_square) / unit:.2g}): {text}."
            )
    return said


def _canonical(problem: Problem, values: FloatArray) -> FloatArray:
    """Values in a form in which mirror images and exchanged widths are one."""
    if not isinstance(problem.family, LevelFamily):
        return values
    fields = problem.family.fields(values[: len(problem.family.parameters)]).copy()
    if fields[:, 0].sum() < 0:
        fields = fields * [-1, 1, 1, -1] + [0, 0, 0, 1]
    fields[:, 1:3].sort(axis=1)
    return np.append(fields[np.argsort(fields[:, 0])].ravel(), problem.scale(values))


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
