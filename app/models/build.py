"""Families of transmissions from checked model files."""

import csv
from pathlib import Path
from typing import Any

import numpy as np

from analysis.fitting.data import HeatingData, Measured
from analysis.fitting.families import Family, Parameter
from analysis.records import FloatArray
from app.config.toml import FileError
from app.models.kind import parameter_of
from app.models.schema import Model


def family_of(model: Model) -> Family:
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


def molecules_of(model: Model) -> float | Parameter:
    """Return the number of junctions in parallel, or its parameter."""
    return parameter_of("molecules", model.file.molecules, positive=True)


def start_of(family: Family) -> FloatArray:
    """Return the start values of the free parameters, which `predict` uses."""
    return np.array([p.start for p in family.parameters])


def measured_of(model: Model) -> dict[str, Any]:
    """Return the data of the section ``measured``, by the names of `JunctionData`. Raises `FileError`."""
    section = model.file.measured
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
