"""Registry of the formats that can be imported."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from analysis.importers.imported import Piece
from analysis.registry import Registry


@dataclass(frozen=True)
class Importer:
    """A format of files.

    Parameters
    ----------
    name : str
        Name of the format, for ``--kind``.
    read : callable
        From a path to the pieces in the file. Imports its library when it is called. Raises `ForeignFile`.
    suffixes : tuple of str
        In lower case, with the dot.
    recognises : callable, optional
        For a format that shares a suffix with others: returns True for a file of this one.
    """

    name: str
    read: Callable[[Path], list[Piece]]
    suffixes: tuple[str, ...]
    recognises: Callable[[Path], bool] | None = None


IMPORTERS: Registry[Importer] = Registry(
    "format",
    {
        name: (f"analysis.importers.{module}:IMPORTER", "")
        for name, module in {"igor": "igor", "csv": "csv_rows", "tdms": "tdms", "text": "text"}.items()
    },
)


def register(importer: Importer) -> Importer:
    """Add a format. Raises ``NameTaken`` if another one has its name."""
    IMPORTERS.register(importer.name, importer)
    return importer


def importers() -> list[Importer]:
    """Return every format."""
    return [IMPORTERS[name] for name in IMPORTERS]
