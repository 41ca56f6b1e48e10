"""Contributions of the measurements of a joint fit: agreement with the rest, and errors without each of them.

To first order about the minimum, so that no fit is repeated. Let J be the slopes of the residuals by the parameters,
r the residuals, and k one kind of measurement. The other kinds alone have their minimum at a step
d = -(J'^T J')^-1 J'^T r' from the joint one. There, the residuals of k are r_k + J_k d, with the covariance
1 + J_k (J'^T J')^-1 J_k^T.
"""

from dataclasses import dataclass, replace

import numpy as np
import scipy
from numpy.typing import NDArray

from analysis.fitting.data import JunctionData
from analysis.fitting.problem import F, Problem
from analysis.fitting.result import FitResult
from analysis.fitting.search_space import covariance_of
from analysis.records import FloatArray

_OPEN = 1e-4
"""Share of the slopes of a measurement in directions that the others leave open, from which on nothing is tested."""


@dataclass(frozen=True, eq=False)
class Contribution:
    """Contribution of one kind of measurement to a joint fit.

    Attributes
    ----------
    name : str
        Kind of measurement, as in `JunctionData.named_terms`.
    values : int
        Number of measured values.
    chi_square : float
        Their part of chi^2 at the minimum.
    significance : float or None
        Disagreement with what the other kinds predict, as standard deviations of a normal distribution (two-sided);
        None where the others leave it open, so that nothing is tested.
    growth : ndarray, shape (n_parameters,)
        Standard errors without this kind over those with it; infinite where the others do not determine a parameter.
    tells_sign : bool
        True if no other kind distinguishes a level above E_F from one below.
    """

    name: str
    values: int
    chi_square: float
    significance: float | None
    growth: FloatArray
    tells_sign: bool


def contributions(result: FitResult[F]) -> tuple[Contribution, ...]:
    """Return the contribution of each kind of measurement; empty for a single kind, and without uncertainties."""
    problem, data = result.problem, result.problem.data
    if len(data.named_terms) < 2 or not data.sigma_known:
        return ()
    at = problem.evaluated(result.values)
    if at is None:
        return ()
    slopes = at.slopes * np.where(problem.logarithmic, result.values, 1.0)  # one scale for widths of any size
    sizes = [term.measured.size for _, term in data.named_terms]
    ends = np.cumsum(sizes)
    found = []
    for (name, _), start, stop in zip(data.named_terms, ends - sizes, ends, strict=True):
        own = np.zeros(at.residual.size, dtype=bool)
        own[start:stop] = True
        significance, growth = _against_the_rest(at.residual, slopes, own)
        found.append(
            Contribution(
                name=name,
                values=int(stop - start),
                chi_square=float(at.residual[own] @ at.residual[own]),
                significance=significance,
                growth=growth,
                tells_sign=data.tells_sign and not _without(data, name),
            )
        )
    return tuple(found)


def _against_the_rest(
    residual: FloatArray, slopes: FloatArray, own: NDArray[np.bool_]
) -> tuple[float | None, FloatArray]:
    """Return the disagreement of ``own`` rows with the others, and the growth of the errors without them."""
    mine, others = slopes[own], slopes[~own]
    (every, unseen), (rest, lost) = covariance_of(slopes), covariance_of(others)
    with np.errstate(divide="ignore", invalid="ignore"):
        growth = np.sqrt(rest.diagonal() / every.diagonal())
    growth = np.where(unseen, 1.0, np.where(lost, np.inf, growth))
    open_part = mine - mine @ rest @ (others.T @ others)  # along directions that only this kind determines
    if np.linalg.norm(open_part) > _OPEN * np.linalg.norm(mine):
        return None, growth
    apart = residual[own] - mine @ rest @ (others.T @ residual[~own])
    spread = np.eye(len(mine)) + mine @ rest @ mine.T
    distance = float(apart @ np.linalg.solve(spread, apart))
    probability = float(scipy.special.chdtrc(own.sum(), distance))
    return float(-scipy.special.ndtri(max(0.5 * probability, 1e-300))), growth


def _without(data: JunctionData, name: str) -> bool:
    """Return True if the data still tell the sign of a level without this kind."""
    rest = replace(
        data,
        heating=None if name == "heat in the probe" else data.heating,
        seebeck_V_per_K=None if name == "thermopower" else data.seebeck_V_per_K,
        peltier_V=None if name == "Peltier coefficient" else data.peltier_V,
        ac_seebeck_V_per_K=None if name == "AC thermopower" else data.ac_seebeck_V_per_K,
    )
    return rest.tells_sign


def chi_square_by_kind(problem: Problem[F], residual: FloatArray) -> dict[str, float]:
    """Return the part of chi^2 of each kind of measurement, without the prior of the scale."""
    sizes = [term.measured.size for _, term in problem.data.named_terms]
    parts = np.split(residual[: sum(sizes)], np.cumsum(sizes)[:-1])
    return {name: float(part @ part) for (name, _), part in zip(problem.data.named_terms, parts, strict=True)}
