"""Kills, stops and hangs a bench in each phase of a run, and looks at the world until it is safe."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from app.acquisition.watchdog.rig_state import TRIPPED, read_state
from app.config.rig import SafeSection, load_rig
from app.config.rig_folder import state_path
from tests.attacks.victim import HAND, RUN
from tests.support.patience import PATIENCE_S
from tests.support.rig.rigs import ServedRig, served_rig

PROJECT = Path(__file__).parents[2]
PHASES = {"approach": RUN, "check": RUN, "modulate": RUN, "sweep": RUN, "withdraw": RUN, "bias by hand": HAND}
"""Phases in which a bench is attacked, and the kind of bench."""

DEADLY = "SIGKILL", "SIGSEGV", "SIGABRT", "SIGQUIT", "SIGXCPU", "SIGUSR1", "SIGALRM"
"""Not SIGPIPE, which Python ignores."""

ASKING = "SIGTERM", "SIGHUP", "SIGINT"
STOPPING = ("SIGSTOP",)
"""Not SIGTSTP: the system discards it in a group without a terminal, such as a victim's."""

LATEST_S = 0.2
"""Longest time into a phase at which the attack comes."""

HEARTBEAT_S = SafeSection().heartbeat_s
LATE = "no samples came", "the samples did not come", "no answer in time"
"""Ends of a bench on a busy computer that was not attacked."""

LOOK_S = 0.004
WATCHED_S = 1.0
"""Time for which a stopped bench is watched after it went on."""


@dataclass(frozen=True)
class Death:
    """One attack: signal, "group" or "alone", phase."""

    name: str
    on: str
    phase: str


@dataclass(frozen=True)
class Outcome:
    """Outcome of an attack.

    Parameters
    ----------
    death : Death
    safe_s : float
        Time from the signal to bias 0 V and the tip's safe voltage at the card; ``inf`` if that did not come.
    stayed : bool
        False if an output moved again.
    latched : bool
        True if a trip holds the rig afterwards.
    false_trips : int
        Benches that the watchdog ended before they could be attacked, as samples came too late.
    """

    death: Death
    safe_s: float
    stayed: bool = True
    latched: bool = False
    false_trips: int = 0


class Victims:
    """Forks benches of one rig."""

    def __init__(self, rig: ServedRig, folder: Path) -> None:
        self._rig = rig
        self._folder = folder
        self._number = 0
        self._zygote = subprocess.Popen(
            [sys.executable, "-P", "-m", "tests.attacks.victim"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=PROJECT,
            env={**os.environ, "PYTHONPATH": str(PROJECT)},
        )
        assert self._said() == "ready"

    def _said(self) -> str:
        assert self._zygote.stdout is not None
        return self._zygote.stdout.readline().strip()

    def close(self) -> None:
        """End the process that forks."""
        self._zygote.communicate()

    def start(self, kind: Any) -> tuple[int, Path]:
        """Start a victim, see `tests.attacks.victim`; return its process and its folder."""
        self._number += 1
        folder = self._folder / str(self._number)
        folder.mkdir()
        (folder / "phase").touch()
        assert self._zygote.stdin is not None
        self._zygote.stdin.write(json.dumps([str(self._rig.file), str(folder), kind]) + "\n")
        self._zygote.stdin.flush()
        return int(self._said()), folder


def comes_to(phase: str, folder: Path, pid: int) -> bool:
    """Wait until a victim is in a phase; return False if it ended before."""
    until_s = time.monotonic() + PATIENCE_S
    seen = len((folder / "phase").read_text().split("\n"))
    while phase not in (folder / "phase").read_text().split("\n")[seen - 1 :]:
        assert time.monotonic() < until_s, f"no {phase} came"
        if not psutil.pid_exists(pid):
            output = (folder / "output").read_text()
            assert any(late in output for late in LATE), output
            return False
        time.sleep(0.005)
    return True


def is_commanded_safe(rig: ServedRig) -> bool:
    """Return True if the outputs of the card are at their safe values."""
    return bool(rig.simulated.bench.outputs == {"bias": 0.0, "z": 0.0})


def time_to_safe_s(rig: ServedRig, within_s: float = 30.0) -> float:
    """Seconds until the outputs are safe."""
    began_s = time.monotonic()
    while not is_commanded_safe(rig):
        if time.monotonic() - began_s > within_s:
            return float("inf")
        time.sleep(LOOK_S)
    return time.monotonic() - began_s


def die(rig: ServedRig, victims: Victims, death: Death, rng: np.random.Generator) -> Outcome:
    """Let a bench begin, attack it, and look at what becomes of the rig."""
    pid, folder = victims.start(PHASES[death.phase])
    false_trips = 0
    while not comes_to(death.phase, folder, pid):
        false_trips += 1
        gone(rig, pid)
        pid, folder = victims.start(PHASES[death.phase])
    for _ in range(100):  # between two steps the rig may be safe for a moment
        time.sleep(float(rng.uniform(0, LATEST_S)))
        if not is_commanded_safe(rig):
            break
    number = getattr(signal, death.name)
    (os.killpg if death.on == "group" else os.kill)(pid, number)
    safe_s = time_to_safe_s(rig)
    stayed = True
    if death.name in STOPPING:
        time.sleep(0.2)
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGCONT)
        until_s = time.monotonic() + WATCHED_S
        while time.monotonic() < until_s:
            stayed = stayed and is_commanded_safe(rig)
            time.sleep(LOOK_S)
    latched = gone(rig, pid)
    return Outcome(death, safe_s, stayed, latched, false_trips)


def gone(rig: ServedRig, pid: int) -> bool:
    """Wait for the end of the victim and of its watchdog; return whether a trip holds the rig, and clear it."""
    state_file = state_path(rig.file, load_rig(rig.file))
    time.sleep(0.05)
    if psutil.pid_exists(pid):
        time.sleep(1.0)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    until_s = time.monotonic() + PATIENCE_S
    while (state := read_state(state_file)) is not None and state.watched:
        assert time.monotonic() < until_s, "the watchdog did not leave"
        time.sleep(0.01)
    state_file.unlink(missing_ok=True)
    return state is not None and state.state == TRIPPED


def deaths(count: int, rng: np.random.Generator) -> list[Death]:
    """Return attacks that cover all signals, phases and both targets evenly."""
    every = [
        Death(name, on, phase)
        for name in ("SIGKILL", *STOPPING, *ASKING, *DEADLY[1:])
        for on in ("alone", "group")
        for phase in PHASES
    ]
    picked: list[Death] = []
    while len(picked) < count:
        picked += [every[i] for i in rng.permutation(len(every))]
    return picked[:count]


@contextmanager
def attacked_rig(heartbeat_s: float = HEARTBEAT_S) -> Iterator[tuple[ServedRig, Victims]]:
    """Serve a rig on life's clock and a process that forks victims."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with served_rig(folder, "wall", heartbeat_s=heartbeat_s) as rig:
            text = rig.file.read_text("utf-8")
            rig.file.write_text(re.sub(r"within_s = .*", "within_s = 2.0", text), "utf-8")
            victims = Victims(rig, folder)
            try:
                yield rig, victims
            finally:
                victims.close()


def attack(count: int, seed: int = 1) -> list[Outcome]:
    """Attack benches a number of times."""
    rng = np.random.default_rng(seed)
    with attacked_rig() as (rig, victims):
        return [die(rig, victims, death, rng) for death in deaths(count, rng)]
