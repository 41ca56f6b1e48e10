"""Wires that are wrong: what the run says, and where the world's tip and bias were at worst while it did."""

import re
from typing import Any

import numpy as np
import pytest

from analysis.recording import Recording
from analysis.records import EventKind
from analysis.traces.read import traces_of
from app.acquisition.bench import Bench, RunSummary
from app.acquisition.direct import direct_wires
from app.acquisition.open_rig import proving_current_A
from app.server.instruments import Instruments
from drivers.errors import InstrumentFault
from drivers.ni6281 import NI6281
from simulators.rig.faults import DroppedReads, LoopBack, OutputStuck, PanelPress
from tests.support.rig.rigs import OFFSET_V, ServedRig, quick
from tests.support.rig.watchdogs import WatchdogWithoutProcess
from tests.support.rig.watched import watched

pytestmark = pytest.mark.usefixtures("unanalysed")

WIRING = "ni6281.wiring."
LEAST_STEP_V = 0.011
"""Largest bias that may be set by hand before its output is proved."""

STEP_OF_PROOF_V = 0.11
"""Largest z during the proof of the rig, which steps by 0.1 V."""

DEEPEST_M = 1e-9
"""An indentation that an orderly stop leaves at 20 nm/s; a tip that nothing stops goes 50 nm deep."""


@pytest.fixture(autouse=True)
def no_watchdog(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.acquisition.bench.Watchdog", WatchdogWithoutProcess)


def run(rig: ServedRig, bench: Bench | None = None, traces: int = 2) -> RunSummary:
    return (bench or rig.bench()).run(quick(traces, approach_speed=20.0), rig.folder / "run.h5")


def fault_of(rig: ServedRig) -> str:
    """Name of the one fault in the recording."""
    with Recording(rig.folder / "run.h5") as recording:
        (fault,) = [event for event in recording.events if event.kind is EventKind.FAULT]
        return fault.name


@pytest.mark.parametrize(
    ("gain", "said"), [(1e5, "G0 at +100 mV"), (1e6, "the amplifier at its rail at +100 mV")]
)
def test_an_inverting_amplifier_stops_the_tip_at_the_surface(tmp_path, gain, said):
    with watched(tmp_path, {"keithley428.inverting": True, "surface.drift_pm_per_s": 0.0}) as (rig, worst):
        text = rig.file.read_text("utf-8").replace("gain_V_per_A = 1e5", f"gain_V_per_A = {gain:g}")
        rig.file.write_text(text, "utf-8")
        procedure = quick(2, approach_speed=5.0, railed_is_contact=True)
        bench = Bench(rig.file, wires=direct_wires(rig.simulated), unproved="a test")

        summary = bench.run(procedure, tmp_path / "run.h5")

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
        rig.simulated.faults.add(OutputStuck(300, "bias"))

        summary = run(rig)

        assert fault_of(rig) == "LoopBackFault"
        assert "commanded to +0.1 V" in summary.end.reason
        assert worst.z_V < 0.2, "the step of the proof is 0.1 V"


def test_a_bias_that_stands_before_the_run_is_refused_and_no_output_is_stepped(tmp_path, monkeypatch):
    monkeypatch.setattr("app.server.bias_by_hand.Watchdog", WatchdogWithoutProcess)
    with watched(tmp_path, {}) as (rig, worst):
        instruments = Instruments(rig.file)
        instruments.set("daq", "bias_V", 0.05)
        rig.simulated.faults.add(OutputStuck(signal="bias"))
        instruments.close()

        summary = run(rig)

        assert fault_of(rig) == "LoopBackFault"
        assert re.search(BIAS + r"\+0\.0\d+ V .* commanded to \+0 V; nothing was moved", summary.end.reason)
        assert not summary.end.safe
        assert worst.z_V < OFFSET_V


@pytest.mark.parametrize("count", ["zero", "stale", "error"])
def test_a_card_that_forgets_how_far_a_ramp_came_never_lets_the_tip_jump(tmp_path, count):
    with watched(tmp_path, {"ni6281.count_after_stop": count}) as (rig, worst):
        world, jumps = rig.simulated.bench.chain.world, []
        advance, last = world.advance, [0.0]

        def advancing(bias_V: Any, z_V: Any, *others: Any) -> Any:
            course = np.concatenate([last, z_V])
            jumps.append(float(np.diff(course)[course[:-1] > STEP_OF_PROOF_V].max(initial=0.0)))
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
    assert found
    for one in found:
        assert one["z_V"] == pytest.approx(one["seen_V"], abs=2e-3)
        assert "the card lost the position in the ramp" in one["message"]


@pytest.mark.parametrize(
    ("full_scale_A", "expected_A"), [(1e-3, 5e-5), (1e-8, 5e-10), (1e-9, 1e-10), (1e-10, 8e-11)]
)
def test_the_test_current_is_a_twentieth_of_full_scale_where_the_suppression_resolves_that(
    full_scale_A, expected_A
):
    assert proving_current_A(full_scale_A) == pytest.approx(expected_A)


def test_a_bias_that_is_too_small_to_compare_and_vanishes_stops_the_tip(tmp_path):
    """2 mV are within the tolerance of 0 V; but nothing is left to divide the current by."""
    with watched(tmp_path, {}) as (rig, worst):
        rig.simulated.faults.add(LoopBack(3000, "bias", 0.0))

        summary = rig.bench().run(quick(1, approach_speed=20.0, bias=2.0), tmp_path / "run.h5")

        assert fault_of(rig) == "NoBias"
        assert "while +2 mV is commanded" in summary.end.reason
        assert worst.depth_m == 0


@pytest.mark.parametrize(("pressed", "said"), [("C1X", "zero check is on"), ("R4X", "gain")])
def test_a_key_pressed_during_an_approach_stops_it_before_the_surface(tmp_path, pressed, said):
    """The current says nothing under zero check: only the amplifier itself can tell."""
    with watched(tmp_path, {}) as (rig, worst):
        rig.simulated.faults.add(PanelPress(3000, pressed))

        summary = rig.bench().run(quick(1, approach_speed=5.0), tmp_path / "run.h5")

        assert summary.end.status == "fault" and said in summary.end.reason
        assert worst.depth_m == 0
        assert rig.is_safe()
    with Recording(tmp_path / "run.h5") as recording:
        pressed_at = recording.stop - 3000
        assert pressed_at < 1.5 * recording.header.rate_Hz  # a piece of the way, and the way to safe


# ---- a bias by hand ----


def test_a_bias_by_hand_on_the_wrong_output_goes_no_further_than_a_small_step(tmp_path, monkeypatch):
    monkeypatch.setattr("app.server.bias_by_hand.Watchdog", WatchdogWithoutProcess)
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
    monkeypatch.setattr("app.server.bias_by_hand.Watchdog", WatchdogWithoutProcess)
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
    monkeypatch.setattr("app.server.bias_by_hand.Watchdog", WatchdogWithoutProcess)
    with watched(tmp_path, {}) as (rig, _):
        instruments = Instruments(rig.file)
        instruments.set("daq", "bias_V", 0.2)

        rig.simulated.faults.add(DroppedReads())
        instruments.look()

        assert rig.simulated.bench.outputs["bias"] == 0.0
        instruments.close()


def test_a_bias_by_hand_is_taken_away_by_any_error_on_the_way(tmp_path, monkeypatch):
    monkeypatch.setattr("app.server.bias_by_hand.Watchdog", WatchdogWithoutProcess)
    monkeypatch.setattr(NI6281, "glance", lambda card: {})
    with watched(tmp_path, {}) as (rig, _):
        instruments = Instruments(rig.file)

        with pytest.raises(KeyError):
            instruments.set("daq", "bias_V", 0.2)

        assert rig.simulated.bench.outputs["bias"] == 0.0
        instruments.close()
