"""One owner of a rig at a time, from its first connection to its end, idle or at work, on all computers.

Two locks. One is a file's, held by the process (`host_lock`): it ends with the process, whatever ends that. The other
is a task on the NI gRPC Device Server of a controller, which the server gives to one client only; the name of its
channel says who. It outlives a client that was killed, so its owner also listens at a port: where nothing listens any
more, the owner is stale. With NI-DAQmx of the same computer the first lock is enough.
"""

import json
import logging
import os
import re
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from analysis.shared_files import read_file, remove_file, replace_file
from app.acquisition.host_lock import HostLock
from app.acquisition.watchdog.latch import SEEN
from app.acquisition.watchdog.logbook import note
from app.acquisition.watchdog.rescue import make_safe
from app.acquisition.watchdog.rig_state import Process, this_host, this_process
from app.config.rig import Rig
from app.config.rig_folder import OWNER, VARIABLE, lock_path, user_name
from drivers.errors import InstrumentFault, NotNow, RigError
from drivers.guard import clear_run
from drivers.ni_errors import translated
from drivers.pxi import Connect, PXIController

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


class Ownership:
    """Claim of one program on one rig.

    Parameters
    ----------
    rig_file : Path
    rig : Rig
    me : Owner
    connect : callable, optional
        As for ``PXIController``.
    """

    def __init__(self, rig_file: Path, rig: Rig, me: Owner, connect: Connect | None = None) -> None:
        self._rig_file = rig_file
        self._rig = rig
        self._me = me
        self._connect = connect
        self._lock = HostLock(lock_path(rig_file, rig))
        self._text = self._lock.path.with_suffix(OWNER)
        self._presence: _Presence | None = None
        self._controller: PXIController | None = None
        self._nested = self._claimed = False

    def claim(self) -> None:
        """Become the owner; a controller that does not answer yet is claimed by `renew`.

        Raises
        ------
        RigOwned
            With the name of the owner.
        """
        self.claim_here()
        try:
            self.renew()
        except RigOwned:
            self.release()
            raise
        except RigError as error:  # whoever needs the controller will hear of it
            log.debug("The controller can't be claimed yet: %s", error)

    def claim_here(self) -> None:
        """Become the owner among the programs of this computer. A process that owns the rig already does so twice.

        Raises
        ------
        RigOwned
            With the name of the owner.
        NotNow
            If the folder for that can't be used.
        """
        try:
            if self._lock.acquire():
                self._write(self._me)
                return
        except OSError as error:
            self._lock.release()
            raise NotNow(
                f"{self._lock.path.parent} can't be used ({error.strerror}), where programs tell each other who owns a "
                f"rig. Set the environment variable {VARIABLE} to a folder that can be written"
            ) from error
        owner = self._written()
        if owner is None or not owner.process.is_that(self._me.process):
            raise RigOwned(self._refusal(owner))
        self._nested = True

    def renew(self) -> None:
        """Claim the controller, if its server has no claim of ours, and delete what earlier runs left on it.

        The server may have been restarted, and a run whose link was lost could not end its tasks. Not while a run of
        this program goes on.

        Raises
        ------
        RigOwned
        RigError
            If it does not answer.
        """
        if self._nested or self._rig.daq.controller == "local":
            return
        if self._controller is None:
            self._controller = PXIController(self._rig.daq.controller, self._rig.daq.answer_s, self._connect)
        if self._presence is None:
            self._presence = _Presence(self._rig.daq.controller)
        host, port = self._presence.place
        me = Owner(**{**asdict(self._me), "address": host, "port": port})
        for _ in range(2):
            if self._named(self._controller, me):
                clear_run(self._controller, self._rig.daq.device)  # what a dead owner has left
                return
            owner = session_owner(self._controller, self._rig.daq.device)
            if owner is not None and owner.process.is_that(me.process):
                clear_run(self._controller, self._rig.daq.device)  # what an earlier run lost with its link
                return
            if owner is not None and owner.process.lives is not False:
                raise RigOwned(self._refusal(owner))
            self._controller.clear_session(session_name(self._rig.daq.device))

    def _named(self, controller: PXIController, me: Owner) -> bool:
        """Create the task that says who owns the rig; return False if there is one."""
        task = controller.new_session(session_name(self._rig.daq.device))
        if task is None:
            return False
        channel = f"{self._rig.daq.device}/{self._rig.daq.inputs.bias.channel}"
        self._claimed = True
        with translated("claim the card"):
            task.ai_channels.add_ai_voltage_chan(channel, me.to_name())
        return True

    def _refusal(self, owner: Owner | None) -> str:
        device = self._rig.daq.device
        if owner is None:
            return f"Rig {device} is held by another program, which has not said its name yet. Try again."
        return owner.sentence(self._rig_file, device)

    def release(self) -> None:
        """Give the rig free."""
        if self._nested:
            return
        if self._controller is not None:
            if self._claimed:
                with suppress(RigError):
                    self._controller.clear_session(session_name(self._rig.daq.device))
            self._controller.close()
        if self._presence is not None:
            self._presence.close()
        with suppress(OSError):
            remove_file(self._text)
        self._lock.release()

    def _write(self, owner: Owner) -> None:
        part = self._text.with_name(f".{self._text.name}.{os.getpid()}")
        part.write_text(json.dumps(asdict(owner)), "utf-8")
        replace_file(part, self._text)

    def _written(self) -> Owner | None:
        try:
            content = json.loads(read_file(self._text))
            return Owner(**{one.name: content[one.name] for one in fields(Owner) if one.name in content})
        except (OSError, ValueError, TypeError):
            return None


def session_name(device: str) -> str:
    """Return the name of the task that says who owns a card."""
    return f"hotjunction.owner.{device}"


def session_owner(controller: PXIController, device: str) -> Owner | None:
    """Return the owner that a controller knows; None if there is none, or its name can't be read."""
    task = controller.attached(session_name(device))
    if task is None:
        return None
    with translated("ask for the owner of the card"):
        names = list(task.channel_names)
    return Owner.from_name(names[0]) if names else None


@contextmanager
def owned(rig_file: Path, rig: Rig, what: str = "", connect: Connect | None = None) -> Iterator[Ownership]:
    """Own a rig inside the block.

    Raises
    ------
    RigOwned
        If another program does; nothing was touched.
    """
    ownership = Ownership(rig_file, rig, myself(what), connect)
    ownership.claim()
    try:
        yield ownership
    finally:
        ownership.release()


def present_owner(rig_file: Path, rig: Rig) -> str:
    """Return the owner of a rig in a sentence, "" if it has none. Raises ``RigError`` without an answer."""
    try:
        with owned(rig_file, rig, "hotjunction rig") as ownership:
            ownership.renew()
    except RigOwned as error:
        return str(error)
    return ""


def take_over(rig_file: Path, rig: Rig, by: str, safely: Callable[[Rig, float], str] = make_safe) -> str:
    """Take a rig from an owner that has ended; return what was done.

    Raises
    ------
    RigOwned
        If the owner lives.
    RigError
        If the rig can't be made safe: the owner stays.
    """
    device = rig.daq.device
    ownership = Ownership(rig_file, rig, myself("hotjunction rig"))
    ownership.claim_here()
    try:
        if rig.daq.controller == "local":
            return f"Rig {device} has no owner."
        with PXIController(rig.daq.controller, rig.daq.answer_s) as controller:
            owner = session_owner(controller, device)
            if owner is None:
                return f"Rig {device} has no owner."
            if owner.lives:
                raise RigOwned(owner.sentence(rig_file, device))
            done = safely(rig, rig.safe.within_s)
            if SEEN not in done:
                raise InstrumentFault(f"The rig is not seen to be safe: {done}")
            controller.clear_session(session_name(device))
        ownership.renew()
    finally:
        ownership.release()
    note(rig_file, f"{by} took the rig over from {owner.user} on {owner.host}: {done}")
    return f"Taken over from {owner.user} on {owner.host}: {done}. The rig is free."


class _Presence:
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
