"""Conditions on traces, written as they are said: "samples(1.5, 2.0) >= 50 and not number < 100".

A condition compares quantities of a trace, joined by ``and``, ``or``, ``not``:

- ``samples(a, b)``: samples with a <= G < b (G0);
- ``length_nm(a, b)``: length of the plateau from the last fall through b to the last fall through a after it;
- ``number``: number of the trace; ``start``, ``end``: its first and last conductance (median of five samples, G0);
- ``opening``: 1 for an opening, 0 for a closing trace; not a number (nothing holds) if unknown.
"""

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from analysis.records import Trace
from analysis.statistics.statistic import StatisticError
from analysis.traces.direction import direction_of
from analysis.traces.plateaus import plateau_length_m

ENDS = 5
"""Number of samples whose median is the start, or the end, of a trace."""

Quantity = Callable[..., float]

_COMPARISONS: Mapping[type, Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def _samples(trace: Trace, low_G0: float, high_G0: float) -> float:
    g = trace.conductance_G0
    return float(np.count_nonzero((g >= low_G0) & (g < high_G0)))


def _length_nm(trace: Trace, low_G0: float, high_G0: float) -> float:
    return plateau_length_m(trace, low_G0, high_G0) * 1e9


def _end(trace: Trace, last: bool) -> float:
    finite = trace.conductance_G0[np.isfinite(trace.conductance_G0)]
    part = finite[-ENDS:] if last else finite[:ENDS]
    return float(np.median(part)) if part.size else float("nan")


def _opening(trace: Trace) -> float:
    return {"opening": 1.0, "closing": 0.0}.get(direction_of(trace), float("nan"))


RANGES: Mapping[str, Quantity] = {"samples": _samples, "length_nm": _length_nm}
"""Quantities of a range of conductance."""

VALUES: Mapping[str, Quantity] = {
    "number": lambda trace: float(trace.number),
    "start": lambda trace: _end(trace, last=False),
    "end": lambda trace: _end(trace, last=True),
    "opening": _opening,
}
"""Quantities of a whole trace."""


@dataclass(frozen=True)
class Condition:
    """Condition on a trace.

    Parameters
    ----------
    text : str

    Raises
    ------
    StatisticError
        If it cannot be understood.
    """

    text: str

    def __post_init__(self) -> None:
        self._check(self._tree)

    @cached_property
    def _tree(self) -> ast.expr:
        try:
            return ast.parse(self.text.strip(), mode="eval").body
        except SyntaxError:
            raise StatisticError(f"the condition {self.text!r} cannot be understood; {_HELP}") from None

    def holds(self, trace: Trace) -> bool:
        """Return True if the condition holds; a comparison with an unknown quantity does not."""
        return bool(_value(self._tree, trace))

    @property
    def ranges_G0(self) -> tuple[tuple[float, float], ...]:
        """Ranges of conductance that the condition is on: a peak there is made by the condition."""
        calls = [node for node in ast.walk(self._tree) if isinstance(node, ast.Call)]
        ranges = (tuple(float(_value(argument, None)) for argument in call.args) for call in calls)
        return tuple((low, high) for low, high in ranges)

    def _check(self, node: ast.expr) -> None:
        match node:
            case ast.BoolOp(values=parts):
                for part in parts:
                    self._check(part)
            case ast.UnaryOp(op=ast.Not(), operand=part):
                self._check(part)
            case ast.Compare(left=left, ops=operators, comparators=others):
                if not all(type(each) in _COMPARISONS for each in operators):
                    raise StatisticError(f"{self.text!r}: compare with <, <=, > or >=")
                for part in (left, *others):
                    self._check_quantity(part)
            case _:
                raise StatisticError(f"the condition {self.text!r} cannot be understood; {_HELP}")

    def _check_quantity(self, node: ast.expr) -> None:
        match node:
            case ast.Constant(value=int() | float()):
                return
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float())):
                return
            case ast.Name(id=name) if name in VALUES:
                return
            case ast.Call(func=ast.Name(id=name), args=[low, high], keywords=[]) if name in RANGES:
                self._check_quantity(low)
                self._check_quantity(high)
                return
        raise StatisticError(f"{self.text!r}: {ast.unparse(node)!r} is no quantity of a trace; {_HELP}")


def _value(node: ast.expr, trace: Any) -> Any:
    match node:
        case ast.BoolOp(op=ast.And(), values=parts):
            return all(_value(part, trace) for part in parts)
        case ast.BoolOp(values=parts):
            return any(_value(part, trace) for part in parts)
        case ast.UnaryOp(op=ast.Not(), operand=part):
            return not _value(part, trace)
        case ast.UnaryOp(operand=part):
            return -_value(part, trace)
        case ast.Compare(left=left, ops=operators, comparators=others):
            values = [_value(part, trace) for part in (left, *others)]
            pairs = zip(values, operators, values[1:], strict=False)
            return all(_COMPARISONS[type(sign)](low, high) for low, sign, high in pairs)
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return RANGES[name](trace, *(_value(argument, trace) for argument in arguments))
        case ast.Name(id=name):
            return VALUES[name](trace)
        case ast.Constant(value=value):
            return value
    raise AssertionError(node)


_HELP = (
    "write, for example, 'samples(1.5, 2.0) >= 50 and number < 100' with the quantities "
    f"{', '.join([*(f'{name}(low, high)' for name in RANGES), *VALUES])}"
)
