"""Recordings of the user's catalogue, whatever their folders, as rows like those of a folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.replay.library import LibraryRow

if TYPE_CHECKING:
    from app.catalogue.database import Found


class CataloguedRecordings:
    """Recordings of the catalogue whose files are there; as `Library` is used.

    Parameters
    ----------
    file : Path, optional
        Catalogue; by default the user's.
    """

    def __init__(self, file: Path | None = None) -> None:
        from app.catalogue.database import usual_catalogue

        self.folder = file or usual_catalogue()
        self.rows: tuple[LibraryRow, ...] = ()

    def refresh(self) -> tuple[LibraryRow, ...]:
        """Read the catalogue; return all rows, the latest recording first.

        Raises
        ------
        CatalogueError
            If the catalogue cannot be read.
        """
        from app.catalogue.database import Catalogue, Query

        found = Catalogue(self.folder).search(Query())
        rows = ((each, next((path for path in each.paths if path.is_file()), None)) for each in found)
        self.rows = tuple(_row(each, path) for each, path in rows if path is not None)
        return self.rows

    def matching(self, text: str) -> tuple[LibraryRow, ...]:
        """Return the rows that contain all words of a text, in any order and ignoring case."""
        words = text.casefold().split()
        return tuple(row for row in self.rows if row.holds_words(words))

    def path(self, row: LibraryRow) -> Path:
        """Return the path of a row's recording."""
        return Path(row.file)


def _row(found: "Found", path: Path) -> LibraryRow:
    entry: Mapping[str, Any] = found.entry
    notes = " ".join(filter(None, (entry["tip"] and f"tip {entry['tip']}", entry["notes"])))
    return LibraryRow(
        str(path),
        sample=entry["molecule"],
        procedure=entry["procedure"],
        title=entry["title"],
        notes=notes,
        started=entry["started"],
        duration_s=entry["duration_s"],
        status=entry["status"],
        result=entry["result"],
    )
