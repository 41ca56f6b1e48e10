"""An evaluation can use all that its procedure accepts: the procedure applies the evaluation's rules first."""

import math
from fractions import Fraction

import numpy as np
import pytest

from analysis.heating.estimator import EstimatorSettings, HoldEstimator
from analysis.heating.exclusion import ExclusionRules
from analysis.iv.mean import mean_iv
from app.acquisition.run_checks import check
from procedures.break_junction import BreakJunction
from procedures.calibrate_piezo import CalibratePiezo
from procedures.calibrate_thermometer import CalibrateThermometer
from procedures.controls import ZeroAmplitude
from procedures.errors import ImpossibleSetting
from procedures.heating import Heating
from procedures.iv import IV
from tests.app.config.test_any_settings import rig_of
from tests.support.physics.made_holds import made_hold

HEATING = {"amplitudes": 1.0, "conductance": 0.002}
SINE = " ".join(
    f"{math.sin(math.pi * (step + 0.5) / 8) / math.sin(math.pi * 3.5 / 8):.9f}" for step in range(16)
)


def rig(**changes):
    drawn = {"rate_Hz": 2000.0, "z_V": 10.0, "bias_V": 2.0, "gain": 1e5, "lowpass_Hz": 1000.0, "rise": 3e-4,
             "extension": 10.0, "on": "substrate"}  # fmt: skip
    return rig_of(drawn | changes)


def refused(procedure, said, on=None):
    with pytest.raises(ImpossibleSetting, match=said) as refusal:
        check(procedure, on or rig())
    return refusal.value.about


@pytest.mark.parametrize("levels", ["+1:1 0:1", "+1:1 -1:1", "+1:1 0:1 0.5:1", SINE])
def test_levels_that_no_evaluation_could_use_are_refused_before_the_night(levels):
    procedure = Heating.from_values({**HEATING, "levels": levels, "frequency": "10"})
    about = refused(procedure, "needs a level of 0 V, a positive and a negative one. Without them")
    assert about == ("levels",)


def test_a_zero_amplitude_programme_has_the_levels_by_which_it_is_evaluated():
    values = {"conductance": 0.002, "levels": "+1:1 0:1 -1:1 0:1"}
    assert refused(ZeroAmplitude.from_values(values), "needs 3 levels .6 if alternating., but has 4") == (
        "levels",
    )
    check(ZeroAmplitude.from_values({"conductance": 0.002}), rig())


@pytest.mark.parametrize("order", ["+0-", "alternating"])
def test_the_shortest_hold_that_is_accepted_is_used(order):
    """A dozen periods to the sample are eleven in the recording, whose inputs show the outputs a sample late."""
    period = Fraction(2000) / Fraction("12.25") * (2 if order == "alternating" else 1)
    exactly = Heating.from_values({**HEATING, "order": order, "hold_time": float(12 * period / 2000)})
    refused(exactly, "is 11 whole periods of .* fewer than 12 are not evaluated")

    longer = Heating.from_values({**HEATING, "order": order, "hold_time": float(12 * period + 2) / 2000})
    check(longer, rig())
    hold = made_hold(round(longer.hold_time * 2000), programme=longer.programme(longer.conditions()[0]))
    settings = EstimatorSettings(16.3e-6, 6, rules=ExclusionRules())
    estimate = HoldEstimator(settings).estimate(hold)
    assert (estimate.rejected, estimate.periods) == ("", 12)


@pytest.mark.parametrize(
    ("sweep_time", "rise_s", "reason"),
    [
        (0.01, 3e-4, "is 20 samples"),
        (0.025, 3e-4, "no conductance at 0 V"),
        (0.04, 3e-3, "ends differ"),
        (0.2, 0.01, "ends differ"),
        (0.2, 0.3, "ends differ|not to both sides|no conductance"),
    ],
)
def test_a_sweep_that_would_be_left_out_of_the_mean_curve_is_refused(sweep_time, rise_s, reason):
    slow = {"approach_speed": 0.5}  # a slow filter notices a contact late
    procedure = IV.from_values({"peak": 1.0, "conductance": 0.002, "sweep_time": sweep_time, **slow})
    assert refused(procedure, reason, rig(rise=rise_s)) == ("sweep_time",)


@pytest.mark.parametrize("sweep_time", np.arange(0.02, 0.2, 0.0065).tolist())
def test_a_sweep_that_is_accepted_is_averaged(sweep_time):
    procedure = IV.from_values({"peak": 1.0, "conductance": 0.002, "sweep_time": sweep_time})
    try:
        check(procedure, rig(rise=1e-5))
    except ImpossibleSetting:
        return
    from analysis.iv.sweeps import Sweep

    bias_V = np.concatenate([[0.1], procedure.waveform_V(2000.0)])
    mean = mean_iv([Sweep(0, (0, bias_V.size), bias_V, 1e-7 * bias_V, kind="whole")])
    assert mean.curves == 1


def test_withdrawals_of_too_few_samples_to_count_are_refused():
    procedure = BreakJunction.from_values({"withdraw_speed": 50})
    assert refused(procedure, "has about 16 samples; traces of fewer than 20", rig(rate_Hz=500.0)) == (
        "withdraw_speed",
    )
    check(procedure, rig())


def test_a_tail_of_too_few_samples_for_its_slope_is_refused():
    high = rig(gain=1e8)
    assert "withdraw_speed" in refused(
        CalibratePiezo.from_values({"withdraw_speed": 5}), "a decade of the tail is 44 samples; .* 59", high
    )
    check(CalibratePiezo(), high)


def test_a_line_through_two_powers_has_no_error():
    values = {"heater": 1e4, "amplitude": 0.1, "powers": 2, "holds": 1}
    about = refused(
        CalibrateThermometer.from_values(values), "give 2 points; a line fit with an error needs 3"
    )
    assert about == ("holds", "powers")


@pytest.mark.parametrize("volts", [4.0, 1.0])
def test_a_piezo_that_reaches_too_little_is_said_before_anything_moves(volts):
    about = refused(
        BreakJunction(), r"piezo's range is too small: .*daq.outputs.z.*take 50 nm", rig(z_V=volts)
    )
    assert about == ("longest_withdrawal", "range_margin")
    check(BreakJunction(), rig(z_V=5.0))
