"""Runs of a procedure over values of several parameters, one within the other."""

import math
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from itertools import product
from typing import Any

from procedures.errors import ImpossibleSetting
from procedures.expressions import numbers_of
from procedures.parameters import read

MOST_RUNS = 200

NUMERIC = (
    "FloatParameter",
    "IntegerParameter",
    "NumbersParameter",
    "FractionParameter",
    "FractionsParameter",
)


def swept_values(parameter: Any, text: str) -> list[Any]:
    """Return the values of one swept parameter, separated by semicolons; a number may be an expression.

    Raises
    ------
    ValueError
        Names the parameter by its label, and what can't be read.
    """
    parts = [part.strip() for part in text.split(";") if part.strip()]
    if not parts:
        raise ValueError(
            f"Sweep of {parameter.name}: enter values separated by semicolons, or an expression such as "
            "0.1:0.5:0.1 or linspace(0.1, 0.5, 5)."
        )
    try:
        return [value for part in parts for value in _values(parameter, part)]
    except ValueError as error:
        raise ValueError(f"Sweep of {parameter.name}: {error}.") from None


def _values(parameter: Any, text: str) -> list[Any]:
    """Return the value that a text is, or those that it gives as an expression."""
    try:
        return [read(parameter, text)]
    except ValueError:
        if type(parameter).__name__ not in NUMERIC or _is_number(text):
            raise
    return [read(parameter, f"{number:.12g}") for number in numbers_of(text)]


def _is_number(text: str) -> bool:
    try:
        return not math.isnan(float(text))
    except ValueError:
        return False


def swept_runs(
    values: Mapping[str, Any], sweeps: Sequence[tuple[str, Sequence[Any]]]
) -> list[dict[str, Any]]:
    """Return the values of each run: the first sweep is the slowest. Raises ``ValueError`` for too many runs."""
    number = math.prod(len(each) for _, each in sweeps)
    if number > MOST_RUNS:
        raise ValueError(f"The sweeps make {number} runs; at most {MOST_RUNS}. Take fewer values.")
    names = [name for name, _ in sweeps]
    if len(set(names)) < len(names):
        raise ValueError("One parameter is swept twice.")
    return [
        {**values, **dict(zip(names, chosen, strict=True))}
        for chosen in product(*(each for _, each in sweeps))
    ]


def swept_name(text: str) -> str:
    """Return the name of the parameter in "withdraw-speed=0.1; 0.5"."""
    return text.partition("=")[0].strip().lstrip("-").replace("-", "_")


def read_sweep(text: str, parameters: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """Read "bias=50:200:50" for a procedure's parameters. Raises ``ImpossibleSetting``."""
    name, (_, equals, values) = swept_name(text), text.partition("=")
    if not equals:
        raise ImpossibleSetting(f"{text!r} is not a sweep; write PARAMETER=VALUES, as bias=50:200:50.")
    if name not in parameters:
        near = get_close_matches(name, parameters, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(parameters)}"
        raise ImpossibleSetting(f"There is no parameter {name!r} to sweep; {hint}")
    try:
        return name, swept_values(parameters[name], values)
    except ValueError as error:
        raise ImpossibleSetting(str(error), name) from None
