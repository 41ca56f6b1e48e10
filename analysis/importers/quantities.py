"""From the names and units that people write above columns to this program's channel names and SI."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.constants import G0_S
from analysis.importers.units import advice, unit_of

_WORDS = {
    "conductance": "conductance",
    "cond": "conductance",
    "g": "conductance",
    "current": "current",
    "i": "current",
    "j": "current_density",
    "voltage": "bias",
    "volts": "bias",
    "volt": "bias",
    "bias": "bias",
    "potential": "bias",
    "v": "bias",
    "u": "bias",
    "extension": "extension",
    "displacement": "extension",
    "distance": "extension",
    "elongation": "extension",
    "piezo": "extension",
    "z": "extension",
    "time": "time",
    "t": "time",
}
_MODIFIERS = {"abs": "absolute", "absolute": "absolute", "log": "log", "ln": "log", "d": "differential"}

BASES = {
    "bias": ("V",),
    "current": ("A", "V"),
    "conductance": ("G0", "S"),
    "current_density": ("A/m2",),
    "extension": ("m", "V"),
    "time": ("s",),
}
"""What may be measured in what: a current behind its amplifier and the extension of a piezo are volts, too."""

_EXAMPLES = {"bias": "mV", "current": "nA", "conductance": "G0", "extension": "nm", "time": "ms"}
_EXAMPLES["current_density"] = "A/cm2"
_NAMED_BY_UNIT = {
    "V": "voltage",
    "A": "current",
    "S": "conductance",
    "G0": "conductance",
    "s": "time",
    "m": "distance",
}

_OVERLOADS = (9.9e37, 9.91e37, 1.99999e99)
OVERLOAD = _OVERLOADS[0]
"""The number that meters write when what they measure is beyond their range (SCPI); stands for their words, too."""

_OVERLOAD_WORD = re.compile(r"[+-]?\s*(ovld|ovl|ol|oflow|ovfl|overld|overload|overflow|-{3,})", re.IGNORECASE)


class UnknownUnit(ValueError):
    """A unit that is not known, or does not measure what the column is said to hold; the message says what to do."""


@dataclass(frozen=True, eq=False)
class Quantity:
    """A column: what it is, its values of shape (n,), its unit as the file writes it ("" where it does not)."""

    name: str
    values: NDArray[Any]
    unit: str = ""


def channel_name(text: str) -> str:
    """The channel that a name or header stands for: "PullOutCurrent" -> "current".

    A name without any known word becomes itself, in lower case and with underscores.
    """
    words = [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", text)]
    modifiers = []
    for word in words:
        if word in _MODIFIERS:
            modifiers.append(_MODIFIERS[word])
        elif word in _WORDS:
            return "_".join([*modifiers, _WORDS[word]])
    return re.sub(r"\W+", "_", text.strip()).strip("_").lower() or "values"


def split_header(text: str) -> tuple[str, str]:
    """Return a header's name and unit: "Current (nA)", "Current [nA]", "Current / nA", "current_nA", "nA"."""
    text = text.strip().strip('"').strip()
    if len(text) > 1 and (unit := unit_of(text)) is not None and unit.base in _NAMED_BY_UNIT:
        return _NAMED_BY_UNIT[unit.base], text
    found = re.fullmatch(r"(.*\S)\s*[(\[]\s*([^)\]]*?)\s*[)\]]", text)
    found = found or re.fullmatch(r"([^(\[]*\S)\s*[(\[]\s*(.*?)\s*[)\]]", text)
    if found is None:
        found = re.fullmatch(r"(.*\S)\s*/\s*(\S+)", text)
        if found is not None and channel_name(found[1]) not in BASES:
            found = None
    if found is None:
        found = re.fullmatch(r"(.*\S)\s*[,_\s]\s*(\S+)", text)
        if found is not None and not known_unit(found[2]):
            found = None
    return (found[1], found[2]) if found else (text, "")


def known_unit(unit: str) -> bool:
    """Tell if this unit can be converted."""
    return unit_of(unit) is not None


def to_si(quantity: Quantity) -> Quantity:
    """Return the same in SI (conductance in G0).

    A quantity without a unit, and one of a name that no analysis uses, stays as it is where its unit is unknown.

    Raises
    ------
    UnknownUnit
        If a quantity of `BASES` has a unit that is not in the table of ``units``, or not one of its own.
    """
    unit, wanted = unit_of(quantity.unit), BASES.get(quantity.name)
    if wanted and quantity.unit and (unit is None or unit.base not in wanted):
        meant = "is not known" if unit is None else f"does not measure a {quantity.name.replace('_', ' ')}"
        raise UnknownUnit(
            f"unit {quantity.unit!r} of column {quantity.name!r} {meant}{advice(quantity.unit)}: "
            f"say --unit {quantity.name}={_EXAMPLES[quantity.name]}, or what it is"
        )
    if unit is None:
        return quantity
    values, base = unit.convert(quantity.values), unit.base
    if quantity.name == "conductance" and base == "S":
        values, base = np.asarray(values, dtype=float) / G0_S, "G0"
    return Quantity(quantity.name, values, base)


def number(field: str) -> float:
    """Return the number in a field of text, decimal comma allowed: NaN for an empty one, `OVERLOAD` for a meter's word.

    Raises
    ------
    ValueError
        If it is anything else.
    """
    if _OVERLOAD_WORD.fullmatch(field):
        return -OVERLOAD if re.match(r"-\s*[a-z]", field, re.IGNORECASE) else OVERLOAD
    return float(field.replace(",", ".") or "nan")


def overloaded(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell which values are no numbers but a meter's sign of overload: ±9.9e37, 9.91e37, ±1.99999e99."""
    size = np.abs(np.asarray(values, dtype=float))
    return np.any([np.isclose(size, overload, rtol=1e-4, atol=0.0) for overload in _OVERLOADS], axis=0)
