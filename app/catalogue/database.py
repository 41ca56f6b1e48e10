"""The catalogue as a SQLite file, which several windows may read and change at once.

A recording is known by the SHA-256 of its content, so that a file that was moved or renamed keeps its entry, and one
that was changed gets a new one. Nothing is in the catalogue that is not in the files: delete it, and add them again.
"""

import json
import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

from app.catalogue.entry import Entry

VARIABLE = "HOTJUNCTION_CATALOGUE"
"""Environment variable with the path of the catalogue, such as one that a lab shares."""

_WAIT_S = 30.0
_AT_ONCE = 200  # files that are taken in by one write

_TABLES = """
CREATE TABLE IF NOT EXISTS recordings (
    sha256 TEXT PRIMARY KEY, started TEXT NOT NULL, kind TEXT NOT NULL, procedure TEXT NOT NULL, molecule TEXT NOT NULL,
    tip TEXT NOT NULL, rig TEXT NOT NULL, words TEXT NOT NULL, entry TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS numbers (sha256 TEXT NOT NULL, name TEXT NOT NULL, value REAL NOT NULL);
CREATE INDEX IF NOT EXISTS numbers_of ON numbers (sha256, name);
CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, sha256 TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS files_of ON files (sha256);
"""


class CatalogueError(Exception):
    """A catalogue that can't be read or written. The message is one sentence."""


@dataclass(frozen=True)
class Found:
    """A recording of the catalogue: hash of its content, its files, and its entry as JSON."""

    sha256: str
    paths: tuple[Path, ...]
    entry: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Return the content for JSON."""
        return {"sha256": self.sha256, "paths": [str(path) for path in self.paths], **self.entry}


@dataclass(frozen=True)
class Query:
    """Conditions of a search, all of which must hold.

    Parameters
    ----------
    words : tuple of str
        Each must occur in sample, tip, rig, procedure, title, notes, parameters or result.
    molecule, tip, procedure : str
        Parts of these names, in upper or lower case.
    since, until : str
        ISO dates; days at the end are included.
    ranges : mapping of str to (float, float)
        Ranges in which a number of that name lies, in its unit.
    """

    words: tuple[str, ...] = ()
    molecule: str = ""
    tip: str = ""
    procedure: str = ""
    since: str = ""
    until: str = ""
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def condition(self) -> tuple[str, list[Any]]:
        """Return the condition in SQL, and its values."""
        terms: list[str] = []
        values: list[Any] = []
        for word in self.words:
            terms.append("instr(words, ?) > 0")
            values.append(word.casefold())
        for name in ("molecule", "tip", "procedure"):
            if part := getattr(self, name):
                terms.append(f"instr(folded({name}), ?) > 0")
                values.append(part.casefold())
        if self.since:
            terms.append("started >= ?")
            values.append(self.since)
        if self.until:
            terms.append("substr(started, 1, 10) <= ? AND started != ''")
            values.append(self.until)
        for name, limits in self.ranges.items():
            terms.append(
                "EXISTS (SELECT 1 FROM numbers WHERE numbers.sha256 = recordings.sha256 AND name = ? "
                "AND value >= ? AND value <= ?)"
            )
            values += [name, *limits]
        return " AND ".join(terms) or "1", values


def usual_catalogue() -> Path:
    """Return the path of the user's catalogue."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else user_data_path("hotjunction", appauthor=False) / "catalogue.sqlite"


class Catalogue:
    """Recordings of a lab.

    Parameters
    ----------
    path : Path
        The file; made if it does not exist.

    Raises
    ------
    CatalogueError
        If it can't be made, or another program wrote it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CatalogueError(f"{path}: can't be made ({error.strerror}).") from None
        with self._opened() as database:
            database.executescript(_TABLES)

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """Open the file for one look or one change, which is made as a whole or not at all."""
        try:
            database = sqlite3.connect(self.path, timeout=_WAIT_S)
            try:
                database.create_function("folded", 1, str.casefold, deterministic=True)
                with database:
                    yield database
            finally:
                database.close()
        except sqlite3.OperationalError as error:  # read-only, locked, or no room; its content may be sound
            raise CatalogueError(
                f"{self.path}: the catalogue can't be opened or written ({error}); name another with --catalogue."
            ) from None
        except sqlite3.Error as error:
            raise CatalogueError(
                f"{self.path}: the catalogue can't be used ({error}). It holds nothing that is not in the recordings: "
                "delete it, and add their folders again."
            ) from None

    def put(self, path: Path, sha256: str, entry: Entry) -> None:
        """Take a file in, or again; files of the same content that no longer exist are taken out."""
        self.put_all([(path, sha256, entry)])

    def put_all(self, files: Sequence[tuple[Path, str, Entry]]) -> None:
        """Take many files in, as `put` does each, in few writes: each waits for the disk."""
        for first in range(0, len(files), _AT_ONCE):
            some = files[first : first + _AT_ONCE]
            known = self._paths({sha256 for _, sha256, _ in some})
            gone = {sha256: [p for p in paths if not p.exists()] for sha256, paths in known.items()}
            with self._opened() as database:
                database.execute("BEGIN IMMEDIATE")
                for path, sha256, entry in some:
                    self._put(database, path, sha256, entry, gone.get(sha256, []))

    def _put(
        self, database: sqlite3.Connection, path: Path, sha256: str, entry: Entry, gone: Sequence[Path]
    ) -> None:
        where = str(path.absolute())
        before = database.execute("SELECT sha256 FROM files WHERE path = ?", (where,)).fetchall()
        database.executemany("DELETE FROM files WHERE path = ?", [(str(old),) for old in gone])
        database.execute("INSERT OR REPLACE INTO files VALUES (?, ?)", (where, sha256))
        self._write(database, sha256, entry)
        for (old,) in before:
            _forget_without_files(database, old)

    def _write(self, database: sqlite3.Connection, sha256: str, entry: Entry) -> None:
        fields = (
            entry.started,
            entry.kind,
            entry.procedure,
            entry.molecule,
            entry.tip,
            entry.rig,
            entry.words,
        )
        database.execute(
            "INSERT OR REPLACE INTO recordings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (sha256, *fields, json.dumps(entry.to_json(), ensure_ascii=False)),
        )
        database.execute("DELETE FROM numbers WHERE sha256 = ?", (sha256,))
        values = [
            (sha256, number.name, number.value) for number in entry.numbers if number.value == number.value
        ]
        database.executemany("INSERT INTO numbers VALUES (?, ?, ?)", values)

    def _paths(self, wanted: Collection[str]) -> dict[str, list[Path]]:
        """Return the files of each content."""
        with self._opened() as database:
            rows = database.execute("SELECT sha256, path FROM files ORDER BY path").fetchall()
        paths: dict[str, list[Path]] = {sha256: [] for sha256 in wanted}
        for sha256, path in rows:
            if sha256 in paths:
                paths[sha256].append(Path(path))
        return paths

    def forget(self, paths: Iterable[Path]) -> None:
        """Take files out, and recordings that have no file left."""
        with self._opened() as database:
            database.execute("BEGIN IMMEDIATE")
            for path in paths:
                rows = database.execute("SELECT sha256 FROM files WHERE path = ?", (str(path),)).fetchall()
                database.execute("DELETE FROM files WHERE path = ?", (str(path),))
                for (sha256,) in rows:
                    _forget_without_files(database, sha256)

    def paths_under(self, folder: Path) -> list[Path]:
        """Return the files of the catalogue in a folder and the folders in it."""
        with self._opened() as database:
            rows = database.execute("SELECT path FROM files ORDER BY path").fetchall()
        return [path for (text,) in rows if (path := Path(text)).is_relative_to(folder.absolute())]

    def search(self, query: Query) -> list[Found]:
        """Return the recordings that fulfil all conditions, the newest first."""
        condition, values = query.condition()
        with self._opened() as database:
            rows = database.execute(
                f"SELECT sha256, entry FROM recordings WHERE {condition} ORDER BY started DESC, sha256",
                values,
            ).fetchall()
        paths = self._paths([sha256 for sha256, _ in rows])
        return [Found(sha256, tuple(paths[sha256]), json.loads(entry)) for sha256, entry in rows]

    def show(self, name: str) -> list[Found]:
        """Return the recordings of a path, of a file name, or of the beginning of a hash."""
        with self._opened() as database:
            rows = database.execute("SELECT path, sha256 FROM files").fetchall()
        wanted = Path(name)
        matching = {sha for path, sha in rows if Path(path) == wanted.absolute() or Path(path).name == name}
        matching |= {sha for _, sha in rows if len(name) >= 6 and sha.startswith(name.lower())}
        return [each for each in self.search(Query()) if each.sha256 in matching]


def _forget_without_files(database: sqlite3.Connection, sha256: str) -> None:
    if not database.execute("SELECT 1 FROM files WHERE sha256 = ?", (sha256,)).fetchone():
        for table in ("recordings", "numbers"):
            database.execute(f"DELETE FROM {table} WHERE sha256 = ?", (sha256,))
