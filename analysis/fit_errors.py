"""Errors of fitted parameters: from given uncertainties, from the scatter about the fit, or from left out junctions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.fit_problem import Problem
from analysis.jackknife import ONE_SIGMA, jackknife_covariance, student
from analysis.records import FloatArray
from analysis.search_space import covariance_of

Source = Literal["given", "scatter", "junctions"]


@dataclass(frozen=True, eq=False)
class Errors:
    """Errors of parameters.

    Attributes
    ----------
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
    """

    covariance: FloatArray
    scale_variance: FloatArray
    degrees_of_freedom: FloatArray
    unseen: NDArray[np.bool_]
    unit: FloatArray
    source: Source

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
        """Half widths (n,) of the intervals of this coverage, by Student's t."""
        return self.standard * student(coverage, self.degrees_of_freedom)


def errors_of(problem: Problem, values: FloatArray, replicas: Sequence[FloatArray] = ()) -> Errors:
    """Return the errors of a fit.

    Parameters
    ----------
    problem : Problem
    values : ndarray, shape (n,)
        Values at the minimum of chi^2.
    replicas : sequence of ndarray
        Values of the same fit with each group of junctions left out of the mean current. They give the current's part
        of the errors; the given uncertainties give that of the other data.
    """
    residual, slopes = problem.residuals(values)
    freedom = residual.size - values.size
    inverse, unseen = covariance_of(slopes)
    scale = np.outer(inverse @ slopes[-1], inverse @ slopes[-1]) if problem.data.scaled else 0.0 * inverse
    if len(replicas) < 2:
        if problem.data.sigma_known:
            t_freedom = np.full(values.shape, np.inf)
            return Errors(inverse, scale.diagonal(), t_freedom, unseen, np.ones(values.shape), "given")
        reduced = float(residual @ residual) / freedom if freedom > 0 else np.inf
        t_freedom = np.full(values.shape, float(max(freedom, 1)))
        unit = np.full(values.shape, max(reduced if freedom > 0 else float(residual @ residual), 1e-20))
        return Errors(inverse * reduced, 0.0 * values, t_freedom, unseen, unit, "scatter")
    junctions = jackknife_covariance(replicas)
    n_current = 0 if problem.data.current is None else problem.data.current.current_A.size
    others = slopes[n_current:] @ inverse  # the current's rows come first
    covariance = junctions + others.T @ others
    share = junctions.diagonal() / np.maximum(covariance.diagonal(), 1e-300)
    t_freedom = (len(replicas) - 1) / np.maximum(share, 1e-9) ** 2  # Welch and Satterthwaite
    unit = np.maximum(covariance.diagonal() / np.maximum(inverse.diagonal(), 1e-300), 1e-20)
    return Errors(covariance, scale.diagonal(), t_freedom, unseen, unit, "junctions")
