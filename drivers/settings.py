"""Settings of an instrument as text, and differences between two records of them, for any dataclass of settings.

A field's name contains its quantity and unit ("rise_time_s", "filter_on"), so no fields are listed here.
"""

import math
from dataclasses import Field, fields
from enum import Enum
from typing import Any

from drivers.limits import RELATIVE

UNITS = {"V_per_A": "V/A", "percent": "%", "Hz": "Hz", "s": "s", "V": "V", "A": "A"}
"""Units by the endings of field names; longer endings come first."""

PREFIXES = {1e9: "G", 1e6: "M", 1e3: "k", 1.0: "", 1e-3: "m", 1e-6: "u", 1e-9: "n", 1e-12: "p"}


def differences(wanted: Any, found: Any) -> list[str]:
    """Return sentences on the differences in the fields that both have: "filter is off, was set on".

    Fields that are None in ``wanted`` are not compared. Numbers are equal within a part in a million, or within the
    resolution of replies in a field's metadata ("relative", "absolute").
    """
    shared = {field.name for field in fields(found)}
    return [
        f"{label(field.name)} is {setting_text(field.name, getattr(found, field.name))}, was set "
        + ("" if isinstance(asked, bool) else "to ")
        + setting_text(field.name, asked)
        for field in fields(wanted)
        if field.name in shared
        and (asked := getattr(wanted, field.name)) is not None
        and not _same(field, asked, getattr(found, field.name))
    ]


def _same(field: "Field[Any]", asked: object, found: object) -> bool:
    if isinstance(asked, float) and isinstance(found, float):
        relative = field.metadata.get("relative", RELATIVE)
        return math.isclose(asked, found, rel_tol=relative, abs_tol=field.metadata.get("absolute", 0.0))
    return asked == found


def label(name: str) -> str:
    """Return a field's name as text without its unit: "rise time" for "rise_time_s"."""
    return name.removesuffix("_on").removesuffix(f"_{_unit_suffix(name)}").replace("_", " ")


def setting_text(name: str, value: object) -> str:
    """Return a field's value with its unit: "300 us" for 3e-4 of "rise_time_s", "off" for False."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, Enum):
        return value.name.lower().replace("_", " ")
    if isinstance(value, int | float):
        return _with_unit(float(value), unit_of(name))
    return str(value)


def unit_of(name: str) -> str:
    """Return the unit of a field from its name: "V/A" for "gain_V_per_A", "" for a bare number."""
    return UNITS.get(_unit_suffix(name), "")


def _unit_suffix(name: str) -> str:
    return next((suffix for suffix in UNITS if name.endswith(f"_{suffix}")), "")


def _with_unit(value: float, unit: str) -> str:
    """Return a number with its unit and prefix: "10 MV/A"; no prefix without a unit or for percent."""
    if unit in ("", "%") or not math.isfinite(value):
        return f"{value:.9g} {unit}".strip()
    size = next((size for size in PREFIXES if abs(value) >= size * (1 - RELATIVE)), 1.0)
    return f"{value / size:.9g} {PREFIXES[size]}{unit}"
