"""Registry of the kinds of transmission, and their conversion to plain data for a file and back.

A kind is a dataclass; a file holds its name and its fields. Arrays become lists, complex ones two lists.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, get_args, get_origin

import numpy as np
from cattrs import Converter

from analysis.transport.huckel import HuckelTransmission
from analysis.transport.table import TableTransmission
from analysis.transport.transmission import FlatTransmission, LevelTransmission, Transmission

T = TypeVar("T")


@dataclass(frozen=True)
class Kind:
    """A kind of transmission: its name in files, its dataclass, and a noun for messages."""

    name: str
    transmission: type[Any]
    label: str


_KINDS: dict[str, Kind] = {}


def register(name: str, label: str) -> Callable[[type[T]], type[T]]:
    """Return a class decorator that makes a dataclass a kind of transmission.

    Parameters
    ----------
    name : str
        Name in files, such as "levels".
    label : str
        Noun for messages, such as "Constant transmission".

    Raises
    ------
    ValueError
        If another class has this name.
    """

    def registered(transmission: type[T]) -> type[T]:
        if name in _KINDS:
            raise ValueError(f"there is a kind of transmission {name!r} already; choose another name")
        _KINDS[name] = Kind(name, transmission, label)
        return transmission

    return registered


register("flat", "Constant transmission")(FlatTransmission)
register("levels", "Landauer level")(LevelTransmission)
register("table", "Tabulated transmission")(TableTransmission)
register("huckel", "Hueckel molecule")(HuckelTransmission)


def kind_of(transmission: Transmission) -> Kind:
    """Return the kind of a transmission. Raises ``ValueError`` for one that is not registered."""
    found = next((kind for kind in _KINDS.values() if type(transmission) is kind.transmission), None)
    if found is None:
        raise ValueError(
            f"a transmission of the type {type(transmission).__name__} cannot be saved: it is not registered in "
            "analysis.transport.kinds"
        )
    return found


def to_json(transmission: Transmission) -> dict[str, Any]:
    """Convert a transmission to plain data. Raises ``ValueError`` for one that is not registered."""
    content: dict[str, Any] = _converter.unstructure(transmission)
    return {"kind": kind_of(transmission).name, **content}


def from_json(content: Mapping[str, Any]) -> Transmission:
    """Build a transmission from the data of `to_json`.

    Raises
    ------
    ValueError
        For a kind that is not registered.
    KeyError, TypeError
        For data that `to_json` did not write.
    """
    before_kinds = "levels" if "levels" in content else "flat"
    name = content.get("kind", before_kinds)
    if name not in _KINDS:
        raise ValueError(
            f"its kind of transmission, {name!r}, is unknown here: load the plug-in that defines it"
        )
    transmission: Transmission = _converter.structure(content, _KINDS[name].transmission)
    return transmission


def _is_array(annotation: Any) -> bool:
    alternatives = (
        (annotation,) if get_origin(annotation) is np.ndarray else get_args(annotation) or (annotation,)
    )
    return all(get_origin(x) is np.ndarray for x in alternatives)


def _array_to_json(array: Any) -> Any:
    array = np.asarray(array)
    if np.iscomplexobj(array):
        return {"real": array.real.tolist(), "imaginary": array.imag.tolist()}
    return array.tolist()


def _array_from_json(content: Any, _: Any) -> Any:
    if isinstance(content, Mapping):
        return np.array(content["real"]) + 1j * np.array(content["imaginary"])
    return np.array(content, dtype=np.float64)


_converter = Converter(detailed_validation=False)
_converter.register_unstructure_hook_func(_is_array, _array_to_json)
_converter.register_structure_hook_func(_is_array, _array_from_json)
