"""The TOML file of a junction with probes, for `hotjunction predict`."""

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, PlainValidator

from analysis.buettiker.terminals import (
    AnyTerminal,
    JunctionTerminal,
    ProbedJunction,
    VoltageProbe,
    VoltageTemperatureProbe,
)
from analysis.records import FloatArray
from analysis.transport.huckel import HuckelModel, Lead, bonded
from app.config.toml import FileError, Section, load_toml, validate
from app.models.coupling import TOTAL, Coupling
from app.models.fields import Free, Kelvin, Number, is_number
from app.models.molecule import MoleculeKeys, bonds_of
from app.models.probe_circuit import CircuitSettings
from app.models.series import series

TAKEN = ("level_alignment_eV", "entropy_production_W_per_K", "seebeck_V_per_K", "relative_error_percent")
"""Keys of a row of the result that are not terminals."""


def _geometry(value: Any) -> str | FloatArray:
    if value in ("ring", "chain"):
        return str(value)
    rows = value if isinstance(value, list) else []
    square = bool(rows) and all(isinstance(row, list) and len(row) == len(rows) for row in rows)
    if not square or not all(is_number(x) and math.isfinite(x) for row in rows for x in row):
        raise ValueError('"ring", "chain", or a square matrix of numbers')
    matrix = np.array(rows, dtype=np.float64)
    if not np.array_equal(matrix, matrix.T):
        raise ValueError("a symmetric matrix")
    return matrix


class MoleculeSection(MoleculeKeys):
    """``transmission``: ``geometry`` "ring" or "chain" with ``sites`` and ``hopping_eV``, or a matrix.

    A matrix of zeros and ones beside a ``hopping_eV`` says which sites are bonded; any other is the Hamiltonian in eV.
    ``onsite_eV``, a number or one per site, is added to the diagonal.
    """

    kind: Literal["huckel"]
    hopping_eV: Number = None
    geometry: Annotated[Any, PlainValidator(_geometry)] = "ring"


class TerminalSection(Coupling):
    """A lead or a probe on one site or several, with equal widths."""

    name: str = Field(min_length=1)
    sites: list[int] = Field(min_length=1)
    temperature_K: Kelvin | None = None
    mu_eV: float | None = None
    probe: Literal["voltage", "voltage-temperature"] | None = None

    old_gamma = TOTAL


class ProbeFile(Section):
    """Keys of the file; ``transmission`` is a `MoleculeSection`, each of ``terminals`` a `TerminalSection`.

    ``level_alignment_eV``: mu0 less the on-site energies, a list or { start =, stop =, points = }.
    """

    regime: Literal["linear", "nonlinear"] = "linear"
    circuit: Literal["electronic", "open"] = "electronic"
    reference_temperature_K: Kelvin = 300.0
    level_alignment_eV: Any
    transmission: dict[str, Any]
    terminals: list[dict[str, Any]]


PROBE_KEYS = frozenset(ProbeFile.model_fields) - {"transmission"}
"""A model file that holds one of these describes a junction with probes."""


@dataclass(frozen=True, eq=False)
class ProbeModel:
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


def load_probe_model(path: Path) -> ProbeModel:
    """Read and check a file. Raises `FileError`, which names file, key and the expected value."""
    file = load_toml(path, ProbeFile)
    molecule = validate(file.transmission, MoleculeSection, f"{path}: transmission")
    terminals = []
    for number, row in enumerate(file.terminals, start=1):
        name = f" ({row['name']!r})" if "name" in row else ""
        where = f"{path}: terminals, number {number}{name}"
        terminals.append(_checked(validate(row, TerminalSection, where), where))
    if sum(x.probe is None for x in terminals) < 2:
        raise FileError(f"{path}: terminals: two at least must be real leads, that is without the key probe")
    try:
        hamiltonian = _hamiltonian(molecule)
        leads = tuple(Lead(x.name, _widths(x)) for x in terminals)
        model = HuckelModel(hamiltonian, leads)
        _ = model.gammas_eV  # a site that is not there is said now
        fallback = {x.name: x.temperature_K or file.reference_temperature_K for x in terminals}
        junction = ProbedJunction(model, tuple(_terminal(x) for x in terminals))
    except ValueError as error:
        raise FileError(f"{path}: {error}") from None
    circuit = CircuitSettings(file.regime, file.circuit, file.reference_temperature_K)
    alignment = series(file.level_alignment_eV, f"{path}: level_alignment_eV")
    return ProbeModel(path, circuit, alignment, junction, fallback)


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


def _hamiltonian(section: MoleculeSection) -> FloatArray:
    geometry, hopping = section.geometry, section.hopping_eV
    if not isinstance(geometry, str):
        matrix = _of_matrix(geometry, None if hopping is None else _start(hopping))
        n_sites = len(matrix)
        if section.sites not in (None, n_sites):
            raise ValueError(f"transmission: sites = {section.sites}, but geometry is of {n_sites} sites")
    else:
        if section.sites is None or hopping is None:
            missing = "sites" if section.sites is None else "hopping_eV"
            raise ValueError(f"transmission.{missing}: is missing")
        n_sites = section.sites
        matrix = bonded(n_sites, bonds_of(geometry, n_sites), _start(hopping))
    onsite = section.onsite_eV
    each = [_start(x) for x in onsite] if isinstance(onsite, list) else [_start(onsite)] * n_sites
    if len(each) != n_sites:
        raise ValueError(f"transmission: onsite_eV has {len(each)} numbers for {n_sites} sites")
    return np.asarray(matrix + np.diag(each))


def _of_matrix(matrix: FloatArray, hopping_eV: float | None) -> FloatArray:
    """Return the Hamiltonian of a matrix: bonds between sites, or energies in eV."""
    if hopping_eV is None:
        return matrix
    if not np.diag(matrix).any() and np.isin(matrix, (0.0, 1.0)).all():
        return np.asarray(-hopping_eV * matrix)
    off = matrix[~np.eye(len(matrix), dtype=bool) & (matrix != 0)]
    if not np.allclose(np.abs(off), abs(hopping_eV), rtol=1e-12, atol=0):
        raise ValueError(
            f"transmission: hopping_eV = {hopping_eV:g} contradicts the energies in geometry; leave it out, or "
            "let geometry hold 1 for a bond and 0 for none"
        )
    return matrix


def _start(value: float | Free) -> float:
    return value.start if isinstance(value, Free) else value
