"""Cases of the matrix: one fault at one moment of one run, and all that must hold afterwards."""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from analysis.recording import Recording, RecordingError
from analysis.records import EventKind
from app.acquisition.recorder import RecorderFailed
from app.acquisition.watchdog import make_safe
from app.config.rig import load_rig
from app.config.rig_folder import state_path
from drivers.errors import RigError
from procedures.preflight.stray import LARGEST_V
from procedures.runner import RunEnd
from tests.fault_matrix.faults import ERROR, FAULT, FAULTS, FINISHED, MatrixFault
from tests.fault_matrix.runs import RUNS, Run
from tests.fault_matrix.scene import PROOF, Killed, Moment, Scene
from tests.support.patience import ANSWER_S
from tests.support.rig.rigs import FEW_LOOKS, ServedRig
from tests.support.rig.watched import Worst, watched

OFFSET_V = 0.5e-3
"""Largest deviation of an output of the card at 0 V: ten standard deviations."""

REACH_S = 2.0
"""Longest time from a fault to the end of the samples, or to its mention, if it ends the run."""

GONE_S = 0.3
"""Time for which a bench tries to make a rig safe whose card is gone."""

MOST_LETTERS, MOST_LETTERS_OF_PROOF = 700, 1500
"""Longest message; a proof has a sentence for each wire that answers wrongly."""

CARD_SHARE = 1.01
"""Output over command, with the errors of the card."""

NOT_SAFE = "NOT SAFE", "NOT SEEN TO BE SAFE"


@dataclass(frozen=True)
class Case:
    """One fault in one step of one procedure."""

    fault: str
    procedure: str
    moment: Moment
    seed: int


@dataclass
class Outcome:
    """Outcome of a case; ``wrong`` must stay empty."""

    case: Case
    status: str = ""
    said: str = ""
    said_safe: bool = False
    bias_V: float = float("nan")
    """Bias on the sample at the end."""

    z_V: float = float("nan")
    """Voltage on the piezo at the end."""

    depth_m: float = 0.0
    """Deepest place of the tip in the surface."""

    struck: bool = False
    wrong: list[str] = field(default_factory=list)

    def demand(self, condition: bool, otherwise: str) -> None:
        """Note what is wrong if a condition does not hold."""
        if not condition:
            self.wrong.append(otherwise)


@dataclass
class Look:
    """World at a moment: bias on the sample, volts on the piezo and at the heater's output."""

    bias_V: float
    z_V: float
    heater_V: float

    @property
    def safe(self) -> bool:
        """True if there is no bias but the offset of the card, the tip is at its safe place, and the heater is off."""
        return abs(self.bias_V) < OFFSET_V and abs(self.z_V) < 2 * OFFSET_V and self.heater_V == 0.0

    def __str__(self) -> str:
        return f"{self.bias_V:+.3g} V on the sample, z at {self.z_V:.3g} V, heater at {self.heater_V:.3g} V"


def _look(rig: ServedRig) -> Look:
    bench = rig.simulated.bench
    with bench.lock:
        bench.clock.wait(bench.changed, bench.clock.now() + 0.01)
        bench.catch_up()
    present = bench.present
    return Look(float(rig.world.bias_V), float(present["z"]), float(bench.outputs.get("heater", 0.0)))


def rehearse(procedure: str, seed: int = 1) -> dict[str, list[int]]:
    """Run a procedure without a fault; return the lengths in samples of the steps of each name, in order."""
    run = RUNS[procedure]
    with tempfile.TemporaryDirectory() as name, watched(Path(name), run.world, seed=seed) as (rig, _):
        scene = _scene(rig, run, Path(name), prove=False)
        with scene.hooked():
            end = _run(scene, run)
    assert isinstance(end, RunEnd) and end.status == FINISHED, f"{procedure}: {end}"
    lengths: dict[str, list[int]] = {PROOF: [0]}
    for step, first, stop in scene.steps:
        lengths.setdefault(step, []).append(stop - first)
    return lengths


def cases_of(procedure: str, faults: Mapping[str, MatrixFault], rng: np.random.Generator) -> Iterator[Case]:
    """Yield every fault in every step of a procedure, at a random moment of one of the steps of that name."""
    for step, lengths in rehearse(procedure).items():
        for fault in faults:
            if faults[fault].card == RUNS[procedure].without:
                continue
            nth = int(rng.integers(len(lengths)))
            delay = int(rng.integers(lengths[nth] + 1))
            yield Case(fault, procedure, Moment(step, nth, delay), seed=1)


def _scene(rig: ServedRig, run: Run, folder: Path, *, prove: bool, within_s: float = ANSWER_S) -> Scene:
    text = run.edit(rig.file.read_text("utf-8"))
    text = text.replace(f"within_s = {ANSWER_S}", f"within_s = {within_s}").replace(f"{FEW_LOOKS}\n", "")
    rig.file.write_text(text, "utf-8")
    return Scene(rig, rig.bench("" if prove else "fault matrix"), folder / "run.h5")


def _run(scene: Scene, run: Run) -> RunEnd | BaseException:
    """Run the procedure; return its end, or the error by which it ended."""
    try:
        end: RunEnd | BaseException = scene.bench.run(run.made(), scene.out).end
    except (Killed, Exception) as error:
        end = error
    return Killed() if scene.dead else end


def run_case(case: Case) -> Outcome:
    """Run a case, and look at the world, at what was said, and at the recording."""
    run, fault, outcome = RUNS[case.procedure], FAULTS[case.fault], Outcome(case)
    with (
        tempfile.TemporaryDirectory() as name,
        watched(Path(name), run.world, seed=case.seed, card=fault.card) as (rig, worst),
    ):
        within_s = GONE_S if fault.takes_outputs else ANSWER_S
        scene = _scene(rig, run, Path(name), prove=case.moment.step == PROOF, within_s=within_s)
        scene.moment, scene.strike = case.moment, fault.strike
        scene.while_dead.append(lambda: _while_dead(scene, outcome))
        with scene.hooked(case.fault):
            end = _run(scene, run)
        outcome.struck = scene.struck_at is not None and not scene._waiting
        _judge_end(outcome, fault, end, scene)
        _judge_world(outcome, fault, rig, run, worst)
        if not isinstance(end, Killed):
            _judge_recording(outcome, fault, scene)
        state_path(rig.file, load_rig(rig.file)).unlink(missing_ok=True)
    return outcome


def _while_dead(scene: Scene, outcome: Outcome) -> None:
    """Look at rig and recording while the bench is dead or suspended, and the watchdog has acted."""
    look = _look(scene.rig)
    outcome.demand(look.safe, f"the watchdog left {look}")
    saved = scene.sink._recorder._writer.saved
    with Recording(scene.log) as recording:
        rows = recording.n_samples
        outcome.demand(rows >= saved, f"{saved} samples were acknowledged, {rows} can be read")
        _compare(outcome, recording, scene, whole=False)


def _judge_end(outcome: Outcome, fault: MatrixFault, end: RunEnd | BaseException, scene: Scene) -> None:
    if isinstance(end, RunEnd):
        outcome.status, outcome.said, outcome.said_safe = end.status, end.reason, end.safe
    else:
        outcome.status, outcome.said = ERROR, str(end) or type(end).__name__
        outcome.said_safe = not scene.bench.unsafe
        known = isinstance(end, RecorderFailed | Killed | MemoryError | RigError)
        outcome.demand(known, f"an error of no known kind: {end!r}")
    if outcome.struck:
        expected = fault.ends | ({FINISHED} if scene.in_last_step else frozenset())
        outcome.demand(outcome.status in expected, f"ended as {outcome.status}: {outcome.said}")
    else:
        outcome.demand(outcome.status == FINISHED, f"nothing happened, but {outcome.status}: {outcome.said}")
    if outcome.status == FAULT:
        most = MOST_LETTERS_OF_PROOF if outcome.case.moment.step == PROOF else MOST_LETTERS
        plain = 15 < len(outcome.said) < most and "\n" not in outcome.said
        outcome.demand(plain, f"no plain sentence: {outcome.said!r}")
    unsafe_said = any(words in f"{outcome.said} {scene.bench.unsafe}" for words in NOT_SAFE)
    outcome.demand(outcome.said_safe != unsafe_said, f"called safe: {outcome.said_safe}, but: {outcome.said}")


def _judge_world(outcome: Outcome, fault: MatrixFault, rig: ServedRig, run: Run, worst: Worst) -> None:
    look = _look(rig)
    outcome.bias_V, outcome.z_V, outcome.depth_m = look.bias_V, look.z_V, worst.depth_m
    outcome.demand(look.safe or not outcome.said_safe, f"called safe with {look}")
    outcome.demand(look.safe or fault.takes_outputs, f"left with {look}")
    proof_V = CARD_SHARE * LARGEST_V if outcome.case.moment.step == PROOF else 0.0
    outcome.demand(
        worst.bias_V < max(run.largest_bias_V, proof_V), f"bias of {worst.bias_V:.3g} V in the run"
    )
    if not look.safe:
        rig.simulated.faults.clear()
        stated = load_rig(rig.file)
        try:
            make_safe(stated, 10.0)
        except RigError as error:
            outcome.wrong.append(f"can't be made safe once the fault has gone: {error}")
        outcome.demand(_look(rig).safe, "not safe once the fault has gone")


def _judge_recording(outcome: Outcome, fault: MatrixFault, scene: Scene) -> None:
    indices, _ = scene.handed_on()
    if scene.out.exists() or scene.log.exists():
        path = scene.out if not scene.log.exists() else scene.log
        try:
            with Recording(path) as recording:
                lost = outcome.status == ERROR and fault.kind in ("disk", "memory")
                _compare(outcome, recording, scene, whole=not lost)
                _judge_fault_event(outcome, fault, recording, scene)
        except RecordingError as error:
            outcome.demand("deleted" in outcome.case.fault, f"no recording: {error}")
    else:
        outcome.demand(not len(indices) or fault.kind == "disk", "no recording")
    saved = scene.sink._recorder._writer.saved
    outcome.demand(saved <= len(indices), f"{saved} samples acknowledged, {len(indices)} read")


def _compare(outcome: Outcome, recording: Recording, scene: Scene, *, whole: bool) -> None:
    """Compare the recording with what the reader handed on: nothing wrong, and if ``whole`` nothing missing."""
    indices, data = scene.handed_on()
    blocks = list(recording.blocks())
    rows = np.concatenate([np.arange(b.first, b.stop) for b in blocks]) if blocks else np.empty(0, int)
    places = np.searchsorted(indices, rows)
    known = bool((places < len(indices)).all()) and np.array_equal(indices[places], rows)
    outcome.demand(known, "samples in the recording that were never read")
    if len(blocks) and known:
        recorded = np.concatenate([b.data for b in blocks], axis=1)
        equal = np.array_equal(recorded, data[:, places].astype(recorded.dtype))
        outcome.demand(equal, "samples of other values in the recording")
    said = [event for event in recording.events if event.name == "damaged samples left out"]
    outcome.demand(np.array_equal(rows, indices[: len(rows)]) or bool(said), "samples missing without a word")
    if whole:
        outcome.demand(len(rows) == len(indices), f"{len(rows)} of {len(indices)} samples recorded")
        outcome.demand(recording.status != "unfinished", "the recording was not ended")
        outcome.demand(
            np.array_equal(indices, np.arange(len(indices))), f"gaps in the samples: {recording.gaps}"
        )


def _judge_fault_event(outcome: Outcome, fault: MatrixFault, recording: Recording, scene: Scene) -> None:
    """The fault is in the recording where it was, and samples after it are lost only where the fault loses them."""
    faults = [event.sample for event in recording.events if event.kind is EventKind.FAULT]
    at = scene.struck_at
    if outcome.status != FAULT or at is None:
        return
    outcome.demand(len(faults) == 1 or "watchdog" in outcome.said, f"{len(faults)} faults in the recording")
    within = round(REACH_S * recording.rate_Hz)
    late = [sample for sample in faults if not max(at, 0) - within <= sample]
    outcome.demand(not late, f"fault at sample {at}, told at {faults}")
    if fault.loses_samples and at >= 0:
        end = recording.stop
        outcome.demand(at - within <= end <= at + within, f"fault at sample {at}, samples end at {end}")
