"""Kinds of transmission by name, and their conversion to plain data for a file and back.

A kind is a dataclass; a file holds its name and its fields. Arrays become lists, complex ones two lists.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from analysis import json_data
from analysis.registry import Registry
from analysis.transport.transmission import Transmission

T = TypeVar("T")

TRANSMISSIONS: Registry[type[Any]] = Registry(
    "kind of transmission",
    {
        "flat": ("analysis.transport.transmission:FlatTransmission", "Constant transmission"),
        "levels": ("analysis.transport.transmission:LevelTransmission", "Landauer level"),
        "table": ("analysis.transport.table:TableTransmission", "Tabulated transmission"),
        "huckel": ("analysis.transport.huckel:HuckelTransmission", "Hueckel molecule"),
    },
)
"""Dataclass of each kind, with a noun for messages."""


def register(name: str, noun: str) -> Callable[[type[T]], type[T]]:
    """Return a class decorator that makes a dataclass a kind of transmission.

    Parameters
    ----------
    name : str
        Name in files, such as "levels".
    noun : str
        Noun for messages, such as "Constant transmission".

    Raises
    ------
    NameTaken
        If another class has this name.
    """

    def registered(transmission: type[T]) -> type[T]:
        TRANSMISSIONS.register(name, transmission, noun)
        return transmission

    return registered


def kind_of(transmission: Transmission) -> str:
    """Return the kind of a transmission. Raises ``ValueError`` for one that is not registered."""
    found = next((name for name in TRANSMISSIONS if type(transmission) is TRANSMISSIONS[name]), None)
    if found is None:
        raise ValueError(
            f"a transmission of the type {type(transmission).__name__} cannot be saved: it is not registered in "
            "analysis.transport.kinds"
        )
    return found


def to_json(transmission: Transmission) -> dict[str, Any]:
    """Convert a transmission to plain data. Raises ``ValueError`` for one that is not registered."""
    return {"kind": kind_of(transmission), **json_data.to_json(transmission)}


def from_json(content: Mapping[str, Any]) -> Transmission:
    """Build a transmission from the data of `to_json`.

    Raises
    ------
    ValueError
        For a kind that is not registered, or data that `to_json` did not write.
    """
    before_kinds = "levels" if "levels" in content else "flat"
    name = content.get("kind", before_kinds)
    if name not in TRANSMISSIONS:
        raise ValueError(
            f"its kind of transmission, {name!r}, is unknown here: load the plug-in that defines it"
        )
    transmission: Transmission = json_data.from_json(content, TRANSMISSIONS[name])
    return transmission
