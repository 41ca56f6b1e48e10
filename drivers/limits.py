"""Checks of values before they are sent to an instrument; every refusal is an ``OutOfRange`` with the allowed range."""

import math
from collections.abc import Sequence
from enum import Enum
from numbers import Real
from typing import TypeVar

from drivers.errors import OutOfRange

RELATIVE = 1e-6
"""Relative difference below which two numbers are the same setting."""

EnumMember = TypeVar("EnumMember", bound=Enum)


def number_between(
    quantity: str, value: object, low: float, high: float, allowed: str | None = None
) -> float:
    """Return ``value`` as a float if it is a finite number from ``low`` to ``high``, both included.

    Raises
    ------
    OutOfRange
        Otherwise; ``allowed`` replaces the plain range in its message.
    """
    if not _is_number(value) or not low <= float(value) <= high:  # type: ignore[arg-type]
        raise OutOfRange(quantity, value, allowed or f"{low:g} to {high:g}")
    return float(value)  # type: ignore[arg-type]


def whole_between(quantity: str, value: object, low: int, high: int) -> int:
    """Return ``value`` as an int if it is a whole number from ``low`` to ``high``; else raise OutOfRange."""
    if not _is_number(value) or float(value) % 1 or not low <= value <= high:  # type: ignore[arg-type, operator]
        raise OutOfRange(quantity, value, f"whole numbers {low} to {high}")
    return int(value)  # type: ignore[call-overload]


def position_in(quantity: str, value: object, choices: Sequence[float]) -> int:
    """Return the position of ``value`` among ``choices``, compared to a part in a million.

    Raises
    ------
    OutOfRange
        If it is not one of them.
    """
    if _is_number(value):
        for position, choice in enumerate(choices):
            if math.isclose(float(value), choice, rel_tol=RELATIVE):  # type: ignore[arg-type]
                return position
    raise OutOfRange(quantity, value, ", ".join(f"{choice:g}" for choice in choices))


def on_or_off(quantity: str, value: object) -> bool:
    """Return ``value`` as a bool if it is True, False, 1 or 0; else raise OutOfRange."""
    if isinstance(value, Real) and value in (0, 1):
        return bool(value)
    raise OutOfRange(quantity, value, "True (on) or False (off)")


def member_of(quantity: str, value: object, choices: type[EnumMember]) -> EnumMember:
    """Return the member of ``choices`` given by ``value``, itself a member or a name ("dc" for ``Coupling.DC``).

    Raises
    ------
    OutOfRange
        If it is neither. A bare number is refused too: the numbers belong to the wire protocol.
    """
    if isinstance(value, choices):
        return value
    if isinstance(value, str):
        for member in choices:
            if member.name == value.strip().upper().replace(" ", "_").replace("-", "_"):
                return member
    names = ", ".join(member.name.lower().replace("_", " ") for member in choices)
    raise OutOfRange(quantity, value, names)


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
