"""Random rig files, settings and sequences against the limits, looked at in the simulated world.

``python -m tests.limits 10000`` prints the outcome. Each case draws the limits of a rig file and a sequence
of actions: steps of a procedure, as window, command line and campaign give them, and calls of the driver, as a script
gives them. Half of the numbers lie beyond a limit. An observer in the world, who knows only the rig file's numbers,
looks at each step of bias, tip and housing, at the current through the junction, and at the time of a high bias.
``--keep FILE`` keeps the outcome of each hundred: interrupted, the trial goes on there; parts go from one hundred to
another, ``--from 5000 --to 6000``.
"""

import argparse
import math
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from analysis.heating.programme import three_level
from app.acquisition.direct import direct_wires
from app.acquisition.open_rig import open_rig
from app.config.rig import Rig, load_rig
from app.config.rig_context import current_calibration
from drivers.errors import NotNow, OutOfRange
from procedures.errors import ImpossibleSetting, LimitReached, ProcedureFault
from procedures.limits import check_limits
from procedures.sample_reader import SampleReader
from procedures.step_runner import StepRunner
from procedures.steps import Baseline, HoldStep, Modulate, Ramp, Recentre, SetBias, Step, SweepStep
from tests.support.kept import Kept, add_parts
from tests.support.rig.rigs import ServedRig, served_rig

CASES = 10_000
CASES_A_RIG = 100
ACTIONS = 8
NM = 1e-9

CARD_V = 2e-3
"""Error of an output of the card: gain, offset and two steps of its converter."""

REACTION_S = 0.6
"""Longest time for which a current may be beyond its limit: a read of samples, and making safe."""

REFUSED = ImpossibleSetting, OutOfRange, NotNow
Rng = np.random.Generator


@dataclass
class Observer:
    """Motion and bias of the world, compared with the limits of a rig file; ``crossed`` must stay empty."""

    rig: Rig
    full_scale_A: float
    crossed: list[str] = field(default_factory=list)
    moved_nm: float = 0.0
    coarse_nm: float = 0.0
    _bias_V: float = 0.0
    _z_V: float = 0.0
    _high_s: float = 0.0
    _low_s: float = math.inf
    _above_s: float = 0.0

    def steps(self, bias_V: np.ndarray, z_V: np.ndarray, dt: float) -> None:
        """Look at some steps of the world, each of length ``dt``."""
        if (bias_V == self._bias_V).all() and (z_V == self._z_V).all() and abs(self._bias_V) < 0.1:
            self._low_s += len(bias_V) * dt
            return
        self._look_at_bias(bias_V, dt)
        self._look_at_tip(z_V, dt)
        self._bias_V, self._z_V = float(bias_V[-1]), float(z_V[-1])

    def _look_at_bias(self, bias_V: np.ndarray, dt: float) -> None:
        limits, outputs = self.rig.limits, self.rig.daq.outputs
        most_V = limits.bias_V or math.inf
        low, high = max(outputs.bias.min_V, -most_V), min(outputs.bias.max_V, most_V)
        self._mark("bias", bias_V, (bias_V < low - CARD_V) | (bias_V > high + CARD_V))
        step = np.abs(np.diff(bias_V, prepend=self._bias_V))
        too_large = (step > (limits.bias_step_V or math.inf) + 2 * CARD_V) & (np.abs(bias_V) > CARD_V)
        self._mark("bias step", step, too_large)
        for volts in np.abs(bias_V) if np.abs(bias_V).max() > limits.high_bias_V else ():
            if volts > 1.02 * limits.high_bias_V + 2 * CARD_V:
                self._high_s = (self._high_s + self._low_s if self._low_s < 1.0 else 0.0) + dt
                self._low_s = 0.0
            else:
                self._low_s += dt
        if np.abs(bias_V).max() <= limits.high_bias_V:
            self._low_s += len(bias_V) * dt
        self._mark(
            "time at high bias", np.array([self._high_s]), np.array([self._high_s > limits.high_bias_s])
        )

    def _look_at_tip(self, z_V: np.ndarray, dt: float) -> None:
        limits, z, nm_per_V = self.rig.limits, self.rig.daq.outputs.z, self.rig.piezo.extension_nm_per_V
        far_V = min(z.max_V, z.min_V + (limits.tip_travel_nm or math.inf) / nm_per_V)
        self._mark("tip travel", z_V, (z_V > far_V + CARD_V) | (z_V < z.min_V - CARD_V))
        step = np.abs(np.diff(z_V, prepend=self._z_V))
        away_V = z_V - self.rig.safe.z_V
        fast = step > limits.tip_speed_nm_per_s / nm_per_V * dt + CARD_V
        self._mark("tip speed", step, fast & (away_V > self.rig.safe.step_nm / nm_per_V + CARD_V))
        self.moved_nm = max(self.moved_nm, float(away_V.max()) * nm_per_V)

    def current(self, current_A: np.ndarray, dt: float) -> None:
        """Look at the true current through the junction."""
        if self.rig.limits.current_A > 0.9 * self.full_scale_A:
            return  # beyond its rail the amplifier shows no current, as `hotjunction check` says
        above = np.abs(current_A) > 1.05 * self.rig.limits.current_A
        self._above_s = self._above_s + float(above.sum()) * dt if above.any() else 0.0
        self._mark("current", current_A, np.array([self._above_s > REACTION_S]))

    def coarse(self, distance_m: float) -> None:
        """Look at a step of the housing; its steps scatter by some percent."""
        self.coarse_nm += distance_m / NM
        limit_nm = 1.2 * self.rig.limits.coarse_travel_nm + (
            self.rig.coarse.step_nm if self.rig.coarse else 0
        )
        self._mark("coarse travel", np.array([self.coarse_nm]), np.array([abs(self.coarse_nm) > limit_nm]))

    def _mark(self, what: str, values: np.ndarray, beyond: np.ndarray) -> None:
        if beyond.any():
            shown = values[beyond] if beyond.shape == values.shape else values
            self.crossed.append(f"{what}: {float(np.abs(shown).max()):.6g}")


@dataclass
class Outcome:
    """Counts over all cases; ``crossed`` and ``unclear`` must stay empty."""

    cases: int = 0
    moved: int = 0
    actions: Counter[str] = field(default_factory=Counter)
    crossed: list[str] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)
    """Refusals that are no sentence in one line."""


def _log(rng: Rng, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(math.log(low), math.log(high))))


def limits_text(rng: Rng) -> str:
    """Table [limits] of a random rig file, as a user may write it; some keys are left out."""
    drawn = {
        "bias_V": _log(rng, 0.05, 3.0),
        "bias_step_V": _log(rng, 0.02, 3.0),
        "current_A": _log(rng, 1e-9, 1e-4),
        "high_bias_V": _log(rng, 0.05, 2.0),
        "high_bias_s": rng.uniform(3.0, 5.0),
        "tip_travel_nm": _log(rng, 5.0, 150.0),
        "tip_speed_nm_per_s": _log(rng, 1.0, 400.0),
        "coarse_travel_nm": _log(rng, 10.0, 2000.0),
    }
    kept = {key: value for key, value in drawn.items() if rng.random() < 0.8}
    return "\n[limits]\n" + "".join(f"{key} = {value:.6g}\n" for key, value in kept.items())


class Case:
    """One rig file and a sequence of actions on its rig."""

    def __init__(self, rig: Rig, steps: StepRunner, watch: SampleReader, context: Any, rng: Rng) -> None:
        self._rig, self._steps, self._watch, self._context, self._rng = rig, steps, watch, context, rng

    def _near(self, limit: float) -> float:
        """A number of either sign below or beyond a limit."""
        return float(self._rng.choice([-1, 1]) * limit * self._rng.choice([0.3, 0.9, 1.0, 1.1, 3.0]))

    def _bias_V(self) -> float:
        limits = self._rig.limits
        return self._near(
            float(self._rng.choice([limits.bias_V or 2.0, limits.bias_step_V or 2.0, limits.high_bias_V]))
        )

    def _do(self, step: Step) -> None:
        check_limits(step, self._context, self._steps.bias_V)
        self._steps.do(step)

    def wait(self) -> None:
        """Let a moment pass, as it does between two calls on a rig."""
        self._watch.read_to(self._watch.next + 4)

    def move_out(self) -> None:
        """Begin with a bias and a tip position that every limit allows."""
        limits, low = self._rig.limits, self._rng.uniform(0.1, 0.9, 3)
        far_nm = low[0] * min(limits.tip_travel_nm or 100.0, 100.0, limits.tip_speed_nm_per_s)
        self._do(SetBias(low[1] * min(2.0, limits.bias_V or 2.0, limits.bias_step_V or 2.0)))
        with suppress(LimitReached):
            self._do(Ramp("out", float(far_nm) * NM, limits.tip_speed_nm_per_s * NM))

    def actions(self) -> dict[str, Callable[[], object]]:
        """Return the actions, each with its own random numbers."""
        rng, limits, daq = self._rng, self._rig.limits, self._context.daq
        nm_per_V, safe_V = self._rig.piezo.extension_nm_per_V, self._rig.safe.z_V
        far_nm = abs(self._near(min(limits.tip_travel_nm or 100.0, 100.0)))
        speed = abs(self._near(limits.tip_speed_nm_per_s))
        n = int(rng.integers(2, 400))
        shape = rng.choice([-1, 1], n) if rng.random() < 0.5 else np.sin(np.linspace(0, 6, n))
        return {
            "set bias": lambda: self._do(SetBias(self._bias_V())),
            "hold": lambda: self._do(HoldStep("hold", float(rng.uniform(0.1, 2.5)))),
            "baseline": lambda: self._do(Baseline(0.05)),
            "ramp": lambda: self._do(Ramp("ramp", min(far_nm, 2 * speed) * NM, speed * NM)),
            "withdraw": lambda: self._do(
                Ramp("withdraw", float(rng.uniform(0, 2)) * NM, max(speed, 10.0) * NM)
            ),
            "modulate": lambda: self._do(
                Modulate("modulate", three_level(abs(self._bias_V())), float(rng.choice([0.3, 2.0, 8.0])))
            ),
            "sweep": lambda: self._do(SweepStep("sweep", self._bias_V() * shape)),
            "recentre": lambda: self._do(Recentre(self._near(limits.coarse_travel_nm) * NM)),
            "make safe": self._steps.be_safe,
            "script: write bias": lambda: daq.write(bias=self._bias_V()),
            "script: write z": lambda: daq.write(
                z=safe_V + abs(self._near(self._rig.safe.step_nm)) / nm_per_V
            ),
            "script: ramp of z": lambda: self._wave(
                {"z": safe_V + far_nm / nm_per_V * np.linspace(0, 1, n)}, daq.start_ramp
            ),
            "script: ramp of both": lambda: self._wave(
                {"z": np.full(n, safe_V), "bias": self._bias_V() * shape}, daq.start_ramp
            ),
            "script: modulation": lambda: self._wave({"bias": self._bias_V() * shape}, daq.start_modulation),
        }

    def _wave(self, volts: dict[str, np.ndarray], start: Callable[[dict[str, np.ndarray]], int]) -> None:
        with self._watch.outputs_unknown():
            start(volts)
            self._context.daq.read(400)
            self._watch.next = self._context.daq.samples_acquired()
            self._context.daq.stop_ramp()
        self._steps.bias_V = self._context.daq.held["bias"]


@contextmanager
def observed(rig: ServedRig, observer: Observer) -> Iterator[None]:
    """Let an observer see every step of the world of a rig."""
    bench = rig.simulated.bench
    bench.looks_ahead = False  # what is taken back never was
    world = bench.chain.world
    advance, seen_current, coarse = world.advance, world._seen_current, world.move_coarse
    dts = [0.0]

    def advancing(bias_V: Any, z_V: Any, dt: float, *others: Any) -> Any:
        dts[0] = dt
        observer.steps(bias_V, z_V, dt)
        return advance(bias_V, z_V, dt, *others)

    def seeing(current_A: Any, *others: Any) -> Any:
        observer.current(current_A, dts[0])
        return seen_current(current_A, *others)

    def moving(distance_m: float) -> None:
        observer.coarse(distance_m)
        coarse(distance_m)

    world.advance, world._seen_current, world.move_coarse = advancing, seeing, moving
    try:
        yield
    finally:
        del world.advance, world._seen_current, world.move_coarse


class _Deaf:
    """A sink for samples that are not looked at."""

    def feed(self, block: Any) -> None: ...

    def on_event(self, event: Any) -> None: ...


def run_case(served: ServedRig, text: str, rng: Rng, outcome: Outcome) -> None:
    """Run one random sequence on one random rig file."""
    step = f"[safe]\nstep_nm = {_log(rng, 0.5, 6.0):.6g}\n"
    served.file.write_text(text.replace("[safe]\n", step, 1) + limits_text(rng), "utf-8")
    rig = load_rig(served.file)
    calibration = current_calibration(rig)
    observer = Observer(rig, calibration.full_scale_V / calibration.gain_V_per_A)
    with open_rig(rig, wires=direct_wires(served.simulated)) as opened:
        context, daq = opened.context, opened.context.daq
        watch = SampleReader(context, _Deaf(), lambda: False)
        steps = StepRunner(context, watch, lambda: daq.to_safe({"z": rig.safe.z_V}, 10.0))
        context = replace(context, coarse=context.coarse and replace(context.coarse, pause=lambda s: None))
        steps._context = context
        daq.to_safe({"z": rig.safe.z_V}, 10.0)
        with observed(served, observer):
            daq.start_acquisition()
            watch.loop_backs.held(daq.held, 0, daq.samples_acquired())
            case = Case(rig, steps, watch, context, rng)
            if rng.random() < 0.8:
                case.move_out()
            for _ in range(ACTIONS):
                actions = case.actions()
                name = list(actions)[rng.integers(len(actions))]
                # A moment passes also after a refusal, which may have made the rig safe before.
                if not (_tried(name, actions[name], outcome) and _tried("wait", case.wait, outcome)):
                    break
            daq.to_safe({"z": rig.safe.z_V}, 10.0)
            daq.stop_acquisition()
    outcome.cases += 1
    outcome.moved += observer.moved_nm > rig.safe.step_nm
    outcome.crossed += [f"{one} in {name}" for one in observer.crossed[:1]]


def _tried(name: str, action: Callable[[], object], outcome: Outcome) -> bool:
    """Do one action; return False if the run is to end."""
    try:
        action()
        outcome.actions[f"{name}: done"] += 1
        return True
    except REFUSED as refusal:
        outcome.actions[f"{name}: refused"] += 1
        said, goes_on = str(refusal), True
    except LimitReached as end:
        outcome.actions[f"{name}: ended"] += 1
        said, goes_on = str(end), False
    except ProcedureFault:  # the current's rail, a loop-back
        outcome.actions[f"{name}: fault"] += 1
        return False
    if "\n" in said or len(said) < 20 or len(said) > 400:
        outcome.unclear.append(said)
    return goes_on


def trial(cases: int, rng: Rng, folder: Path) -> Outcome:
    """Run cases on one simulated rig."""
    outcome = Outcome()
    with served_rig(folder, seed=int(rng.integers(2**31))) as served:
        text = served.file.read_text("utf-8")
        for _ in range(cases):
            run_case(served, text, rng, outcome)
    return outcome


def total(outcomes: Iterable[Outcome]) -> Outcome:
    """Return the sum of some outcomes."""
    whole = Outcome()
    for one in outcomes:
        whole.cases += one.cases
        whole.moved += one.moved
        whole.actions += Counter(one.actions)
        whole.crossed += one.crossed
        whole.unclear += one.unclear
    return whole


def main() -> None:
    """Run the number of cases given, and print what became of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.limits", description=__doc__)
    parser.add_argument("cases", nargs="?", type=int, default=CASES, help="cases (default: %(default)s)")
    add_parts(parser)
    read = parser.parse_args()
    kept = Kept(read.keep, Outcome)
    stop = read.cases if read.stop is None else read.stop
    with tempfile.TemporaryDirectory() as folder, suppress(KeyboardInterrupt):
        for first in range(read.first, stop, CASES_A_RIG):
            rng = np.random.default_rng([1, first])
            kept.of(str(first), partial(trial, min(CASES_A_RIG, stop - first), rng, Path(folder)))
    outcome = total(kept)
    lines = [f"{outcome.cases} rig files, tip out in {outcome.moved}"]
    lines += [f"  {name:32} {count}" for name, count in sorted(outcome.actions.items())]
    lines += [f"limits crossed in the world: {len(outcome.crossed)}", *outcome.crossed[:20]]
    lines += [f"refusals that are no sentence: {len(outcome.unclear)}", *outcome.unclear[:20]]
    sys.stdout.write("\n".join(lines) + "\n")
