"""Outcome of a fit: values, errors, correlations, and remarks on ambiguities."""

from dataclasses import dataclass
from functools import cached_property
from typing import Generic

from analysis.fitting.diagnostics import at_bounds, correlation_of, transmission_remarks
from analysis.fitting.errors import Errors
from analysis.fitting.families import TransmissionFamily
from analysis.fitting.problem import F, Problem
from analysis.records import FloatArray
from analysis.transport.transmission import Transmission


@dataclass(frozen=True, eq=False)
class FitResult(Generic[F]):
    """Outcome of a fit.

    Attributes
    ----------
    problem : Problem
    values : ndarray, shape (n,)
        In the order of ``names``.
    error : Errors
    replicas : tuple of ndarray
        Values with each group of junctions left out.
    residual : ndarray
        (model - data)/sigma. Without uncertainties in units of the largest current; the errors then come from the
        scatter about the fit.
    converged : bool
    message : str
        Reason why the search ended.
    others : tuple of (values, chi_square)
        End points of the other searches.
    evaluations : int
    state : ndarray or None
        Stationary state of the model, if it has one, from which searches near by can start.
    """

    problem: Problem[F]
    values: FloatArray
    error: Errors
    replicas: tuple[FloatArray, ...]
    residual: FloatArray
    converged: bool
    message: str
    others: tuple[tuple[FloatArray, float], ...]
    evaluations: int
    state: FloatArray | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the free parameters."""
        return tuple(p.name for p in self.problem.parameters)

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

    @cached_property
    def chi_square(self) -> float:
        """Sum of the squares of the residuals, the prior of the scale included."""
        return float(self.residual @ self.residual)

    @property
    def degrees_of_freedom(self) -> int:
        """Number of residuals, including the prior, minus number of parameters."""
        return self.residual.size - self.values.size

    @property
    def reduced_chi_square(self) -> float:
        """chi^2 per degree of freedom; NaN without degrees of freedom."""
        return self.chi_square / self.degrees_of_freedom if self.degrees_of_freedom > 0 else float("nan")

    @property
    def sigma_known(self) -> bool:
        """False if the errors come from the scatter about the fit."""
        return self.problem.data.sigma_known

    @property
    def at_bound(self) -> tuple[str, ...]:
        """Parameters that ended on a bound."""
        return at_bounds(self.problem, self.values)

    @property
    def molecules(self) -> float:
        """Number of junctions in parallel."""
        return self.problem.molecules_at(self.values)

    def value(self, name: str) -> float:
        """Return the value of a free parameter."""
        return float(self.values[self.names.index(name)])

    @property
    def transmission(self: "FitResult[TransmissionFamily]") -> Transmission:
        """The fitted transmission."""
        return self.problem.family.transmission(self.problem.own(self.values))

    @cached_property
    def remarks(self) -> tuple[str, ...]:
        """Sentences about ambiguities and bounds that were reached."""
        return transmission_remarks(self.problem, self.values, self.error, self.residual, self.others)
