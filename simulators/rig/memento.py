"""State of simulated objects, to which they can be set back: random numbers, filters, junction, instruments."""

from collections.abc import Callable, Iterator
from enum import Enum
from functools import partial
from types import FunctionType, GeneratorType, MethodType
from typing import Any, Protocol

import numpy as np

from simulators.parameters import Parameters, ParameterSection

OURS = "simulators."
CONSTANT = (ParameterSection, Parameters, Enum, tuple)

Restore = Callable[[], None]


class Remembers(Protocol):
    """Object that knows how to return to its present state."""

    def memento(self) -> Restore:
        """Return a function that restores the present state."""


class Memento:
    """Present state of some objects and of all of ours that they reach, closures and bound methods included.

    Attributes, lists, dictionaries and random generators are set back in place, so that every reference to them stays
    valid. Arrays are taken to be constant: who changes a state held in an array replaces the array.

    Parameters
    ----------
    roots : object
        Where to start.

    Raises
    ------
    TypeError
        For a generator function's iterator, whose state can't be read.
    """

    def __init__(self, *roots: Any) -> None:
        self._restores: list[Restore] = []
        seen: set[int] = set()
        waiting = list(roots)
        while waiting:
            one = waiting.pop()
            if id(one) in seen:
                continue
            seen.add(id(one))
            restore, reached = _KINDS[type(one)](one)
            if restore is not None:
                self._restores.append(restore)
            waiting.extend([each for each in reached if _KINDS[type(each)] is not _constant])

    def restore(self) -> None:
        """Set everything back."""
        for restore in self._restores:
            restore()


Kind = Callable[[Any], tuple[Restore | None, Any]]


def _constant(one: Any) -> tuple[None, tuple[()]]:
    return None, ()


def _object(one: Any) -> tuple[Restore, Any]:
    attributes = vars(one)
    return _dictionary(attributes)


def _dictionary(one: dict[Any, Any]) -> tuple[Restore, Any]:
    kept = one.copy()

    def restore() -> None:
        one.clear()
        one.update(kept)

    return restore, kept.values()


def _list(one: list[Any]) -> tuple[Restore, Any]:
    kept = one.copy()

    def restore() -> None:
        one[:] = kept

    return restore, kept


def _tuple(one: tuple[Any, ...]) -> tuple[None, Any]:
    return None, one


def _generator(one: np.random.Generator) -> tuple[Restore, tuple[()]]:
    source, state = one.bit_generator, one.bit_generator.state

    def restore() -> None:
        source.state = state

    return restore, ()


def _function(one: FunctionType) -> tuple[None, Any]:
    return None, [cell.cell_contents for cell in one.__closure__ or ()]


def _method(one: MethodType) -> tuple[None, Any]:
    return None, (one.__self__,)


def _partial(one: "partial[Any]") -> tuple[None, Any]:
    return None, (one.func, *one.args)


def _own(one: Remembers) -> tuple[Restore, tuple[()]]:
    return one.memento(), ()


def _unreadable(one: Iterator[Any]) -> Any:
    raise TypeError(f"the state of {one!r} can't be read; let a class with attributes do its work")


class _Kinds(dict[type, Kind]):
    """Rule by which the objects of a class are remembered; those that are not ours are constant."""

    def __missing__(self, cls: type) -> Kind:
        if not is_ours(cls) or issubclass(cls, CONSTANT):
            self[cls] = _constant
        else:
            self[cls] = _own if hasattr(cls, "memento") else _object
        return self[cls]


_KINDS = _Kinds(
    {
        dict: _dictionary,
        list: _list,
        tuple: _tuple,
        np.random.Generator: _generator,
        FunctionType: _function,
        MethodType: _method,
        partial: _partial,
        GeneratorType: _unreadable,
    }
)


def is_ours(cls: type) -> bool:
    """Return True for a class whose states a `Memento` knows."""
    return cls.__module__.startswith(OURS)
