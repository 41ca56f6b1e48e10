"""Controls: what each of them does otherwise than the measurement, and that its holds say what they are."""

import math
from collections import Counter
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from analysis.heating import controls as judged
from analysis.heating.holds import holds_of
from analysis.heating.programme import three_level
from analysis.recording import Recording
from procedures.controls import (
    DummyResistor,
    Gold,
    LeadsSwapped,
    OrderReversed,
    OtherFrequencies,
    OutOfContact,
    ZeroAmplitude,
)
from procedures.errors import ContactNotBroken, ImpossibleSetting, NoFixture
from procedures.limits import dry_run
from tests.support.rig.held_rig import EASY, QUICK
from tests.support.rig.plans import STATION, Script
from tests.support.rig.rigs import served_rig

JUNCTION = {"conductance": 0.002, "amplitudes": "1.27", "holds": 1}
GAP = {"amplitudes": "1.27", "holds": 2}
DUMMY = {"amplitudes": "1.27", "holds": 2, "resistance": 6.45e6}
DUMMY_G0 = 0.0020010

ALL = {
    OutOfContact: (GAP, 1e-6),
    ZeroAmplitude: ({"conductance": 0.002, "holds": 2}, 0.002),
    DummyResistor: (DUMMY, DUMMY_G0),
    OrderReversed: (JUNCTION, 0.002),
    OtherFrequencies: (JUNCTION, 0.002),
    LeadsSwapped: (JUNCTION, 0.002),
    Gold: ({"holds": 1}, 1.0),
}


@pytest.mark.parametrize("control", ALL)
def test_every_hold_says_of_which_control_it_is(control):
    values, seen_G0 = ALL[control]
    procedure = control.from_values(values)

    procedure.check(STATION)
    script = Script(procedure, seen_G0)

    assert control.control in judged.WHY
    assert control.name.startswith("control ")
    assert {note["control"] for note in script.notes} == {control.control}
    assert {note["kind"] for note in script.notes} == {"whole"}
    assert len(script.notes) == procedure.total_cycles
    assert dry_run(procedure, STATION)


def modulations(script):
    return script.by_name["modulate"]


def test_out_of_contact_the_surface_is_found_once_and_the_gap_kept():
    script = Script(OutOfContact.from_values({**GAP, "holds": 3}), 1e-6)

    names = Counter(script.names)
    assert (names["approach"], names["back"], names["modulate"]) == (1, 1, 3)
    assert "withdraw" not in names
    assert script.by_name["back"][0].to_m == pytest.approx(50e-9)
    assert modulations(script)[0].programme == three_level(1.27)


def test_a_gap_that_conducts_is_none():
    with pytest.raises(ContactNotBroken, match=r"0\.003 G0"):
        Script(OutOfContact.from_values(GAP), 1e-6, check=[0.003])


def test_noise_of_a_gap_is_no_current_to_learn_from_or_to_trip_on():
    noise = ("finished", 5, 2e-10)
    script = Script(OutOfContact.from_values({**GAP, "holds": 6}), 1e-6, modulate=[noise] * 6)

    for step in modulations(script):
        assert step.payload["expected_A"] is None
        assert "ruptured" not in step.trip
        assert step.trip["current"].feed(np.full(10, 5e-9)) is None


def test_zero_amplitude_is_the_same_programme_with_nothing_in_it():
    script = Script(ZeroAmplitude.from_values({"conductance": 0.002, "holds": 2}), 0.002)

    step = modulations(script)[0]
    assert step.programme.frequency_Hz == Fraction(49, 4)
    assert [level.bias_V for level in step.programme.levels] == [0, 0, 0]
    assert step.trip["current"].feed(np.full(10, 1.4 * 7.748e-5 * 0.002 * 0.1)) is None
    assert script.notes[0]["amplitude_V"] == 0


def test_a_dummy_resistor_is_modulated_with_the_tip_back():
    script = Script(DummyResistor.from_values(DUMMY), DUMMY_G0)

    assert set(script.names) == {"Baseline", "SetBias", "check", "modulate", "hold", "MakeSafe"}
    assert script.nm == 0


@pytest.mark.parametrize("seen_G0", [1e-6, 0.01, math.nan])
def test_a_dummy_resistor_that_is_not_there_is_missed(seen_G0):
    with pytest.raises(NoFixture, match=r"0\.002 G0 within 10 %"):
        Script(DummyResistor.from_values(DUMMY), seen_G0)


def test_a_dummy_resistor_must_be_given():
    with pytest.raises(ImpossibleSetting, match="resistance is not set"):
        DummyResistor.from_values({"amplitudes": "1"}).check(STATION)


def test_the_order_is_reversed():
    script = Script(OrderReversed.from_values(JUNCTION), 0.002)

    assert modulations(script)[0].programme == three_level(1.27, "-0+")
    assert modulations(script)[0].payload["order"] == "-0+"


def test_frequencies_take_turns():
    procedure = OtherFrequencies.from_values({**JUNCTION, "holds": 2})

    script = Script(procedure, 0.002)

    frequencies = [step.programme.frequency_Hz for step in modulations(script)]
    assert frequencies == [Fraction(49, 8), Fraction(49, 4), Fraction(49, 2)] * 2
    assert procedure.total_cycles == 6


def test_gold_has_the_amplitudes_of_the_paper():
    assert Gold().amplitudes == (0.030, 0.043, 0.052, 0.060, 0.067)
    assert (Gold().window.low_G0, Gold().window.high_G0) == (0.9, 1.1)


@pytest.mark.parametrize("control", ALL)
def test_controls_refuse_what_the_measurement_refuses(control):
    procedure = control.from_values(ALL[control][0])

    with pytest.raises(ImpossibleSetting, match="low-pass"):
        procedure.check(replace(STATION, lowpass_Hz=30.0))


def run(tmp_path, procedure, overrides):
    with served_rig(tmp_path, overrides=overrides) as rig:
        summary = rig.bench().run(procedure, rig.folder / "run.h5")
        assert summary.end.status == "finished", summary.end.reason
        assert summary.cycles == procedure.total_cycles
        assert rig.is_safe()
    with Recording(tmp_path / "run.h5") as recording:
        assert recording.header.procedure == procedure.name
        return list(holds_of(recording))


SHORT = {**QUICK, "hold_time": 1.2, "holds": 2}


def test_a_modulated_gap_carries_nothing(tmp_path):
    values = {name: value for name, value in SHORT.items() if name != "conductance"}

    holds = run(tmp_path, OutOfContact.from_values({**values, "amplitudes": "1.27"}), EASY)

    assert [hold.kind for hold in holds] == ["whole"] * 2
    assert np.ptp(holds[0].bias_V) > 2.5
    for level_V in (1.27, -1.27):
        at_level = np.abs(holds[0].bias_V[20:] - level_V) < 0.01
        assert abs(holds[0].current_A[20:][at_level].mean()) < 2e-9


def test_junctions_are_held_at_0_V(tmp_path):
    holds = run(tmp_path, ZeroAmplitude.from_values(SHORT), EASY)

    assert [hold.kind for hold in holds] == ["whole"] * 2
    assert np.abs(holds[0].bias_V[20:]).max() < 5e-3


def test_a_dummy_resistor_carries_its_current(tmp_path):
    values = {name: value for name, value in SHORT.items() if name != "conductance"}
    procedure = DummyResistor.from_values({**values, "amplitudes": "1.27", "resistance": 3e6})

    holds = run(tmp_path, procedure, {"fixture.kind": "resistor", "fixture.resistance_ohm": 3e6})

    plus = holds[0].current_A[20:][holds[0].bias_V[20:] > 1.26]
    np.testing.assert_allclose(np.median(plus), 1.27 / 3e6, rtol=0.01)
