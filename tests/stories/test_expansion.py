"""Tip and substrate expand while a heater changes: the surface comes to the tip, or goes out of its reach."""

from dataclasses import replace

import pytest

from analysis.recording import Recording
from analysis.records import EventKind
from procedures.calibrate_heater import CalibrateHeater
from procedures.heater_steps import HeaterSteps
from procedures.limits import dry_run
from procedures.steps import SetBias, SetHeater
from procedures.thermopower import Thermopower
from simulators.rig.faults import AmplifierOutput, PanelPress
from tests.procedures.test_thermopower import context_of
from tests.stories.test_recentring import without_coarse
from tests.stories.test_thermopower import QUICK, WORLD
from tests.support.rig.rigs import served_rig

pytestmark = pytest.mark.usefixtures("unanalysed")

NM = 1e-9
DEEPEST_M = 2.5 * NM
"""An approach at 50 nm/s ends within 2 nm. Without a look at the current the tip was 34 and 166 nm in the surface."""

TIP = {**WORLD, "heater.expansion_s": 1.0}
SUBSTRATE = {**TIP, "heater.where": "substrate", "heater.substrate_s": 5.0}


PIEZOS = {
    "extends at negative volts": (
        {"piezo.reversed": True},
        {"min_V = 0.0, max_V = 10.0": "min_V = 0.0, max_V = 10.0, inverting = true"},
    ),
    "retracts at -10 V": (
        {"surface.initial_gap_nm": 20.0},
        {"min_V = 0.0, max_V = 10.0": "min_V = -10.0, max_V = 10.0", "z_V = 0.0": "z_V = -10.0"},
    ),
    "retracts at +10 V": (
        {"surface.initial_gap_nm": 20.0, "piezo.reversed": True},
        {
            "min_V = 0.0, max_V = 10.0": "min_V = -10.0, max_V = 10.0, inverting = true",
            "z_V = 0.0": "z_V = -10.0",
        },
    ),
}
"""Drives of the piezo: its world, and what the rig file says of it."""

RETRACTED_V = {"retracts at -10 V": -10.0, "retracts at +10 V": 10.0}


def edited(rig, changes):
    """Change the text of a rig file."""
    text = rig.file.read_text("utf-8")
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    rig.file.write_text(text, "utf-8")


def run_in(folder, world, dT, coarse=True, piezo="", card="PXI-6281", changes=None, **values):
    """Run a thermopower measurement of two turns; return its end, the world, coarse moves, and the recording."""
    procedure = Thermopower.from_values({**QUICK, "holds": 1, "at_once": 1, "dT": dT, **values})
    driven, said = PIEZOS.get(piezo, ({}, {}))
    with served_rig(folder, overrides={**world, **driven}, seed=4, card=card) as rig:
        if not coarse:
            without_coarse(rig)
        edited(rig, {**said, **(changes or {})})
        out = folder / "night.h5"
        end = rig.bench().run(procedure, out).end
        with Recording(out) as recording:
            events = list(recording.events)
        moves = [
            e.payload["distance_m"] for e in events if e.name == "recentre" and "distance_m" in e.payload
        ]
        turns = [e.payload["dT_K"] for e in events if e.name == "thermopower" and e.kind is EventKind.MARK]
        retracted = {"bias": 0.0, "z": RETRACTED_V.get(piezo, 0.0), "heater": 0.0}
        assert rig.simulated.bench.outputs == pytest.approx(retracted, abs=1e-3)
        return end, rig.world.deepest_indentation_m, moves, turns


@pytest.mark.parametrize("nm_per_K", [0.5, 1.25, 3.0])
def test_a_tip_that_grows_by_more_than_its_clearance_is_taken_back(tmp_path, nm_per_K):
    """At 1.25 nm/K it grows by just the clearance, and the zero of the current is measured in tunnelling contact."""
    world = {**TIP, "heater.tip_nm_per_K": nm_per_K}
    end, deepest_m, _, turns = run_in(tmp_path, world, "0 20", holds=2)
    assert (end.status, end.safe) == ("finished", True), end.reason
    assert deepest_m < DEEPEST_M
    assert turns == [0.0, 20.0, 20.0, 0.0]


def test_the_coarse_positioner_follows_a_substrate_there_and_back(tmp_path):
    end, deepest_m, moves, turns = run_in(tmp_path, SUBSTRATE, "0 -10", holds=2)
    assert (end.status, end.safe) == ("finished", True), end.reason
    assert deepest_m < DEEPEST_M
    assert turns == [0.0, -10.0, -10.0, 0.0]
    assert min(moves) < 0.0 < max(moves), "away from the warm substrate, and after the cold one"


@pytest.mark.parametrize("piezo", PIEZOS)
def test_the_tip_is_taken_back_whatever_volts_retract_it(tmp_path, piezo):
    end, deepest_m, moves, turns = run_in(tmp_path, SUBSTRATE, "0 -10", piezo=piezo)
    assert (end.status, end.safe) == ("finished", True), end.reason
    assert deepest_m < DEEPEST_M
    assert turns == [0.0, -10.0]
    assert max(moves) < 0.0


@pytest.mark.parametrize("card", ["PCIe-6363", "USB-6363"])
def test_the_tip_is_taken_back_with_other_cards(tmp_path, card):
    end, deepest_m, _, turns = run_in(tmp_path, SUBSTRATE, "0 -10", card=card)
    assert (end.status, end.safe) == ("finished", True), end.reason
    assert deepest_m < DEEPEST_M
    assert turns == [0.0, -10.0]


def test_a_surface_that_goes_away_from_the_heat_is_out_of_reach(tmp_path):
    """No expansion of a metal does that, but a bending holder may; it comes back while the heater is off."""
    end, deepest_m, _, _ = run_in(tmp_path, {**SUBSTRATE, "heater.substrate_nm_per_K": -20.0}, "0 -10")
    assert (end.status, end.safe) == ("fault", True)
    assert "No contact" in end.reason
    assert deepest_m < DEEPEST_M


DEAD = {
    "output dead": (AmplifierOutput(factor=0.0), "no charge came from the sample to the Keithley 428"),
    "ZERO CHECK": (PanelPress(words="C1X"), "zero check is on, was set off"),
}


@pytest.mark.parametrize("dead", DEAD)
def test_a_current_path_that_dies_while_the_heater_changes_ends_the_run(tmp_path, monkeypatch, dead):
    """The substrate comes 200 nm nearer; before, nothing looked whether a touch would be seen."""
    fault, message = DEAD[dead]
    world, heater_set = {**SUBSTRATE, "heater.substrate_s": 5.0}, HeaterSteps.set
    procedure = Thermopower.from_values({**QUICK, "holds": 1, "at_once": 1, "dT": "0 -10"})
    with served_rig(tmp_path, overrides=world, seed=4) as rig:
        edited(rig, {"capacitance_pF = 0.0": "capacitance_pF = 0.05"})

        def dies(steps, step: SetHeater):
            if step.power_W > 0.0:
                rig.simulated.faults.add(fault)
            return heater_set(steps, step)

        monkeypatch.setattr(HeaterSteps, "set", dies)
        end = rig.bench().run(procedure, tmp_path / "night.h5").end
        assert rig.simulated.bench.outputs == {"bias": 0.0, "z": 0.0, "heater": 0.0}
        assert rig.world.deepest_indentation_m < DEEPEST_M
    assert (end.status, end.safe) == ("fault", True)
    assert message in end.reason


def test_without_a_coarse_positioner_the_heater_goes_off_and_the_run_says_why(tmp_path):
    slow = {**SUBSTRATE, "heater.substrate_s": 30.0}
    end, deepest_m, moves, _ = run_in(tmp_path, slow, "0 -10", coarse=False)
    assert (end.status, end.safe) == ("fault", True)
    assert "The surface came to the tip while the heater changed" in end.reason
    assert "by some micrometres" in end.reason
    assert deepest_m < DEEPEST_M
    assert moves == []


def test_a_coarse_positioner_that_does_not_move_ends_the_run_soon(tmp_path):
    stuck = {**SUBSTRATE, "coarse.step_nm": 1e-3}
    end, deepest_m, _, _ = run_in(tmp_path, stuck, "0 -10")
    assert (end.status, end.safe) == ("fault", True)
    assert deepest_m < DEEPEST_M, end.reason


def test_a_calibration_of_the_heater_ends_when_the_tip_touches(tmp_path):
    """With the tip 40 nm away and 3 nm/K, half of the power drove it 8 nm into the surface."""
    world = {**TIP, "heater.tip_nm_per_K": 3.0}
    procedure = CalibrateHeater.from_values({"holds": 2, "hold_time": 0.2, "powers": 1})
    with served_rig(tmp_path, overrides=world, seed=4) as rig:
        end = rig.bench().run(procedure, tmp_path / "heater.h5").end
        assert rig.simulated.bench.outputs == {"bias": 0.0, "z": 0.0, "heater": 0.0}
        assert rig.world.deepest_indentation_m < 2 * DEEPEST_M
    assert (end.status, end.safe) == ("fault", True)
    assert "The surface came to the tip" in end.reason


def test_the_bias_that_shows_a_touch_keeps_to_the_steps_that_the_rig_allows(tmp_path):
    """A rig that allows no step of 10 mV could not have calibrated its heater."""
    context = replace(context_of(tmp_path), most_bias_step_V=0.004)
    procedure = CalibrateHeater.from_values({"holds": 2, "hold_time": 0.2, "powers": 1})
    steps = dry_run(procedure, context)
    assert {step.bias_V for step in steps if isinstance(step, SetBias)} == {0.0, 0.004}
    watching = {step.watching for step in steps if isinstance(step, SetHeater)}
    assert [one.sine.largest_V for one in watching] == pytest.approx([0.004])
