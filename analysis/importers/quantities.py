"""Conversion of names and units in headings to this program's channel names and SI."""

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.constants import G0_S
from analysis.importers.units import Unit, advice, unit_of

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
    "height": "extension",
    "resistance": "resistance",
    "widerstand": "resistance",
    "résistance": "resistance",
    "resistencia": "resistance",
    "resistenza": "resistance",
    "time": "time",
    "t": "time",
    "spannung": "bias",
    "vorspannung": "bias",
    "tension": "bias",
    "strom": "current",
    "courant": "current",
    "stromdichte": "current_density",
    "leitwert": "conductance",
    "abstand": "extension",
    "weg": "extension",
    "auslenkung": "extension",
    "verschiebung": "extension",
    "dehnung": "extension",
    "déplacement": "extension",
    "deplacement": "extension",
    "élongation": "extension",
    "desplazamiento": "extension",
    "distancia": "extension",
    "spostamento": "extension",
    "distanza": "extension",
    "stretch": "extension",
    "stretching": "extension",
    "separation": "extension",
    "zeit": "time",
    "temps": "time",
    "corriente": "current",
    "corrente": "current",
    "voltaje": "bias",
    "tensión": "bias",
    "tensione": "bias",
    "conductancia": "conductance",
    "conduttanza": "conductance",
    "tiempo": "time",
    "tempo": "time",
    "电流": "current",
    "電流": "current",
    "电压": "bias",
    "偏压": "bias",
    "電圧": "bias",
    "电导": "conductance",
    "位移": "extension",
    "距离": "extension",
    "距離": "extension",
    "变位": "extension",
    "時間": "time",
    "时间": "time",
}
_MODIFIERS = {
    "abs": "absolute",
    "absolute": "absolute",
    "log": "log",
    "lg": "log",
    "ln": "ln",
    "d": "differential",
}


_ELSEWHERE = re.compile(
    r".*(gate|heat|thermo|compliance|limit|leak|noise|offset|set\W?point|lock\W?in|demod).*|[viu]_?g",
    re.IGNORECASE | re.DOTALL,
)
"""Headings of a voltage or current that is not that of the junction; the last is V_g, of a gate."""

_ELECTRICAL = ("bias", "current")

_NO_UNIT_OF_LETTERS = ("K", "ohm", "Hz")
"""Units that show that a single letter means a temperature or an impedance: "T (K)" is no time."""

BASES = {
    "bias": ("V",),
    "current": ("A", "V"),
    "conductance": ("G0", "S"),
    "resistance": ("ohm",),
    "current_density": ("A/m2",),
    "extension": ("m", "V"),
    "time": ("s",),
}
"""Possible base units of each quantity; the output of a current amplifier and the drive of a piezo are in volts."""

AXES = ("time", "extension", "bias")
"""Quantities that several traces can share, and that begin and end with the trace."""

EXAMPLES = {"bias": "mV", "current": "nA", "conductance": "G0", "extension": "nm", "time": "ms"}
EXAMPLES |= {"current_density": "A/cm2", "resistance": "kOhm"}
"""A unit of each quantity, for messages."""

_CAMEL = re.compile(r"[A-ZÀ-Ý]?[a-zß-ÿ]+|[A-ZÀ-Ý]+(?![a-zß-ÿ])")
"""Words within a word: PullOutCurrent."""

_NUMBERED = re.compile(r"(.*[)\]])[\s_.-]*\d+", re.DOTALL)
"""A heading with the number of its trace behind the unit: "log10(G/G0)_3", "Current (nA) 3"."""

_TIMES = re.compile(r"\s*[x*×/·]\s*(1[eE]|10\s*(\^|\*\*)|10(?=[⁻⁺⁰¹²³⁴-⁹]))\s*[-+]?[\d⁻⁺⁰¹²³⁴-⁹]+")
"""A power of ten in the name of a column: "Current x1e9 (A)"."""

_NAMED_BY_UNIT = {
    "V": "voltage",
    "A": "current",
    "S": "conductance",
    "G0": "conductance",
    "s": "time",
    "m": "distance",
}

_OVERLOADS = (9.9e37, 9.91e37, 1e38, 1.99999e99, 1.99999e101)
_LEAST_OVERLOAD = 9e37
OVERLOAD = _OVERLOADS[0]
"""Number that meters write when the input exceeds their range (SCPI); it also represents their words for this."""


class UnknownUnit(ValueError):
    """A unit that is unknown, or does not fit the quantity of the column; the message gives the remedy."""


@dataclass(frozen=True, eq=False)
class ImportedColumn:
    """A column of a file.

    Parameters
    ----------
    name : str
        Channel, such as "current".
    values : ndarray or StoredColumn, shape (n,)
    unit : str
        As written in the file; "" without one.
    heading : str
        Name as written in the file; "" without one.
    stated : bool
        True if the user stated name and unit, which then replace those of the file.
    """

    name: str
    values: Any
    unit: str = ""
    heading: str = ""
    stated: bool = False

    def __len__(self) -> int:
        return len(self.values)

    def part(self, start: int, stop: int) -> "ImportedColumn":
        """Return the values from ``start`` to ``stop`` as an array."""
        return replace(self, values=np.asarray(self.values[start:stop]))


def channel_name(text: str) -> str:
    """Return the channel of a name or heading: "PullOutCurrent" -> "current".

    A name without any known word is returned in lower case with underscores.
    """
    words = [
        word.lower() for part in re.findall(r"[^\W\d_]+", text) for word in _CAMEL.findall(part) or [part]
    ]
    plain = re.sub(r"\W+", "_", text.strip()).strip("_").lower() or "values"
    if "piezo" in words:
        return "extension"
    modifiers = []
    for word in words:
        if word in _MODIFIERS:
            modifiers.append(_MODIFIERS[word])
        elif word in _WORDS:
            name = "current_density" if _WORDS[word] == "current" and "density" in words else _WORDS[word]
            return (
                plain
                if name in _ELECTRICAL and _ELSEWHERE.fullmatch(text.strip())
                else "_".join([*modifiers, name])
            )
    return plain


def channel_in(name: str, unit: str) -> str:
    """Return the channel of a name as `channel_name` does, unless the unit shows that a single letter is another."""
    channel, known = channel_name(name), unit_of(unit)
    is_letter = len(name.strip()) == 1 and channel in BASES
    return name.strip().lower() if is_letter and known and known.base in _NO_UNIT_OF_LETTERS else channel


def split_header(text: str) -> tuple[str, str]:
    """Return a heading's name and unit: "Current (nA)", "Current [nA]", "Current / nA", "current_nA", "nA"."""
    text = text.strip().strip('"').strip()
    text = _NUMBERED.sub(r"\1", text)
    if len(text) > 1 and (unit := unit_of(text)) is not None and unit.base in _NAMED_BY_UNIT:
        return _NAMED_BY_UNIT[unit.base], text
    match = re.fullmatch(r"(.*\S)\s*[(\[]\s*([^)\]]*?)\s*[)\]]", text)
    match = match or re.fullmatch(r"([^(\[]*\S)\s*[(\[]\s*(.*?)\s*[)\]]", text)
    if match is None:
        match = re.fullmatch(r"(.*\S)\s*/\s*(\S+)", text)
        if match is not None and channel_name(match[1]) not in BASES:
            match = None
    if match is None:
        match = re.fullmatch(r"(.*\S)\s*[,_\s]\s*(\S+)", text)
        if match is not None and not known_unit(match[2]):
            match = None
    if match is not None and (scale := _TIMES.search(match[1])) is not None:
        return match[1], f"{match[2]}, {scale[0].strip()}"  # times or by this number: only the user knows
    return (match[1], match[2]) if match else (text, "")


def known_unit(unit: str) -> bool:
    """Return True if this unit can be converted."""
    return unit_of(unit) is not None


def is_logarithm(quantity: ImportedColumn) -> bool:
    """Return True if the values are logarithms, by their unit or their name.

    A "log I" in volts is the output of a logarithmic amplifier, whose calibration only the user knows.
    """
    unit = unit_of(quantity.unit)
    return unit is not None and bool(unit.logarithm or (_log_of(quantity.name) and unit.base != "V"))


def channel_of(quantity: ImportedColumn) -> str:
    """Return the name after conversion: "current" for "log_current" of known unit."""
    return _log_of(quantity.name) if is_logarithm(quantity) and _log_of(quantity.name) else quantity.name


def unit_in(quantity: ImportedColumn) -> Unit | None:
    """Return the unit of the numbers of a column; None if it has none or an unknown one."""
    unit = unit_of(quantity.unit)
    if unit is None or unit.logarithm or not is_logarithm(quantity):
        return unit
    return unit.of_logarithm(np.e if quantity.name.startswith("ln_") else 10.0)


def linear_name(name: str) -> str:
    """Return "current" for "log_current", and any other name unchanged."""
    return _log_of(name) or name


def _log_of(name: str) -> str:
    """Return "current" for "log_current"; "" for a name that is no logarithm of a quantity of `BASES`."""
    rest = name.removeprefix("log_").removeprefix("ln_").removeprefix("absolute_")
    return rest if rest != name.removeprefix("absolute_") and rest in BASES else ""


def to_si(quantity: ImportedColumn) -> ImportedColumn:
    """Return the quantity in SI (conductance in G0).

    A quantity without a unit, or with an unknown unit and a name that no analysis uses, is returned unchanged.

    Raises
    ------
    UnknownUnit
        If a quantity of `BASES` has a unit that is not in the table of ``units``, or does not fit it.
    """
    unit = unit_in(quantity)
    quantity = replace(quantity, name=channel_of(quantity))
    bases = BASES.get(quantity.name)
    if bases and quantity.unit and (unit is None or unit.base not in bases):
        fault = "is unknown" if unit is None else f"is no unit of {quantity.name.replace('_', ' ')}"
        raise UnknownUnit(
            f"unit {quantity.unit!r} of column {quantity.name!r} {fault}{advice(quantity.unit)}: "
            f"give its unit, such as --unit {quantity.name}={EXAMPLES[quantity.name]}"
        )
    if unit is None:
        return quantity
    values, base = unit.convert(quantity.values), unit.base
    if quantity.name == "conductance" and base == "S":
        values, base = np.asarray(values, dtype=float) / G0_S, "G0"
    return replace(quantity, values=values, unit=base)


def overloaded(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Return True for each value with which a meter reports an overload: ±9.9e37 and the like."""
    size = np.abs(np.asarray(values, dtype=float))
    if not np.any(size > _LEAST_OVERLOAD):
        return np.zeros(size.shape, dtype=bool)
    return np.any([np.isclose(size, overload, rtol=1e-4, atol=0.0) for overload in _OVERLOADS], axis=0)
