"""From a checked model file to the family of transmissions it describes."""

import csv
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from analysis.fitting.data import HeatingData, Measured
from analysis.fitting.families import BuiltFamily, Family, Parameter, level_family
from analysis.records import FloatArray
from analysis.transport.huckel import HuckelModel, Lead, bonded, chain_bonds, ring_bonds
from analysis.transport.table import read_table
from analysis.transport.transmission import FlatTransmission, Transmission
from app.config.toml import FileError
from app.models.fields import Free, Quantity, SameAs
from app.models.schema import FlatSection, HuckelSection, Model, TableSection

_MOLECULES = {
    "1,4-benzenediamine": "benzenediamine_14",
    "1,4-benzenediisonitrile": "benzenediisonitrile_14",
    "1,3-benzenedithiol": "benzenedithiol_13",
    "1,4-benzenedithiol": "benzenedithiol_14",
    "gold chain": "gold_chain",
}


def family_of(model: Model) -> Family:
    """The transmissions of a model; one with no free number has a single member.

    Raises
    ------
    FileError
        What only shows when the model is built: a missing table, a site that is not there; for a floating probe.
    """
    if model.floating is not None:
        raise FileError(
            f"{model.path}: floating_probe: is for `hotjunction fit`; a prediction with probes takes terminals"
        )
    try:
        if isinstance(model.section, FlatSection):
            if "bias_drop" in model.file.model_fields_set:
                raise FileError(
                    f"{model.path}: bias_drop: a flat transmission is the same wherever the bias drops; leave it out"
                )
            return _built(lambda x: FlatTransmission(x[0]), [("value", model.section.value, True)])
        if isinstance(model.section, TableSection):
            return _table(model, model.section)
        if isinstance(model.section, HuckelSection):
            return _huckel(model, model.section)
        return _levels(model)
    except (ValueError, OSError, ModuleNotFoundError) as error:
        raise FileError(f"{model.path}: transmission: {error}") from None


def molecules_of(model: Model) -> float | Parameter:
    """Number of junctions in parallel, or the parameter that it is."""
    return _value("molecules", model.file.molecules, positive=True)


def start_of(family: Family) -> FloatArray:
    """Starting values of the free parameters: what `predict` takes for them."""
    return np.array([p.start for p in family.parameters])


def _value(name: str, quantity: float | Free, positive: bool) -> float | Parameter:
    if not isinstance(quantity, Free):
        return quantity
    logarithmic = positive and quantity.start > 0
    return Parameter(name, quantity.start, quantity.minimum, quantity.maximum, logarithmic)


def _levels(model: Model) -> Family:
    shared = _value("bias_drop", model.file.bias_drop, positive=False)
    rows: list[list[float | Parameter]] = []
    for number, level in enumerate(model.levels, start=1):
        of = f" of level {number}" if len(model.levels) > 1 else ""
        widths: dict[str, Any] = {
            key: getattr(level, key)
            if isinstance(getattr(level, key), SameAs)
            else _value(key + of, getattr(level, key), positive=True)
            for key in ("gamma_probe_eV", "gamma_substrate_eV")
        }
        tied = {key: widths[x.key] if isinstance(x, SameAs) else x for key, x in widths.items()}
        drop = (
            shared if level.bias_drop is None else _value("bias_drop" + of, level.bias_drop, positive=False)
        )
        energy = _value("energy_eV" + of, level.energy_eV, positive=False)
        rows.append([energy, tied["gamma_probe_eV"], tied["gamma_substrate_eV"], drop])
    return level_family(rows)


def _built(
    build: Callable[[list[float]], Transmission], quantities: Iterable[tuple[str, Quantity, bool]]
) -> BuiltFamily:
    """Family whose ``build`` gets all quantities, the fixed and the free, in their order."""
    values = [_value(*row) for row in quantities]  # type: ignore[arg-type]
    parameters = tuple(x for x in values if isinstance(x, Parameter))

    def member(free: FloatArray) -> Transmission:
        given = iter(free.tolist())
        return build([next(given) if isinstance(x, Parameter) else x for x in values])

    member(np.array([p.start for p in parameters]))  # what can't be built is said now
    return BuiltFamily(member, parameters)


def _table(model: Model, section: TableSection) -> Family:
    path = model.path.parent / section.file
    if not path.is_file():
        raise FileError(f"{model.path}: transmission.file: there is no file {path}")
    table = read_table(
        path,
        section.energy_unit,
        section.fermi_energy,
        outside=section.outside,
        interpolation=section.interpolation,
    )
    return _built(lambda x: replace(table, bias_drop=x[0]), [("bias_drop", model.file.bias_drop, False)])


def _huckel(model: Model, section: HuckelSection) -> Family:
    drop = ("bias_drop", model.file.bias_drop, False)
    if section.molecule is not None:
        from analysis.transport import molecules

        ready: HuckelModel = getattr(molecules, _MOLECULES[section.molecule])()
        return _built(lambda x: replace(ready, bias_drop=x[0]).transmission(), [drop])
    names = [lead.name for lead in model.leads]
    if names == ["", ""]:
        names = ["probe", "substrate"]
    if set(names) != {"probe", "substrate"} or len(names) != 2:
        raise ValueError(
            f"leads are {', '.join(map(repr, names))}: a prediction of two-terminal currents takes one lead "
            'named "probe" and one named "substrate"'
        )
    n_sites = section.sites or 0
    bonds = section.bonds or (ring_bonds(n_sites) if section.geometry == "ring" else chain_bonds(n_sites))
    onsite = section.onsite_eV if isinstance(section.onsite_eV, list) else [section.onsite_eV]
    quantities: list[tuple[str, Quantity, bool]] = [drop, ("hopping_eV", section.hopping_eV, False)]
    quantities += [(f"{x.gamma_key} of {n}", x.gamma, True) for n, x in zip(names, model.leads, strict=True)]
    several = len(onsite) > 1
    quantities += [
        (f"onsite_eV of site {i}" if several else "onsite_eV", x, False) for i, x in enumerate(onsite, 1)
    ]

    def build(x: list[float]) -> Transmission:
        hamiltonian = bonded(n_sites, bonds, x[1], np.array(x[4:]) if several else x[4])
        leads = (
            Lead(name, dict.fromkeys(lead.sites, lead.per_site(gamma, len(lead.sites))))
            for name, lead, gamma in zip(names, model.leads, x[2:4], strict=True)
        )
        return HuckelModel(hamiltonian, tuple(leads), x[0]).transmission()

    return _built(build, quantities)


def measured_of(model: Model) -> dict[str, Any]:
    """What the section ``measured`` adds to a fit, by the names of `JunctionData`. Raises `FileError`."""
    section = model.measured
    if section is None:
        return {}
    numbers = {"conductance_G0": section.conductance_G0, "seebeck_V_per_K": section.seebeck_V_per_K}
    found: dict[str, Any] = {name: Measured(x.value, x.sigma) for name, x in numbers.items() if x is not None}
    if section.heating is not None:
        found["heating"] = _heating(
            model.path.parent / section.heating, section.heating_correlation, section.heating_scale_sigma
        )
    return found


def _heating(path: Path, correlation: float, scale_sigma: float) -> HeatingData:
    names = ("voltage_V", "heat_probe_W", "sigma_W", "heat_total_W", "sigma_total_W")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        columns: dict[str, Any] = {
            name: np.array([float(row[name]) for row in rows]) for name in names if rows and name in rows[0]
        }
        return HeatingData(**columns, correlation=correlation, scale_sigma=scale_sigma)
    except (OSError, ValueError, TypeError) as error:
        raise FileError(f"{path}: needs the columns {', '.join(names[:3])}: {error}") from None
