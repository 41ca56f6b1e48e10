"""The plan of a heating measurement, step by step, with no rig."""

import math
from collections import Counter
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from analysis.constants import G0_S
from analysis.heating.programme import three_level
from procedures.errors import ImpossibleSetting, TooManyTrips
from procedures.heating import Heating
from tests.support.rig.plans import STATION, Script

BDNC = {"conductance": 0.002, "amplitudes": "0.74 1.27", "holds": 2}


def heating(**more):
    return Heating.from_values({**BDNC, **more})


def test_amplitudes_take_turns_until_each_has_its_holds():
    script = Script(heating(), 0.002)

    assert [note["amplitude_V"] for note in script.notes] == [0.74, 1.27, 0.74, 1.27]
    assert [note["number"] for note in script.notes] == [0, 1, 2, 3]
    assert {note["kind"] for note in script.notes} == {"whole"}
    assert heating().total_cycles == 4


def test_a_hold_too_short_to_be_evaluated_is_taken_again_at_its_amplitude():
    script = Script(heating(), 0.002, modulate=[("finished", 5, 1e-7), ("ruptured", 0.9, 1e-7)])

    assert [note["amplitude_V"] for note in script.notes] == [0.74, 1.27, 1.27, 0.74, 1.27]
    assert [note["counts"] for note in script.notes] == [True, False, True, True, True]
    assert script.notes[1]["kind"] == "ruptured"


def test_a_junction_ruptured_late_counts():
    script = Script(heating(holds=1), 0.002, modulate=[("ruptured", 2.0, 1e-7)], check=[0.002, 1e-6])

    assert (script.notes[0]["kind"], script.notes[0]["counts"]) == ("ruptured", True)
    assert script.notes[0]["after_G0"] == 1e-6


@pytest.mark.parametrize(
    ("after_G0", "kind"),
    [
        (0.002, "whole"),
        (0.0010, "whole"),
        (0.0043, "whole"),
        (0.0008, "jumped"),
        (0.01, "jumped"),
        (math.nan, "jumped"),
        (1e-4, "ruptured"),
        (-1e-6, "ruptured"),
    ],
)
def test_what_became_of_a_junction_is_judged_by_its_conductance_afterwards(after_G0, kind):
    script = Script(heating(holds=1), 0.002, check=[0.002, after_G0])

    assert script.notes[0]["kind"] == kind
    assert script.notes[0]["after_G0"] == (after_G0 if math.isfinite(after_G0) else None)


def test_after_a_trip_the_tip_is_back_before_there_is_a_bias_again():
    script = Script(heating(holds=1), 0.002, modulate=[("contact", 0.5, math.nan)])

    tripped = script.names.index("modulate")
    assert script.names[tripped : tripped + 7] == [
        "modulate", "retract", "SetBias", "hold", "leave", "clear", "Baseline",
    ]  # fmt: skip
    retract = script.steps[tripped + 1]
    assert retract.to_m == pytest.approx(94e-9), "past_break and clearance from the 98 nm where it was held"
    assert script.bias_at[tripped + 1] == 0
    assert script.notes[0]["kind"] == "tripped"
    assert script.notes[0]["after_G0"] is None


def test_after_a_rupture_the_low_bias_is_back_for_the_check():
    script = Script(heating(holds=1), 0.002, modulate=[("ruptured", 3, 1e-7)])

    ruptured = script.names.index("modulate")
    assert script.names[ruptured : ruptured + 4] == ["modulate", "SetBias", "check", "hold"]
    assert script.bias_at[ruptured + 2] == pytest.approx(0.1)


def test_too_many_trips_in_a_row_end_the_run():
    trips = [("current", 0.5, math.nan)] * 9
    with pytest.raises(TooManyTrips, match="3 junctions in a row"):
        Script(heating(most_trips=3), 0.002, modulate=trips)

    with_whole_ones_between = [trips[0], trips[0], None, trips[0], trips[0]]
    assert len(Script(heating(most_trips=3), 0.002, modulate=with_whole_ones_between).notes) == 8


def test_a_whole_junction_is_held_again_at_another_amplitude():
    script = Script(heating(holds_per_junction=2), 0.002)

    assert Counter(script.names)["approach"] == 2
    assert [note["amplitude_V"] for note in script.notes] == [0.74, 1.27] * 2
    assert Counter(script.names)["check"] == 6, "the check after a hold is the one before the next"


def test_a_junction_that_has_jumped_is_not_held_again():
    script = Script(heating(holds_per_junction=2, holds=1), 0.002, check=[0.002, 0.01])

    assert Counter(script.names)["approach"] == 2


def modulations(script):
    return [step for step in script.steps if getattr(step, "name", "") == "modulate"]


def limit_A(step, name="current"):
    return step.trip[name]._limit_A


def test_what_is_not_known_of_the_current_is_learned_from_whole_junctions():
    """The first three are given three times what their low-bias conductance says; then it is known."""
    twice_A = 2 * G0_S * 0.002 * 0.74
    whole = ("finished", 5, twice_A * 2 / 3)  # the mean modulus of three equal levels, one of them zero
    script = Script(heating(amplitudes="0.74", holds=5), 0.002, modulate=[whole] * 5)

    steps = modulations(script)
    known = [step.payload["expected_A"] for step in steps]
    assert known[:3] == [None] * 3
    np.testing.assert_allclose(known[3:], twice_A, rtol=1e-9)
    np.testing.assert_allclose(limit_A(steps[0]), 3 * 3 * twice_A / 2)
    np.testing.assert_allclose(limit_A(steps[3]), 3 * twice_A)


def test_a_measured_current_is_what_is_expected():
    steps = modulations(Script(heating(expected="1.5e-7 4e-7", trip_factor=2), 0.002))

    assert [step.payload["expected_A"] for step in steps[:2]] == [1.5e-7, 4e-7]
    assert limit_A(steps[1]) == pytest.approx(8e-7)


def test_the_low_bias_of_a_gold_contact_does_not_trip_a_smaller_amplitude():
    gold = Heating.from_values({"conductance": 1, "amplitudes": "0.03", "holds": 1})

    step = modulations(Script(gold, 1.0))[0]

    assert "contact" not in step.trip
    assert limit_A(step) == pytest.approx(1.5 * G0_S * 0.1)


def test_the_programme_is_the_paper_s_unless_told_otherwise():
    assert modulations(Script(heating(), 0.002))[0].programme == three_level(0.74)
    reverse = modulations(Script(heating(order="-0+", frequency="49/8"), 0.002))[0]
    assert reverse.programme == three_level(0.74, "-0+", Fraction(49, 8))
    assert reverse.payload["order"] == "-0+"


def test_other_levels_need_no_new_code():
    step = modulations(Script(heating(levels="+1:2 0.5:1 0:2 -1:1/2"), 0.002))[0]

    assert [level.bias_V for level in step.programme.levels] == [0.74, 0.37, 0, -0.74]
    assert [level.share for level in step.programme.levels] == [Fraction(n, 11) for n in (4, 2, 4, 1)]


@pytest.mark.parametrize(
    ("values", "context", "said"),
    [
        ({"amplitudes": ""}, {}, "amplitudes is not set"),
        ({"amplitudes": "2.5"}, {}, "outside the rig's limits"),
        ({"expected": "1e-7"}, {}, "1 current for 2 amplitudes"),
        ({"expected": "1e-7 2e-4"}, {}, "rails at 0.0001 A"),
        ({"conductance": 1, "amplitudes": "1.5"}, {}, "rails at 0.0001 A"),
        ({}, {"bias_on": "probe"}, "bias is on the probe"),
        ({}, {"lowpass_Hz": 100.0}, "low-pass .* 100 Hz"),
        ({}, {"rise_time_s": 1e-3}, "rise time .* 0.001 s"),
        ({}, {"tip_s": 6e-3}, "the tip .* takes 30 ms to follow"),
        ({"hold_time": 0.5}, {}, "6 whole periods"),
        ({"hold_time": 1.2, "first_periods": 12}, {}, "first_periods = 12 of the 14 whole periods"),
        ({"order": "alternating", "hold_time": 1.5}, {}, "9 whole periods"),
        ({"holds_per_junction": 3}, {}, "more than the 2 conditions"),
        ({"amplitudes": "0.74 0.74"}, {}, "given twice"),
        ({"amplitudes": "0.74 0.95", "taken": "3"}, {}, "give one for each"),
    ],
)
def test_impossible_settings_are_refused(values, context, said):
    with pytest.raises(ImpossibleSetting, match=said):
        heating(**values).check(replace(STATION, **context))


def test_what_an_interrupted_run_has_taken_is_not_taken_again():
    again = heating(amplitudes="0.74 0.95", holds=5, taken="5 2")
    assert list(again.missing().values()) == [0, 3]
    assert again.total_cycles == 3


def test_the_slowest_filters_are_allowed():
    heating().check(replace(STATION, lowpass_Hz=300.0, rise_time_s=3e-4))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"amplitudes": "0.74 x"}, "amplitudes = '0.74 x': x is not a number"),
        ({"amplitudes": "0.74 11"}, "11 is above 10 V"),
        ({"order": "0+-"}, "order = '0\\+-'"),
        ({"frequency": "0"}, "0 is not positive"),
        ({"frequency": "fast"}, "fast is not a number"),
        ({"levels": "0.5:1 0:1"}, "largest level is 0.5"),
        ({"levels": "1:0 0:1"}, "not positive"),
        ({"hold_times": 3}, "did you mean 'hold_time'"),
    ],
)
def test_bad_parameters_are_refused(values, said):
    with pytest.raises(ImpossibleSetting, match=said):
        heating(**values)
