"""Unusual numbers of a rig file, which the user must confirm by writing them twice.

A number outside of its `Usual` bounds is most likely a typing error: a factor of a thousand, another unit. It is
accepted only if the table ``[unusual]`` of the same file repeats it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel


@dataclass(frozen=True)
class Usual:
    """Inclusive bounds of a number on usual rigs; relative to the number named ``of``, if given."""

    low: float
    high: float
    unit: str = ""
    of: str = ""

    def bounds(self, section: Mapping[str, Any]) -> tuple[float, float]:
        """Return the bounds in the number's own unit."""
        scale = section.get(self.of) if self.of else 1.0
        return (self.low * scale, self.high * scale) if scale else (float("-inf"), float("inf"))


@dataclass(frozen=True)
class Unusual:
    """A number outside of its usual bounds."""

    key: tuple[str, ...]
    value: float
    low: float
    high: float
    unit: str

    def __str__(self) -> str:
        return f"{'.'.join(self.key)} = {self.value!r}; usual is {self.low:g} to {self.high:g} {self.unit}".rstrip()

    @property
    def remedy(self) -> str:
        """Advice for the user."""
        return (
            "Correct it or, if it is right, repeat it in the table [unusual] at the end of the file: "
            f"{'.'.join(self.key)} = {self.value!r}"
        )


def unusual(
    model: type[BaseModel], content: Mapping[str, Any], path: tuple[str, ...] = ()
) -> Iterator[Unusual]:
    """Find the unusual numbers in a file's content, by the ``Usual`` in the annotations of its model."""
    for name, field in model.model_fields.items():
        value = content.get(name)
        if isinstance(value, Mapping) and (section := _section(field.annotation)):
            yield from unusual(section, value, (*path, name))
        for usual in field.metadata:
            if isinstance(usual, Usual) and isinstance(value, int | float):
                low, high = usual.bounds(content)
                if not low <= value <= high:
                    yield Unusual((*path, name), value, low, high, usual.unit)


def _section(annotation: Any) -> type[BaseModel] | None:
    """Return the model in ``X`` or ``X | None``."""
    kinds = (annotation, *getattr(annotation, "__args__", ()))
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)


def written_twice(
    confirmed: Mapping[str, Any], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield (key, value) of each entry of the table ``[unusual]``."""
    for name, value in confirmed.items():
        key = (*path, *name.split("."))
        if isinstance(value, Mapping):
            yield from written_twice(value, key)
        else:
            yield key, value


def at(content: Mapping[str, Any], key: tuple[str, ...]) -> Any:
    """Return the value of a key; None where there is none."""
    value: Any = content
    for part in key:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def nested(numbers: Iterator[Unusual]) -> dict[str, Any]:
    """Return the table ``[unusual]`` that repeats these numbers."""
    table: dict[str, Any] = {}
    for number in numbers:
        place = table
        for part in number.key[:-1]:
            place = place.setdefault(part, {})
        place[number.key[-1]] = number.value
    return table
