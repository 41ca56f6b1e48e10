"""Connection files: how clients find the running benches of a user."""

import json
import os
import socket
import warnings
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs

from analysis.json_data import from_json, to_json
from analysis.shared_files import remove_file, replace_file
from app.config.toml import FileError
from app.server.protocol import VERSION

ANSWER_S = 0.5
RETRACT_MARGIN_S = 1.1
"""Allowance for the round trip, beyond the time limit for making the rig safe."""


@dataclass(frozen=True)
class Connection:
    """Address of a bench: its endpoints, its token, its process and its rig."""

    commands: str
    retract: str
    topics: str
    token: str
    pid: int
    rig_file: str
    rig_name: str
    retract_s: float = 2.0
    """Time for which a client waits for the rig to be made safe."""
    protocol: int = VERSION

    @classmethod
    def read(cls, path: Path) -> "Connection":
        """Read a connection file. Raises ``FileError``."""
        try:
            return from_json(json.loads(path.read_text(encoding="utf-8")), cls)
        except (OSError, ValueError) as error:
            raise FileError(f"{path} is not a connection file of a bench ({error})") from None

    def write(self, path: Path) -> None:
        """Write the file readable by this user alone, since it holds the token. Raises ``FileError``."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            part = path.with_name(f".{path.name}.{os.getpid()}")
            with os.fdopen(
                os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
            ) as file:
                json.dump(to_json(self), file, indent=1)
            replace_file(part, path)
        except OSError as error:
            raise FileError(f"{path} can't be written: {error.strerror}") from None

    @property
    def alive(self) -> bool:
        """Return True if the bench still accepts connections; a busy bench does, a killed one does not."""
        where = urlsplit(self.commands)
        try:
            with socket.create_connection((where.hostname or "", where.port or 0), ANSWER_S):
                return True
        except OSError:
            return False


def connections_folder() -> Path:
    """Return the folder of the connection files of this user's benches."""
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # without a session, platformdirs warns and returns another folder, which also works
        return Path(platformdirs.user_runtime_dir("hotjunction", appauthor=False))


def running_benches(folder: Path | None = None) -> dict[Path, Connection]:
    """Return the reachable benches, newest first; delete the connection files of the others."""
    found: list[tuple[float, Path, Connection]] = []
    for path in (folder or connections_folder()).glob("bench-*.json"):
        with suppress(FileError, FileNotFoundError):
            connection = Connection.read(path)
            if connection.alive:
                found.append((path.stat().st_mtime, path, connection))
            else:
                remove_file(path)
    return {path: connection for _, path, connection in sorted(found, key=lambda one: one[0], reverse=True)}


def bench_of(rig_file: Path, folder: Path | None = None) -> Connection | None:
    """Return the running bench of a rig file; None if there is none."""
    wanted = str(rig_file.absolute())
    return next((one for one in running_benches(folder).values() if one.rig_file == wanted), None)
