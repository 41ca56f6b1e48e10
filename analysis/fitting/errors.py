"""Errors of fitted parameters: from given uncertainties, from the scatter about the fit, or from left out junctions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.fitting.families import Family
from analysis.fitting.jackknife import (
    ONE_SIGMA,
    interval_ends,
    jackknife_covariance,
    jackknife_error,
    jackknife_skewness,
)
from analysis.fitting.problem import Evaluation, Problem
from analysis.fitting.search_space import covariance_of
from analysis.records import FloatArray

_FARTHEST = 300.0
"""Largest logarithm of a factor that an interval reaches to."""

Source = Literal["given", "scatter", "junctions"]


@dataclass(frozen=True, eq=False)
class Errors:
    """Errors of parameters.

    Attributes
    ----------
    values : ndarray, shape (n,)
        What was fitted.
    covariance : ndarray, shape (n, n)
        Squares of standard errors.
    scale_variance : ndarray, shape (n,)
        Part of the variances that comes from the scale of the heats; the rest is statistical.
    degrees_of_freedom : ndarray, shape (n,)
        Degrees of freedom of Student's t; infinite for given uncertainties.
    unseen : ndarray of bool, shape (n,)
        True for parameters that the data do not determine.
    unit : ndarray, shape (n,)
        Rise of chi^2 along each parameter that corresponds to its standard error squared.
    source : {"given", "scatter", "junctions"}
    logarithmic : ndarray of bool, shape (n,)
        Parameters that are positive: their intervals are taken on a logarithmic scale.
    searched : ndarray, shape (n,)
        Standard errors of the search coordinates: of the logarithm where ``logarithmic``.
    skewness : ndarray, shape (n,)
        Of the search coordinates, see `analysis.fitting.jackknife.jackknife_skewness`.
    """

    values: FloatArray
    covariance: FloatArray
    scale_variance: FloatArray
    degrees_of_freedom: FloatArray
    unseen: NDArray[np.bool_]
    unit: FloatArray
    source: Source
    logarithmic: NDArray[np.bool_]
    searched: FloatArray
    skewness: FloatArray

    @property
    def likely(self) -> float:
        """Rise of chi^2 up to which another set of parameters is about as likely."""
        least = 1.0 if self.source != "scatter" else 0.0
        return float(np.max(self.unit, initial=least))

    @property
    def standard(self) -> FloatArray:
        """Standard errors (n,); infinite if the data do not determine a parameter."""
        return np.where(self.unseen, np.inf, np.sqrt(self.covariance.diagonal()))

    def half_width(self, coverage: float = ONE_SIGMA) -> FloatArray:
        """Half widths (n,) of the intervals of this coverage; infinite where the data do not fix a parameter."""
        low, high = self.interval(coverage)
        return np.asarray(0.5 * (high - low))

    def interval(self, coverage: float = ONE_SIGMA) -> tuple[FloatArray, FloatArray]:
        """Return the ends (n,) of the intervals of this coverage: one rule for every table, report and plot.

        By Student's t, and allowing for skewed junctions (`analysis.fitting.jackknife.interval_ends`). A positive
        parameter has its interval on a logarithmic scale, so that it stays positive.
        """
        below, above = interval_ends(coverage, self.degrees_of_freedom, self.skewness)
        lost = self.unseen | ~np.isfinite(self.searched)
        reach = np.where(lost, 1.0, self.searched)
        low, high = (self._moved(steps) for steps in (-below * reach, above * reach))
        return np.where(lost, -np.inf, low), np.where(lost, np.inf, high)

    def _moved(self, steps: FloatArray) -> FloatArray:
        """Return the values (n,) after these steps of the search coordinates."""
        factor = np.exp(np.clip(np.where(self.logarithmic, steps, 0.0), -_FARTHEST, _FARTHEST))
        return np.where(self.logarithmic, self.values * factor, self.values + steps)


def errors_of(
    problem: Problem[Family], values: FloatArray, at: Evaluation, replicas: Sequence[FloatArray] = ()
) -> Errors:
    """Return the errors of a fit.

    Parameters
    ----------
    problem : Problem
    values : ndarray, shape (n,)
        Values at the minimum of chi^2.
    at : Evaluation
        The problem there.
    replicas : sequence of ndarray
        Values of the same fit with each group of junctions left out of the mean current. They give the current's part
        of the errors; the given uncertainties give that of the other data.
    """
    if len(replicas) > 1:
        return _from_junctions(problem, values, at.slopes, replicas)
    residual, slopes = at.residual, at.slopes
    freedom = residual.size - values.size
    inverse, unseen = covariance_of(slopes)
    known = problem.data.sigma_known
    reduced = 1.0 if known else float(residual @ residual) / freedom if freedom > 0 else np.inf
    least = 1.0 if known else max(reduced if freedom > 0 else float(residual @ residual), 1e-20)
    covariance = inverse if known else inverse * reduced
    return Errors(
        values=values,
        covariance=covariance,
        scale_variance=_scale_variance(problem, inverse, slopes),
        degrees_of_freedom=np.full(values.shape, np.inf if known else float(max(freedom, 1))),
        unseen=unseen,
        unit=np.full(values.shape, least),
        source="given" if known else "scatter",
        logarithmic=problem.logarithmic,
        searched=np.sqrt(covariance.diagonal()) / _by_search(problem, values),
        skewness=np.zeros(values.shape),
    )


def _from_junctions(
    problem: Problem[Family], values: FloatArray, slopes: FloatArray, replicas: Sequence[FloatArray]
) -> Errors:
    """Return the current's part of the errors by the replicas, that of other data by their uncertainties."""
    inverse, unseen = covariance_of(slopes)
    others = slopes[problem.data.n_current :] @ inverse  # the current's rows come first
    covariance = jackknife_covariance(replicas) + others.T @ others
    searched = [problem.search(x) for x in replicas]
    junctions = jackknife_error(searched) ** 2
    variance = junctions + (others.T @ others).diagonal() / _by_search(problem, values) ** 2
    share = junctions / np.maximum(variance, 1e-300)
    return Errors(
        values=values,
        covariance=covariance,
        scale_variance=_scale_variance(problem, inverse, slopes),
        degrees_of_freedom=(len(replicas) - 1) / np.maximum(share, 1e-9) ** 2,  # Welch and Satterthwaite
        unseen=unseen,
        unit=np.maximum(covariance.diagonal() / np.maximum(inverse.diagonal(), 1e-300), 1e-20),
        source="junctions",
        logarithmic=problem.logarithmic,
        searched=np.sqrt(variance),
        skewness=jackknife_skewness(searched) * share**1.5,
    )


def _scale_variance(problem: Problem[Family], inverse: FloatArray, slopes: FloatArray) -> FloatArray:
    """Part of the variances that the scale of the heats brings."""
    return (inverse @ slopes[-1]) ** 2 if problem.data.scaled else np.zeros(len(inverse))


def _by_search(problem: Problem[Family], values: FloatArray) -> FloatArray:
    """Slopes of the natural values by the search coordinates."""
    return np.where(problem.logarithmic, values, 1.0)
