"""Models with free parameters: their currents and heats, and the derivatives by each parameter."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from analysis.constants import G0_S, BOLTZMANN_eV_per_K
from analysis.records import FloatArray
from analysis.transport.fermi_integrals import pole_integrals
from analysis.transport.landauer import WATT_PER_eV2, currents
from analysis.transport.level_derivatives import level_slopes
from analysis.transport.transmission import BreitWignerLevel, LevelTransmission, Transmission

_UNITS = np.array([G0_S, WATT_PER_eV2])
_STEP = 1e-6  # of the natural scale of a parameter, for central differences


@dataclass(frozen=True)
class Parameter:
    """A free parameter: start and bounds of the search.

    ``logarithmic`` parameters are positive and searched on a logarithmic scale.
    """

    name: str
    start: float
    minimum: float = -np.inf
    maximum: float = np.inf
    logarithmic: bool = False

    def __post_init__(self) -> None:
        if not (np.isfinite(self.start) and self.minimum <= self.start <= self.maximum):
            raise ValueError(
                f"{self.name}: start = {self.start:g} must lie between {self.minimum:g} and {self.maximum:g}"
            )
        if self.minimum == self.maximum:
            raise ValueError(f"{self.name}: min and max are equal; give the number itself to keep it fixed")
        if self.logarithmic and not (self.start > 0 and self.minimum >= 0):
            raise ValueError(
                f"{self.name}: a positive quantity must start above zero and be bounded by zero or more"
            )


@dataclass(frozen=True, eq=False)
class Conditions:
    """Biases, shape (n_bias,), and temperatures of the electrodes."""

    bias_V: FloatArray
    temperature_probe_K: float = 300.0
    temperature_substrate_K: float = 300.0

    @property
    def kT_eV(self) -> tuple[float, float]:
        """Thermal energies of probe and substrate."""
        return (
            BOLTZMANN_eV_per_K * self.temperature_probe_K,
            BOLTZMANN_eV_per_K * self.temperature_substrate_K,
        )


@dataclass(frozen=True, eq=False)
class Response:
    """Current and heat in the probe at each bias, with their derivatives by the parameters.

    ``current_A`` and ``heat_probe_W`` have shape (n_bias,), ``slopes`` (2, n_parameters, n_bias). A model that searches
    for a stationary state at each bias returns it as ``state`` (n_unknowns, n_bias), with ``state_slopes``
    (n_parameters, n_unknowns, n_bias).
    """

    current_A: FloatArray
    heat_probe_W: FloatArray
    slopes: FloatArray
    state: FloatArray | None = None
    state_slopes: FloatArray | None = None

    def state_after(self, step: FloatArray) -> FloatArray | None:
        """Extrapolate the state to first order; return the present one if the step is unreasonably large."""
        if self.state is None or self.state_slopes is None:
            return None
        ahead = self.state + np.tensordot(step, self.state_slopes, axes=1)
        far = np.abs(ahead - self.state) > 0.3 * np.abs(self.state) + 0.02
        return np.where(far.any(axis=0), self.state, ahead)


class Family(Protocol):
    """A set of models spanned by parameters: transmissions, or circuits with floating probes."""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The free parameters, in the order of every array of values."""
        ...

    def response(self, values: FloatArray, at: Conditions, near: FloatArray | None = None) -> Response | None:
        """Return currents, heats and slopes; None if the model has no stationary state.

        ``near`` is the state of near parameters, if the model has one.
        """
        ...

    def responses(
        self, values: FloatArray, at: Sequence[Conditions], near: FloatArray | None = None
    ) -> list[Response] | None:
        """Return the response under each of several conditions, the first of which ``near`` is for."""
        ...

    def currents(self, many: FloatArray, at: Conditions) -> FloatArray:
        """Return currents in A and heats in W for many sets of parameters (n_sets, n_parameters), (2, n_sets, n_bias).

        NaN for a set without a stationary state.
        """
        ...

    def search_start(self) -> FloatArray:
        """Return the starts of the parameters, moved off any point from which a search could not leave."""
        ...

    def mirrored(self, values: FloatArray) -> FloatArray | None:
        """Return the parameters of the mirror image, which has the same current; None if there is none."""
        ...

    def canonical(self, values: FloatArray) -> FloatArray:
        """Return values in a form that is the same for members with the same currents."""
        ...


class TransmissionFamily(Family, Protocol):
    """A set of transmissions."""

    def transmission(self, values: FloatArray) -> Transmission:
        """Return the member with these parameters."""
        ...


class Asymmetric:
    """Methods of a family none of whose members is known to be the image of another."""

    def responses(
        self: Family, values: FloatArray, at: Sequence[Conditions], near: FloatArray | None = None
    ) -> list[Response] | None:
        """Return the responses, computed one after the other; None without a stationary state under one of them."""
        found = []
        for one in at:
            response = self.response(values, one, near) if one.bias_V.size else _no_response(values.size)
            if response is None:
                return None
            found.append(response)
            near = None
        return found

    def search_start(self: Family) -> FloatArray:
        """Return the starts of the parameters."""
        return starts_of(self)

    def mirrored(self, values: FloatArray) -> FloatArray | None:
        """Return None."""
        return None

    def canonical(self, values: FloatArray) -> FloatArray:
        """Return the values."""
        return values


def _no_response(n_parameters: int) -> Response:
    """Return the response at no bias at all."""
    none = np.empty(0)
    return Response(none, none, np.empty((2, n_parameters, 0)))


def starts_of(family: Family) -> FloatArray:
    """Return the start values of the free parameters."""
    return np.array([p.start for p in family.parameters])


@dataclass(frozen=True, eq=False)
class LevelFamily:
    """Breit-Wigner levels; the derivatives are analytic.

    Parameters
    ----------
    fixed : ndarray, shape (n_levels, 4)
        The fields of each level (see `level_slopes.FIELDS`); the value of a free field does not matter.
    free : ndarray of int, shape (n_levels, 4)
        Index of the parameter that gives the field, -1 if it is fixed. Two fields with the same index are equal.
    parameters : tuple of Parameter
    """

    fixed: FloatArray
    free: NDArray[np.intp]
    parameters: tuple[Parameter, ...]

    def fields(self, values: FloatArray) -> FloatArray:
        """Return the fields of the levels, shape (n_levels, 4)."""
        fields = self.fixed.copy()
        for level, field, index in self._free_fields:
            fields[level, field] = values[index]
        return fields

    @cached_property
    def _free_fields(self) -> list[tuple[int, int, int]]:
        """Level, field and index of the parameter of each free field."""
        return [(level, field, int(i)) for (level, field), i in np.ndenumerate(self.free) if i >= 0]

    def transmission(self, values: FloatArray) -> LevelTransmission:
        """Return the levels with these parameters."""
        return LevelTransmission([BreitWignerLevel(*row) for row in self.fields(values).tolist()])

    def response(self, values: FloatArray, at: Conditions, near: FloatArray | None = None) -> Response:
        """Return currents, heats and analytic slopes."""
        return self._response(values, at.bias_V, *at.kT_eV)

    def responses(
        self, values: FloatArray, at: Sequence[Conditions], near: FloatArray | None = None
    ) -> list[Response]:
        """Return the responses under all conditions from one pass, which takes hardly longer than one of them."""
        if len(at) == 1:
            return [self.response(values, at[0])]
        sizes = [x.bias_V.size for x in at]
        kT_probe_eV, kT_substrate_eV = np.repeat(np.array([x.kT_eV for x in at]), sizes, axis=0).T
        bias_V = np.concatenate([x.bias_V for x in at])
        whole = self._response(values, bias_V, kT_probe_eV, kT_substrate_eV)
        ends = np.cumsum(sizes).tolist()
        parts = [slice(end - size, end) for size, end in zip(sizes, ends, strict=True)]
        return [Response(whole.current_A[x], whole.heat_probe_W[x], whole.slopes[..., x]) for x in parts]

    def _response(
        self,
        values: FloatArray,
        bias_V: FloatArray,
        kT_probe_eV: float | FloatArray,
        kT_substrate_eV: float | FloatArray,
    ) -> Response:
        result = level_slopes(self.fields(values), bias_V, kT_probe_eV, kT_substrate_eV)
        slopes = np.zeros((2, len(self.parameters), bias_V.size))
        for level, field, index in self._free_fields:
            slopes[:, index] += result.slopes[:2, level, field]
        current, heat, _ = result.values
        return Response(G0_S * current, WATT_PER_eV2 * heat, slopes * _UNITS[:, None, None])

    def currents(self, many: FloatArray, at: Conditions) -> FloatArray:
        """Return the currents and heats of all sets in one pass."""
        padded = np.append(many, np.zeros((len(many), 1)), axis=1)
        fields = np.where(self.free >= 0, padded[:, self.free], self.fixed)
        eps, probe, substrate, drop = np.moveaxis(fields, -1, 0)[..., None]
        g = 0.5 * (probe + substrate)
        x = pole_integrals(eps - 1j * g, drop * at.bias_V, at.bias_V, *at.kT_eV)
        integrals = np.stack([x.charge, x.heat_probe])
        return np.asarray((-probe * substrate / g * integrals.imag).sum(axis=2) * _UNITS[:, None, None])

    def search_start(self) -> FloatArray:
        """Return the starts with one of two equal free widths moved by a tenth: equal ones would stay equal."""
        start = starts_of(self)
        moved = start.copy()
        for _, probe, substrate, _ in self.free:
            if probe >= 0 and substrate >= 0 and probe != substrate and start[probe] == start[substrate]:
                parameter, up = self.parameters[substrate], 1.1 * start[substrate]
                inside = up <= parameter.maximum
                moved[substrate] = up if inside else max(0.9 * start[substrate], parameter.minimum)
        return moved

    def mirrored(self, values: FloatArray) -> FloatArray | None:
        """Return the parameters with all levels on the other side of E_F; None if no position is free."""
        energies, drops = (np.unique(self.free[self.free[:, i] >= 0, i]) for i in (0, 3))
        image = values.copy()
        image[energies] *= -1.0
        image[drops] = 1.0 - image[drops]
        return image if energies.size else None

    def canonical(self, values: FloatArray) -> FloatArray:
        """Return the fields of the levels in a form that is the same for mirror images and exchanged widths."""
        fields = self.fields(values)
        if fields[:, 0].sum() < 0:
            fields = mirror_image(fields)
        fields[:, 1:3].sort(axis=1)
        return np.asarray(fields[np.argsort(fields[:, 0])].ravel())


@dataclass(frozen=True, eq=False)
class BuiltFamily(Asymmetric):
    """Any transmission that a function builds from its parameters; derivatives by central differences."""

    build: Callable[[FloatArray], Transmission]
    parameters: tuple[Parameter, ...]

    def transmission(self, values: FloatArray) -> Transmission:
        """Return the transmission with these parameters."""
        return self.build(values)

    def response(self, values: FloatArray, at: Conditions, near: FloatArray | None = None) -> Response:
        """Return currents, heats and numerical slopes."""
        slopes = np.empty((2, len(self.parameters), at.bias_V.size))
        for i, parameter in enumerate(self.parameters):
            step = np.zeros(values.shape)
            step[i] = _STEP * (abs(values[i]) if parameter.logarithmic else max(abs(values[i]), 0.1))
            slopes[:, i] = (self._at(values + step, at) - self._at(values - step, at)) / (2 * step[i])
        current_A, heat_probe_W = self._at(values, at)
        return Response(current_A, heat_probe_W, slopes)

    def currents(self, many: FloatArray, at: Conditions) -> FloatArray:
        """Return the currents and heats of the sets, computed one after the other."""
        return np.stack([self._at(x, at) for x in many], axis=1)

    def _at(self, values: FloatArray, at: Conditions) -> FloatArray:
        x = currents(self.build(values), at.bias_V, at.temperature_probe_K, at.temperature_substrate_K)
        return np.stack([x.current_A, x.heat_probe_W])


def mirror_image(fields: FloatArray) -> FloatArray:
    """Return the fields of levels on the other side of E_F, eps -> -eps, bias_drop -> 1 - bias_drop."""
    return np.asarray(fields * [-1, 1, 1, -1] + [0, 0, 0, 1])


def level_family(levels: Sequence[Sequence[float | Parameter | int]]) -> LevelFamily:
    """Build a family from rows of the four fields of a level, each a number or a `Parameter`.

    The same Parameter object in two places ties them: a symmetric width is one object given twice.
    """
    parameters: list[Parameter] = []
    fixed, free = np.zeros((len(levels), 4)), np.full((len(levels), 4), -1, dtype=np.intp)
    for row, fields in enumerate(levels):
        for column, field in enumerate(fields):
            if isinstance(field, Parameter):
                earlier = [i for i, p in enumerate(parameters) if p is field]
                if not earlier:
                    parameters.append(field)
                free[row, column] = earlier[0] if earlier else len(parameters) - 1
            else:
                fixed[row, column] = field
    return LevelFamily(fixed, free, tuple(parameters))
