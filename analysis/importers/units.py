"""Units by their spelling: a closed table of the spellings that people and instruments use.

A text that is not in the table is unknown; it is never guessed, and never taken as SI.
"""

import re
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

PREFIXES = {"f": -15, "p": -12, "n": -9, "u": -6, "μ": -6, "m": -3, "": 0, "k": 3}
HIGH_PREFIXES = {
    "M": 6,
    "G": 9,
    "T": 12,
}  # of ohm and Hz only: "MA" and "MV" are often mA and mV in capitals
WORD_PREFIXES = {
    "femto": -15, "pico": -12, "nano": -9, "micro": -6, "milli": -3, "kilo": 3, "mega": 6, "giga": 9,
}  # fmt: skip
BASE_SYMBOLS = {
    "V": "V",
    "A": "A",
    "S": "S",
    "s": "s",
    "m": "m",
    "Hz": "Hz",
    "K": "K",
    "ohm": "ohm",
    "Ohm": "ohm",
}
BASE_SYMBOLS |= {"Ω": "ohm", "G0": "G0", "G_0": "G0"}
BASE_WORDS = {
    "volt": "V", "volts": "V", "amp": "A", "amps": "A", "ampere": "A", "amperes": "A", "siemens": "S",
    "sec": "s", "second": "s", "seconds": "s", "meter": "m", "meters": "m", "metre": "m", "metres": "m",
    "hertz": "Hz", "kelvin": "K", "ohm": "ohm", "ohms": "ohm",
}  # fmt: skip
_SCALE = re.compile(
    r"(?:1?\s*[*x]\s*)?(?:10\s*(?:(?:\^|\*\*)\s*\(?\s*([+-]?\d+)\s*\)?|([+-]\d+))|1(?:\.0*)?[eE]([+-]?\d+))"
    r"\s*[* ]?\s*([^\d\s].*)"
)


@dataclass(frozen=True)
class Unit:
    """A unit in terms of a base unit: V, A, S, s, m, Hz, K, ohm, A/m2, or G0 (2e^2/h).

    A value in base units is ``factor`` times the number plus ``offset``; if the number is a logarithm, ``factor``
    times ``logarithm`` (10 or e) to its power.
    """

    base: str
    factor: float = 1.0
    offset: float = 0.0
    logarithm: float = 0.0

    def convert(self, values: NDArray[Any]) -> NDArray[Any]:
        """Convert numbers to the base unit; numbers already in it are returned unchanged, with their type."""
        if self == Unit(self.base):
            return values
        numbers = np.asarray(values, dtype=float)
        return self.factor * (self.logarithm**numbers if self.logarithm else numbers) + self.offset

    def of_logarithm(self, base: float) -> "Unit | None":
        """Return the unit of numbers that are logarithms of numbers in this unit; None if they cannot be."""
        return None if self.logarithm or self.offset else replace(self, logarithm=base)


SPECIAL = {
    "G/G0": Unit("G0"),
    "2e2/h": Unit("G0"),
    "e2/h": Unit("G0", 0.5),
    "Å": Unit("m", 1e-10),
    "angstrom": Unit("m", 1e-10),
    "degC": Unit("K", 1.0, 273.15),
    "°C": Unit("K", 1.0, 273.15),
}
SPECIAL |= dict.fromkeys(("A/cm2", "Acm-2"), Unit("A/m2", 1e4))
SPECIAL |= dict.fromkeys(("A/m2", "Am-2"), Unit("A/m2"))


_LOGARITHM = re.compile(r"(log10|log_10|log|lg|ln)\s*[\s(|]\s*(.+)", re.IGNORECASE)
_SYMBOL = re.compile(r"\|?\s*(?:G|I|J|current|conductance)\s*\|?\s*/\s*(.+)", re.IGNORECASE)


@lru_cache(maxsize=1024)
def unit_of(text: str) -> Unit | None:
    """Return the unit that a text names; None for a text that is empty, unknown, or ambiguous."""
    logarithm = _LOGARITHM.fullmatch(text.strip())
    if logarithm is not None:
        inside = logarithm[2].rstrip(")| ")
        quantity = _SYMBOL.fullmatch(inside)
        linear = _linear(quantity[1].strip("([ ") if quantity else inside)
        return linear and linear.of_logarithm(np.e if logarithm[1].lower() == "ln" else 10.0)
    return _linear(text)


def _linear(text: str) -> Unit | None:
    text = unicodedata.normalize("NFKC", text).replace("\N{MINUS SIGN}", "-").replace("·", "*")
    text = " ".join(text.replace("\N{MULTIPLICATION SIGN}", "*").split())
    scaled = _SCALE.fullmatch(text)
    if scaled is None:
        return _unscaled(text)
    power = int(next(group for group in scaled.groups()[:3] if group is not None))
    return _times(_unscaled(scaled[4]), power)


def advice(text: str) -> str:
    """Return ", perhaps nA?" for a unit in ambiguous capitals ("NA") or small letters; "" for others."""
    for likely in (text[:1].lower() + text[1:], text[:1] + text[1:].upper()):
        if likely != text and unit_of(likely) is not None:
            return f", perhaps {likely}?"
    return ""


def _unscaled(text: str) -> Unit | None:
    bare = re.sub(r"[\s^*()]", "", text)
    if bare in SPECIAL:
        return SPECIAL[bare]
    inverse = re.fullmatch(r"1/(.+)|(.+?)-1", bare)
    if inverse is not None:
        resistance = _simple(inverse[1] or inverse[2])
        return Unit("S", 1.0 / resistance.factor) if resistance and resistance.base == "ohm" else None
    return _simple(text)


def _simple(text: str) -> Unit | None:
    """Return a prefix and a base, as symbols ("nA"), words ("nanoamps") or one of each ("nAmps", "microA")."""
    bases = [(base, BASE_SYMBOLS[base]) for base in BASE_SYMBOLS if text.endswith(base)]
    bases += [(word, BASE_WORDS[word]) for word in BASE_WORDS if text.lower().endswith(word)]
    for ending, base in sorted(bases, key=lambda entry: -len(entry[0])):
        prefix = text[: len(text) - len(ending)].rstrip("- ")
        powers = PREFIXES | (HIGH_PREFIXES if base in ("ohm", "Hz") else {})
        power = powers.get(prefix, WORD_PREFIXES.get(prefix.lower()))
        if power is not None:
            return _times(Unit(base), power)
    return None


def _times(unit: Unit | None, power: int) -> Unit | None:
    """Return a unit scaled by a power of ten; None for degrees Celsius, which cannot be scaled."""
    if unit is None or (power and unit.offset):
        return None
    return replace(unit, factor=float(f"1e{power}") if unit.factor == 1.0 else unit.factor * 10.0**power)
