"""A thermometer at the rail of its preamplifier shows a bound, and no temperature, in any evaluation."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.conductance import CurrentCalibration
from analysis.heating.estimator import EstimatorSettings, HoldEstimator
from analysis.heating.exclusion import ExclusionRules
from analysis.heating.lines import measure_lines
from analysis.records import Block, Event, EventKind
from analysis.reduce import reduce
from analysis.segmentation import THERMOMETER_RAILED, Cutter
from analysis.thermoelectric.openings import measured_opening
from analysis.thermoelectric.rupture import measured, zero_reading
from analysis.thermoelectric.rupture_reader import RuptureRules
from analysis.thermoelectric.thermopower_hold import measured as thermopower_measured
from tests.analysis.thermoelectric.test_openings import THERMOMETER, opening
from tests.analysis.thermoelectric.test_thermopower import RULES as HOLD_RULES
from tests.analysis.thermoelectric.test_thermopower import hold as thermopower_hold
from tests.support.physics.made_holds import SEEBECK_V_per_K, made_hold
from tests.validation.thermal_conductance import FILTERS, SEEBECK, Case, hold

GAIN, FULL_SCALE_V = 5e3, 5.0


def railing(one, offset_V):
    """Return a hold as a preamplifier with an offset shows it: its output ends at 5 V."""
    output_V = GAIN * one.thermocouple_V - offset_V
    railed = np.abs(output_V) >= 0.995 * FULL_SCALE_V
    volts = np.where(railed, np.nan, output_V) / GAIN
    return replace(one, thermocouple_V=volts, flags=(THERMOMETER_RAILED,) if railed.any() else ())


def test_samples_at_the_rail_are_cut_as_missing_and_the_segment_says_so():
    volts = np.array([0.0, 4.9, 4.98, -5.0, 1.0])
    block = Block(0, 1000.0, ("current", "bias", "thermocouple"), np.stack([volts * 0.0, volts * 0.0, volts]))
    events = [
        Event(sample, EventKind.STEP, "hold", {"phase": phase, "ended": "finished"})
        for sample, phase in ((0, "begin"), (5, "end"))
    ]

    def cut(full_scale_V):
        cutter = Cutter("hold", "mark", CurrentCalibration(1e6), GAIN, (), full_scale_V)
        (segment,) = reduce([events[0], block, events[1]], [cutter])
        return segment

    assert np.isnan(cut(5.0).thermocouple_V).tolist() == [False, False, True, True, False]
    assert cut(5.0).flags == (THERMOMETER_RAILED,)
    assert cut(10.0).flags == cut(float("inf")).flags == ()


@pytest.mark.parametrize("rules", [None, ExclusionRules()])
def test_a_hold_whose_thermometer_rails_has_no_temperature(rules):
    rng = np.random.default_rng(1)
    one = made_hold(rng=rng, noise_V=2e-7, current_noise_A=1e-10)
    estimator = HoldEstimator(EstimatorSettings(SEEBECK_V_per_K, rules=rules))
    good, bad = estimator.estimate(railing(one, 4.0)), estimator.estimate(railing(one, 4.9745))
    assert good.dT_neg_K == pytest.approx(26e-3, abs=5e-3) and not good.rejected
    assert bad.rejected == "thermometer at its rail" and np.isnan(bad.dT_neg_K)


def test_what_rails_in_periods_that_the_current_excludes_does_not_matter():
    """A metallic contact of a millisecond heats the tip by kelvins."""
    one = made_hold()
    current_A, volts = one.current_A.copy(), one.thermocouple_V.copy()
    current_A[5000:5010], volts[5000:5010] = 1e-4, np.nan
    shorted = replace(one, current_A=current_A, thermocouple_V=volts, flags=(THERMOMETER_RAILED,))
    estimate = HoldEstimator(EstimatorSettings(SEEBECK_V_per_K)).estimate(shorted)
    assert not estimate.rejected and estimate.periods == 60
    assert estimate.dT_neg_K == pytest.approx(26e-3)


def test_one_hold_at_the_rail_does_not_hide_the_mains_of_the_others():
    rng = np.random.default_rng(2)

    def hum_V(t):
        return 2e-6 * np.sin(2 * np.pi * 60.02 * t)

    holds = [made_hold(drift_V=hum_V, rng=rng, noise_V=2e-7) for _ in range(5)]
    bad = replace(holds[0], thermocouple_V=np.where(np.arange(10_000) < 20, np.nan, holds[0].thermocouple_V))
    (line,) = measure_lines([bad, *holds])
    assert line.frequency_Hz == pytest.approx(60.02, abs=0.02)


@pytest.mark.parametrize("mode", ["2w", "dc"])
def test_a_rupture_whose_thermometer_rails_is_left_out(mode):
    """At an offset of 3 V the clipped amplitude gave L/L0 = -2.1 +- 0.6 where the truth was 1.05."""
    made, _ = hold(np.random.default_rng(3), Case(mode), 0, True)
    rules = RuptureRules(SEEBECK, FILTERS, 50.0)
    good, bad = (measured(railing(made, off_V), rules, np.random.default_rng(1)) for off_V in (1.0, 3.0))
    assert good.step is not None
    assert bad.step is None and bad.rejected == "thermometer at its rail"


def test_a_zero_of_the_thermometer_is_none_at_the_rail():
    made, _ = hold(np.random.default_rng(3), Case("dc"), 0, False)
    assert zero_reading(railing(made, 0.0)) is not None
    assert zero_reading(railing(made, 4.98)) is None


def test_an_opening_whose_thermometer_rails_is_left_out():
    made = opening(np.random.default_rng(4), 1, 30.0)
    assert not measured_opening(railing(made, 1.0), THERMOMETER).rejected
    assert measured_opening(railing(made, 2.6), THERMOMETER).rejected == "thermometer at its rail"


def test_a_hold_of_a_thermopower_whose_thermometer_rails_is_left_out():
    assert thermopower_measured(thermopower_hold(), HOLD_RULES).rejected == ""
    railed = thermopower_hold(flags=(THERMOMETER_RAILED,))
    assert thermopower_measured(railed, HOLD_RULES).rejected == "thermometer at its rail"
