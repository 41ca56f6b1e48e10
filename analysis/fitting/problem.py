"""Least-squares problem of a family of models and data: residuals and their derivatives for an optimiser."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

import numpy as np

from analysis.constants import G0_S, BOLTZMANN_eV_per_K
from analysis.fitting.data import JunctionData, LogCurrentData, spread_through
from analysis.fitting.families import Conditions, Family, Parameter, Response, TransmissionFamily
from analysis.fitting.search_space import SearchSpace
from analysis.records import FloatArray

SCALE_REACH = 8.0
"""Range of the search for the scale of the heats, in standard deviations of its calibration."""

_SMALL_BIAS = 1e-4  # of kT: linear response to 1e-8, far enough from zero for a slope
_SMALL_DIFFERENCE = 1e-4  # of T: between the temperatures of the electrodes

F = TypeVar("F", bound=Family, covariant=True)


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Residuals (model - data)/sigma, shape (n,), and their derivatives by natural parameters, (n, n_parameters)."""

    residual: FloatArray
    slopes: FloatArray
    response: Response


@dataclass(frozen=True, eq=False)
class Problem(SearchSpace, Generic[F]):
    """Least-squares problem of `analysis.fitting.least_squares`.

    If the heats have a scale error, the last residual is that of the scale from 1: one nuisance for all heats.

    Parameters
    ----------
    data : JunctionData
    family : Family
    molecules : float or Parameter
        Junctions in parallel: multiplies current, heat and conductance.
    """

    data: JunctionData
    family: F
    molecules: float | Parameter = 1.0

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """Parameters of the family, ``molecules`` if it is free, ``scale`` if the heats have a scale error."""
        own = (self.molecules,) if isinstance(self.molecules, Parameter) else ()
        if not self.data.scaled:
            return (*self.family.parameters, *own)
        reach = min(SCALE_REACH * self._scale_sigma, 0.9)
        return (*self.family.parameters, *own, Parameter("scale", 1.0, 1 - reach, 1 + reach))

    @cached_property
    def biased(self) -> Conditions:
        """Conditions of the currents, then of the heats."""
        parts = [x.voltage_V for x in (self.data.current, self.data.heating) if x is not None]
        voltage_V = np.concatenate(parts) if parts else np.empty(0)
        return Conditions(voltage_V, self.data.temperature_probe_K, self.data.temperature_substrate_K)

    @property
    def n_residuals(self) -> int:
        """Measured values, and the prior of the scale."""
        return self.data.size + int(self.data.scaled)

    def own(self, values: FloatArray) -> FloatArray:
        """Return the values of the family's parameters."""
        return values[..., : len(self.family.parameters)]

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

    def evaluated(self, values: FloatArray, near: FloatArray | None = None) -> Evaluation | None:
        """Return residuals and derivatives at these parameters; None if the model has no stationary state there.

        ``near`` is the state of near parameters, as in `Family.response`.
        """
        modelled = self._modelled(values, near)
        if modelled is None:
            return None
        response, models = modelled
        rows = list(zip(self.data.terms, models, strict=True))
        residual = np.concatenate([term.whitened(model - term.measured) for term, (model, _) in rows])
        slopes = np.concatenate([term.whitened(by) for term, (_, by) in rows], axis=1)
        if self.data.scaled:
            prior = np.zeros((len(values), 1))
            prior[-1] = 1.0 / self._scale_sigma
            residual = np.append(residual, (self.heat_scale(values) - 1.0) / self._scale_sigma)
            slopes = np.hstack([slopes, prior])
        return Evaluation(residual, slopes.T, response)

    def noiseless(self, values: FloatArray) -> JunctionData | None:
        """Return the data as the model has them, without noise; None if it has no stationary state."""
        modelled = self._modelled(values)
        return None if modelled is None else self.data.with_values([model for model, _ in modelled[1]])

    def _modelled(
        self, values: FloatArray, near: FloatArray | None = None
    ) -> tuple[Response, list[tuple[FloatArray, FloatArray]]] | None:
        """Return the response at the biases of the currents and heats, and model (m,) and slopes (n_parameters, m) of
        each of the data's terms; None without a stationary state.
        """
        linear = any(x is not None for _, x in self.data.linear_response)
        at = (self.biased, self._unbiased, self._warmer) if linear else (self.biased,)
        responses = self.family.responses(self.own(values), at, near)
        if responses is None:
            return None
        models = list(self._biased_models(values, responses[0]))
        if linear:
            models += self._linear_models(values, *responses[1:])
        return responses[0], models

    @cached_property
    def measured(self) -> FloatArray:
        """Data/sigma in the order of the residuals."""
        rows = [x.whitened(x.measured) for x in self.data.terms]
        return np.concatenate([*rows, [1.0 / self._scale_sigma]] if self.data.scaled else rows)

    def predicted(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return currents and heats as they would be measured, without noise; NaN if there is no stationary state."""
        number, n = self.molecules_at(values), self.data.n_current
        current, heat = number * self.family.currents(self.own(values)[None], self.biased)[:, 0]
        return current[:n], self.heat_scale(values) * heat[n:]

    def rough_costs(self, many: FloatArray, points: int) -> FloatArray:
        """Return the distance of many sets of parameters from the currents and heats, at up to ``points`` biases.

        The distance is the sum of squares of asinh(model/sigma) - asinh(data/sigma): logarithms where the signal is
        above the noise, so that a set with the right shape and the wrong size counts as near.
        """
        few, measured, sigma = [], [], []
        if (current := self.data.current) is not None:
            size = np.abs(current.current_A).max()
            few.append(spread_through(current.voltage_V, points))
            measured.append(current.current_A[few[0]])
            sigma.append(
                np.full(few[0].size, 1e-2 * size) if current.sigma_A is None else current.sigma_A[few[0]]
            )
        if (heat := self.data.heating) is not None:
            few.append(self.data.n_current + (some := spread_through(heat.voltage_V, points)))
            measured.append(heat.heat_probe_W[some])
            sigma.append(heat.sigma_W[some])
        if not few:
            return np.zeros(len(many))
        chosen = np.concatenate(few)
        which = (chosen >= self.data.n_current).astype(np.intp)
        at = Conditions(
            self.biased.bias_V[chosen], self.data.temperature_probe_K, self.data.temperature_substrate_K
        )
        both = self.family.currents(self.own(many), at)
        number = np.array([[self.molecules_at(x)] for x in many])
        model = number * both[which, :, np.arange(chosen.size)].T
        data, noise = np.concatenate(measured), np.concatenate(sigma)
        return np.asarray(((np.arcsinh(model / noise) - np.arcsinh(data / noise)) ** 2).sum(axis=1))

    def _biased_models(self, values: FloatArray, x: Response) -> Iterator[tuple[FloatArray, FloatArray]]:
        """Yield model and slopes of currents, heats in the probe, and total heats."""
        n, heating = self.data.n_current, self.data.heating
        if self.data.current is not None:
            model, slopes = self._multiplied(values, x.current_A[:n], x.slopes[0, :, :n])
            if isinstance(self.data.current, LogCurrentData):
                size = np.maximum(np.abs(model), 1e-300)
                model, slopes = np.log(size), slopes * np.sign(model) / size
            yield model, slopes
        if heating is not None:
            model, slopes = self._multiplied(values, x.heat_probe_W[n:], x.slopes[1, :, n:])
            scale = self.heat_scale(values)
            slopes *= scale
            if self.data.scaled:
                slopes[-1] = model
            yield scale * model, slopes
            if heating.heat_total_W is not None:
                V = heating.voltage_V
                yield self._multiplied(values, V * x.current_A[n:], V * x.slopes[0, :, n:])

    def _multiplied(
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

    def _of_family(self, slopes: FloatArray) -> FloatArray:
        """Return the slopes by all parameters of what depends only on those of the family."""
        return np.vstack([slopes, np.zeros((len(self.parameters) - len(slopes), slopes.shape[1]))])

    @cached_property
    def _unbiased(self) -> Conditions:
        mean_K = 0.5 * (self.data.temperature_probe_K + self.data.temperature_substrate_K)
        small = _SMALL_BIAS * BOLTZMANN_eV_per_K * mean_K
        return Conditions(np.array([small, -small]), mean_K, mean_K)

    @cached_property
    def _warmer(self) -> Conditions:
        """Conditions with a warmer probe and no bias."""
        mean_K = self._unbiased.temperature_probe_K
        half_K = 0.5 * _SMALL_DIFFERENCE * mean_K
        return Conditions(np.zeros(1), mean_K + half_K, mean_K - half_K)

    def _linear_models(
        self, values: FloatArray, biased: Response, warmer: Response
    ) -> Iterator[tuple[FloatArray, FloatArray]]:
        """Yield G from the odd part of I, S from the thermocurrent -G S dT, the heat that a warm probe gives off per
        kelvin, the Peltier coefficient from the odd part of Q_P, and S again beside an alternating bias: each from what
        measures it.
        """
        odd_V = 2 * self._unbiased.bias_V[:1]
        dT_K = self._warmer.temperature_probe_K - self._warmer.temperature_substrate_K
        G, G_by = ((y[..., :1] - y[..., 1:]) / odd_V for y in (biased.current_A, biased.slopes[0]))
        if self.data.conductance_G0 is not None:
            yield self._multiplied(values, G / G0_S, G_by / G0_S)
        S = -warmer.current_A / (G * dT_K)
        S_by = self._of_family(-(warmer.slopes[0] / dT_K + S * G_by) / G)
        if self.data.seebeck_V_per_K is not None:
            yield S, S_by
        if self.data.thermal_conductance_W_per_K is not None:
            yield self._multiplied(values, -warmer.heat_probe_W / dT_K, -warmer.slopes[1] / dT_K)
        if self.data.peltier_V is not None:
            Q, Q_by = ((y[..., :1] - y[..., 1:]) / odd_V for y in (biased.heat_probe_W, biased.slopes[1]))
            yield Q / G, self._of_family((Q_by - Q / G * G_by) / G)
        if self.data.ac_seebeck_V_per_K is not None:
            yield S, S_by


TransmissionProblem = Problem[TransmissionFamily]
"""Problem whose models are transmissions."""
