"""Transmission models with free parameters: their predictions and the derivatives by each parameter."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from analysis.constants import G0_S, BOLTZMANN_eV_per_K
from analysis.records import FloatArray
from analysis.transport.fermi_integrals import pole_integrals
from analysis.transport.landauer import WATT_PER_eV2, currents
from analysis.transport.level_derivatives import level_slopes
from analysis.transport.transmission import BreitWignerLevel, LevelTransmission, Transmission

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


class Family(Protocol):
    """A set of transmissions spanned by parameters."""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The free parameters, in the order of every array of values."""
        ...

    def transmission(self, values: FloatArray) -> Transmission:
        """Return the member with these parameters."""
        ...

    def window(
        self,
        values: FloatArray,
        bias_V: FloatArray,
        temperature_probe_K: float,
        temperature_substrate_K: float,
    ) -> tuple[FloatArray, FloatArray]:
        """Return integrals (3, n_bias) in eV and eV^2, as in `level_slopes`, and slopes (3, n_parameters, n_bias)."""
        ...

    def windows(
        self, many: FloatArray, bias_V: FloatArray, temperature_probe_K: float, temperature_substrate_K: float
    ) -> FloatArray:
        """Return integrals for many sets of parameters (n_sets, n_parameters) at once, shape (3, n_sets, n_bias)."""
        ...


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
        return np.where(self.free >= 0, np.append(values, 0.0)[self.free], self.fixed)

    def transmission(self, values: FloatArray) -> LevelTransmission:
        """Return the levels with these parameters."""
        return LevelTransmission([BreitWignerLevel(*row) for row in self.fields(values).tolist()])

    def window(
        self,
        values: FloatArray,
        bias_V: FloatArray,
        temperature_probe_K: float,
        temperature_substrate_K: float,
    ) -> tuple[FloatArray, FloatArray]:
        """Return integrals and analytic slopes."""
        kT_P, kT_S = BOLTZMANN_eV_per_K * temperature_probe_K, BOLTZMANN_eV_per_K * temperature_substrate_K
        result = level_slopes(self.fields(values), bias_V, kT_P, kT_S)
        slopes = np.zeros((3, len(self.parameters), bias_V.size))
        for (level, field), index in np.ndenumerate(self.free):
            if index >= 0:
                slopes[:, index] += result.slopes[:, level, field]
        return result.values, slopes

    def windows(
        self, many: FloatArray, bias_V: FloatArray, temperature_probe_K: float, temperature_substrate_K: float
    ) -> FloatArray:
        """Return the integrals of all sets in one pass."""
        padded = np.append(many, np.zeros((len(many), 1)), axis=1)
        fields = np.where(self.free >= 0, padded[:, self.free], self.fixed)
        eps, probe, substrate, drop = np.moveaxis(fields, -1, 0)[..., None]
        g = 0.5 * (probe + substrate)
        kT_P, kT_S = BOLTZMANN_eV_per_K * temperature_probe_K, BOLTZMANN_eV_per_K * temperature_substrate_K
        x = pole_integrals(eps - 1j * g, drop * bias_V, bias_V, kT_P, kT_S)
        integrals = np.stack([x.charge, x.heat_probe, x.heat_substrate])
        return np.asarray((-probe * substrate / g * integrals.imag).sum(axis=2))


@dataclass(frozen=True, eq=False)
class BuiltFamily:
    """Any transmission that a function builds from its parameters; derivatives by central differences."""

    build: Callable[[FloatArray], Transmission]
    parameters: tuple[Parameter, ...]

    def transmission(self, values: FloatArray) -> Transmission:
        """Return the transmission with these parameters."""
        return self.build(values)

    def window(
        self,
        values: FloatArray,
        bias_V: FloatArray,
        temperature_probe_K: float,
        temperature_substrate_K: float,
    ) -> tuple[FloatArray, FloatArray]:
        """Return integrals and numerical slopes."""
        conditions = bias_V, temperature_probe_K, temperature_substrate_K
        slopes = np.empty((3, len(self.parameters), bias_V.size))
        for i, parameter in enumerate(self.parameters):
            step = np.zeros(values.shape)
            step[i] = _STEP * (abs(values[i]) if parameter.logarithmic else max(abs(values[i]), 0.1))
            above, below = (
                self._integrals(values + step, *conditions),
                self._integrals(values - step, *conditions),
            )
            slopes[:, i] = (above - below) / (2 * step[i])
        return self._integrals(values, *conditions), slopes

    def windows(
        self, many: FloatArray, bias_V: FloatArray, temperature_probe_K: float, temperature_substrate_K: float
    ) -> FloatArray:
        """Return the integrals of the sets, computed one after the other."""
        return np.stack(
            [self._integrals(x, bias_V, temperature_probe_K, temperature_substrate_K) for x in many], axis=1
        )

    def _integrals(self, values: FloatArray, bias_V: FloatArray, T_P: float, T_S: float) -> FloatArray:
        x = currents(self.build(values), bias_V, T_P, T_S)
        return np.stack(
            [x.current_A / G0_S, x.heat_probe_W / WATT_PER_eV2, x.heat_substrate_W / WATT_PER_eV2]
        )


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
