"""Terminals of a junction: real leads, and probes that only dephase or thermalise (Buettiker).

A voltage probe takes no particles; its temperature is imposed, so it may take or give heat for which no source
accounts. A voltage-temperature probe takes neither. Both couple to the molecule like a lead of the same name.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from analysis.records import FloatArray
from analysis.transport.huckel import HuckelModel


@dataclass(frozen=True)
class JunctionTerminal:
    """A real lead, held at a temperature and (in the electronic circuit) at a chemical potential.

    ``mu_eV`` is relative to the common reference mu0; an open circuit calculates it and ignores this value.
    """

    name: str
    temperature_K: float
    mu_eV: float = 0.0

    def __post_init__(self) -> None:
        _check_temperature(self.name, self.temperature_K)
        if not np.isfinite(self.mu_eV):
            raise ValueError(f"terminal {self.name!r}: mu_eV = {self.mu_eV} must be a finite number")


@dataclass(frozen=True)
class VoltageProbe:
    """A probe that takes no particles on average; its temperature is given, and it may exchange heat."""

    name: str
    temperature_K: float

    def __post_init__(self) -> None:
        _check_temperature(self.name, self.temperature_K)


@dataclass(frozen=True)
class VoltageTemperatureProbe:
    """A probe that takes neither particles nor heat on average; its chemical potential and temperature float."""

    name: str


AnyTerminal = JunctionTerminal | VoltageProbe | VoltageTemperatureProbe


@dataclass(frozen=True, eq=False)
class ProbedJunction:
    """A molecule between leads, each of which is a terminal or a probe.

    Parameters
    ----------
    model : HuckelModel
        Energies are relative to the reference chemical potential mu0.
    terminals : tuple
        One for each lead of the model, of the same name, in any order; results keep this order.

    Raises
    ------
    ValueError
        For a repeated name, a name that no lead has, a lead without terminal, or if no terminal is real.
    """

    model: HuckelModel
    terminals: tuple[AnyTerminal, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "terminals", tuple(self.terminals))
        leads = [lead.name for lead in self.model.leads]
        for name in self.names:
            if self.names.count(name) > 1:
                raise ValueError(f"terminal {name!r} occurs {self.names.count(name)} times")
            if name not in leads:
                raise ValueError(
                    f"terminal {name!r} is not a lead of the model; the leads are {', '.join(leads)}"
                )
        if missing := [name for name in leads if name not in self.names]:
            raise ValueError(f"no terminal is given for {_listed(missing)} of the model")
        if not any(isinstance(x, JunctionTerminal) for x in self.terminals):
            raise ValueError(
                "a junction of probes alone has no stationary state: at least one terminal must be a real lead"
            )

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the terminals, in the order of every result."""
        return tuple(x.name for x in self.terminals)

    @property
    def bare(self) -> bool:
        """True if every terminal is a real lead."""
        return all(isinstance(x, JunctionTerminal) for x in self.terminals)

    def index(self, name: str) -> int:
        """Return the position of a terminal. Raises ``ValueError`` for an unknown name."""
        if name not in self.names:
            raise ValueError(f"no terminal {name!r}; the terminals are {', '.join(self.names)}")
        return self.names.index(name)

    def aligned(self, level_alignment_eV: float) -> "ProbedJunction":
        """Return the junction with mu0 raised by ``level_alignment_eV`` above the zero of the model's site energies.

        For a model with site energies of zero this is mu0 - eps0. Energies remain relative to mu0, so every site
        moves down by it.
        """
        hamiltonian = self.model.hamiltonian_eV
        shifted = hamiltonian - level_alignment_eV * np.eye(len(hamiltonian))
        return replace(self, model=replace(self.model, hamiltonian_eV=shifted))

    def thermalised(self) -> "ProbedJunction":
        """Return the same junction with every voltage probe replaced by a voltage-temperature probe."""
        return replace(
            self,
            terminals=tuple(
                VoltageTemperatureProbe(x.name) if isinstance(x, VoltageProbe) else x for x in self.terminals
            ),
        )


@dataclass(frozen=True, eq=False)
class TerminalCurrents:
    """Currents into each terminal, and the potentials of the probes.

    Attributes
    ----------
    names : tuple of str
        Terminals, the first axis of every array but the last.
    mu_eV : ndarray, shape (n_terminals, ...)
        Chemical potentials from mu0.
    temperature_K, particle_current_per_s, heat_current_W : ndarray, shape (n_terminals, ...)
        Currents are positive into the terminal; heat is relative to the terminal's own chemical potential.
    entropy_production_W_per_K : ndarray, shape (...)
        Entropy production of the whole circuit; each solver documents its expression.
    """

    names: tuple[str, ...]
    mu_eV: FloatArray
    temperature_K: FloatArray
    particle_current_per_s: FloatArray
    heat_current_W: FloatArray
    entropy_production_W_per_K: FloatArray

    def index(self, name: str) -> int:
        """Return the position of a terminal. Raises ``ValueError`` for an unknown name."""
        if name not in self.names:
            raise ValueError(f"no terminal {name!r}; the terminals are {', '.join(self.names)}")
        return self.names.index(name)


def relative_error_percent(voltage: FloatArray, voltage_temperature: FloatArray) -> FloatArray:
    """Return 100 (X_VTP - X_VP)/X_VP, relative to the value of the voltage probe; NaN if that value is zero.

    Parameters
    ----------
    voltage, voltage_temperature : array_like
        The same quantity with a voltage probe and with a voltage-temperature probe.
    """
    first, second = np.asarray(voltage, dtype=np.float64), np.asarray(voltage_temperature, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(first == 0, np.nan, 100 * (second - first) / first), dtype=np.float64)


def _check_temperature(name: str, temperature_K: float) -> None:
    if not (np.isfinite(temperature_K) and temperature_K > 0):
        raise ValueError(f"terminal {name!r}: temperature_K = {temperature_K} must be above 0 K")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in names)
