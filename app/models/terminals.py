"""Model files with terminals: a junction with leads and Buettiker probes, for `hotjunction predict`."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from analysis.buettiker.terminals import (
    AnyTerminal,
    JunctionTerminal,
    ProbedJunction,
    VoltageProbe,
    VoltageTemperatureProbe,
)
from analysis.records import FloatArray
from analysis.transport.huckel import HuckelModel, Lead
from app.config.toml import FileError, Section, validate
from app.models.coupling import TOTAL, Coupling
from app.models.fields import Free, Kelvin
from app.models.molecule import MoleculeKeys
from app.models.probe_circuit import CircuitSettings
from app.models.series import series

TAKEN = ("level_alignment_eV", "entropy_production_W_per_K", "seebeck_V_per_K", "relative_error_percent")
"""Keys of a row of the result that are not terminals."""


class MoleculeSection(MoleculeKeys):
    """``transmission``: a molecule; its leads and probes are ``terminals``."""

    kind: Literal["huckel"]


class TerminalSection(Coupling):
    """A lead or a probe on one site or several, with equal widths."""

    name: str = Field(min_length=1)
    sites: list[int] = Field(min_length=1)
    temperature_K: Kelvin | None = None
    mu_eV: float | None = None
    probe: Literal["voltage", "voltage-temperature"] | None = None

    old_gamma = TOTAL


class TerminalFile(Section):
    """Keys of the file; ``transmission`` is a `MoleculeSection`, each of ``terminals`` a `TerminalSection`.

    ``level_alignment_eV``: mu0 less the on-site energies, a list or { start =, stop =, points = }.
    """

    regime: Literal["linear", "nonlinear"] = "linear"
    circuit: Literal["electronic", "open"] = "electronic"
    reference_temperature_K: Kelvin = 300.0
    level_alignment_eV: Any
    transmission: dict[str, Any]
    terminals: list[dict[str, Any]]


TERMINAL_KEYS = frozenset(TerminalFile.model_fields) - {"transmission"}
"""A model file that holds one of these describes a junction with terminals."""


@dataclass(frozen=True, eq=False)
class TerminalModel:
    """Checked file: the junction, its operation, and its level alignments.

    ``fallback_K``: the temperature that each voltage-temperature probe would keep if it were a voltage probe.
    """

    path: Path
    circuit: CircuitSettings
    level_alignment_eV: FloatArray
    junction: ProbedJunction
    fallback_K: dict[str, float]

    def both(self) -> tuple[ProbedJunction, ProbedJunction]:
        """Return the junction with voltage probes, and with voltage-temperature probes.

        Raises
        ------
        FileError
            Where there is no probe.
        """
        if self.junction.bare:
            raise FileError(f"{self.path}: terminals: none is a probe, there is nothing to compare")
        terminals = tuple(
            VoltageProbe(x.name, self.fallback_K[x.name]) if isinstance(x, VoltageTemperatureProbe) else x
            for x in self.junction.terminals
        )
        return replace(self.junction, terminals=terminals), self.junction.thermalised()


def terminal_model(path: Path, file: TerminalFile) -> TerminalModel:
    """Return the junction of a file. Raises `FileError`, which names file, key and the expected value."""
    molecule = validate(file.transmission, MoleculeSection, f"{path}: transmission")
    terminals = []
    for number, row in enumerate(file.terminals, start=1):
        name = f" ({row['name']!r})" if "name" in row else ""
        where = f"{path}: terminals, number {number}{name}"
        terminals.append(_checked(validate(row, TerminalSection, where), where))
    if sum(x.probe is None for x in terminals) < 2:
        raise FileError(f"{path}: terminals: two at least must be real leads, that is without the key probe")
    if molecule.missing:
        raise FileError(f"{path}: transmission.{molecule.missing}: is missing")
    onsite = molecule.onsite_eV if isinstance(molecule.onsite_eV, list) else [molecule.onsite_eV]
    hopping = None if molecule.hopping_eV is None else _start(molecule.hopping_eV)
    try:
        hamiltonian = molecule.hamiltonian_eV(hopping, [_start(x) for x in onsite])
    except ValueError as error:
        raise FileError(f"{path}: transmission: {error}") from None
    try:
        model = HuckelModel(hamiltonian, tuple(Lead(x.name, _widths(x)) for x in terminals))
        _ = model.gammas_eV  # a site that is not there is said now
        fallback = {x.name: x.temperature_K or file.reference_temperature_K for x in terminals}
        junction = ProbedJunction(model, tuple(_terminal(x) for x in terminals))
    except ValueError as error:
        raise FileError(f"{path}: {error}") from None
    circuit = CircuitSettings(file.regime, file.circuit, file.reference_temperature_K)
    alignment = series(file.level_alignment_eV, f"{path}: level_alignment_eV")
    return TerminalModel(path, circuit, alignment, junction, fallback)


def _checked(terminal: TerminalSection, where: str) -> TerminalSection:
    if terminal.name in TAKEN:
        raise FileError(f"{where}: name: is a key of the result; choose another")
    if len(set(terminal.sites)) < len(terminal.sites):
        raise FileError(f"{where}: sites = {terminal.sites}: a site stands twice")
    if terminal.probe != "voltage-temperature" and terminal.temperature_K is None:
        who = "a lead has one" if terminal.probe is None else "a voltage probe keeps one"
        raise FileError(f"{where}: temperature_K: is missing; {who}")
    if terminal.probe is not None and terminal.mu_eV is not None:
        raise FileError(f"{where}: mu_eV: a probe finds its chemical potential itself")
    return terminal


def _terminal(section: TerminalSection) -> AnyTerminal:
    if section.probe == "voltage-temperature" or section.temperature_K is None:
        return VoltageTemperatureProbe(section.name)
    if section.probe == "voltage":
        return VoltageProbe(section.name, section.temperature_K)
    return JunctionTerminal(section.name, section.temperature_K, section.mu_eV or 0.0)


def _widths(section: TerminalSection) -> dict[int, float]:
    return dict.fromkeys(section.sites, section.per_site(_start(section.gamma), len(section.sites)))


def _start(value: float | Free) -> float:
    return value.start if isinstance(value, Free) else value
