"""Wires that are wrong: what the run says, and where the world's tip and bias were at worst while it did."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.recording import Recording
from analysis.records import EventKind
from analysis.traces.read import traces_of
from app.acquisition.bench import Bench, RunSummary
from app.acquisition.open_rig import proving_current_A
from app.server.instruments import Instruments
from drivers.errors import InstrumentFault
from drivers.ni6281 import NI6281
from procedures.runner import RunEnd
from simulators.keithley428.settings import Settings
from simulators.rig.faults import DroppedReads, LoopBack, OutputStuck
from tests.support.rig.rigs import ServedRig, quick, served_rig

WIRING = "ni6281.wiring."
LEAST_STEP_V = 0.011
"""What a run that is refused may put out: the step that proves an output."""

DEEPEST_M = 1e-9
"""An indentation that an orderly stop leaves at 20 nm/s; a tip that nothing stops goes 50 nm deep."""


class NoWatchdog:
    """Stands in for the watchdog process, which has tests of its own and takes two seconds to start."""

    def __init__(self, rig_file: Path) -> None:
        pass

    def __enter__(self) -> "NoWatchdog":
        return self

    def __exit__(self, *error: object) -> None:
        pass

    gone = False

    def wait_until_ready(self) -> None:
        pass

    arm = check = dismiss = wait_until_ready

    def stay(self) -> str:
        return "It stays."


@pytest.fixture(autouse=True)
def no_watchdog(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.acquisition.bench.Watchdog", NoWatchdog)


@dataclass
class Worst:
    """Extremes of a world: |bias| on the sample, volts on the piezo, depth of the tip in the surface."""

    bias_V: float = 0.0
    z_V: float = 0.0
    depth_m: float = 0.0


@contextmanager
def watched(folder: Path, overrides: Mapping[str, Any]) -> Iterator[tuple[ServedRig, Worst]]:
    """Serve a rig whose world keeps its extremes."""
    with served_rig(folder, overrides=overrides) as rig:
        world, worst = rig.simulated.bench.chain.world, Worst()
        advance = world.advance

        def advancing(bias_V: Any, z_V: Any, *others: Any) -> Any:
            seen = advance(bias_V, z_V, *others)
            worst.bias_V = max(worst.bias_V, float(np.abs(bias_V).max()))
            worst.z_V = max(worst.z_V, float(np.abs(z_V).max()))
            worst.depth_m = world.truth.deepest_indentation_m
            return seen

        world.advance = advancing
        yield rig, worst


def run(rig: ServedRig, bench: Bench | None = None, traces: int = 2) -> RunSummary:
    return (bench or rig.bench()).run(quick(traces, approach_speed=20.0), rig.folder / "run.h5")


def fault_of(rig: ServedRig) -> str:
    """Name of the one fault in the recording."""
    with Recording(rig.folder / "run.h5") as recording:
        (fault,) = [event for event in recording.events if event.kind is EventKind.FAULT]
        return fault.name


REFUSED = {
    "outputs exchanged": (
        {"ao0": "z", "ao1": "bias"},
        "LoopBackFault",
        [
            "Bias shows on ai3 and z on ai2: loop-backs or outputs are swapped",
            "+10.00 mV on the bias output (ao0)",
        ],
    ),
    "loop-backs exchanged": (
        {"ai2": "z", "ai3": "bias"},
        "LoopBackFault",
        ["Bias shows on ai3 and z on ai2: loop-backs or outputs are swapped"],
    ),
    "bias loop-back off": (
        {"ai2": "ground"},
        "LoopBackFault",
        ["bias loop-back (ai2) does not follow", "+10.00 mV on the bias output (ao0)"],
    ),
    "z loop-back off": (
        {"ai3": "ground"},
        "LoopBackFault",
        ["z loop-back (ai3) does not follow", "+10.00 mV on the z output (ao1)"],
    ),
    "bias loop-back divided": (
        {"bias_loop_back": 0.1},
        "LoopBackFault",
        ["bias loop-back (ai2) is 0.10", "a divider"],
    ),
    "bias loop-back reversed": (
        {"bias_loop_back": -1.0},
        "LoopBackFault",
        ["bias loop-back (ai2) is -1.0", "leads are reversed"],
    ),
    "z loop-back reversed": (
        {"z_loop_back": -1.0},
        "LoopBackFault",
        ["z loop-back (ai3) is -1.0", "leads are reversed"],
    ),
    "current cable off": (
        {"ai0": "ground"},
        "CurrentInputFault",
        ["current input (ai0) does not follow the current amplifier", "cable is off"],
    ),
    "current on an input that is not read": (
        {"ai0": "ground", "ai6": "current"},
        "CurrentInputFault",
        ["current input (ai0) does not follow the current amplifier", "or on an unused input"],
    ),
    "current and thermocouple exchanged": (
        {"ai0": "thermocouple", "ai1": "current"},
        "CurrentInputFault",
        ["appears on the thermocouple input (ai1), but the rig file says current input (ai0)"],
    ),
}


@pytest.mark.parametrize("wires", REFUSED)
def test_a_wrong_wire_is_named_before_anything_moves(tmp_path, wires):
    wiring, name, words = REFUSED[wires]
    with watched(tmp_path, {f"{WIRING}{terminal}": value for terminal, value in wiring.items()}) as (
        rig,
        worst,
    ):
        summary = run(rig)

        assert summary.end.status == "fault"
        assert fault_of(rig) == name
        for said in words:
            assert said in summary.end.reason
        assert "nearer" not in summary.end.reason
        assert worst.bias_V < LEAST_STEP_V
        assert worst.z_V < LEAST_STEP_V
        assert rig.is_safe()
        trusted = name != "LoopBackFault"
        assert summary.end.safe is trusted, "safe is what loop-backs show that can be trusted"
        assert ("NOT SEEN TO BE SAFE" in summary.end.reason) is not trusted


@pytest.mark.parametrize(
    ("gain", "said"), [(1e5, "G0 at +100 mV"), (1e6, "the amplifier at its rail at +100 mV")]
)
def test_an_inverting_amplifier_stops_the_tip_at_the_surface(tmp_path, gain, said):
    with watched(tmp_path, {"keithley428.inverting": True, "surface.drift_pm_per_s": 0.0}) as (rig, worst):
        text = rig.file.read_text("utf-8").replace("gain_V_per_A = 1e5", f"gain_V_per_A = {gain:g}")
        rig.file.write_text(text, "utf-8")
        procedure = quick(2, approach_speed=5.0, railed_is_contact=True)

        summary = rig.bench().run(procedure, tmp_path / "run.h5")

        assert summary.end.status == "fault"
        assert fault_of(rig) == "WrongPolarity"
        assert summary.end.reason.startswith("Wrong polarity: ")
        assert said in summary.end.reason or "at its rail" in summary.end.reason
        assert "nearer" not in summary.end.reason
        assert worst.depth_m < DEEPEST_M
        assert summary.end.safe
        assert rig.is_safe()


def test_an_inverting_amplifier_that_the_rig_file_states_measures_positive_conductances(tmp_path):
    with watched(tmp_path, {"keithley428.inverting": True}) as (rig, worst):
        text = rig.file.read_text("utf-8")
        rig.file.write_text(
            text.replace("[current_amplifier]", "[current_amplifier]\ninverting = true\n#", 1), "utf-8"
        )

        summary = run(rig)

        assert (summary.end.status, summary.traces) == ("finished", 2), summary.end.reason
        assert worst.depth_m < DEEPEST_M
    with Recording(summary.recording) as recording:
        assert recording.header.settings["current_inverting"] is True
        assert recording.header.settings["current_gain_V_per_A"] > 0
        assert recording.samples(recording.first, recording.stop, ("current",)).min() < -1.0, "raw volts"
        offline = list(traces_of(recording))
    assert [np.nanmax(trace.conductance_G0) > 1 for trace in offline] == [True, True]


BIAS, Z = r"bias loop-back \(ai2\) reads ", r"z loop-back \(ai3\) reads "
IN_A_RUN = {
    "bias loop-back off": (
        LoopBack(3000, "bias", 0.0),
        BIAS + r".* since sample 30\d\d.* commanded to \+0\.1 V",
    ),
    "z loop-back off": (LoopBack(3000, "z", 0.0), Z + r".* since sample 30\d\d.*z output \(ao1\)"),
    "bias loop-back reversed": (LoopBack(3000, "bias", -1.0), BIAS + r"-0\.\d+ V since sample 30\d\d"),
    "z output sticks": (OutputStuck(3000, "z"), Z + r"\+\d\.\d+ V since sample \d+.*z output \(ao1\)"),
}


@pytest.mark.parametrize("fault", IN_A_RUN)
def test_what_fails_in_a_run_is_seen_within_a_tenth_of_a_second(tmp_path, fault):
    begins, said = IN_A_RUN[fault]
    with watched(tmp_path, {}) as (rig, worst):
        rig.simulated.faults.add(begins)

        summary = run(rig)

        assert summary.end.status == "fault"
        assert fault_of(rig) == "LoopBackFault"
        assert re.search(said, summary.end.reason), summary.end.reason
        assert worst.depth_m < DEEPEST_M
        assert worst.bias_V == pytest.approx(0.1, abs=1e-3)
        assert summary.samples < 3000 + 0.2 * 2000, "the fault began at sample 3000"
        assert not summary.end.safe


def test_a_bias_output_that_sticks_is_seen_before_the_tip_has_moved_far(tmp_path):
    with watched(tmp_path, {}) as (rig, worst):
        rig.simulated.faults.add(OutputStuck(800, "bias"))

        summary = run(rig)

        assert fault_of(rig) == "LoopBackFault"
        assert "commanded to +0.1 V" in summary.end.reason
        assert worst.z_V < 0.1


def test_a_bias_that_stands_before_the_run_is_refused_and_no_output_is_stepped(tmp_path, monkeypatch):
    monkeypatch.setattr("app.server.bias_by_hand.Watchdog", NoWatchdog)
    with watched(tmp_path, {}) as (rig, worst):
        instruments = Instruments(rig.file)
        instruments.set("daq", "bias_V", 0.05)
        rig.simulated.faults.add(OutputStuck(signal="bias"))
        instruments.close()

        summary = run(rig)

        assert fault_of(rig) == "LoopBackFault"
        assert re.search(BIAS + r"\+0\.0\d+ V .* commanded to \+0 V; nothing was moved", summary.end.reason)
        assert not summary.end.safe
        assert worst.z_V == 0


@pytest.mark.parametrize("count", ["zero", "stale", "error"])
def test_a_card_that_forgets_how_far_a_ramp_came_never_lets_the_tip_jump(tmp_path, count):
    with watched(tmp_path, {"ni6281.count_after_stop": count}) as (rig, worst):
        world, jumps = rig.simulated.bench.chain.world, []
        advance, last = world.advance, [0.0]

        def advancing(bias_V: Any, z_V: Any, *others: Any) -> Any:
            course = np.concatenate([last, z_V])
            jumps.append(float(np.diff(course).max()))
            last[0] = float(z_V[-1])
            return advance(bias_V, z_V, *others)

        world.advance = advancing
        summary = run(rig, traces=3)

        assert summary.end.status == "finished", summary.end.reason
        assert summary.end.safe
        assert worst.depth_m < DEEPEST_M
        assert max(jumps) < 0.02, "0.2 nm toward the sample, at once"
    with Recording(tmp_path / "run.h5") as recording:
        found = [event.payload for event in recording.events if event.name == "position from loop-back"]
    assert bool(found) is (count != "stale")
    for one in found:
        assert one["z_V"] == pytest.approx(one["seen_V"], abs=2e-3)
        assert "the card lost the position in the ramp" in one["message"]


def test_a_right_rig_is_proved_and_the_recording_says_so(tmp_path):
    with watched(tmp_path, {}) as (rig, worst):
        summary = run(rig)

        assert summary.end == RunEnd("finished", "", safe=True)
        assert worst.depth_m < DEEPEST_M
    with Recording(tmp_path / "run.h5") as recording:
        (proof,) = [event.payload for event in recording.events if event.name == "wiring proved"]
    for output, other in (("bias", "z"), ("z", "bias")):
        moved_V = proof[output]["moved_V"]
        assert moved_V[output] == pytest.approx(proof[output]["step_V"], abs=3e-4)
        assert abs(moved_V[other]) < 3e-4
    assert abs(proof["current"]["moved_V"]["current"]) == pytest.approx(
        proof["current"]["expected_V"], rel=0.02
    )


def test_a_rig_whose_suppression_does_not_work_is_told_how_to_go_on_and_can(tmp_path, monkeypatch):
    monkeypatch.setattr(Settings, "active_suppression_A", 0.0)
    with watched(tmp_path, {}) as (rig, worst):
        refused = run(rig)
        assert fault_of(rig) == "CurrentInputFault"
        assert "set test_current = false in [current_amplifier]" in refused.end.reason
        assert worst.z_V < LEAST_STEP_V
        (rig.folder / "run.h5").unlink()
        text = rig.file.read_text("utf-8").replace(
            "[current_amplifier]", "[current_amplifier]\ntest_current = false\n#"
        )
        rig.file.write_text(text, "utf-8")

        summary = run(rig)

        assert summary.end.status == "finished", summary.end.reason
        assert worst.depth_m < DEEPEST_M


@pytest.mark.parametrize(
    ("full_scale_A", "expected_A"), [(1e-3, 5e-5), (1e-8, 5e-10), (1e-9, 1e-10), (1e-10, 8e-11)]
)
def test_the_test_current_is_a_twentieth_of_full_scale_where_the_suppression_resolves_that(
    full_scale_A, expected_A
):
    assert proving_current_A(full_scale_A) == pytest.approx(expected_A)


def test_a_surface_out_of_reach_advises_nearer_only_because_the_current_was_seen(tmp_path, monkeypatch):
    with watched(tmp_path, {"surface.initial_gap_nm": 500.0}) as (rig, _):
        seen = rig.bench().run(quick(1, approach_speed=100.0), tmp_path / "run.h5")
        monkeypatch.setattr("procedures.runner.prove", lambda context, watch: False)
        unseen = rig.bench().run(quick(1, approach_speed=100.0), tmp_path / "unproved.h5")

    assert "Move the coarse positioner closer" in seen.end.reason
    assert "the current path is not proved. Do not move closer until" in unseen.end.reason


def test_a_bias_that_is_too_small_to_compare_and_vanishes_stops_the_tip(tmp_path):
    """2 mV are within the tolerance of 0 V; but nothing is left to divide the current by."""
    with watched(tmp_path, {}) as (rig, worst):
        rig.simulated.faults.add(LoopBack(3000, "bias", 0.0))

        summary = rig.bench().run(quick(1, approach_speed=20.0, bias=2.0), tmp_path / "run.h5")

        assert fault_of(rig) == "NoBias"
        assert "while +2 mV is commanded" in summary.end.reason
        assert worst.depth_m == 0


# ---- a bias by hand ----


def test_a_bias_by_hand_on_the_wrong_output_goes_no_further_than_a_small_step(tmp_path, monkeypatch):
    monkeypatch.setattr("app.server.bias_by_hand.Watchdog", NoWatchdog)
    with watched(tmp_path, {f"{WIRING}ao0": "z", f"{WIRING}ao1": "bias"}) as (rig, worst):
        instruments = Instruments(rig.file)

        with pytest.raises(
            InstrumentFault, match=r"bias loop-back \(ai2\) reads .* V where the bias output \(ao0\)"
        ):
            instruments.set("daq", "bias_V", 1.0)

        assert rig.simulated.bench.outputs == {"bias": 0.0, "z": 0.0}
        assert max(worst.bias_V, worst.z_V) < LEAST_STEP_V
        instruments.close()


def test_a_bias_by_hand_whose_loop_back_falls_off_is_taken_away(tmp_path, monkeypatch):
    monkeypatch.setattr("app.server.bias_by_hand.Watchdog", NoWatchdog)
    with watched(tmp_path, {}) as (rig, _):
        instruments = Instruments(rig.file)
        instruments.set("daq", "bias_V", 0.2)
        instruments.look()
        assert rig.simulated.bench.outputs["bias"] == pytest.approx(0.2, abs=1e-3)

        rig.simulated.faults.add(LoopBack(signal="bias"))
        instruments.look()

        assert rig.simulated.bench.outputs["bias"] == 0.0
        instruments.close()


def test_a_bias_by_hand_that_can_not_be_seen_any_more_is_taken_away(tmp_path, monkeypatch):
    monkeypatch.setattr("app.server.bias_by_hand.Watchdog", NoWatchdog)
    with watched(tmp_path, {}) as (rig, _):
        instruments = Instruments(rig.file)
        instruments.set("daq", "bias_V", 0.2)

        rig.simulated.faults.add(DroppedReads())
        instruments.look()

        assert rig.simulated.bench.outputs["bias"] == 0.0
        instruments.close()


def test_a_bias_by_hand_is_taken_away_by_any_error_on_the_way(tmp_path, monkeypatch):
    monkeypatch.setattr("app.server.bias_by_hand.Watchdog", NoWatchdog)
    monkeypatch.setattr(NI6281, "glance", lambda card: {})
    with watched(tmp_path, {}) as (rig, _):
        instruments = Instruments(rig.file)

        with pytest.raises(KeyError):
            instruments.set("daq", "bias_V", 0.2)

        assert rig.simulated.bench.outputs["bias"] == 0.0
        instruments.close()
