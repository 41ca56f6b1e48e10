"""Attacks on a served bench: killed while it retracts, and crowded by thousands of connections."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.acquisition.watchdog.rig_state import TRIPPED, read_state
from app.config.rig import load_rig
from app.config.rig_folder import state_path
from app.server.client import BenchClient
from app.server.connection import Connection
from app.server.errors import NoAnswer, Refused
from tests.attacks.deaths import LOOK_S, is_commanded_safe, time_to_safe_s
from tests.attacks.owners import words
from tests.support.patience import PATIENCE_S
from tests.support.rig.rigs import ServedRig

VALUES = {"traces": 50, "approach_speed": 20.0, "withdraw_speed": 0.5, "baseline_time": 0.02}
STAYS_S = 1.0
LATEST_S = 0.02
"""Longest time after a command to retract at which the bench is killed: making safe takes some ten milliseconds."""


@dataclass(frozen=True)
class Killed:
    """Outcome of a bench killed in a retract.

    Parameters
    ----------
    answered : bool
        True if the bench had answered before it died.
    safe_s : float
        Time from the kill to a safe rig; ``inf`` if that did not come.
    stayed : bool
        False if an output moved again.
    latched : bool
        True if a trip holds the rig.
    """

    answered: bool
    safe_s: float
    stayed: bool
    latched: bool


@contextmanager
def serving(rig: ServedRig, folder: Path) -> Iterator[tuple[subprocess.Popen[str], BenchClient]]:
    """Serve the rig in another process; end it, if it lives, and forget its trip."""
    folder.mkdir(parents=True, exist_ok=True)
    where = ["--folder", str(folder), "--connections", str(folder / "connections")]
    process = subprocess.Popen(
        [*words(rig, ("serve",), folder), *where], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        path = process.stdout.readline().strip()
        assert path, process.stderr and process.stderr.read()
        with BenchClient(Connection.read(Path(path))) as client:
            yield process, client
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_S)
        _forget(rig)


def _forget(rig: ServedRig) -> bool:
    """Wait until the watchdog has left; return True if a trip held the rig, and clear it."""
    file, until_s = state_path(rig.file, load_rig(rig.file)), time.monotonic() + PATIENCE_S
    while (state := read_state(file)) is not None and state.watched:
        assert time.monotonic() < until_s, "the watchdog did not leave"
        time.sleep(0.01)
    file.unlink(missing_ok=True)
    return state is not None and state.state == TRIPPED


def moving(rig: ServedRig, client: BenchClient) -> bool:
    """Start a run and wait until the tip is out; return False if the watchdog ended it, as samples came too late."""
    client.command("queue_add", procedure="break-junction", values=VALUES)
    until_s = time.monotonic() + PATIENCE_S
    while rig.simulated.bench.outputs["z"] < 0.5:
        state = client.command("state", timeout_s=PATIENCE_S)
        if "no samples came" in state["tripped"]:
            return False
        assert time.monotonic() < until_s and not state["failed"], state["held"]
        time.sleep(0.05)
    return True


def kill_in_retract(rig: ServedRig, folder: Path, rng: np.random.Generator) -> Killed | None:
    """Let a bench run, ask it to retract, and kill it at a random moment of that; None if its watchdog was first."""
    with serving(rig, folder) as (process, client):
        if not moving(rig, client):
            return None
        answers: list[str] = []

        def retract() -> None:
            with suppress(NoAnswer, Refused):
                answers.append(str(client.command("retract", timeout_s=2.0)))

        thread = threading.Thread(target=retract)
        thread.start()
        time.sleep(float(rng.uniform(0.0, LATEST_S)))
        answered = bool(answers)
        os.kill(process.pid, signal.SIGKILL)
        safe_s = time_to_safe_s(rig)
        stayed, until_s = True, time.monotonic() + STAYS_S
        while time.monotonic() < until_s:
            stayed = stayed and is_commanded_safe(rig)
            time.sleep(LOOK_S)
        thread.join()
        process.wait(PATIENCE_S)
        return Killed(answered, safe_s, stayed, _forget(rig))


def crowd(client: BenchClient, connections: int) -> list[socket.socket]:
    """Open connections that say nothing to the doors of a bench, in turn."""
    doors = [client.connection.commands, client.connection.retract, client.connection.topics]
    opened = []
    for number in range(connections):
        host, port = doors[number % len(doors)].removeprefix("tcp://").rsplit(":", 1)
        opened.append(socket.create_connection((host, int(port)), timeout=PATIENCE_S))
    return opened


def retract_in_a_crowd(rig: ServedRig, folder: Path, connections: int) -> tuple[str, float, bool]:
    """Crowd the doors in a run, then retract; return the answer, the time it took in s, and if the bench goes on.

    On a busy computer the watchdog may have ended the run before.
    """
    with serving(rig, folder) as (process, client), ExitStack() as stack:
        moving(rig, client)
        for one in crowd(client, connections):
            stack.enter_context(one)
        began_s = time.monotonic()
        answer = str(client.command("retract", timeout_s=PATIENCE_S))
        took_s = time.monotonic() - began_s
        assert is_commanded_safe(rig)
        return answer, took_s, process.poll() is None and bool(client.command("state", timeout_s=PATIENCE_S))
