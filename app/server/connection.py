"""Connection files: how clients find the running benches of a user."""

import json
import os
import socket
import sys
import warnings
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs

from analysis.bounded_files import read_json
from analysis.json_data import from_json, to_json
from analysis.shared_files import remove_file, replace_file
from app.config.toml import FileError
from app.console.windows import only_for_its_owner
from app.server.admission import ClientKeys
from app.server.protocol import VERSION

ANSWER_S = 0.5
RETRACT_MARGIN_S = 1.1
"""Allowance for the round trip, beyond the time limit for making the rig safe."""


@dataclass(frozen=True)
class Connection:
    """Address of a bench: its endpoints, its token and keys, its process and its rig."""

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
    keys: ClientKeys | None = None
    """None if this computer's libzmq can't encrypt; the token is then the password."""

    @classmethod
    def read(cls, path: Path) -> "Connection":
        """Read a connection file. Raises ``FileError``, also for one that another user has written."""
        try:
            if not _is_ours(path):
                raise FileError(
                    f"{path} belongs to another user; a bench of yours would have written it as yours."
                )
            return from_json(read_json(path), cls)
        except FileNotFoundError:
            raise FileError(f"{path}: no such file") from None
        except (OSError, ValueError) as error:
            raise FileError(f"{path} is not a connection file of a bench ({error})") from None

    def write(self, path: Path) -> None:
        """Write the file readable by this user alone, since it holds the keys. Raises ``FileError``.

        The folder must be this user's alone, too: who can write there can put another file in its place.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not _is_private(path.parent):
                raise FileError(
                    f"{path.parent} is open to other users, who could take over the bench. Choose another folder, or "
                    f"close it: chmod 700 {path.parent}"
                )
            part = path.with_name(f".{path.name}.{os.getpid()}")
            with os.fdopen(
                os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
            ) as file:
                only_for_its_owner(part)
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


def _is_ours(path: Path) -> bool:
    if sys.platform != "win32":
        return path.stat().st_uid == os.getuid()
    return True


def _is_private(folder: Path) -> bool:
    """Return True if only this user can look into a folder; on Windows the user's profile sees to that."""
    return _is_ours(folder) and (sys.platform == "win32" or not folder.stat().st_mode & 0o077)


def connections_folder() -> Path:
    """Return the folder of the connection files of this user's benches; made, so that it is the same ever after."""
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # without a session, platformdirs warns and returns another folder, which also works
        return Path(platformdirs.user_runtime_dir("hotjunction", appauthor=False, ensure_exists=True))


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
