"""Parameters that PyMeasure has not: lists of numbers, exact fractions, levels; all typed in as text."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from pymeasure.experiment import Parameter


class NumbersParameter(Parameter):
    """Numbers, as text with spaces or commas between ("0.74 0.95 1.08") or as a sequence; kept as a tuple.

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
        super().__init__(name, **options)

    def convert(self, value: str | float | Iterable[float]) -> tuple[float, ...]:
        """Tuple of floats; raises ``ValueError`` naming what is not a number or out of bounds."""
        if isinstance(value, str):
            parts: Iterable[str | float] = value.replace(",", " ").replace("[", " ").replace("]", " ").split()
        else:
            parts = [value] if isinstance(value, int | float) else value
        numbers = tuple(float(part) for part in parts)
        for number in numbers:
            if not self.minimum <= number <= self.maximum:
                raise ValueError(f"{number:g} is out of bounds")
        return numbers

    def __str__(self) -> str:
        return " ".join(f"{number:.12g}" for number in self._value) if self.is_set() else ""


class FractionParameter(Parameter):
    """A positive number that is kept exact, as text: "12.25" or "49/4"."""

    def __init__(self, name: str, units: str | None = None, **options: Any) -> None:
        self.units = units
        super().__init__(name, **options)

    def convert(self, value: str | float | Fraction) -> str:
        """The text as it was given; raises ``ValueError`` if it is not a positive number."""
        text = str(value).strip()
        if not _fraction(text) > 0:
            raise ValueError(f"{text} is not positive")
        return text


class FractionsParameter(Parameter):
    """Several positive numbers that are kept exact, as text with spaces between."""

    def __init__(self, name: str, units: str | None = None, **options: Any) -> None:
        self.units = units
        super().__init__(name, **options)

    def convert(self, value: str) -> str:
        """The text as it was given; raises ``ValueError`` for what is not a positive number."""
        for part in value.split():
            if not _fraction(part) > 0:
                raise ValueError(f"{part} is not positive")
        return value.strip()


class LevelsParameter(Parameter):
    """Levels of a programme as text, "level:duration" each: "+1:1 0:1 -1:1".
    Levels are shares of the amplitude, durations are relative to each other and may be fractions ("2/3").
    """

    def convert(self, value: str) -> str:
        """The text as it was given; raises ``ValueError`` if it can't be read or misses the amplitude."""
        largest = max((abs(level) for level, _ in parsed_levels(value)), default=0.0)
        if largest != 1:
            raise ValueError(f"the largest level is {largest:g} of the amplitude; it must be +1 or -1")
        return value.strip()


def parsed_levels(text: str) -> list[tuple[float, Fraction]]:
    """Levels and relative durations of a `LevelsParameter`'s text. Raises ``ValueError``."""
    levels = []
    for part in text.replace(",", " ").split():
        level, colon, duration = part.partition(":")
        levels.append((float(level), _fraction(duration) if colon else Fraction(1)))
        if not levels[-1][1] > 0:
            raise ValueError(f"duration of {part!r} is not positive")
    return levels


def _fraction(text: str) -> Fraction:
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"{text!r} is not a number") from None
