"""Parameter types that PyMeasure lacks (lists of numbers, exact fractions, levels), and one reader for all parameters.

PyMeasure's error messages name its own classes; the messages here are for users. A single number may have a decimal
comma; in a list, commas separate.
"""

import math
import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from os import PathLike
from typing import Any

from procedures.pymeasure_types import (
    BooleanParameter,
    FloatParameter,
    IntegerParameter,
    ListParameter,
    Parameter,
    VectorParameter,
)

GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")
"""Ambiguous numbers such as "1,000": one thousand in some countries, one in others."""

EXACT = re.compile(r"[+-]?[\d.]{1,30}(/\d{1,30}|e[+-]?\d{1,2})?", re.IGNORECASE)
"""Text of an exact fraction. Larger exponents are refused: their exact values would fill the memory."""

MOST_SHOWN = 60
"""Longest part of a refused value that a message quotes, in characters."""


class NumbersParameter(VectorParameter):
    """Several numbers, as text separated by spaces or commas ("0.74 0.95 1.08") or as a sequence; kept as a tuple.

    PyMeasure's forms show it like their own vectors.

    Parameters
    ----------
    name, units : str
    minimum, maximum : float
        Bounds of each number.
    """

    def __init__(
        self, name: str, units: str | None = None, minimum: float = -1e9, maximum: float = 1e9, **options: Any
    ) -> None:
        self.units = units
        self.minimum = minimum
        self.maximum = maximum
        super().__init__(name, length=None, units=units, **options)

    def convert(self, value: str | float | Iterable[float]) -> tuple[float, ...]:
        """Return a tuple of floats. Raises ``ValueError`` that quotes a value that is not a number or out of bounds."""
        if not isinstance(value, str):
            return tuple(_within(self, _plain(part)) for part in _parts(value))
        texts = value.replace(",", " ").replace("[", " ").replace("]", " ").split()
        try:
            return tuple(_within(self, _plain(text)) for text in texts)
        except ValueError as error:
            hint = "; in a list a comma separates" if "," in value else ""
            raise ValueError(f"{error}{hint}") from None

    def __str__(self) -> str:
        return " ".join(f"{number:.12g}" for number in self._value) if self.is_set() else ""


class FractionParameter(Parameter):
    """A positive number that is kept exact, as text: "12.25" or "49/4"."""

    def __init__(self, name: str, units: str | None = None, **options: Any) -> None:
        self.units = units
        super().__init__(name, **options)

    def convert(self, value: str | float | Fraction) -> str:
        """Return the text with a decimal point. Raises ``ValueError`` unless it is a positive number."""
        text = _with_point(str(value).strip())
        if not _fraction(text) > 0:
            raise ValueError(f"{text} is not positive")
        return text


class FractionsParameter(Parameter):
    """Several positive numbers that are kept exact, as text separated by spaces or commas."""

    def __init__(self, name: str, units: str | None = None, **options: Any) -> None:
        self.units = units
        super().__init__(name, **options)

    def convert(self, value: str | float | Iterable[float]) -> str:
        """Return the numbers as text separated by spaces. Raises ``ValueError`` if one is not a positive number."""
        parts = value.replace(",", " ").split() if isinstance(value, str) else [str(n) for n in _parts(value)]
        for part in parts:
            if not _fraction(part) > 0:
                raise ValueError(f"{part} is not positive")
        return " ".join(parts)


class LevelsParameter(Parameter):
    """Levels of a programme as text, "level:duration" each: "+1:1 0:1 -1:1".
    Levels are shares of the amplitude, durations are relative to each other and may be fractions ("2/3").
    """

    def convert(self, value: str) -> str:
        """Return the text unchanged. Raises ``ValueError`` if it can't be read or no level is the full amplitude."""
        if not isinstance(value, str):
            raise ValueError(f"{_shown(value)} is not text; write levels like +1:1 0:1 -1:1")
        largest = max((abs(level) for level, _ in parsed_levels(value)), default=0.0)
        if largest != 1:
            raise ValueError(f"the largest level is {largest:g} of the amplitude; it must be +1 or -1")
        return value.strip()


TRUE, FALSE = ("true", "1"), ("false", "0")


def parsed_levels(text: str) -> list[tuple[float, Fraction]]:
    """Return the levels and relative durations in a `LevelsParameter`'s text. Raises ``ValueError``."""
    levels = []
    for part in text.replace(",", " ").split():
        level, colon, duration = part.partition(":")
        levels.append((_plain(level), _fraction(duration) if colon else Fraction(1)))
        if not levels[-1][1] > 0:
            raise ValueError(f"duration of {part!r} is not positive")
    return levels


def _parts(value: Any) -> list[Any]:
    """Return the members of a sequence as a list, anything else as a list of one."""
    several = isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)
    return list(value) if several else [value]


def _fraction(text: str) -> Fraction:
    try:
        if not EXACT.fullmatch(text):
            raise ValueError
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"{_shown(text)} is not a number") from None


def _shown(value: object) -> str:
    """Return a refused value as text, shortened."""
    text = str(value).strip() or "nothing"
    return text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + " …"


def read(parameter: Any, value: Any) -> Any:
    """Convert a value, typed or as text, to the type of a parameter. Raises ``ValueError`` with the reason."""
    match parameter:
        case FloatParameter():
            return parameter.convert(_within(parameter, _number(value)))
        case IntegerParameter():
            number = _number(value)
            if not number.is_integer():
                raise ValueError(f"{_shown(value)} is not a whole number")
            return parameter.convert(int(_within(parameter, number)))
        case BooleanParameter():
            if str(value).lower() not in (*TRUE, *FALSE):
                raise ValueError(f"{_shown(value)} is neither true nor false")
            return parameter.convert(str(value).lower() in TRUE)
        case ListParameter():
            choices = [str(choice) for choice in parameter.choices]
            if str(value) not in choices:
                raise ValueError(f"{_shown(value)} is not one of {', '.join(choices)}")
        case _ if type(parameter) is Parameter and not isinstance(value, str | PathLike):
            raise ValueError(f"{_shown(value)} is not text")
    return parameter.convert(value)


def unit_text(parameter: Any) -> str:
    """Return a parameter's unit as written in a sentence; "" for none."""
    return str(getattr(parameter, "units", None) or "").replace("_", "")


def _number(value: Any) -> float:
    """Return one number; a comma in its text is a decimal comma."""
    return _plain(_with_point(value) if isinstance(value, str) else value)


def _with_point(text: str) -> str:
    if GROUPED.fullmatch(text.strip()):
        raise ValueError(f"{text.strip()} is ambiguous (thousands or decimals); write it without a comma")
    return text.replace(",", ".") if text.count(",") == 1 and "." not in text else text


def _plain(value: Any) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if math.isnan(number):
        raise ValueError(f"{_shown(value)} is not a number")
    return number


def _within(parameter: Any, number: float) -> float:
    """Return the number if it is within the parameter's bounds; else raise ``ValueError``."""
    for outside, word, bound in (
        (number < parameter.minimum, "below", parameter.minimum),
        (number > parameter.maximum, "above", parameter.maximum),
    ):
        if outside:
            raise ValueError(f"{number:.12g} is {word} {bound:.12g} {unit_text(parameter)}".strip())
    return number
