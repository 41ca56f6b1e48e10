"""Every key of the files that a user writes: which there are, and other values that they could have."""

import copy
import importlib
import json
import pkgutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

import app
from app.config.toml import Section

SCRIPTS = "__main__", "worker_start"
"""Modules that act when they are imported."""

Place = tuple[str | int, ...]
"""Keys and numbers that lead to a section."""


def sections() -> set[type[Section]]:
    """Classes of all sections of all files, found by importing the application."""
    for module in pkgutil.walk_packages(app.__path__, "app."):
        if not module.name.startswith("app.gui") and not module.name.endswith(SCRIPTS):
            importlib.import_module(module.name)
    return {x for x in subclasses(Section) if x.__module__.startswith("app.")}


def subclasses(base: type[Any]) -> set[type[Any]]:
    """Classes derived from another, at any distance."""
    found = set(base.__subclasses__())
    return found.union(*(subclasses(child) for child in found))


def others(section: type[Section], name: str, present: Any) -> Iterator[Any]:
    """Values that a key could have in place of the one it has, or of none; within its bounds where these are known."""
    field = section.model_fields[name]
    as_if = field.default if present is None else present
    number = float(as_if) if isinstance(as_if, (int, float)) else 1.0
    for kind in _kinds(field.annotation):
        if get_origin(kind) is Literal:
            yield from (x for x in get_args(kind) if x != as_if)
        elif kind is bool and field.default is None:
            yield True
        elif kind is int:
            yield _within(field.metadata, int(number) + 1)
        elif kind in (float, Any):
            yield _within(field.metadata, 0.9 * (number or 0.7))
            if kind is Any:
                yield [0.11, 0.22]
        elif kind in (str, Path):
            yield f"{as_if or ''}x"
        elif get_origin(kind) is dict:
            yield {"another": 0.5}
        elif get_origin(kind) is list and get_args(kind) == (int,):
            yield [x + 1 for x in as_if] if isinstance(as_if, list) else [int(number) + 2]
        elif get_origin(kind) is list and get_origin(get_args(kind)[0]) is tuple:
            yield [[1, 2], [1, 3]]


def _kinds(annotation: Any) -> list[Any]:
    """Alternatives of an annotation without None."""
    if get_origin(annotation) is Literal or not get_args(annotation):
        return [annotation] if annotation is not type(None) else []
    if get_origin(annotation) in (list, tuple, dict):
        return [annotation]
    return [kind for x in get_args(annotation) for kind in _kinds(x)]


def _within(bounds: list[Any], value: float) -> float:
    """The value, or one between its bounds."""
    low = next((x for b in bounds for key in ("gt", "ge") if (x := getattr(b, key, None)) is not None), None)
    high = next((x for b in bounds for key in ("lt", "le") if (x := getattr(b, key, None)) is not None), None)
    inside = (low is None or value > low) and (high is None or value < high)
    if inside:
        return value
    if low is not None and high is not None:
        return low + 0.4 * (high - low)
    return low + 1.0 if low is not None else high - 1.0


@contextmanager
def reads(base: type[BaseModel]) -> Iterator[set[tuple[type[BaseModel], str]]]:
    """Fields of sections that any code reads meanwhile, other than the checks of the sections themselves."""
    seen: set[tuple[type[BaseModel], str]] = set()
    again: set[tuple[type[BaseModel], str]] = set()
    plain = base.__getattribute__

    def noted(self: BaseModel, name: str) -> Any:
        kind = type(self)
        if (kind, name) in again:  # nothing new, and simulators read theirs thousands of times a second
            return plain(self, name)
        if name in kind.__pydantic_fields__ and not _checking(kind, sys._getframe(1)):
            again.add((kind, name))
            seen.add(
                (
                    next(x for x in reversed(kind.__mro__) if name in getattr(x, "__pydantic_fields__", ())),
                    name,
                )
            )
        return plain(self, name)

    base.__getattribute__ = noted  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        del base.__getattribute__


def _checking(kind: type[BaseModel], frame: FrameType | None) -> bool:
    """Return True within a validator of the section, or within pydantic."""
    checks = {*kind.__pydantic_decorators__.model_validators, *kind.__pydantic_decorators__.field_validators}
    for _ in range(2):  # a comprehension has a frame of its own
        if frame is None:
            return False
        if frame.f_code.co_name in checks or str(frame.f_globals.get("__name__")).startswith("pydantic"):
            return True
        frame = frame.f_back
    return False


def fields(kinds: Iterable[type[BaseModel]]) -> set[tuple[type[BaseModel], str]]:
    """All fields of sections, each of the class that declares it."""
    return {
        (next(x for x in reversed(kind.__mro__) if name in getattr(x, "__pydantic_fields__", ())), name)
        for kind in kinds
        for name in kind.__pydantic_fields__
    }


def changed(content: dict[str, Any], place: Place, key: str, value: Any) -> dict[str, Any]:
    found = copy.deepcopy(content)
    at: Any = found
    for part in place:
        at = at[part] if isinstance(part, int) else at.setdefault(part, {})
    at[key] = value
    return found


def toml(content: dict[str, Any]) -> str:
    """Keys in JSON's notation, which TOML reads for numbers, words and lists; tables inline."""
    return "\n".join(f"{key} = {_inline(value)}" for key, value in content.items())


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_inline(x)}" for key, x in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return json.dumps(value)
