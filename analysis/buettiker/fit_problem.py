"""Least-squares problem of a family of junctions and data: residuals and their derivatives for an optimiser."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.buettiker.fit_circuit import JunctionFamily, Solution
from analysis.buettiker.fit_data import ProbeData
from analysis.buettiker.fit_family import ProbedFamily
from analysis.fitting.families import Parameter
from analysis.fitting.search_space import SearchSpace
from analysis.records import FloatArray

_SCALE_REACH = 8.0  # range of the search for the scale, in standard deviations of its prior


@dataclass(frozen=True, eq=False)
class ProbeProblem(SearchSpace):
    """Least-squares problem that `analysis.buettiker.fit.fit` minimises.

    If the data have a scale error, the last residual is that of the scale from 1.
    """

    data: ProbeData
    family: ProbedFamily

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """Parameters of the family, then ``scale`` if the data have a scale error."""
        if not self.data.scaled or self.data.heat is None:
            return self.family.parameters
        reach = min(_SCALE_REACH * self.data.heat.scale_sigma, 0.9)
        return (*self.family.parameters, Parameter("scale", 1.0, 1 - reach, 1 + reach))

    @cached_property
    def circuit(self) -> JunctionFamily:
        """The family at the biases of the data."""
        return JunctionFamily(
            self.family,
            self.data.voltage_V,
            self.data.temperature_probe_K,
            self.data.temperature_substrate_K,
        )

    @property
    def n_residuals(self) -> int:
        """Measured values, and the prior of the scale."""
        return self.data.size + int(self.data.scaled)

    def scale(self, values: FloatArray) -> float:
        """Return the ratio of measured to true heat."""
        return float(values[-1]) if self.data.scaled else 1.0

    def predicted(self, values: FloatArray) -> tuple[FloatArray, FloatArray] | None:
        """Return currents and heats as they would be measured, without noise; None if a probe does not settle."""
        outcome = self.circuit.outcome(values[: len(self.family.parameters)])
        if outcome is None:
            return None
        n = self.data.n_current
        return outcome[0][:n], self.scale(values) * outcome[1][n:]

    def cost(self, values: FloatArray) -> float:
        """Return chi^2, infinite if a probe does not settle."""
        predicted = self.predicted(values)
        if predicted is None:
            return np.inf
        residual = self.data.whitened(*predicted) - self.data.measured
        return float(residual @ residual) + sum(self._prior(values)) ** 2

    def residuals(
        self, values: FloatArray, start: FloatArray | None = None
    ) -> tuple[FloatArray, FloatArray, Solution] | None:
        """Return (model - data)/sigma (n,), its derivatives by natural parameters (n, n_parameters), and the circuit's
        solution.

        ``start`` is the state of near parameters. None if a probe does not settle.
        """
        solution = self.circuit.solved(values[: len(self.family.parameters)], start)
        if solution is None:
            return None
        n, scale = self.data.n_current, self.scale(values)
        heat = solution.heat_probe_W[n:]
        slopes = self.data.whitened(solution.slopes[0, :, :n], scale * solution.slopes[1, :, n:])
        residual = self.data.whitened(solution.current_A[:n], scale * heat) - self.data.measured
        if self.data.scaled:
            by_scale = self.data.whitened(np.zeros(n), heat)
            slopes = np.vstack([slopes, by_scale])
            prior = np.zeros((len(values), 1))
            prior[-1] = 1.0 / self._scale_sigma
            slopes = np.hstack([slopes, prior])
        return np.append(residual, self._prior(values)), slopes.T, solution

    @property
    def _scale_sigma(self) -> float:
        return 0.0 if self.data.heat is None else self.data.heat.scale_sigma

    def _prior(self, values: FloatArray) -> list[float]:
        return [(self.scale(values) - 1.0) / self._scale_sigma] if self.data.scaled else []
