"""Remarks on a fit, in sentences: signs, exchanges, directions without information, bounds, other minima."""

from collections.abc import Sequence

import numpy as np
import scipy

from analysis.fitting.errors import Errors
from analysis.fitting.families import Family, LevelFamily, mirror_image
from analysis.fitting.problem import Problem
from analysis.fitting.residual_checks import remarks_on_noise
from analysis.fitting.search_space import SearchSpace
from analysis.records import FloatArray

Minima = Sequence[tuple[FloatArray, float]]
"""Values and chi^2 at the end of searches."""

_AS_GOOD = 1.0  # difference of chi^2 that does not matter
_STILL_LIKELY = 4.0
_STRONG = 0.99
_UNLIKELY = 1e-3  # probability of a chi^2 that small or smaller
_FAR = 3.0  # errors of the mean, root mean square, beyond which a fit does not describe a mean curve
_NOTICED = 2.0  # standard deviations of a scale from 1


def at_bounds(problem: SearchSpace, values: FloatArray) -> tuple[str, ...]:
    """Return the names of the parameters that ended on a bound."""
    names = []
    for p, value in zip(problem.parameters, values, strict=True):
        width = 1e-6 * max(abs(value), 1e-12)
        if value - p.minimum <= width or p.maximum - value <= width:
            names.append(p.name)
    return tuple(names)


def correlation_of(covariance: FloatArray, errors: FloatArray) -> FloatArray:
    """Return the correlation matrix; 0 for a parameter whose error is zero or infinite."""
    product = np.outer(errors, errors)
    defined = (product > 0) & np.isfinite(product)
    return np.asarray(np.where(defined, covariance, 0.0) / np.where(defined, product, 1.0))


def transmission_remarks(
    problem: Problem[Family], values: FloatArray, error: Errors, residual: FloatArray, others: Minima
) -> tuple[str, ...]:
    """Return remarks on the fit of a transmission; ``residual`` is in units of the uncertainties."""
    chi_square = float(residual @ residual)
    on_data = _size_of_chi_square(problem, error, chi_square, residual.size - values.size)
    if error.source != "junctions":
        on_data += remarks_on_noise(problem, residual)
    on_family: list[str] = []
    if isinstance(problem.family, LevelFamily):
        on_family += _exchanged(problem.family, values, error.covariance)
        on_family += _mirrored(problem, problem.family, values, chi_square, error.likely)
    return remarks_on(problem, values, error, chi_square, others, on_data, on_family)


def remarks_on(
    problem: Problem[Family],
    values: FloatArray,
    error: Errors,
    chi_square: float,
    others: Minima,
    on_data: Sequence[str] = (),
    on_family: Sequence[str] = (),
) -> tuple[str, ...]:
    """Return remarks on any fit, in sentences, around those on its data and on its family.

    ``others`` are the values and chi^2 at the end of other searches.
    """
    lost = [p.name for p, unseen in zip(problem.parameters, error.unseen, strict=True) if unseen]
    undetermined = f"These data do not determine {listed(lost)} separately, only combinations of them."
    return (
        *(f"{name} ended on its bound: do not trust its uncertainty." for name in at_bounds(problem, values)),
        *on_data,
        *([undetermined] if lost else []),
        *_correlated(problem, error),
        *_scale(problem, values),
        *on_family,
        *_other_minima(problem, values, chi_square, error.likely, others),
    )


def _size_of_chi_square(
    problem: Problem[Family], error: Errors, chi_square: float, freedom: int
) -> list[str]:
    """Return a remark if chi^2 is too large, or too small, for the uncertainties."""
    if not problem.data.sigma_known or freedom < 1:
        return []
    if error.source == "junctions":
        if chi_square <= _FAR**2 * freedom:
            return []
        return [
            f"The model does not describe the mean curve: it is {np.sqrt(chi_square / freedom):.2g} errors of the "
            "mean away (root mean square). The errors of the parameters assume that it does."
        ]
    if chi_square > freedom + 6.0 * np.sqrt(2.0 * freedom):
        return [
            f"The model does not describe these data (chi^2 = {chi_square:.4g} for {freedom} degrees of freedom): "
            "the errors of the parameters assume that it does."
        ]
    if scipy.special.chdtr(freedom, chi_square) < _UNLIKELY:
        return [
            f"chi^2 = {chi_square:.3g} for {freedom} degrees of freedom is too small: the uncertainties given are "
            "larger than the scatter, or the points are not independent. The errors are then wrong; several "
            "curves, one file for each junction, give errors that do not depend on them."
        ]
    return []


def _scale(problem: Problem[Family], values: FloatArray) -> list[str]:
    heat = problem.data.heating
    if heat is None or not problem.data.scaled:
        return []
    pull = (problem.heat_scale(values) - 1) / heat.scale_sigma
    if abs(pull) < _NOTICED:
        return []
    return [
        f"The fit pulls the scale of the heats to {problem.heat_scale(values):.4f}, {abs(pull):.2g} standard "
        "deviations of its calibration from 1."
    ]


def _correlated(problem: Problem[Family], error: Errors) -> list[str]:
    correlation = correlation_of(error.covariance, error.standard)
    names = [p.name for p in problem.parameters]
    pairs = zip(*np.triu_indices(len(names), 1), strict=True)
    return [
        f"{names[i]} and {names[j]} are almost one parameter (correlation {correlation[i, j]:+.4f})."
        for i, j in pairs
        if abs(correlation[i, j]) > _STRONG
    ]


def _exchanged(family: LevelFamily, values: FloatArray, covariance: FloatArray) -> list[str]:
    remarks = []
    for number, (_, probe, substrate, _) in enumerate(family.free, start=1):
        if probe >= 0 and substrate >= 0 and probe != substrate:
            pair = [probe, substrate]
            weights = 0.5 / values[pair]
            relative = float(np.sqrt(weights @ covariance[np.ix_(pair, pair)] @ weights))
            mean = float(np.sqrt(values[probe] * values[substrate]))
            remarks.append(
                f"The two widths of level {number} can be exchanged: currents and heats depend only on their product "
                f"and sum (geometric mean {1e3 * mean:.4g} meV, known to {100 * relative:.2g} %)."
            )
    return remarks


def _mirrored(
    problem: Problem[Family], family: LevelFamily, values: FloatArray, chi_square: float, unit: float
) -> list[str]:
    """Return a remark on the mirror image: it has the same current at every bias."""
    fields = family.fields(values)
    if not fields[:, 0].any():
        return []
    fixed = LevelFamily(mirror_image(fields), np.full(family.free.shape, -1), ())
    flipped = Problem(problem.data, fixed, problem.molecules_at(values))
    at = flipped.evaluated(values[len(values) - int(problem.data.scaled) :])
    worse = np.inf if at is None else (float(at.residual @ at.residual) - chi_square) / unit
    drops_free = bool((family.free[:, 3] >= 0).any())
    symmetric = bool(np.all(fields[:, 3] == 0.5))
    positions = ", ".join(f"{x:+.4g}" for x in -fields[:, 0])
    if worse < _AS_GOOD and (symmetric or drops_free):
        origin = "bounds or the start chose it" if problem.family.parameters else "the model states it"
        return [
            f"The sign of the level position is not determined by these data: {positions} eV fits as well "
            f"({_higher(worse)}); {origin}. {_data_for_sign(problem)}"
        ]
    if problem.data.tells_sign:
        return [
            f"The mirror image ({positions} eV) has chi^2 higher by {worse:.3g}: the data determine the sign."
        ]
    return []


def _data_for_sign(problem: Problem[Family]) -> str:
    """Return the data that would determine the sign, given those that do not."""
    data = problem.data
    if data.heating is not None and data.seebeck_V_per_K is not None:
        return "The heats and the thermopower are too uncertain, or too symmetric, to determine it."
    if data.heating is not None:
        return "The heats are too uncertain, or too symmetric, to determine it; thermopower might."
    if data.seebeck_V_per_K is not None:
        return "The thermopower is too uncertain to determine it; heat in one electrode might."
    return "Heat in one electrode or thermopower would determine it."


def _other_minima(
    problem: Problem[Family], values: FloatArray, chi_square: float, unit: float, others: Minima
) -> list[str]:
    minima = [_canonical(problem, values)]
    remarks = []
    for point, cost in sorted(others, key=lambda x: x[1]):
        form, worse = _canonical(problem, point), (cost - chi_square) / unit
        if worse < _STILL_LIKELY and not any(np.allclose(form, x, rtol=0.02) for x in minima):
            minima.append(form)
            text = ", ".join(f"{p.name} = {v:.5g}" for p, v in zip(problem.parameters, point, strict=True))
            remarks.append(f"Another minimum is as likely ({_higher(worse)}): {text}.")
    return remarks


def _higher(worse: float) -> str:
    """Return how chi^2 compares with that of the fit; below a hundredth it is the same."""
    if abs(worse) < 0.01:
        return "chi^2 is the same"
    return f"chi^2 {'higher' if worse > 0 else 'lower'} by {abs(worse):.2g}"


def _canonical(problem: Problem[Family], values: FloatArray) -> FloatArray:
    return np.append(problem.family.canonical(problem.own(values)), problem.molecules_at(values))


def listed(names: Sequence[str]) -> str:
    """Return names in a sentence."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
