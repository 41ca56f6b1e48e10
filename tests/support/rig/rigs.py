"""A simulated rig in the test's own process, so that a test can look at the world itself."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.acquisition.bench import Bench
from app.acquisition.direct import direct_wires
from app.acquisition.open_rig import open_rig
from app.acquisition.simulated_rig import SimulationSettings, rig_file_text
from app.config.rig import Rig
from procedures.break_junction import BreakJunction
from simulators.parameters import STANDARD_CARD, load_parameters
from simulators.rig.named_faults import injection
from simulators.simulated_rig import SimulatedRig
from tests.support.patience import ANSWER_S as ANSWER_S
from tests.support.patience import PATIENCE_S as PATIENCE_S
from tests.support.patience import free_s as free_s
from tests.support.patience import wait_until as wait_until

QUICK = {
    "approach_speed": 50.0,
    "withdraw_speed": 10.0,
    "past_break": 0.5,
    "baseline_every": 1,
    "baseline_time": 0.02,
}
"""Parameters with which a trace takes a quarter of a second of the rig's time, and the first approach one."""

SAFE_DISTANCE_M = 40e-9
"""Least distance of the tip from the surface when no program is in control."""


OFFSET_V = 0.5e-3
"""Largest deviation of an output of the card at 0 V: ten standard deviations."""


@dataclass(frozen=True)
class ServedRig:
    """The simulated rig, the file that leads to it, and a folder for recordings."""

    simulated: SimulatedRig
    file: Path
    folder: Path

    def bench(self, unproved: str = "") -> Bench:
        """A bench in this process that needs no wire to card and current amplifier, which would take half the time.

        What comes by the wires is the same: `tests.drivers.test_direct`.
        """
        return Bench(self.file, wires=direct_wires(self.simulated), unproved=unproved)

    def wired_bench(self, unproved: str = "") -> Bench:
        """A bench as on a rig, for what may happen to a wire."""
        return Bench(self.file, unproved=unproved)

    @property
    def world(self) -> Any:
        return self.simulated.bench.world.truth

    def is_safe(self, after_s: float = 0.01) -> bool:
        """Return True if the world is soon safe: no bias but the card's offset on the junction, tip far away.

        On the fast clock nothing happens while nobody waits, not even a piezo's motion: so this waits.
        """
        bench = self.simulated.bench
        with bench.lock:
            bench.clock.wait(bench.changed, bench.clock.now() + after_s)
        truth = self.world
        no_bias = bench.outputs["bias"] == 0 and abs(truth.bias_V) < OFFSET_V
        return no_bias and truth.gap_m >= SAFE_DISTANCE_M


FEW_LOOKS = "blind_nm = 50.0\ncapacitance_pF = 0.0"
"""Limit of the rig file with which few approaches ask for the test current, a tenth of a short run's time."""


@contextmanager
def served_rig(
    folder: Path,
    clock: Any = "fast",
    overrides: Mapping[str, Any] | None = None,
    seed: int = 1,
    faults: Sequence[str] = (),
    heartbeat_s: float | None = None,
    card: str = STANDARD_CARD,
) -> Iterator[ServedRig]:
    """Serve a rig of the given world for the length of a test; its file does not know of the named faults.

    Its watchdog waits for samples as long as a busy machine may take, if no ``heartbeat_s`` is given.
    """
    parameters = load_parameters(overrides={"sample.species": "Au", **(overrides or {})}, card=card)
    name = clock if clock in ("fast", "wall") else "fast"
    wrong = injection(faults)
    with SimulatedRig(parameters.changed(wrong.overrides), seed, clock) as simulated:
        for fault in wrong.faults:
            simulated.faults.add(fault)
        rig_file = folder / "rig.toml"
        text = rig_file_text(SimulationSettings(name, seed), parameters, simulated.addresses)
        for line, limit in (("[daq]\n", "answer_s"), ("[safe]\n", "within_s")):
            text = text.replace(line, f"{line}{limit} = {ANSWER_S}\n", 1)
        text = text.replace("[contact]\n", f"[contact]\n{FEW_LOOKS}\n", 1)
        rig_file.write_text(with_heartbeat(text, heartbeat_s), "utf-8")
        yield ServedRig(simulated, rig_file, folder)


@contextmanager
def without_wires(rig: ServedRig) -> Iterator[None]:
    """Let benches in this process reach card and current amplifier by no wire, which would take half the time.

    What comes by the wires is the same: `tests.drivers.test_direct`.
    """

    def opened(asked: Rig, seen: Any = lambda state: None, wires: Any = None) -> Any:
        return open_rig(asked, seen, direct_wires(rig.simulated))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.acquisition.bench.open_rig", opened)
        yield


LONGEST_USUAL_S = 2.0


def with_heartbeat(text: str, heartbeat_s: float | None) -> str:
    """A rig file on life's clock with this limit for samples, or a very long one, which is unusual."""
    if "heartbeat_s" in text:
        return text
    limit_s = heartbeat_s or ANSWER_S
    twice = f"\n[unusual.safe]\nheartbeat_s = {limit_s}\n" if limit_s > LONGEST_USUAL_S else ""
    return text.replace("[safe]\n", f"[safe]\nheartbeat_s = {limit_s}\n", 1) + twice


def quick(traces: int, **values: Any) -> BreakJunction:
    """A break-junction procedure that takes little of the rig's time."""
    return BreakJunction.from_values({**QUICK, "traces": traces, **values})


def namesakes_in(folder: Path) -> Path:
    """Files that have the names of our packages; whoever takes them for ours dies of it."""
    folder.mkdir()
    for name in ("app", "analysis", "drivers", "procedures", "simulators"):
        (folder / f"{name}.py").write_text("raise SystemExit('a file of the user was executed')", "utf-8")
    return folder
