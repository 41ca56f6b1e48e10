"""Where a bench can be reached: the file that it leaves for its clients, and which of these files are stale."""

import json
import os
import socket
import warnings
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs

from app.config.toml import FileError
from app.server.protocol import VERSION

ANSWER_S = 0.5
RETRACT_MARGIN_S = 1.1
"""For the way there and back, beyond the time that making safe may take."""


@dataclass(frozen=True)
class Connection:
    """How to reach a bench: its endpoints, the token that it wants, and what it is."""

    commands: str
    retract: str
    topics: str
    token: str
    pid: int
    rig_file: str
    rig_name: str
    retract_s: float = 2.0
    """How long a client waits for the rig to be made safe."""
    protocol: int = VERSION

    @classmethod
    def read(cls, path: Path) -> "Connection":
        """Read a connection file. Raises ``FileError``."""
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise FileError(f"{path} is no connection file of a bench ({error})") from None

    def write(self, path: Path) -> None:
        """Write it for this user alone: the token is in it. Raises ``FileError``."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            part = path.with_name(f".{path.name}.{os.getpid()}")
            with os.fdopen(
                os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
            ) as file:
                json.dump(asdict(self), file, indent=1)
            part.replace(path)
        except OSError as error:
            raise FileError(f"{path} can't be written: {error.strerror}") from None

    @property
    def alive(self) -> bool:
        """Whether somebody still listens there; a bench that is busy does, one that was killed does not."""
        where = urlsplit(self.commands)
        try:
            with socket.create_connection((where.hostname or "", where.port or 0), ANSWER_S):
                return True
        except OSError:
            return False


def connections_folder() -> Path:
    """Where benches of this user leave their connection files."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # without a session there is another folder, which will do
        return Path(platformdirs.user_runtime_dir("hotjunction", appauthor=False))


def running_benches(folder: Path | None = None) -> dict[Path, Connection]:
    """Benches that can be reached, the newest first. The files of those that are gone are deleted."""
    found: list[tuple[float, Path, Connection]] = []
    for path in (folder or connections_folder()).glob("bench-*.json"):
        with suppress(FileError, FileNotFoundError):
            connection = Connection.read(path)
            if connection.alive:
                found.append((path.stat().st_mtime, path, connection))
            else:
                path.unlink(missing_ok=True)
    return {path: connection for _, path, connection in sorted(found, key=lambda one: one[0], reverse=True)}


def bench_of(rig_file: Path, folder: Path | None = None) -> Connection | None:
    """The running bench of a rig file, if there is one."""
    wanted = str(rig_file.absolute())
    return next((one for one in running_benches(folder).values() if one.rig_file == wanted), None)
