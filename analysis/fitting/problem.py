"""Least-squares problem of a family of transmissions and data: residuals and their derivatives for an optimiser."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.constants import G0_S, BOLTZMANN_eV_per_K
from analysis.fitting.data import CurrentData, JunctionData, LogCurrentData
from analysis.fitting.families import Family, Parameter
from analysis.fitting.search_space import SearchSpace
from analysis.records import FloatArray
from analysis.transport.landauer import WATT_PER_eV2

SCALE_REACH = 8.0
"""Range of the search for the scale of the heats, in standard deviations of its calibration."""

_SMALL_BIAS = 1e-4  # of kT: linear response to 1e-8, far enough from zero for a slope


@dataclass(frozen=True, eq=False)
class _Term:
    """One kind of data: model (n,), slopes (n_parameters, n), measured values (n,) and weight.

    The weight is either uncertainties (n,) or a matrix (n, n) that turns deviations into independent ones of unit
    variance.
    """

    model: FloatArray
    slopes: FloatArray
    measured: FloatArray
    weight: FloatArray

    def whitened(self, values: FloatArray) -> FloatArray:
        """Return values (..., n) in units of their uncertainties."""
        return np.asarray(values @ self.weight.T if self.weight.ndim == 2 else values / self.weight)


@dataclass(frozen=True, eq=False)
class Problem(SearchSpace):
    """Least-squares problem that `fit` minimises.

    If the heats have a scale error, the last residual is that of the scale from 1: one nuisance for all heats.

    Parameters
    ----------
    data : JunctionData
    family : Family
    molecules : float or Parameter
        Junctions in parallel: multiplies current, heat and conductance.
    """

    data: JunctionData
    family: Family
    molecules: float | Parameter = 1.0

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Parameters of the family, ``molecules`` if it is free, ``scale`` if the heats have a scale error."""
        own = (self.molecules,) if isinstance(self.molecules, Parameter) else ()
        if not self.data.scaled:
            return (*self.family.parameters, *own)
        reach = min(SCALE_REACH * self._scale_sigma, 0.9)
        return (*self.family.parameters, *own, Parameter("scale", 1.0, 1 - reach, 1 + reach))

    @property
    def n_residuals(self) -> int:
        """Measured values, and the prior of the scale."""
        return self.data.size + int(self.data.scaled)

    def molecules_at(self, values: FloatArray) -> float:
        """Return the number of molecules."""
        at = len(self.family.parameters)
        return float(values[at]) if isinstance(self.molecules, Parameter) else self.molecules

    def heat_scale(self, values: FloatArray) -> float:
        """Return the ratio of measured to true heat in the probe."""
        return float(values[-1]) if self.data.scaled else 1.0

    @property
    def _scale_sigma(self) -> float:
        return 0.0 if self.data.heating is None else self.data.heating.scale_sigma

    def residuals(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return (model - data)/sigma, shape (n,), and its derivatives by natural parameters, (n, n_parameters)."""
        terms = list(self._terms(values))
        residual = np.concatenate([x.whitened(x.model - x.measured) for x in terms])
        slopes = np.concatenate([x.whitened(x.slopes) for x in terms], axis=1)
        if self.data.scaled:
            prior = np.zeros((len(values), 1))
            prior[-1] = 1.0 / self._scale_sigma
            residual = np.append(residual, (self.heat_scale(values) - 1.0) / self._scale_sigma)
            slopes = np.hstack([slopes, prior])
        return residual, slopes.T

    @cached_property
    def measured(self) -> FloatArray:
        """Data/sigma in the order of the residuals."""
        start = np.array([p.start for p in self.parameters])
        rows = [x.whitened(x.measured) for x in self._terms(start)]
        return np.concatenate([*rows, [1.0 / self._scale_sigma]] if self.data.scaled else rows)

    def rough_costs(self, many: FloatArray, points: int) -> FloatArray:
        """Return the distance of many sets of parameters from the currents and heats, at up to ``points`` biases.

        The distance is the sum of squares of asinh(model/sigma) - asinh(data/sigma): logarithms where the signal is
        above the noise, so that a set with the right shape and the wrong size counts as near.
        """
        own = many[:, : len(self.family.parameters)]
        scale = np.array([[self.molecules_at(x)] for x in many])
        temperatures = self.data.temperature_probe_K, self.data.temperature_substrate_K
        total = np.zeros(len(many))
        rows: list[tuple[int, float, FloatArray, FloatArray, FloatArray]] = []
        if (current := self.data.current) is not None:
            sigma = _sigma_or_largest(current) * (1.0 if self.data.sigma_known else 1e-2)
            rows.append((0, G0_S, current.voltage_V, current.current_A, sigma))
        if (heat := self.data.heating) is not None:
            rows.append((1, WATT_PER_eV2, heat.voltage_V, heat.heat_probe_W, heat.sigma_W))
        for which, unit, voltage, measured, sigma in rows:
            few = _spread(voltage, points)
            model = scale * unit * self.family.windows(own, voltage[few], *temperatures)[which]
            total += ((np.arcsinh(model / sigma[few]) - np.arcsinh(measured[few] / sigma[few])) ** 2).sum(
                axis=1
            )
        return total

    def _terms(self, values: FloatArray) -> Iterator[_Term]:
        own, data = values[: len(self.family.parameters)], self.data
        temperatures = data.temperature_probe_K, data.temperature_substrate_K
        if (current := data.current) is not None:
            x, by = self.family.window(own, current.voltage_V, *temperatures)
            model, slopes = self._scaled(values, G0_S * x[0], G0_S * by[0])
            if isinstance(current, LogCurrentData):
                size = np.maximum(np.abs(model), 1e-300)
                measured = np.log(np.abs(current.current_A))
                yield _Term(np.log(size), slopes * np.sign(model) / size, measured, current.sigma_ln)
            else:
                yield _Term(model, slopes, current.current_A, _sigma_or_largest(current))
        if (heat := data.heating) is not None:
            x, by = self.family.window(own, heat.voltage_V, *temperatures)
            model, slopes = self._scaled(values, WATT_PER_eV2 * x[1], WATT_PER_eV2 * by[1])
            scale = self.heat_scale(values)
            slopes *= scale
            if self.data.scaled:
                slopes[-1] = model
            yield _Term(scale * model, slopes, heat.heat_probe_W, heat.whitening)
            if heat.heat_total_W is not None and heat.sigma_total_W is not None:
                power = G0_S * heat.voltage_V
                scaled = self._scaled(values, power * x[0], power * by[0])
                yield _Term(*scaled, heat.heat_total_W, heat.sigma_total_W)
        if data.conductance_G0 is not None or data.seebeck_V_per_K is not None:
            yield from self._linear_terms(values, 0.5 * sum(temperatures))

    def _scaled(
        self, values: FloatArray, model: FloatArray, slopes: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return the model times the number of molecules, and its slopes by all parameters (by the scale of the heats:
        0).
        """
        number, n = self.molecules_at(values), len(slopes)
        by = np.zeros((len(self.parameters), model.size))
        by[:n] = number * slopes
        if isinstance(self.molecules, Parameter):
            by[n] = model
        return number * model, by

    def _linear_terms(self, values: FloatArray, temperature_K: float) -> Iterator[_Term]:
        """Yield G and S from the odd parts of I and Q_P at a small bias: N = K0 v, H_P = -K1 v + O(v^2)."""
        small = _SMALL_BIAS * BOLTZMANN_eV_per_K * temperature_K
        own = values[: len(self.family.parameters)]
        x, by = self.family.window(own, np.array([small, -small]), temperature_K, temperature_K)
        (K0, K1), (K0_by, K1_by) = (
            ((y[0, ..., 0] - y[0, ..., 1]) / (2 * small), (y[1, ..., 1] - y[1, ..., 0]) / (2 * small))
            for y in (x, by)
        )
        one = np.ones(1)
        if (G := self.data.conductance_G0) is not None:
            yield _Term(*self._scaled(values, K0 * one, K0_by[:, None]), G.value * one, G.sigma * one)
        if (S := self.data.seebeck_V_per_K) is not None:
            entropy = -K1 / (temperature_K * K0)
            slopes = np.zeros((len(self.parameters), 1))
            slopes[: own.size, 0] = (K1 / K0 * K0_by - K1_by) / (temperature_K * K0)
            yield _Term(entropy * one, slopes, S.value * one, S.sigma * one)


def _sigma_or_largest(current: CurrentData | LogCurrentData) -> FloatArray:
    """Return the uncertainty of each current; if unknown, the largest current for all."""
    if current.sigma_A is not None:
        return current.sigma_A
    return np.full(current.current_A.shape, np.abs(current.current_A).max())


def _spread(voltage: FloatArray, points: int) -> NDArray[np.intp]:
    """Return the indices of up to ``points`` values, evenly through the sorted voltages."""
    order = np.argsort(voltage, kind="stable")
    return order[np.unique(np.linspace(0, order.size - 1, points).astype(np.intp))]
