"""Statements of the user that an import did not need, or that no column answers to."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from analysis.importers.imported import ImportOptions, stated
from analysis.importers.quantities import ImportedColumn, known_unit, linear_name, unit_in
from analysis.importers.units import unit_of


def unused(
    options: ImportOptions, columns: Iterable[ImportedColumn], settings: Mapping[str, Any], rate_Hz: float
) -> list[str]:
    """Return the options without effect, one phrase each, with the reason.

    Parameters
    ----------
    options : ImportOptions
    columns : iterable of ImportedColumn
        Of all files, with the names that the user gives and the units of the files.
    settings : mapping
        Common settings of the recording.
    rate_Hz : float
        Rate of the recording.
    """
    by_name = {linear_name(column.name): column for column in columns}
    phrases = [
        *_units(options, by_name),
        *_corrections(options, by_name),
        *_settings(options, by_name, settings),
    ]
    if options.rate_Hz > 0 and rate_Hz != options.rate_Hz:
        phrases.append("rate: the files give it, or their times do")
    return [f"without effect: {phrase}" for phrase in phrases]


def _units(options: ImportOptions, by_name: Mapping[str, ImportedColumn]) -> Iterator[str]:
    for name, unit in options.units.items():
        column = by_name.get(linear_name(name))
        if column is None:
            unnamed = "" in by_name and len(options.units) == 1
            if not unnamed:
                yield f"unit of {name}: no column is called so; the columns are {', '.join(by_name)}"
        elif not column.stated and known_unit(column.unit) and column.unit != unit:
            place = column.heading or "NUMBER"
            yield f"unit of {name}: the file gives {column.unit}; to replace it: --column {name}={place}:{unit}"


def _corrections(options: ImportOptions, by_name: Mapping[str, ImportedColumn]) -> Iterator[str]:
    calculated = {"conductance"} if "current" in by_name else set()
    for what, names in (("sign", options.inverted), ("offset", options.offsets)):
        for name in sorted(names):
            if name not in by_name and not ("" in by_name and name in options.units):
                instead = "; invert or correct the current" if name in calculated else ""
                yield f"{what} of {name}: no column is called so{instead}"


def _settings(
    options: ImportOptions, by_name: Mapping[str, ImportedColumn], settings: Mapping[str, Any]
) -> Iterator[str]:
    for name, value in options.settings.items():
        if name == "bias_V" and "bias" in by_name and _go_together(by_name):
            yield "bias: there is a column of it"
        elif settings.get(name, value) != value:
            yield f"{stated(name, value)}, as the files give {stated(name, settings[name]).partition(': ')[2]}"
    gain = "current_gain_V_per_A" in options.settings
    for quantity, given, what in (
        ("current", gain, "gain of the current amplifier"),
        ("current", options.log_amplifier is not None, "logarithmic amplifier"),
        ("extension", "extension_m_per_V" in options.settings, "extension of the piezo per volt"),
    ):
        column = by_name.get(quantity)
        if given and (column is None or not _in_volts(column, options)):
            yield f"{what}: there is no {quantity} in volts (--column {quantity}=NUMBER:V)"


def _go_together(by_name: Mapping[str, ImportedColumn]) -> bool:
    """Return True unless current and bias have different numbers of samples, and so no trace in common."""
    return "current" not in by_name or len(by_name["current"]) == len(by_name["bias"])


def _in_volts(column: ImportedColumn, options: ImportOptions) -> bool:
    unit = unit_in(column) or unit_of(options.units.get(linear_name(column.name), ""))
    return unit is not None and unit.base == "V"
