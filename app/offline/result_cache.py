"""Results of single recordings, kept from one analysis to the next, so that only what changed is read again.

A result is found by the SHA-256 of the recording's content, the options and the version of the program. The cache is a
SQLite file that several windows may use at once. Nothing depends on it: where it can't be used, everything is read.
"""

import hashlib
import logging
import os
import pickle
import sqlite3
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from app.offline.code_version import code_version
from app.offline.identity import Stamp

log = logging.getLogger(__name__)

VARIABLE = "HOTJUNCTION_CACHE"
"""Environment variable with the folder of the cache, in place of the user's own."""

LARGEST = 2 << 30
"""Bytes above which the results that were not used for longest are removed."""

_WAIT_S = 20.0
_SETTLED_NS = (
    3_000_000_000  # a file that was changed more recently may change again within its own time stamp
)

_TABLES = """
CREATE TABLE IF NOT EXISTS results (
    key TEXT PRIMARY KEY, used REAL NOT NULL, size INTEGER NOT NULL, content BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS stamps (path TEXT PRIMARY KEY, stamp TEXT NOT NULL, sha256 TEXT NOT NULL);
"""


def usual_path() -> Path:
    """Return the path of the user's cache."""
    folder = os.environ.get(VARIABLE)
    return (Path(folder) if folder else user_cache_path("hotjunction", appauthor=False)) / "results.sqlite"


class NoCache:
    """Cache that holds nothing."""

    def sha256(self, path: Path) -> str:
        """Return ""."""
        return ""

    def remember(self, path: Path, stamp: Stamp, sha256: str) -> None:
        """Do nothing."""

    def get(self, sha256: str, options: str) -> Any:
        """Return None."""
        return None

    def put(self, sha256: str, options: str, result: Any) -> None:
        """Do nothing."""

    def trim(self) -> None:
        """Do nothing."""


class ResultCache(NoCache):
    """Results of single recordings in a file.

    Parameters
    ----------
    path : Path
        The file; made if it does not exist.
    largest : int
        Bytes of results that are kept.
    """

    def __init__(self, path: Path, largest: int = LARGEST) -> None:
        self._path, self._largest = path, largest
        self._usable = self._made()

    def _made(self) -> bool:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not _is_mine(self._path.parent):
                log.warning("%s belongs to another user; no results are kept", self._path.parent)
                return False
            with self._opened() as database:
                database.executescript(_TABLES)
        except sqlite3.DatabaseError:
            log.info("%s is damaged and is made anew", self._path, exc_info=True)
            with suppress(OSError):
                self._path.unlink(missing_ok=True)
                with suppress(sqlite3.Error), self._opened() as database:
                    database.executescript(_TABLES)
                    return True
            return False
        except OSError as error:
            log.info("No results are kept (%s)", error)
            return False
        return True

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """Open the file for one change or one look: two windows never wait long for each other."""
        database = sqlite3.connect(self._path, timeout=_WAIT_S)
        try:
            database.execute("PRAGMA synchronous = OFF")  # after a power failure a damaged cache is made anew
            with database:
                yield database
        finally:
            database.close()

    def sha256(self, path: Path) -> str:
        """Return the SHA-256 of a file that has not changed since `remember`; "" if it is not known."""
        stamp = repr(Stamp.of(path))
        rows = self._ask(
            "SELECT sha256 FROM stamps WHERE path = ? AND stamp = ?", str(path.absolute()), stamp
        )
        return str(rows[0][0]) if rows else ""

    def remember(self, path: Path, stamp: Stamp, sha256: str) -> None:
        """Remember the SHA-256 of a file, unless it was changed just now."""
        if time.time_ns() - max(stamp.modified_ns, stamp.changed_ns) > _SETTLED_NS:
            self._ask(
                "INSERT OR REPLACE INTO stamps VALUES (?, ?, ?)", str(path.absolute()), repr(stamp), sha256
            )

    def get(self, sha256: str, options: str) -> Any:
        """Return a result; None if there is none."""
        key = _key(sha256, options)
        rows = self._ask("SELECT content FROM results WHERE key = ?", key) if sha256 else []
        if not rows:
            return None
        try:
            result = pickle.loads(zlib.decompress(rows[0][0]))
        except Exception:  # of any kind, from a file that was cut off
            log.info("A kept result is damaged and is calculated anew", exc_info=True)
            return None
        self._ask("UPDATE results SET used = ? WHERE key = ?", time.time(), key)
        return result

    def put(self, sha256: str, options: str, result: Any) -> None:
        """Keep a result."""
        if not sha256:
            return
        content = zlib.compress(pickle.dumps(result, pickle.HIGHEST_PROTOCOL), 1)
        self._ask(
            "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?)",
            _key(sha256, options),
            time.time(),
            len(content),
            content,
        )

    def trim(self) -> None:
        """Remove the results that were not used for longest, beyond the largest size."""
        self._ask(
            "DELETE FROM results WHERE key IN (SELECT key FROM (SELECT key, SUM(size) OVER (ORDER BY used DESC) AS sum "
            "FROM results) WHERE sum > ?)",
            self._largest,
        )

    def _ask(self, question: str, *values: object) -> list[Any]:
        """Ask the database; a file that is locked, full or damaged holds nothing."""
        if not self._usable:
            return []
        try:
            with self._opened() as database:
                return database.execute(question, values).fetchall()
        except sqlite3.Error as error:
            log.info("%s can't be used (%s)", self._path, error)
            return []


def _key(sha256: str, options: str) -> str:
    return hashlib.sha256("\n".join((sha256, options, code_version())).encode()).hexdigest()


def _is_mine(folder: Path) -> bool:
    """Return False for a folder of another user: what is unpickled from it could be anything."""
    if sys.platform != "win32":  # there it is in the user's own profile
        return folder.stat().st_uid == os.getuid()
    return True
