"""Families and data of fits from checked model files."""

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from analysis.buettiker.fit_family import ProbedFamily
from analysis.fitting.data import CurrentData, HeatingData, JunctionData, LogCurrentData, Measured
from analysis.fitting.families import Parameter, TransmissionFamily
from app.config.toml import FileError
from app.models.fields import Free
from app.models.kind import parameter_of
from app.models.results import load_results
from app.models.schema import PHONONS_MISSING, Model


def family_of(model: Model) -> TransmissionFamily:
    """Return the transmissions of a model; without free numbers the family has a single member.

    Raises
    ------
    FileError
        What only shows when the model is built: a missing table, a site that is not there; for a floating probe.
    """
    if model.file.floating_probe is not None:
        raise FileError(
            f"{model.path}: floating_probe: is for `hotjunction fit`; a prediction with probes takes terminals"
        )
    try:
        return model.section.family(model.context)
    except (ValueError, OSError, ModuleNotFoundError) as error:
        raise FileError(f"{model.path}: transmission: {error}") from None


def probed_family_of(model: Model) -> ProbedFamily:
    """Return the family of junctions of a file: one level, or a Hueckel molecule whose on-site energy is the level.

    Raises
    ------
    FileError
        For another kind of transmission, more than one level, or free numbers that such a fit leaves alone.
    """
    floating = model.file.floating_probe
    if floating is None:
        raise FileError(f"{model.path}: floating_probe: is missing")
    for name, value in (("voltage_V", model.file.voltage_V), ("probe", model.file.probe)):
        if value is not None:
            raise FileError(
                f"{model.path}: {name}: has no effect on a fit with a floating probe, and such a file is for nothing "
                "else; leave it out"
            )
    drop = model.file.bias_drop
    for name, value in (("bias_drop", drop), ("molecules", model.file.molecules)):
        if isinstance(value, Free):
            raise FileError(f"{model.path}: {name}: must be a number in a fit with a floating probe")
    if model.file.molecules != 1.0:
        raise FileError(f"{model.path}: molecules: must be 1 in a fit with a floating probe")
    try:
        return model.section.probed_family(model.context, floating)
    except ValueError as error:
        raise FileError(f"{model.path}: {error}") from None


def molecules_of(model: Model) -> float | Parameter:
    """Return the number of junctions in parallel, or its parameter."""
    return parameter_of("molecules", model.file.molecules, positive=True)


def data_of(model: Model, current: CurrentData | LogCurrentData) -> JunctionData:
    """Return a curve together with what the section ``measured`` names. Raises `FileError`."""
    probe_K, substrate_K = model.file.temperatures_K
    return JunctionData(
        current, **_measured(model), temperature_probe_K=probe_K, temperature_substrate_K=substrate_K
    )


def probed_data_of(model: Model, current: CurrentData) -> JunctionData:
    """Return the data of a fit with a floating probe: without the total heats. Raises `FileError`."""
    data = data_of(model, current)
    heats = data.heating and replace(data.heating, heat_total_W=None, sigma_total_W=None)
    return replace(data, heating=heats)


def _measured(model: Model) -> dict[str, Any]:
    """Return what was measured besides the I-V, by the fields of `JunctionData`."""
    section = model.file.measured
    if section is None:
        return {}
    found: dict[str, Any] = {}
    for name in ("conductance_G0", "seebeck_V_per_K", "thermal_conductance_W_per_K", "peltier_V"):
        if (x := getattr(section, name)) is not None:
            found[name] = Measured(x.value, x.sigma)
    if section.heating is not None:
        path = model.path.parent / section.heating
        found["heating"] = _heating(path, section.heating_correlation, section.heating_scale_sigma)
    for file in section.results:
        _add(found, model.path.parent / file)
    if (thermal := found.get("thermal_conductance_W_per_K")) is not None:
        phonons = section.phonon_W_per_K
        if phonons is None:
            raise FileError(f"{model.path}: measured: {PHONONS_MISSING}")
        found["thermal_conductance_W_per_K"] = Measured(
            thermal.value - phonons.value, float(np.hypot(thermal.sigma, phonons.sigma))
        )
    elif section.phonon_W_per_K is not None:
        raise FileError(
            f"{model.path}: measured.phonon_W_per_K: is a part of the thermal conductance, which neither the file nor "
            "one of its results has"
        )
    return found


def _add(found: dict[str, Any], path: Path) -> None:
    """Add the measurements of an analysis; each may be given only once."""
    results = load_results(path)
    try:
        own = {
            "heating": results.heats,
            "seebeck_V_per_K": results.seebeck_V_per_K,
            "thermal_conductance_W_per_K": results.thermal_conductance_W_per_K,
            "peltier_V": results.peltier_V,
            "ac_seebeck_V_per_K": results.ac_seebeck_V_per_K,
        }
    except ValueError as error:
        raise FileError(f"{path}: {error}") from None
    for name, value in own.items():
        if value is not None and name in found:
            raise FileError(f"{path}: has {name} as well, which the model file already gives: leave out one")
        if value is not None:
            found[name] = value


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
