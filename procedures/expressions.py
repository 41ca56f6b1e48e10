"""Numbers from expressions that a user types: "0.5:1.3:0.1", "linspace(0, 1, 5)", "2*sqrt(2), 10".

Only what is listed here is evaluated; names, attributes, strings, comparisons and calls of anything else are refused.
"""

import ast
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

MOST_NUMBERS = 1000
MOST_LETTERS = 400

NAMES = {"pi": math.pi, "e": math.e}
OPERATORS: dict[type[ast.AST], Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: math.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
FUNCTIONS: dict[str, Callable[..., float]] = {
    "sqrt": math.sqrt,
    "exp": math.exp,
    "log": math.log,
    "log10": math.log10,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "abs": abs,
    "round": round,
}


def _spaced(space: Callable[..., Any]) -> Callable[..., list[float]]:
    """Return numbers from the first to the last, a given number of them."""

    def numbers(first: float, last: float, number: float) -> list[float]:
        if not (number == int(number) and 1 <= number <= MOST_NUMBERS):
            raise ValueError(
                f"the number of values is {number:g}; it must be whole, from 1 to {MOST_NUMBERS}"
            )
        return [float(each) for each in space(first, last, int(number))]

    return numbers


def _arange(first: float, last: float, step: float) -> list[float]:
    """Return first, first + step, ... below last, as numpy's arange."""
    return _steps(first, last, step, -1e-9)


def inclusive(first: float, last: float, step: float) -> list[float]:
    """Return first, first + step, ... up to and including last. Raises ``ValueError``."""
    return _steps(first, last, step, 1e-9)


def _steps(first: float, last: float, step: float, margin: float) -> list[float]:
    if not step or (last - first) / step < 0:
        raise ValueError(f"from {first:g} to {last:g} there are no steps of {step:g}")
    number = (
        math.ceil((last - first) / step + margin)
        if margin < 0
        else math.floor((last - first) / step + margin) + 1
    )
    if number > MOST_NUMBERS:
        raise ValueError(f"{number} values are too many; at most {MOST_NUMBERS}")
    return [first + step * i for i in range(number)]


SEQUENCES: dict[str, Callable[..., list[float]]] = {
    "linspace": _spaced(np.linspace),
    "logspace": _spaced(np.logspace),
    "geomspace": _spaced(np.geomspace),
    "arange": _arange,
}
EXAMPLES = {
    "linspace": "0.1, 0.5, 5",
    "logspace": "-3, -1, 5",
    "geomspace": "0.1, 10, 5",
    "arange": "0.1, 0.5, 0.1",
}
KNOWN = ", ".join((*SEQUENCES, *FUNCTIONS, *NAMES))


def numbers_of(text: str) -> list[float]:
    """Return the numbers of an expression, rounded to 12 digits.

    It may be a number, a list ("1, 2, 5"), a range with both ends ("first:last:step", "first:last" in steps of 1), or
    `SEQUENCES` as in numpy, with arithmetic and `FUNCTIONS` anywhere.

    Raises
    ------
    ValueError
        With a sentence that names what can't be read.
    """
    parts = [_evaluated(part) for part in text.split(":")]
    if len(parts) > 1:
        ends = [_single(part, text) for part in parts]
        if len(ends) > 3:
            raise ValueError(f"{text.strip()!r} is not a range; write first:last:step")
        found = inclusive(ends[0], ends[1], ends[2] if len(ends) == 3 else 1.0)
    else:
        found = parts[0] if isinstance(parts[0], list) else [parts[0]]
    if len(found) > MOST_NUMBERS:
        raise ValueError(f"{len(found)} values are too many; at most {MOST_NUMBERS}")
    for number in found:
        if not math.isfinite(number):
            raise ValueError(f"{text.strip()!r} gives {number}")
    return [float(f"{number:.12g}") for number in found]


def _evaluated(text: str) -> float | list[float]:
    text = text.strip()
    if len(text) > MOST_LETTERS:
        raise ValueError(f"an expression has at most {MOST_LETTERS} letters")
    try:
        return _value(ast.parse(text, mode="eval").body)
    except (SyntaxError, RecursionError, MemoryError):
        raise ValueError(f"{text!r} is not a number, list, range or expression") from None
    except (ArithmeticError, TypeError) as error:
        raise ValueError(f"{text!r} can't be calculated: {error}") from None


def _value(node: ast.expr) -> float | list[float]:
    match node:
        case ast.Constant(value=bool()):
            pass
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name) if name in NAMES:
            return NAMES[name]
        case ast.UnaryOp(op=op, operand=operand) if type(op) in OPERATORS:
            return _each(OPERATORS[type(op)], _value(operand))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return _each(OPERATORS[type(op)], _value(left), _value(right))
        case ast.Call(func=ast.Name(id=name), args=args) if name in SEQUENCES and len(args) != 3:
            raise ValueError(f"{name} takes three numbers, as {name}({EXAMPLES[name]})")
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in SEQUENCES:
            return SEQUENCES[name](*(_single(_value(arg), name) for arg in args))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in FUNCTIONS:
            return _each(FUNCTIONS[name], *map(_value, args))
        case ast.Tuple(elts=members) | ast.List(elts=members):
            parts = [_value(member) for member in members]
            return [number for part in parts for number in (part if isinstance(part, list) else [part])]
    raise ValueError(f"{ast.unparse(node)!r} is not known here; there are numbers, + - * / **, {KNOWN}")


def _each(act: Callable[..., float], *values: float | list[float]) -> float | list[float]:
    """Apply a function to numbers, or to each number of one list."""
    lists = [value for value in values if isinstance(value, list)]
    if len(lists) > 1:
        raise ValueError("two lists can't be calculated with each other; sweep two parameters instead")

    def apply(one: float) -> float:
        try:
            return float(act(*(one if isinstance(value, list) else value for value in values)))
        except ValueError as error:  # of a function outside of its domain
            raise ArithmeticError(error) from None

    return [apply(one) for one in lists[0]] if lists else apply(0.0)


def _single(value: float | list[float], where: str) -> float:
    if isinstance(value, list):
        raise ValueError(f"{where.strip()!r} needs single numbers")
    return value
