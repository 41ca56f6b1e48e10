"""Cuts the link to the card while a bench has tip or bias out, and gives it back: the rig must become safe then."""

import re
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from os import kill, killpg
from pathlib import Path

import psutil

from app.acquisition.watchdog.rig_state import read_state
from app.config.rig import load_rig
from app.config.rig_folder import state_path
from simulators.rig.faults import ConnectionLost, DeviceLost, Fault
from tests.attacks.deaths import Victims, comes_to, is_commanded_safe, time_to_safe_s
from tests.attacks.victim import RUN
from tests.support.instruments.cable import Cable
from tests.support.patience import PATIENCE_S
from tests.support.rig.rigs import ServedRig

AWAY_S = 4.0
"""Time for which the link is away: longer than all time limits of the bench."""


@dataclass(frozen=True)
class Cut:
    """One way to lose a link: what begins and what ends it."""

    name: str
    begin: Callable[[ServedRig, Cable], object]
    end: Callable[[ServedRig, Cable], object]
    kill: bool = False
    """The bench is killed while the link is away."""


def _fault(fault: Fault) -> tuple[Callable[[ServedRig, Cable], object], Callable[[ServedRig, Cable], object]]:
    return (
        lambda rig, cable: rig.simulated.faults.add(fault),
        lambda rig, cable: rig.simulated.faults.remove(fault),
    )


CUTS = (
    Cut("link silent", lambda rig, cable: cable.hold(), lambda rig, cable: cable.let_go()),
    Cut("link silent, then cut", lambda rig, cable: cable.hold(), lambda rig, cable: cable.cut()),
    Cut("server refuses", *_fault(ConnectionLost())),
    Cut("card lost", *_fault(DeviceLost())),
    Cut(
        "link silent, bench killed", lambda rig, cable: cable.hold(), lambda rig, cable: cable.let_go(), True
    ),
    Cut("server refuses, bench killed", *_fault(ConnectionLost()), True),
)


def through(rig: ServedRig, cable: Cable) -> None:
    """Let the rig file lead through a cable, with the time limits of a real rig."""
    text = rig.file.read_text("utf-8")
    port = re.search(r"grpc://127\.0\.0\.1:(\d+)", text)
    assert port is not None
    text = text.replace(port[0], f"grpc://127.0.0.1:{cable.port}")
    text = re.sub(r"answer_s = .*", "answer_s = 2.0", text)
    rig.file.write_text(re.sub(r"within_s = .*", "within_s = 0.9", text), "utf-8")


def cut(rig: ServedRig, victims: Victims, cable: Cable, how: Cut) -> float:
    """Cut a link in the middle of a modulation; return the seconds from its return to a safe rig."""
    pid, folder = victims.start(RUN)
    while not comes_to("modulate", folder, pid):
        pid, folder = victims.start(RUN)
    assert not is_commanded_safe(rig)
    how.begin(rig, cable)
    if how.kill:
        killpg(pid, signal.SIGKILL)
    time.sleep(AWAY_S)
    how.end(rig, cable)
    took_s = time_to_safe_s(rig)
    _ended(rig, pid, folder)
    return took_s


def _ended(rig: ServedRig, pid: int, folder: Path) -> None:
    """Wait until bench and watchdog have left; forget the trip."""
    until_s = time.monotonic() + PATIENCE_S
    while psutil.pid_exists(pid) and time.monotonic() < until_s:
        time.sleep(0.05)
        if time.monotonic() > until_s - PATIENCE_S + 20:
            with suppress(ProcessLookupError):
                kill(pid, signal.SIGKILL)
    file = state_path(rig.file, load_rig(rig.file))
    while (state := read_state(file)) is not None and state.watched:
        assert time.monotonic() < until_s, (folder / "output").read_text()
        time.sleep(0.05)
    file.unlink(missing_ok=True)
