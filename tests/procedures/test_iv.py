"""I-V curves of held junctions: the plan by hand, and curves from the simulated rig."""

import math
from collections import Counter

import numpy as np
import pytest

from analysis.constants import G0_S
from analysis.iv.mean import mean_iv
from analysis.iv.sweeps import sweeps_of
from analysis.recording import Recording
from app.acquisition.bench import Observer
from procedures.errors import ImpossibleSetting, TooManyTrips
from procedures.iv import IV
from simulators.rig.faults import FormContact
from tests.support.rig.held_rig import EASY, QUICK
from tests.support.rig.plans import STATION, Script
from tests.support.rig.rigs import served_rig

BDNC = {"conductance": 0.002, "peak": 1.3, "curves": 3}


def iv(**more):
    return IV.from_values({**BDNC, **more})


def test_a_curve_goes_to_both_peaks_and_ends_at_0_V():
    bias_V = iv().waveform_V(2000.0)

    assert bias_V.size == 400
    assert (bias_V.max(), bias_V.min(), bias_V[-1]) == (pytest.approx(1.3), pytest.approx(-1.3), 0)
    assert np.argmax(bias_V) == 99
    assert np.argmin(bias_V) == 299
    np.testing.assert_allclose(np.abs(np.diff(bias_V)), 0.013, rtol=1e-9)
    assert bias_V[0] == pytest.approx(0.013)


def test_each_curve_stands_between_two_checks():
    script = Script(iv(), 0.002)

    assert script.names[2:9] == ["approach", "withdraw", "check", "sweep", "check", "curve", "leave"]
    assert [note["kind"] for note in script.notes] == ["whole"] * 3
    assert [step.payload["curve"] for step in script.by_name["sweep"]] == [0, 1, 2]


def test_curves_of_junctions_that_were_not_whole_do_not_count():
    trip = ("contact", 0.05, math.nan)
    script = Script(iv(), 0.002, sweep=[trip], check=[0.002, 0.002, 0.0001])

    assert [note["kind"] for note in script.notes] == ["tripped", "ruptured", "whole", "whole", "whole"]
    assert [note["counts"] for note in script.notes] == [False, False, True, True, True]
    assert script.names[script.names.index("sweep") + 1] == "retract"


def test_several_curves_of_a_junction_say_so():
    script = Script(iv(curves=5, curves_per_junction=2), 0.002)

    assert [note["junction"] for note in script.notes] == [0, 0, 1, 1, 2]
    assert Counter(script.names)["approach"] == 3


def test_too_many_trips_in_a_row_end_the_run():
    with pytest.raises(TooManyTrips, match="2 junctions"):
        Script(iv(most_trips=2), 0.002, sweep=[("current", 0.1, math.nan)] * 3)


def test_the_trip_leaves_room_for_a_non_linear_junction_but_not_for_a_metal_one():
    trip = Script(iv(), 0.002).by_name["sweep"][0].trip

    ohmic_A = G0_S * 0.002 * 1.3
    assert trip["current"].feed(np.array([8.9 * ohmic_A])) is None
    assert trip["current"].feed(np.array([9.1 * ohmic_A])) is not None
    assert trip["contact"].feed(np.array([0.6 * G0_S * 1.3])) is not None


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"peak": 2.1}, "peak: 2.1 V is outside"),
        ({"conductance": 1.1}, "rails at"),
        ({"sweep_time": 0.015}, "30 samples; a curve needs 40"),
    ],
)
def test_impossible_settings_are_refused(values, said):
    with pytest.raises(ImpossibleSetting, match=said):
        iv(**values).check(STATION)


def test_a_peak_must_be_given():
    with pytest.raises(ImpossibleSetting, match="peak is not set"):
        IV.from_values({"conductance": 0.002}).check(STATION)


@pytest.fixture
def rig(tmp_path):
    with served_rig(tmp_path, overrides=EASY) as served:
        yield served


def run(rig, observer=None, **values):
    summary = rig.bench().run(iv(**{**QUICK, **values}), rig.folder / "run.h5", observer=observer)
    assert summary.end.status == "finished", summary.end.reason
    assert rig.is_safe()
    with Recording(rig.folder / "run.h5") as recording:
        return list(sweeps_of(recording))


def test_curves_of_the_simulated_junctions(rig):
    """One level at 0.9 eV, and 0.002 G0 at low bias: at 1.27 V it carries 0.402 uA, told by the Landauer formula."""
    sweeps = run(rig, curves=6, curves_per_junction=2)

    mean = mean_iv(sweeps, series_resistance_ohm=50.0)
    low = np.abs(mean.voltage_V) < 0.1
    conductance_G0 = np.polyfit(mean.voltage_V[low], mean.current_A[low], 1)[0] / G0_S
    assert (mean.curves, mean.junctions) == (6, 3)
    assert 0.0018 < conductance_G0 < 0.0022
    np.testing.assert_allclose(mean.expected_A(1.27) / conductance_G0 * 0.002, 0.402e-6, rtol=0.2)
    np.testing.assert_allclose(mean.rising_A, mean.falling_A, atol=0.02e-6)


def test_a_contact_that_forms_on_the_way_trips(rig):
    hit = []

    def observe(event):
        if event.name == "sweep" and event.payload["phase"] == "begin" and not hit:
            hit.append(event)
            rig.simulated.faults.add(FormContact(from_sample=event.sample + 80))

    sweeps = run(rig, Observer(on_event=observe), curves=1, trip_reaction=0.002)

    assert [sweep.kind for sweep in sweeps] == ["tripped", "whole"]
    assert sweeps[0].bias_V.size < 200
