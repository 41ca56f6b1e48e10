"""Messages of procedures and of the bench with labels in place of parameter names, and with units and prefixes."""

import re
from collections.abc import Mapping
from functools import cache
from math import floor, log10
from typing import Any

from analysis.numbers import MINUS, minus, power, significant
from procedures.registry import PROCEDURES

UNITS = {"G_0": "G₀", "uV/K": "µV/K", "ohm": "Ω", "uW": "µW"}
PREFIXES = {-15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T"}
EXPONENT = re.compile(
    r"(?<![\w./-])(-?\d+(?:\.\d+)?e[+-]?\d+)(?: (V/A|A|V|W|s|Hz|ohm|G0)\b|(?= |[,:;]|\.?$))", re.MULTILINE
)
HYPHEN = re.compile(r"(?<![\w.)\]+-])(?<!Code: )-(?=\d(?![:+]))")
"""Hyphen in place of a minus; not in a name, a date, a range, the order of bias levels or the code of an error."""
UNIT_WORDS = ((r"\bG0\b", "G₀"), (r"(?<=\d )u([VWKA])(?=\b|/)", r"µ\1"), (r"(?<=[\d)] )([kM]?)ohm\b", r"\1Ω"))


@cache
def parameters_of(procedure: str) -> Mapping[str, Any]:
    """Return the parameters of a procedure by name; empty for an unknown procedure."""
    if procedure not in PROCEDURES:
        return {}
    return dict(PROCEDURES[procedure]().parameter_objects())


def labels_of(procedure: str) -> dict[str, str]:
    """Return the label of each parameter of a procedure."""
    return {name: parameter.name for name, parameter in parameters_of(procedure).items()}


@cache
def all_labels() -> dict[str, str]:
    """Return the labels of all procedures' parameters whose names contain an underscore."""
    labels = {name: label for procedure in PROCEDURES for name, label in labels_of(procedure).items()}
    return {name: label for name, label in labels.items() if "_" in name}


def labelled_sentence(sentence: str, labels: Mapping[str, str]) -> str:
    """Return a sentence with labels in place of parameter names, and with the units of the window.

    A name that is also a word ("bias") is replaced only at the start of the sentence.
    """
    for name in sorted(labels, key=len, reverse=True):
        label = f"“{labels[name]}”"
        if "_" in name:
            sentence = re.sub(rf"\b{name}s?\b", label, sentence)
        elif re.match(rf"{name}\b", sentence):
            sentence = label + sentence.removeprefix(name)
        else:
            sentence = re.sub(rf"\bset {name}\b", f"set {label}", sentence)
    return with_units(sentence[:1].upper() + sentence[1:])


def with_units(sentence: str) -> str:
    """Return a sentence with prefixes in place of powers of ten ("10 MV/A" for "1e+07 V/A"), and with G₀, µ, Ω, −."""
    sentence = EXPONENT.sub(lambda match: prefixed(float(match[1]), match[2] or ""), sentence)
    sentence = HYPHEN.sub(MINUS, sentence)
    for unit, shown in UNIT_WORDS:
        sentence = re.sub(unit, shown, sentence)
    return sentence


def prefixed(value: float, unit: str) -> str:
    """Format a value with an SI prefix: "10 MV/A", "6.5 µA"; in G0 or without a unit with a power of ten."""
    if unit in ("G0", ""):
        return f"{significant(value)} {unit}".replace("G0", "G₀").rstrip()
    exponent = 3 * floor(log10(abs(value)) / 3) if value else 0
    exponent = min(max(exponent, min(PREFIXES)), max(PREFIXES))
    return f"{minus(f'{value / 10.0**exponent:.4g}')} {PREFIXES[exponent]}{UNITS.get(unit, unit)}"


def bounds(parameter: Any) -> str:
    """Return the range of a parameter as one reads it: "0.01 to 10 V", "1 kΩ to 1 TΩ"; "" without bounds."""
    low, high = getattr(parameter, "minimum", None), getattr(parameter, "maximum", None)
    if low is None or high is None:
        return ""
    unit = parameter_unit(parameter)
    if abs(high) >= 1e9 and unit:
        return f"{prefixed(low, unit)} to {prefixed(high, unit)}"
    return f"{plain_number(low)} to {plain_number(high)} {UNITS.get(unit, unit)}".strip()


def plain_number(number: float) -> str:
    """Format a bound: 100 000, 0.0005, 10⁻⁸."""
    if abs(number) >= 10_000:
        return minus(f"{number:,.0f}".replace(",", "\u202f"))  # thin, and never at the end of a line
    if 0 < abs(number) < 1e-4 and f"{abs(number):e}".startswith("1.000000"):
        return power(round(log10(abs(number))))
    return significant(number) if 0 < abs(number) < 1e-4 else minus(f"{number:g}")


def as_text(value: Any) -> str:
    """Format a value as a user would type it."""
    match value:
        case None:
            return ""
        case tuple() | list():
            return " ".join(f"{number:.12g}" for number in value)
        case float():
            return f"{value:.12g}"
    return str(value)


def as_read(value: Any) -> str:
    """Format a value as a user reads it: "on", "−0.5", "10⁻⁹"."""
    return ("off", "on")[value] if isinstance(value, bool) else with_units(as_text(value))


def as_numbers(typed: str, unit: str = "") -> str:
    """Return a typed or pasted text as numbers are read: hyphens for minus signs, plain spaces, without its own unit.

    Another unit stays, and is refused: 5 mV is not 5 V.
    """
    text = " ".join(typed.replace(MINUS, "-").split())
    own = {name for name in (unit, unit.replace("_", ""), UNITS.get(unit, unit)) if name}
    words = "|".join(map(re.escape, sorted(own, key=len, reverse=True)))
    return re.sub(rf"(?<=[\d.]) ?(?:{words})(?=$|[\s,;])", "", text) if own else text


def parameter_unit(parameter: Any) -> str:
    """Return the unit of a parameter; "" for none."""
    return str(getattr(parameter, "units", None) or "")
