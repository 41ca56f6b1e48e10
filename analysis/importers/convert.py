"""Conversion of columns to SI, sample by sample, so that any part of a column can be converted alone."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.constants import G0_S
from analysis.importers.imported import ForeignFile
from analysis.importers.options import ImportOptions
from analysis.importers.quantities import BASES, ImportedColumn, linear_name, overloaded, to_si, unit_in


def in_si(
    columns: Sequence[ImportedColumn], options: ImportOptions, settings: Mapping[str, Any]
) -> tuple[ImportedColumn, ...]:
    """Return the columns in SI, with the conductance in front if it follows from current and voltage.

    Parameters
    ----------
    columns : sequence of ImportedColumn
        With the user's names and units.
    options : ImportOptions
    settings : mapping
        Settings of the trace, SI.

    Raises
    ------
    UnknownUnit
        If a unit is unknown or does not fit; the message gives the remedy.
    """
    converted = [corrected(to_si(_with_infinities(column)), options) for column in columns]
    converted = [_extension_in_m(column, settings) for column in converted]
    if options.log_amplifier is not None:  # "log I" in volts
        converted = [replace(c, name=linear_name(c.name)) if c.unit == "V" else c for c in converted]
    by_name = {column.name: column for column in converted}
    if options.log_amplifier is not None and "current" in by_name and by_name["current"].unit == "V":
        bias = by_name["bias"].values if "bias" in by_name else np.array(settings.get("bias_V", np.nan))
        current = options.log_amplifier.current_A(np.asarray(by_name["current"].values, dtype=float), bias)
        place = [column.name for column in converted].index("current")
        converted[place] = by_name["current"] = replace(by_name["current"], values=current, unit="A")
    conductance = _conductance(by_name, settings)
    return tuple(converted) if conductance is None else (conductance, *converted)


def offset_in(name: str, offset: tuple[float, str]) -> float:
    """Return an offset in the unit of its channel. Raises `ForeignFile` for an unknown unit."""
    column = ImportedColumn(name, np.array([offset[0]]), offset[1])
    unit = unit_in(column)
    if unit is None or name not in BASES or unit.base not in BASES[name] or unit.logarithm:
        raise ForeignFile(
            f"offset of {name}: {offset[1]!r} is no unit of it; write it as --offset {name}=0.3:nA"
        )
    return float(to_si(column).values[0])


def _with_infinities(column: ImportedColumn) -> ImportedColumn:
    over = overloaded(column.values)
    if not over.any():
        return column
    values = np.asarray(column.values, dtype=float)
    return replace(column, values=np.where(over, np.copysign(np.inf, values), values))


def corrected(column: ImportedColumn, options: ImportOptions) -> ImportedColumn:
    """Return a column in SI without its offset, and with the sign that the user says it has."""
    if column.name in options.offsets:
        column = replace(column, values=column.values - offset_in(column.name, options.offsets[column.name]))
    return replace(column, values=-column.values) if column.name in options.inverted else column


def _extension_in_m(column: ImportedColumn, settings: Mapping[str, Any]) -> ImportedColumn:
    if column.name != "extension" or column.unit != "V" or "extension_m_per_V" not in settings:
        return column
    return replace(column, values=column.values * settings["extension_m_per_V"], unit="m")


def _conductance(by_name: Mapping[str, ImportedColumn], settings: Mapping[str, Any]) -> ImportedColumn | None:
    """Return 1 / R or G = I / (V - I R_s) in units of G0; None if it is known, or if these are not.

    The voltage is the column of the bias, or the bias of the settings. Without a known series resistance it counts
    as that across the junction. An overload of the current is one of the conductance: its trace is in contact there.
    """
    if "conductance" not in by_name and "resistance" in by_name and by_name["resistance"].unit == "ohm":
        with np.errstate(divide="ignore"):
            return ImportedColumn("conductance", 1.0 / (by_name["resistance"].values * G0_S), "G0")
    if "conductance" in by_name or "current" not in by_name:
        return None
    bias_V: NDArray[Any] | float = settings.get("bias_V", np.nan)
    if "bias" in by_name:
        if by_name["bias"].unit != "V":
            return None
        bias_V = by_name["bias"].values
    elif not (np.isfinite(bias_V) and bias_V):
        return None
    per_unit_A = {"A": 1.0, "V": 1.0 / settings.get("current_gain_V_per_A", np.nan)}
    factor = per_unit_A.get(by_name["current"].unit, np.nan)
    if np.isnan(factor):
        return None
    current_A = by_name["current"].values * factor
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        junction_V = bias_V - current_A * settings.get("series_resistance_ohm", 0.0)
        conductance = np.where(
            np.isinf(current_A), current_A * np.sign(bias_V), current_A / junction_V / G0_S
        )
    return ImportedColumn("conductance", conductance, "G0")
