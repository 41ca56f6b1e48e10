"""Registry of the formats that can be imported."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from analysis.importers.imported import Piece
from analysis.importers.options import Layout
from analysis.registry import Registry


@dataclass(frozen=True)
class Importer:
    """A format of files.

    Parameters
    ----------
    name : str
        Name of the format, for ``--kind``.
    read : callable
        From a path and the `Layout` that the user states to the pieces in the file, in order. Imports its library
        when it is called. Raises `ForeignFile`.
    suffixes : tuple of str
        In lower case, with the dot.
    recognises : callable, optional
        For a format that shares a suffix with others: returns True for a file of this one.
    """

    name: str
    read: Callable[[Path, Layout], Iterable[Piece]]
    suffixes: tuple[str, ...]
    recognises: Callable[[Path], bool] | None = None


_MODULES = {
    "igor": "igor_wave",
    "igor-experiment": "igor_experiment",
    "igor-text": "igor_text",
    "oscilloscope": "oscilloscope",
    "csv": "rows",
    "tdms": "tdms",
    "lvm": "lvm",
    "matlab": "matlab",
    "nanonis": "nanonis",
    "text": "text",
}

IMPORTERS: Registry[Importer] = Registry(
    "format",
    {name: (f"analysis.importers.formats.{module}:IMPORTER", "") for name, module in _MODULES.items()},
)


def register(importer: Importer) -> Importer:
    """Add a format. Raises ``NameTaken`` if another one has its name."""
    IMPORTERS.register(importer.name, importer)
    return importer


def importers() -> list[Importer]:
    """Return every format."""
    return [IMPORTERS[name] for name in IMPORTERS]
