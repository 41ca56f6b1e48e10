"""Voltage, current and its uncertainty from columns of text, with remarks on assumptions and omitted points."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from analysis.importers import ForeignFile, ImportOptions, read_file
from analysis.importers.convert import corrected
from analysis.importers.formats.text import PART
from analysis.importers.gather import gathered
from analysis.importers.orientation import quantity_of
from analysis.importers.quantities import (
    BASES,
    EXAMPLES,
    ImportedColumn,
    UnknownUnit,
    known_unit,
    overloaded,
    to_si,
)
from analysis.records import FloatArray

_SIGMA_NAMES = ("sigma", "std", "sd", "error", "uncertainty")
_NAMELESS = ("bias", "current", "sigma")
_LEAST_OPPOSITE = 0.9
"""Share of the points beyond a tenth of full scale whose current has the sign opposite to their voltage."""


@dataclass(frozen=True, eq=False)
class Columns:
    """Points in V and A, arrays of shape (n,), all finite; ``sigma_A`` is None if the file has none.

    ``remarks`` are sentences for the user about assumptions and omitted points.
    """

    voltage_V: FloatArray
    current_A: FloatArray
    sigma_A: FloatArray | None
    remarks: tuple[str, ...]


def read_columns(path: Path, options: ImportOptions | None = None) -> Columns:
    """Read the points of an I-V curve from columns of text.

    Parameters
    ----------
    path : Path
    options : ImportOptions, optional
        Units where the file has no known one, columns by name or number, signs, offsets, layout.

    Raises
    ------
    ForeignFile
        If the file cannot be read, has no voltage or current, an unknown unit, uncertainties that are not above
        zero, or a current of opposite sign to the voltage; the message names file and column.
    """
    options = options or ImportOptions()
    pieces = read_file(path, options=options)
    pieces = gathered(
        replace(piece, continues=piece.place.startswith(PART)) for piece in pieces
    )  # sweeps of a curve
    if len(pieces) > 1:
        raise ForeignFile(
            f"{path}: holds {len(pieces)} traces or curves ({', '.join(pieces[0].remarks)}), not one I-V curve; "
            "`hotjunction import` reads it"
        )
    quantities = list(pieces[0].quantities)
    remarks: list[str] = []
    columns = _with_units(_by_role(path, quantities, remarks), options.units)
    _demand_known_units(path, columns)
    used = {column.heading for column in columns.values()}
    unused = [q.heading for q in quantities if quantity_of(q) == "current" and q.heading not in used]
    if unused:
        remarks.append(f"{path.name}: {', '.join(unused)} left out; only one column of current is read.")
    bare = [role for role in ("bias", "current") if not columns[role].unit]
    if bare:
        assumed = " and ".join({"bias": "voltage in V", "current": "current in A"}[role] for role in bare)
        remarks.append(
            f"{path.name}: the heading has no unit; {assumed} assumed (to change it: --unit current=nA)."
        )
    if "sigma" in columns and not columns["sigma"].unit:
        columns["sigma"] = replace(columns["sigma"], unit=columns["current"].unit)
    converted = {role: _in_si(role, quantity, options) for role, quantity in columns.items()}
    good = np.all([np.isfinite(values) for values in converted.values()], axis=0)
    if not good.all():
        remarks.append(_left_out(path, good, [overloaded(q.values) for q in columns.values()]))
    voltage, current = converted["bias"][good], converted["current"][good]
    sigma = converted["sigma"][good] if "sigma" in converted else None
    if sigma is not None:
        _demand_positive(path, sigma, quantities, columns["sigma"])
    _demand_same_sign(path, voltage, current)
    return Columns(voltage, current, sigma, tuple(remarks))


def _by_role(
    path: Path, quantities: Sequence[ImportedColumn], remarks: list[str]
) -> dict[str, ImportedColumn]:
    """Return columns as bias, current and sigma: by name, by unit, or in this order if no column has a name."""
    named = {quantity.name: quantity for quantity in reversed(quantities)}
    if not {"bias", "current"} & named.keys() and {"column_1", "column_2"} <= named.keys():
        return {role: named[f"column_{i}"] for i, role in enumerate(_NAMELESS, 1) if f"column_{i}" in named}
    columns: dict[str, ImportedColumn] = {role: named[role] for role in _NAMELESS[:2] if role in named}
    for role, base, word in (("bias", "V", "voltage"), ("current", "A", "current")):
        alike = [
            q
            for q in quantities
            if q not in columns.values() and known_unit(q.unit) and to_si(q).unit == base
        ]
        if role not in columns and len(alike) == 1:
            columns[role] = alike[0]
            remarks.append(f"{path.name}: column {alike[0].name!r} ({alike[0].unit}) is taken as the {word}.")
    if len(columns) < 2:
        names = ", ".join(quantity.name for quantity in quantities)
        missing = next(role for role in _NAMELESS if role not in columns)
        raise ForeignFile(
            f"{path}: no columns of voltage and current; its columns are {names}. Name them by number or heading, "
            f"such as --column {missing}=2:{EXAMPLES[missing]}"
        )
    sigma = next((q for q in quantities if q.name.split("_")[0] in _SIGMA_NAMES), None)
    return columns if sigma is None else {**columns, "sigma": sigma}


def _with_units(columns: Mapping[str, ImportedColumn], units: Mapping[str, str]) -> dict[str, ImportedColumn]:
    """Return the columns with the user's units where the file has no known unit."""
    completed = {}
    for role, quantity in columns.items():
        unit = next((units[name] for name in (role, quantity.name) if name in units), "")
        completed[role] = replace(quantity, unit=unit) if unit and not known_unit(quantity.unit) else quantity
    return completed


def _demand_known_units(path: Path, columns: Mapping[str, ImportedColumn]) -> None:
    for role, quantity in columns.items():
        measured = "current" if role == "sigma" else role
        try:
            si = to_si(replace(quantity, name=measured))
        except UnknownUnit as error:
            raise ForeignFile(f"{path}: {str(error).replace(repr(measured), repr(quantity.name))}") from None
        if si.unit not in ("", BASES[measured][0]):
            raise ForeignFile(
                f"{path}: column {quantity.name!r} is in {quantity.unit}, not in amperes; divide it by the gain of "
                "its amplifier, or `hotjunction import` it with --gain-V-per-A"
            )


def _in_si(role: str, quantity: ImportedColumn, options: ImportOptions) -> FloatArray:
    values = np.asarray(quantity.values, dtype=float)
    values = np.where(overloaded(values), np.nan, values)
    column = ImportedColumn("current" if role == "sigma" else role, values, quantity.unit)
    si = to_si(column) if role == "sigma" else corrected(to_si(column), options)
    return np.asarray(si.values, dtype=float)


def _left_out(path: Path, good: np.ndarray, over: Sequence[np.ndarray]) -> str:
    n_over = int(np.count_nonzero(np.any(over, axis=0)))
    n_other = int(np.count_nonzero(~good)) - n_over
    causes = [f"{n_over} with the meter overloaded (9.9e37, OVLD or similar)"] if n_over else []
    causes += [f"{n_other} without a number"] if n_other else []
    return f"{path.name}: {n_over + n_other} of {good.size} points left out: {', '.join(causes)}."


def _demand_positive(
    path: Path, sigma: FloatArray, quantities: Sequence[ImportedColumn], column: ImportedColumn
) -> None:
    wrong = int(np.count_nonzero(~(sigma > 0.0)))
    if wrong:
        number = 1 + next(i for i, quantity in enumerate(quantities) if quantity.name == column.name)
        raise ForeignFile(
            f"{path}: column {number} ({column.name}) was taken as the uncertainty of the current, but {wrong} of its "
            f"{sigma.size} values are not above zero; give the columns headings, or name what it is: "
            f"--column other={number}"
        )


def _demand_same_sign(path: Path, voltage: FloatArray, current: FloatArray) -> None:
    if not voltage.size:
        return
    large = np.abs(voltage) > 0.1 * np.max(np.abs(voltage))
    opposite = int(np.count_nonzero((voltage * current < 0.0) & large))
    n = int(np.count_nonzero(large))
    if n and opposite >= _LEAST_OPPOSITE * n:
        raise ForeignFile(
            f"{path}: the current and the voltage have opposite signs in {opposite} of {n} points (inverting "
            "amplifier, or exchanged leads); if the current is inverted: --invert current"
        )
