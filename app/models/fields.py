"""Numbers of a model file, fixed or free, with the bounds of their quantities; numbers of a result."""

import math
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import Field, PlainValidator


@dataclass(frozen=True)
class Free:
    """Free number of a fit: { start =, min =, max = }."""

    start: float
    minimum: float
    maximum: float


@dataclass(frozen=True)
class SameAs:
    """Width tied to the other width of its level."""

    key: str


Quantity = float | Free | SameAs

_DROPS = {"probe": 0.0, "symmetric": 0.5, "substrate": 1.0}


LARGEST_WHOLE = 2**1023


def is_number(value: Any) -> bool:
    """Return True if a value of a TOML file is a number; true and false are not, nor wholes too large for a float."""
    whole = isinstance(value, int) and not isinstance(value, bool) and abs(value) < LARGEST_WHOLE
    return whole or isinstance(value, float)


def digits(value: float) -> float | None:
    """Return the number to 15 significant digits; None if it is not finite."""
    return float(f"{value:.15g}") + 0.0 if abs(value) < float("inf") else None


def bounded_number(value: Any, least: float = -math.inf, most: float = math.inf) -> float | Free:
    """Return a number within bounds, or a free one, which gets missing bounds from its quantity."""
    if isinstance(value, dict):
        free = _free(value, least, most)
        _demand_within(free.start, least, most)
        return free
    if not is_number(value) or not math.isfinite(value):
        raise ValueError("a finite number or { start =, min =, max = }")
    _demand_within(float(value), least, most)
    return float(value)


def _demand_within(value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise ValueError(f"between {least:g} and {most:g}" if math.isfinite(most) else f"{least:g} or more")


def _free(table: dict[str, Any], least: float, most: float) -> Free:
    for key, value in table.items():
        if key not in ("start", "min", "max"):
            near = get_close_matches(str(key), ("start", "min", "max"), n=1, cutoff=0.4)
            raise ValueError(
                f"unknown key {key!r}; did you mean {near[0] if near else 'start, min or max'!r}?"
            )
        if not is_number(value) or math.isnan(value):
            raise ValueError(f"{key} = {value!r} is not a number")
    if "start" not in table:
        raise ValueError("start is missing: { start =, min =, max = }")
    low, high = max(float(table.get("min", least)), least), min(float(table.get("max", most)), most)
    start = float(table["start"])
    if not low <= start <= high or low == high or not math.isfinite(start):
        raise ValueError(f"start = {start:g} must lie between min = {low:g} and max = {high:g}")
    return Free(start, low, high)


def _width(value: Any) -> Quantity:
    if not isinstance(value, str):
        return bounded_number(value, 0.0)
    if value not in ("gamma_probe_eV", "gamma_substrate_eV"):
        raise ValueError("a number, { start =, min =, max = }, or the name of the level's other width")
    return SameAs(value)


def _drop(value: Any) -> float | Free:
    if not isinstance(value, str):
        return bounded_number(value, 0.0, 1.0)
    if value not in _DROPS:
        raise ValueError(f"a number from 0 to 1, or one of {', '.join(_DROPS)}")
    return _DROPS[value]


Number = Annotated[Any, PlainValidator(bounded_number)]
Positive = Annotated[Any, PlainValidator(lambda x: bounded_number(x, 0.0))]
Width = Annotated[Any, PlainValidator(_width)]
Drop = Annotated[Any, PlainValidator(_drop)]
Kelvin = Annotated[float, Field(gt=0.0)]
