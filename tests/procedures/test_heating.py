"""Heating: the plan by hand, and held junctions on the simulated rig."""

import math
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from analysis.constants import G0_S
from analysis.heating.holds import holds_of
from analysis.heating.programme import three_level
from analysis.recorded_traces import traces_of
from analysis.recording import Recording
from analysis.records import EventKind
from app.bench import Observer
from procedures.errors import ImpossibleSetting, TooManyTrips
from procedures.heating import Heating
from simulators.faults import ConnectionLost, FormContact, Rupture
from tests.procedures.plans import STATION, Script
from tests.rigs import served_rig

BDNC = {"conductance": 0.002, "amplitudes": "0.74 1.27", "holds": 2}


def heating(**more):
    return Heating.from_values({**BDNC, **more})


# ---- the plan ----


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
        "modulate", "retract", "SetBias", "Mark", "leave", "clear", "Baseline",
    ]  # fmt: skip
    retract = script.steps[tripped + 1]
    assert retract.to_m == pytest.approx(94e-9), "past_break and clearance from the 98 nm where it was held"
    assert script.bias_at[tripped + 1] == 0
    assert script.notes[0]["kind"] == "tripped"
    assert script.notes[0]["after_G0"] is None


def test_after_a_rupture_the_low_bias_is_back_for_the_check():
    script = Script(heating(holds=1), 0.002, modulate=[("ruptured", 3, 1e-7)])

    ruptured = script.names.index("modulate")
    assert script.names[ruptured : ruptured + 4] == ["modulate", "SetBias", "check", "Mark"]
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
    ("values", "station", "said"),
    [
        ({"amplitudes": ""}, {}, "amplitudes is not given"),
        ({"amplitudes": "2.5"}, {}, "outside the rig's limits"),
        ({"expected": "1e-7"}, {}, "1 currents for 2 amplitudes"),
        ({"expected": "1e-7 2e-4"}, {}, "rails at 0.0001 A"),
        ({"conductance": 1, "amplitudes": "1.5"}, {}, "rails at 0.0001 A"),
        ({}, {"bias_on": "probe"}, "bias is on the probe"),
        ({}, {"lowpass_Hz": 100.0}, "low-pass .* 100 Hz"),
        ({}, {"rise_time_s": 1e-3}, "rise time .* 0.001 s"),
        ({"hold_time": 0.5}, {}, r"6\.12 periods"),
        ({"order": "alternating", "hold_time": 1.5}, {}, r"9\.19 periods"),
        ({"holds_per_junction": 3}, {}, "there are 2 conditions"),
        ({"amplitudes": "0.74 0.74"}, {}, "there twice"),
        ({"amplitudes": "0.74 0.95", "taken": "3"}, {}, "give one for each"),
    ],
)
def test_impossible_settings_are_refused(values, station, said):
    with pytest.raises(ImpossibleSetting, match=said):
        heating(**values).check(replace(STATION, **station))


def test_what_an_interrupted_run_has_taken_is_not_taken_again():
    again = heating(amplitudes="0.74 0.95", holds=5, taken="5 2")
    assert [missing for missing in again.missing().values()] == [0, 3]
    assert again.total_cycles == 3


def test_the_slowest_filters_are_allowed():
    heating().check(replace(STATION, lowpass_Hz=300.0, rise_time_s=3e-4))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"amplitudes": "0.74 x"}, "amplitudes = '0.74 x'.*could not convert"),
        ({"amplitudes": "0.74 11"}, "11 is out of bounds"),
        ({"order": "0+-"}, "order = '0\\+-'"),
        ({"frequency": "0"}, "0 is not positive"),
        ({"frequency": "fast"}, "'fast' is not a number"),
        ({"levels": "0.5:1 0:1"}, "largest level is 0.5"),
        ({"levels": "1:0 0:1"}, "not positive"),
        ({"hold_times": 3}, "did you mean 'hold_time'"),
    ],
)
def test_bad_parameters_are_refused(values, said):
    with pytest.raises(ImpossibleSetting, match=said):
        heating(**values)


# ---- the simulated rig ----

QUICK = {
    **BDNC,
    "holds": 1,
    "hold_time": 1.2,
    "withdraw_speed": 1.0,
    "stop_within": 0.03,
    "trip_reaction": 0.05,
    "baseline_every": 50,
    "approach_speed": 20,
    "leave_speed": 20,
}
EASY = {
    "sample.species": "BDNC",
    "molecule.BDNC.binding_probability": 1.0,
    "molecule.BDNC.spread_decades": 0.05,
    "molecule.BDNC.double_probability": 0.0,
    "molecule.BDNC.lifetime_s": 1e5,
    "molecule.BDNC.site_jump_Hz": 0.0,
    "surface.drift_pm_per_s": 0.0,
}
"""A world in which most openings leave a junction that lives."""


@pytest.fixture
def rig(tmp_path):
    with served_rig(tmp_path, overrides=EASY) as served:
        yield served


def run(rig, at_modulation=None, **values):
    """Run it to its end; what goes wrong in the first modulation does so 0.5 s after its begin."""
    waiting = [at_modulation] if at_modulation else []

    def observe(event):
        if event.name == "modulate" and event.payload["phase"] == "begin" and waiting:
            rig.simulated.faults.add(replace(waiting.pop(), from_sample=event.sample + 1000))

    procedure = Heating.from_values({**QUICK, **values})
    summary = rig.bench().run(procedure, rig.folder / "run.h5", observer=Observer(event=observe))
    assert summary.end.status == "finished", summary.end.reason
    assert rig.is_safe()
    return summary, Recording(rig.folder / "run.h5")


def test_junctions_are_held_and_the_recording_says_so(rig):
    summary, recording = run(rig)

    with recording:
        holds = list(holds_of(recording))
        header = recording.header
        traces = list(traces_of(recording))
    assert (summary.cycles, len(holds)) == (2, 2)
    assert [(hold.amplitude_V, hold.kind, hold.ended) for hold in holds] == [
        (0.74, "whole", "finished"),
        (1.27, "whole", "finished"),
    ]
    for hold in holds:
        assert len(hold) == 2400
        assert 0.0018 <= hold.before_G0 <= 0.0022
        assert hold.window_G0 == pytest.approx((0.0018, 0.0022))
        np.testing.assert_allclose(
            np.abs(hold.bias_V[20:]).mean(), hold.amplitude_V * 2 / 3, rtol=0.02, err_msg="thirds"
        )
        plus = hold.current_A[hold.bias_V > 0.9 * hold.amplitude_V].mean()
        assert G0_S * hold.before_G0 * hold.amplitude_V < plus < 3 * G0_S * hold.before_G0 * hold.amplitude_V
    assert header.procedure == "heating"
    assert header.parameters["amplitudes_V"] == [0.74, 1.27]
    assert header.parameters["frequency_Hz"] == "12.25"
    assert "plateau" in {trace.ended for trace in traces}


def test_a_rupture_ends_a_hold_early(rig):
    _, recording = run(rig, Rupture(), amplitudes="1.27", hold_time=3.0)

    with recording:
        hold = next(holds_of(recording))
    assert (hold.kind, hold.ended) == ("ruptured", "ruptured")
    assert 1000 + 163 <= len(hold) <= 1000 + 163 + 300, "half a second, the period without current, a look"
    assert hold.after_G0 < 1e-3


def test_a_contact_that_forms_trips_and_the_run_goes_on(rig):
    summary, recording = run(rig, FormContact(), amplitudes="1.27", trip_reaction=0.002)

    with recording:
        holds = list(holds_of(recording))
    assert [hold.kind for hold in holds] == ["tripped", "whole"]
    assert holds[0].ended in ("contact", "current", "overload")
    assert len(holds[0]) < 1000 + 163
    assert summary.cycles == 1


def test_an_open_gap_is_never_captured(tmp_path):
    """Bare gold, whose tunnelling tails run through the window of the molecule."""
    values = {"withdraw_speed": 0.3, "stop_within": 0.03, "most_openings": 12, "open_threshold": 3e-4}
    overrides = {"tunnelling.barrier_eV": 2.5, "gold.snap_back_nm": 0.25, "gold.snap_back_spread_nm": 0.05}
    with served_rig(tmp_path, overrides=overrides) as rig:
        procedure = Heating.from_values({**QUICK, **values})
        summary = rig.bench().run(procedure, rig.folder / "run.h5")
        with Recording(rig.folder / "run.h5") as recording:
            traces = list(traces_of(recording))

    passed = [
        np.count_nonzero((trace.conductance_G0 > 0.0018) & (trace.conductance_G0 < 0.0022))
        for trace in traces
    ]
    assert max(passed) >= 10, "no tail has gone through the window; the test shows nothing"
    assert summary.end.status == "fault"
    assert "12 openings in a row without a junction" in summary.end.reason


# ---- every way out is the safe one ----


class _FailsIn:
    """Lets the plan go wrong as its first step of a name begins."""

    def __init__(self, procedure, name, fail, clock):
        self._procedure, self._name, self._fail, self._clock = procedure, name, fail, clock
        self.failed_at_s = None
        self._dry = True

    def __getattr__(self, name):
        return getattr(self._procedure, name)

    def plan(self, station):
        plan, outcome = self._procedure.plan(station), None
        dry, self._dry = self._dry, False
        while True:
            try:
                step = plan.send(outcome)
            except StopIteration:
                return
            if getattr(step, "name", "") == self._name and not dry and self.failed_at_s is None:
                self.failed_at_s = self._clock.now()
                self._fail()
            outcome = yield step


def _exception(rig, bench):
    raise ZeroDivisionError("a bug in the procedure")


def _abort(rig, bench):
    bench.stop()


def _connection(rig, bench):
    rig.simulated.faults.add(ConnectionLost())
    original = bench._make_safe

    def make_safe(opened):
        rig.simulated.faults.clear()
        return original(opened)

    bench._make_safe = make_safe


FAILURES = {"exception": _exception, "abort": _abort, "connection lost": _connection}


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("name", ["withdraw", "check", "modulate", "hold", "leave", "clear", "retract"])
def test_every_step_may_fail_and_the_rig_is_safe_within_a_second(rig, name, failure):
    bench, clock = rig.bench(), rig.simulated.bench.clock
    procedure = Heating.from_values(QUICK)
    wrapped = _FailsIn(procedure, name, lambda: FAILURES[failure](rig, bench), clock)

    def observe(event):
        if name == "retract" and event.name == "modulate" and event.payload["phase"] == "begin":
            rig.simulated.faults.add(FormContact(from_sample=event.sample + 100))

    with suppress(ZeroDivisionError):
        bench.run(wrapped, rig.folder / "run.h5", observer=Observer(event=observe))

    assert wrapped.failed_at_s is not None, "the run never came to this step"
    assert clock.now() - wrapped.failed_at_s < 1.0
    assert rig.is_safe()
    with Recording(rig.folder / "run.h5") as recording:
        safe = [e for e in recording.events if e.kind is EventKind.MARK and e.name == "safe"]
    assert safe[-1].payload["safe"]
