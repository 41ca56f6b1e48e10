"""Owner of a rig: a program, by user, computer and process, and the port at which it can be seen to live."""

import logging
import re
import socket
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from app.acquisition.watchdog.rig_state import Process, this_host, this_process
from app.config.rig_folder import user_name
from drivers.errors import NotNow

log = logging.getLogger(__name__)

ANSWERS_WITHIN_S = 2.0
"""Time for an owner's port to answer: the system answers for a program, even for one that is stopped."""

_NAME = re.compile(
    r"(?P<user>\S+) at (?P<host>\S+) pid (?P<pid>\d+) since (?P<since>\S+) started (?P<started>[\d.]+) "
    r"port (?P<port>\d+) at (?P<address>\S+) with (?P<what>.+)"
)


class RigOwned(NotNow):
    """Another program owns the rig; nothing was touched."""


@dataclass(frozen=True)
class Owner:
    """Owner of a rig.

    Parameters
    ----------
    user, host : str
    pid : int
    started : float
        Start of the process, as `Process` has it.
    what : str
        Program: "hotjunction serve".
    since : str
        Time, as 20261129T021000Z.
    address, port
        Where it listens as long as it lives; port 0 for nowhere.
    """

    user: str
    host: str
    pid: int
    started: float
    what: str
    since: str
    address: str = ""
    port: int = 0

    def to_name(self) -> str:
        """Return a text that can be the name of a channel: NI takes commas and colons for lists."""
        user, host, address = (
            re.sub(r"[^\w.-]", "_", text) or "_" for text in (self.user, self.host, self.address)
        )
        what = re.sub(r"[^\w .-]", "_", self.what) or "_"
        return (
            f"{user} at {host} pid {self.pid} since {self.since} started {self.started:.1f} "
            f"port {self.port} at {address} with {what}"
        )

    @classmethod
    def from_name(cls, name: str) -> Self | None:
        """Return the owner that a channel names; None for another text."""
        match = _NAME.fullmatch(name)
        if match is None:
            return None
        values: dict[str, Any] = match.groupdict()
        for key, kind in (("pid", int), ("started", float), ("port", int)):
            values[key] = kind(values[key])
        return cls(**values)

    @property
    def process(self) -> Process:
        """Its process."""
        return Process(self.host, self.pid, self.started)

    @property
    def lives(self) -> bool:
        """False if it has ended for certain, or, on another computer, answers no more."""
        here = self.process.lives
        if here is not None:
            return here
        if not self.port:
            return True
        try:
            with socket.create_connection((self.address, self.port), ANSWERS_WITHIN_S):
                return True
        except OSError:
            return False

    def sentence(self, rig_file: Path, device: str) -> str:
        """Return who holds the rig since when, and what to do."""
        since = self.since
        with suppress(ValueError):
            since = f"{datetime.strptime(self.since, '%Y%m%dT%H%M%S%z').astimezone():%Y-%m-%d %H:%M}"
        who = f"Rig {device} is held by {self.user} on {self.host} ({self.what}, process {self.pid}, since {since})."
        if self.lives:
            return f"{who} Ask {self.user}, or end that program there."
        return f"{who} That program does not answer. If it has ended, take over: hotjunction rig take-over {rig_file}"


def myself(what: str = "") -> Owner:
    """Return this process as an owner."""
    process = this_process()
    return Owner(
        user_name(),
        this_host(),
        process.pid,
        process.started,
        what or " ".join(["hotjunction", *sys.argv[1:2]]),
        f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}",
    )


class Presence:
    """Port at which an owner can be seen to live; it says nothing and takes nothing."""

    def __init__(self, controller: str) -> None:
        self._listener = socket.create_server((_own_address(controller), 0))
        self._thread = threading.Thread(target=self._answer, name="owner", daemon=True)
        self._thread.start()

    @property
    def place(self) -> tuple[str, int]:
        """Address and port."""
        host, port = self._listener.getsockname()[:2]
        return str(host), int(port)

    def _answer(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                connection.close()

    def close(self) -> None:
        """Listen no more."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(ANSWERS_WITHIN_S)


def _own_address(controller: str) -> str:
    """Return the address of this computer that a controller sees; only this computer's own if it is here."""
    parts = urlsplit(controller)
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((parts.hostname or "127.0.0.1", parts.port or 1))
        return str(probe.getsockname()[0])
    return "127.0.0.1"
