"""JSON of records: one conversion to plain data and back, for files, reports and messages.

Numbers that are not finite become null, and null is NaN where a number is expected. Arrays become lists, complex ones
two lists; dates have their ISO form, and members of enumerations their value.
"""

import math
from collections.abc import Callable, Mapping, Sequence, Set
from datetime import date, time
from enum import Enum
from typing import Any, TypeVar, get_args, get_origin

import numpy as np
from cattrs import Converter, transform_error
from cattrs.errors import BaseValidationError

T = TypeVar("T")


class InvalidContent(ValueError):
    """Data that are not those of the record. The text names the first entry that is wrong."""


def to_json(record: Any) -> Any:
    """Convert a record, or lists and mappings of them, to data for JSON.

    Raises
    ------
    TypeError
        For a value that JSON cannot hold.
    """
    return CONVERTER.unstructure(record)


def from_json(content: Any, kind: type[T]) -> T:
    """Build a record of plain data. Entries that the record does not have, as of a later version, are ignored.

    Parameters
    ----------
    content : object
        Data as of `to_json`.
    kind : type
        A dataclass, a ``TypedDict``, or a type that one may contain.

    Raises
    ------
    InvalidContent
        For data of any other form.
    """
    try:
        return CONVERTER.structure(content, kind)
    except BaseValidationError as error:
        reason, _, entry = transform_error(error, path="", format_exception=_reason)[0].rpartition(" @ ")
        raise InvalidContent(": ".join(filter(None, [entry.lstrip("."), reason]))) from None
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        raise InvalidContent(_reason(error, kind)) from None


def converter(infinity: Callable[[float], str | None]) -> Converter:
    """Return a converter of records to plain data and back.

    Parameters
    ----------
    infinity : callable
        Function from an infinite number to its JSON.
    """
    made = Converter(
        unstruct_collection_overrides={Mapping: dict, Sequence: list, Set: list},
        unstructure_fallback_factory=lambda kind: (
            _fallback(kind) if isinstance(kind, type) else made.unstructure
        ),
    )

    def number(value: Any) -> Any:
        if not isinstance(value, float) or math.isfinite(value):
            return float(value) if isinstance(value, float) else value
        return None if math.isnan(value) else infinity(value)

    def array(values: Any) -> Any:
        values = np.asarray(values)
        if np.iscomplexobj(values):
            return {"real": values.real.tolist(), "imaginary": values.imag.tolist()}
        return made.unstructure(values.tolist())

    def by_number(content: Any, kind: Any) -> Any:
        return {int(key): made.structure(value, get_args(kind)[1]) for key, value in content.items()}

    made.register_unstructure_hook(float, number)
    made.register_unstructure_hook(np.generic, lambda value: made.unstructure(value.item()))
    made.register_unstructure_hook_func(_is_array, array)
    made.register_unstructure_hook(bytes, _refuse)
    for moment in (date, time):
        made.register_unstructure_hook(moment, lambda value: value.isoformat())
    made.register_structure_hook_func(_is_array, _array)
    made.register_structure_hook_func(_is_by_number, by_number)
    for plain in (bool, int, str, Enum):
        made.register_structure_hook(plain, _exactly)
    made.register_structure_hook(float, _float)
    return made


def _fallback(kind: type) -> Callable[[Any], Any]:
    """Return the conversion for a class without a rule of its own: JSON itself has whole numbers and null."""
    return (lambda value: value) if issubclass(kind, (int, type(None))) else _refuse


def _refuse(value: Any) -> Any:
    raise TypeError(f"JSON cannot hold {value!r}")


def _is_array(annotation: Any) -> bool:
    alternatives = (
        (annotation,) if get_origin(annotation) is np.ndarray else get_args(annotation) or (annotation,)
    )
    return all(np.ndarray in (x, get_origin(x)) for x in alternatives)


def _is_by_number(annotation: Any) -> bool:
    """Return True for a mapping from whole numbers, which are texts in JSON."""
    return get_origin(annotation) in (dict, Mapping) and get_args(annotation)[0] is int


def _array(content: Any, _: Any) -> Any:
    if isinstance(content, Mapping):
        return np.array(content["real"]) + 1j * np.array(content["imaginary"])
    return np.asarray(content, dtype=np.float64)


def _exactly(content: Any, kind: type[T]) -> T:
    if issubclass(kind, Enum):  # some are texts, too
        values = [member.value for member in kind]
        if content not in values:
            raise TypeError(f"is {content!r}, not one of {', '.join(map(str, values))}")
        return kind(content)
    if type(content) is not kind:
        raise TypeError(f"is {content!r}, not {_NOUNS[kind]}")
    return content


def _float(content: Any, _: Any) -> float:
    if content is None:
        return math.nan
    if isinstance(content, bool) or not (isinstance(content, (int, float)) or content in ("inf", "-inf")):
        raise TypeError(f"is {content!r}, not a number")
    return float(content)


_NOUNS = {bool: "true or false", int: "a whole number", str: "a text"}


def _reason(error: BaseException, _: Any) -> str:
    if isinstance(error, KeyError):
        return "is missing"
    return str(error) or type(error).__name__


CONVERTER = converter(infinity=lambda value: None)
