"""Thermopower in worlds that a referee would suspect: each must leave the result alone, or be found by a control."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.thermoelectric.thermopower_controls import with_controls
from analysis.thermoelectric.thermopower_summary import as_if_heated, placed, summarise
from tests.analysis.thermoelectric.test_thermopower import S_TC, campaign

S = 12e-6


def summary_of(holds, *, dummy=False):
    at = placed(holds, S_TC)
    return summarise(as_if_heated(at) if dummy else at, 0.0123, np.random.default_rng(1))


def shifted(holds, more_V):
    """Add a false voltage to each hold."""
    return [
        replace(one, fit=replace(one.fit, open_circuit_V=one.fit.open_circuit_V + more_V(one)))
        for one in holds
    ]


def test_a_reversed_thermocouple_is_found_by_the_differences_that_were_wanted():
    holds = campaign(np.random.default_rng(3))
    reversed_leads = [replace(one, thermocouple_V=-one.thermocouple_V) for one in holds]

    good, bad = summary_of(holds), summary_of(reversed_leads)

    assert not good.warnings
    assert bad.line.slope < 0.0 < good.line.slope
    assert "where +20 K were wanted" in " ".join(bad.warnings)


@pytest.mark.parametrize("scale", [-0.5, 1.0])
def test_a_thermometer_whose_scale_is_wrong_is_found_by_the_differences_that_were_wanted(scale):
    result = summary_of(campaign(np.random.default_rng(3), scale=scale))

    assert result.line.slope == pytest.approx(S / (1 + scale), rel=0.2), "the result is wrong"
    assert "the thermopower is wrong by the same factor" in " ".join(result.warnings)


def test_a_dummy_heater_is_no_reversed_thermocouple():
    cold = [
        replace(one, thermocouple_V=1e-5 + 1e-7 * (-1.0) ** k)
        for k, one in enumerate(campaign(np.random.default_rng(3), S=0.0, spread=0.0))
    ]
    assert "reversed" not in " ".join(summary_of(cold).warnings)


@pytest.mark.parametrize("potential_V", [-3e-3, 3e-3])
def test_a_contact_potential_goes_into_the_intercept(potential_V):
    holds = campaign(np.random.default_rng(4), offset_V=potential_V)
    result = summary_of(holds)

    assert abs(result.line.slope - S) < 3 * result.sigma_V_per_K
    assert result.line.intercept == pytest.approx(potential_V, abs=4 * result.line.sigma_intercept)
    assert abs(result.through_origin_V_per_K - S) > 20 * result.sigma_V_per_K, (
        "never forced through the origin"
    )


def test_an_offset_that_drifts_cancels_in_the_order_of_the_differences():
    holds = campaign(np.random.default_rng(5))
    drifting = shifted(holds, lambda one: 1e-6 * one.number)

    still, drifted = summary_of(holds), summary_of(drifting)

    assert abs(drifted.line.slope - still.line.slope) < drifted.sigma_V_per_K
    assert drifted.sigma_V_per_K > still.sigma_V_per_K, "the drift is scatter of the junctions"


def test_a_heater_that_drives_a_current_is_found_by_the_reversal_of_its_voltage():
    leaking = shifted(campaign(np.random.default_rng(6)), lambda one: 8e-5 * one.heater_V)
    verdicts = {one.name: one.passed for one in with_controls(summary_of(leaking), []).controls}

    assert verdicts["reversed heater"] is False


def test_a_current_with_the_heaters_power_is_found_by_the_dummy_alone():
    """A rectified or thermal pick-up has the same sign at both signs of the heater's voltage."""

    def pickup_V(one):
        return 4e-6 * one.difference_K

    measurement = summary_of(shifted(campaign(np.random.default_rng(7)), pickup_V))
    dummy = summary_of(shifted(campaign(np.random.default_rng(8), S=0.0, spread=0.0), pickup_V), dummy=True)
    verdicts = {one.name: one for one in with_controls(measurement, [("dummy heater", dummy)]).controls}

    assert measurement.line.slope > S + 2 * measurement.sigma_V_per_K, "the result is wrong"
    assert verdicts["reversed heater"].passed, "and this control can't see it"
    assert verdicts["dummy heater"].passed is False
    assert verdicts["dummy heater"].value == pytest.approx(4e-6, rel=0.2)


OFFSET_V = 4e-5


def substrate_heated(holds):
    """Return holds of junctions whose substrate is warmer by as much, whose voltages so have changed their sign."""
    return [
        replace(
            one,
            difference_K=-one.difference_K,
            substrate_rise_K=one.difference_K,
            thermocouple_V=1e-5 + 4e-7 * (-1.0) ** one.number,
            where="substrate",
            fit=replace(one.fit, open_circuit_V=2.0 * OFFSET_V - one.fit.open_circuit_V),
        )
        for one in holds
    ]


def other_side(measurement, holds):
    (verdict,) = (
        one
        for one in with_controls(measurement, [("other side", summary_of(holds))]).controls
        if one.name == "other side"
    )
    return verdict


def test_the_other_side_heated_gives_the_same_thermopower():
    measurement = summary_of(campaign(np.random.default_rng(9), offset_V=OFFSET_V))
    other = substrate_heated(campaign(np.random.default_rng(10), offset_V=OFFSET_V))
    few = substrate_heated(campaign(np.random.default_rng(11), offset_V=OFFSET_V, noise_V=3e-4, junctions=3))

    assert other_side(measurement, other).passed is True
    imprecise = other_side(measurement, few)
    assert imprecise.passed is None and "too imprecise to tell" in imprecise.sentence


def test_a_signal_that_does_not_follow_the_difference_is_found_with_the_other_side_heated():
    """A pick-up of the heater's power has one sign whichever side is heated."""

    def pickup_V(one):
        return 8e-6 * abs(one.difference_K)

    first = campaign(np.random.default_rng(12), offset_V=OFFSET_V)
    other = substrate_heated(campaign(np.random.default_rng(13), offset_V=OFFSET_V))
    verdict = other_side(summary_of(shifted(first, pickup_V)), shifted(other, pickup_V))

    assert verdict.passed is False
    assert verdict.value == pytest.approx(-16e-6, rel=0.25)


def test_a_thermometer_of_the_wrong_sign_is_found_with_the_other_side_heated():
    holds = campaign(np.random.default_rng(14), offset_V=OFFSET_V)
    reversed_leads = [replace(one, thermocouple_V=-one.thermocouple_V) for one in holds]
    other = substrate_heated(campaign(np.random.default_rng(15), offset_V=OFFSET_V))
    verdict = other_side(summary_of(reversed_leads), other)

    assert verdict.passed is False
    assert "a thermometer has the wrong sign" in verdict.sentence


def test_the_same_side_heated_again_decides_nothing():
    holds = campaign(np.random.default_rng(16), offset_V=OFFSET_V)
    verdict = other_side(summary_of(holds), holds)

    assert verdict.passed is None
    assert "run it with the heater at the other side" in verdict.sentence
