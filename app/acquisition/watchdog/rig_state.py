"""State of a rig between programs: safe, armed, or tripped. It outlives every process and a reboot.

The watchdog writes it: "armed" before anything moves, "tripped" when it acts. A trip holds every run on the rig until
somebody clears it by name.
"""

import json
import os
import platform
import re
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import psutil

from analysis.shared_files import read_file, remove_file, replace_file
from app.config.rig_folder import user_name

SAFE, ARMED, TRIPPED = "safe", "armed", "tripped"

SAME_START_S = 2.0
"""Largest difference of two readings of a process's start."""


def this_host() -> str:
    """Return the name of this computer, of letters, digits, points and dashes."""
    return re.sub(r"[^\w.-]", "_", platform.node()) or "unknown"


@cache
def _boot() -> float:
    """Return a number of seconds that differs from one start of this computer to the next."""
    if sys.platform == "linux":
        with suppress(OSError, ValueError):
            return 1e8 * int(Path("/proc/sys/kernel/random/boot_id").read_text("ascii")[:4], 16)
    return 0.0


def _start_of(process: psutil.Process) -> float:
    """Return the start of a process, the same before and after this computer's clock was set.

    Linux knows the start since the boot, to which psutil adds a time of the boot that is moved with the clock.
    """
    if sys.platform != "linux":
        return process.create_time()
    return _boot() + process.create_time() - psutil.boot_time()


@dataclass(frozen=True)
class Process:
    """A process of some computer; a number alone may have been given to another since.

    ``started`` is its start in seconds, from some moment that is the same as long as the computer runs.
    """

    host: str
    pid: int
    started: float

    def is_that(self, other: "Process") -> bool:
        """Tell whether two descriptions are of the same process; the start may be rounded."""
        same_start = abs(self.started - other.started) < SAME_START_S
        return (self.host, self.pid) == (other.host, other.pid) and same_start

    @property
    def lives(self) -> bool | None:
        """True if it runs, False if it does not; None for a process of another computer."""
        if self.host != this_host():
            return None
        try:
            process = psutil.Process(self.pid)
            return (
                abs(_start_of(process) - self.started) < SAME_START_S
                and process.status() != psutil.STATUS_ZOMBIE
            )
        except psutil.Error:
            return False


def this_process(pid: int | None = None) -> Process:
    """Return this process, or another of this computer. A process that has ended began at no time."""
    pid = os.getpid() if pid is None else pid
    try:
        return Process(this_host(), pid, _start_of(psutil.Process(pid)))
    except psutil.Error:
        return Process(this_host(), pid, 0.0)


@dataclass(frozen=True)
class RigState:
    """State of one rig.

    Parameters
    ----------
    state : str
        "safe", "armed" or "tripped".
    why : str
        Reason of the trip, as part of a sentence.
    safe : bool
        True if the rig was seen to be safe after the trip.
    when : str
        Time of the change, ISO 8601.
    rig_file, user : str
    bench, watchdog : Process, optional
    cleared_by : str
        Name of the person who cleared the last trip.
    """

    state: str
    why: str = ""
    safe: bool = False
    when: str = ""
    rig_file: str = ""
    user: str = ""
    bench: Process | None = None
    watchdog: Process | None = None
    cleared_by: str = ""

    @property
    def watched(self) -> bool:
        """True while its watchdog lives, here or, for all that is known, on another computer."""
        return self.watchdog is not None and self.watchdog.lives is not False


UNREADABLE = RigState(TRIPPED, "the file that holds the state of the rig can't be read")


def read_state(path: Path) -> RigState | None:
    """Return the state of a rig; None if there is none. A file that can't be read counts as a trip."""
    try:
        content = json.loads(read_file(path))
        for name in ("bench", "watchdog"):
            if content.get(name) is not None:
                content[name] = Process(**content[name])
        state = RigState(**{one.name: content[one.name] for one in fields(RigState) if one.name in content})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return replace(UNREADABLE, rig_file=str(path))
    return state if state.state in (SAFE, ARMED, TRIPPED) else replace(UNREADABLE, rig_file=str(path))


def write_state(path: Path, state: RigState, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
    """Write the state so that it is whole on the disk when this returns, whatever happens. Raises ``OSError``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    stamped = replace(state, when=now().isoformat(timespec="seconds"), user=state.user or user_name())
    descriptor, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(stamped), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    if os.name == "posix":
        Path(part).chmod(0o644)
    try:
        replace_file(Path(part), path)
    except OSError:
        remove_file(Path(part))
        raise
    if os.name == "posix":  # Windows can't open a folder, and needs no such step
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
