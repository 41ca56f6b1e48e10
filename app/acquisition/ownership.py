"""One owner of a rig at a time, from its first connection to its end, idle or at work, on all computers.

Two locks. One is a file's, held by the process (`host_lock`): it ends with the process, whatever ends that. The other
is a task on the NI gRPC Device Server of a controller, which the server gives to one client only; the name of its
channel says who. It outlives a client that was killed, so its owner also listens at a port: where nothing listens any
more, the owner is stale. With NI-DAQmx of the same computer the first lock is enough.
"""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, fields
from pathlib import Path

from analysis.shared_files import read_file, remove_file, write_file
from app.acquisition.host_lock import HostLock
from app.acquisition.owner import Owner, Presence, RigOwned, myself
from app.acquisition.watchdog.latch import SEEN
from app.acquisition.watchdog.logbook import note
from app.acquisition.watchdog.rescue import make_safe
from app.config.rig import Rig
from app.config.rig_folder import OWNER, VARIABLE, lock_path
from drivers.errors import InstrumentFault, NotNow, RigError
from drivers.guard import clear_run
from drivers.ni_errors import translated
from drivers.pxi import Connect, PXIController

log = logging.getLogger(__name__)


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
        self._presence: Presence | None = None
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
            self._presence = Presence(self._rig.daq.controller)
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
        write_file(self._text, json.dumps(asdict(owner)))

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
