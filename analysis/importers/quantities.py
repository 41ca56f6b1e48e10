"""From the names and units that people write above columns to this program's channel names and SI."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.constants import G0_S

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

_PREFIXES = {"": 1.0, "k": 1e3, "m": 1e-3, "u": 1e-6, "µ": 1e-6, "μ": 1e-6, "n": 1e-9, "p": 1e-12, "f": 1e-15}
_BASES = ("V", "A", "s", "m", "S", "Hz", "ohm")
_UNITS = {f"{prefix}{base}": (factor, base) for base in _BASES for prefix, factor in _PREFIXES.items()}
_UNITS |= {"G0": (1.0, "G0"), "G_0": (1.0, "G0"), "Å": (1e-10, "m"), "Ohm": (1.0, "ohm"), "Ω": (1.0, "ohm")}
_UNITS |= dict.fromkeys(("A/cm2", "A/cm^2", "A/cm²", "A cm-2", "A cm^-2"), (10000.0, "A/m2"))
_UNITS |= dict.fromkeys(("A/m2", "A/m^2", "A/m²", "A m-2", "A m^-2"), (1.0, "A/m2"))


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
    """A header's name and unit: "Current (nA)", "Current [nA]", "Current / nA", "current_nA", "Current"."""
    text = text.strip().strip('"').strip()
    found = re.fullmatch(r"(.*\S)\s*[(\[]\s*([^)\]]*?)\s*[)\]]", text)
    if found is None:
        found = re.fullmatch(r"(.*\S)\s*[/,_\s]\s*(\S+)", text)
        if found is not None and found[2] not in _UNITS:
            found = None
    return (found[1], found[2]) if found else (text, "")


def known_unit(unit: str) -> bool:
    """Whether this unit can be converted."""
    return unit in _UNITS


def to_si(quantity: Quantity) -> Quantity:
    """The same in SI (conductance in G0); unchanged where the unit is not known."""
    factor, base = _UNITS.get(quantity.unit, (1.0, quantity.unit))
    if quantity.name == "conductance" and base == "S":
        factor, base = factor / G0_S, "G0"
    if factor == 1.0:
        return Quantity(quantity.name, quantity.values, base)
    return Quantity(quantity.name, np.asarray(quantity.values, dtype=float) * factor, base)
