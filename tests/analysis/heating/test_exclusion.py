from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.heating.aligned_hold import place
from analysis.heating.estimator import EstimatorSettings, estimate_hold
from analysis.heating.exclusion import Exclusion, ExclusionRules, current_drift, judge
from tests.support.physics.made_holds import (
    CURRENT_A,
    RATE_Hz,
    SEEBECK_V_per_K,
    made_hold,
    sample_of,
    with_current,
)

RULES = ExclusionRules()
SETTINGS = EstimatorSettings(SEEBECK_V_per_K)
WITHOUT = replace(SETTINGS, rules=None)


def judged(hold, rules=RULES):
    return judge(place(hold, 6), rules)


def ruptured(hold, at):
    """No current, no heat from sample ``at`` on."""
    cold_V = hold.thermocouple_V.copy()
    cold_V[at:] = 0.0
    return replace(with_current(hold, lambda _: 0.0, slice(at, None)), thermocouple_V=cold_V)


def test_whole_hold_keeps_its_whole_periods():
    judgement = judged(made_hold())

    assert judgement.exclusions == ()
    assert np.flatnonzero(judgement.kept).tolist() == list(range(61))


@settings(deadline=None)
@given(st.integers(14, 59), st.floats(0.0, 0.99))
def test_ruptured_hold_keeps_its_good_part_wherever_it_broke(period, share):
    hold = ruptured(made_hold(), sample_of(period, share))

    judgement = judged(hold)
    estimate = estimate_hold(hold, SETTINGS)

    kept = np.flatnonzero(judgement.kept)
    assert kept.tolist() == list(range(len(kept)))
    assert period - 2 < len(kept) <= period + 1
    assert [estimate.dT_pos_K, estimate.dT_neg_K] == pytest.approx([8e-3, 26e-3], abs=1e-15)
    assert judgement.exclusions[-1].period_last == 60
    assert "more than a factor of 2" in judgement.exclusions[-1].reason


def test_early_rupture_is_not_judged_by_the_open_gap_s_median():
    """After three quarters of a hold in an open gap, the hold's median is that of the gap."""
    estimate = estimate_hold(ruptured(made_hold(), sample_of(15)), SETTINGS)

    assert estimate.periods == 14
    assert estimate.q_total_pos_W == pytest.approx(CURRENT_A * 1.27)


def test_rules_can_be_left_out_and_the_result_then_says_what_they_do():
    hold = ruptured(made_hold(), sample_of(40))

    with_rules, without = estimate_hold(hold, SETTINGS), estimate_hold(hold, WITHOUT)

    assert without.exclusions == ()
    assert without.periods == 61
    assert with_rules.periods == 39
    assert without.dT_neg_K < 0.8 * with_rules.dT_neg_K


def test_too_short_hold_is_rejected_with_its_exclusions():
    estimate = estimate_hold(ruptured(made_hold(), sample_of(9)), SETTINGS)

    assert "12 are needed" in estimate.rejected
    assert estimate.periods == 8
    assert estimate.exclusions[0].period_first == 8
    assert np.isnan(estimate.dT_pos_K)


@pytest.mark.parametrize(("factor", "cut"), [(1.8, False), (2.3, True), (0.6, False), (0.4, True)])
def test_jumps_by_more_than_a_factor_2_cut_the_hold(factor, cut):
    hold = with_current(made_hold(), lambda i: factor * i, slice(sample_of(30), None))

    judgement = judged(hold)

    assert (judgement.exclusions != ()) is cut
    assert judgement.kept.sum() == (29 if cut else 61)


def test_jump_of_one_polarity_is_enough():
    hold = made_hold()
    later = (hold.bias_V < 0.0) & (np.arange(len(hold)) >= sample_of(30))

    judgement = judged(with_current(hold, lambda i: 2.5 * i, later))

    assert judgement.kept.sum() == 29


def test_thermometer_is_never_asked():
    hold = made_hold()
    wild_V = hold.thermocouple_V.copy()
    wild_V[3000:] += 5e-3
    wild_V[5000:5100] *= -40.0

    assert judged(replace(hold, thermocouple_V=wild_V)).exclusions == ()


@pytest.mark.parametrize("at", [sample_of(20, 0.5), sample_of(20) + 2, sample_of(20) + 40])
def test_one_sample_of_a_metallic_contact_removes_its_period_alone(at):
    hold = with_current(made_hold(), lambda i: 98e-6, slice(at, at + 1))

    judgement = judged(hold)

    assert judgement.exclusions == (Exclusion(20, 20, "current above 3 times the expected value"),)
    assert judgement.kept.sum() == 60


def test_expected_current_of_the_procedure_sets_the_limit():
    hold = with_current(made_hold(), lambda i: 4.5e-6, slice(5000, 5001))

    assert judged(replace(hold, expected_A=2e-6)).exclusions == ()
    assert len(judged(replace(hold, expected_A=1e-6)).exclusions) == 1


def test_charging_after_every_edge_is_no_catastrophe():
    hold = made_hold()
    steps = np.diff(hold.bias_V, prepend=0.0)
    charging_A = 5e-6 * steps
    charged = replace(hold, current_A=hold.current_A + charging_A)

    assert judged(charged).exclusions == ()
    shorted = with_current(charged, lambda i: 98e-6, slice(sample_of(33), sample_of(33) + 1))
    assert [e.period_first for e in judged(shorted).exclusions] == [33]


def test_railed_samples_remove_their_periods():
    hold = made_hold()
    hold.railed[sample_of(10) : sample_of(12)] = True

    judgement = judged(hold)

    assert judgement.exclusions == (Exclusion(10, 11, "current at the end of its range"),)
    assert judged(hold, None).exclusions == ()


def test_trip_takes_the_last_whole_period_and_those_without_bias():
    tripped_at = sample_of(25, 0.4)
    hold = made_hold(n=tripped_at + 60)
    bias_V, current_A = hold.bias_V.copy(), hold.current_A.copy()
    current_A[tripped_at - 10 : tripped_at] = 98e-6
    bias_V[tripped_at:] = current_A[tripped_at:] = 0.0
    hold = replace(hold, bias_V=bias_V, current_A=current_A, ended="overcurrent", kind="tripped")

    judgement = judged(hold)

    assert np.flatnonzero(judgement.kept).tolist() == list(range(24))
    assert judgement.exclusions == (Exclusion(24, 24, "tripped: overcurrent"),)


def test_bias_that_was_dropped_removes_periods_even_without_rules():
    hold = made_hold()
    bias_V = hold.bias_V.copy()
    bias_V[sample_of(40) : sample_of(42)] = 0.0

    for rules in (RULES, None):
        assert judged(replace(hold, bias_V=bias_V), rules).exclusions == (
            Exclusion(40, 41, "bias not as commanded"),
        )


def test_gap_costs_only_the_periods_that_it_touches():
    hold = made_hold(drift_V=lambda t: 3e-6 + 40e-9 * t - 5e-9 * t**2)
    lost = slice(sample_of(12, 0.5), sample_of(14, 0.5))
    holed = {}
    for name in ("bias_V", "current_A", "thermocouple_V"):
        holed[name] = getattr(hold, name).copy()
        holed[name][lost] = np.nan

    estimate = estimate_hold(replace(hold, **holed, flags=("gap",)), SETTINGS)

    assert estimate.exclusions == (Exclusion(12, 14, "samples missing"),)
    assert [estimate.dT_pos_K, estimate.dT_neg_K] == pytest.approx([8e-3, 26e-3], abs=1e-12)
    assert (estimate.periods, estimate.flags) == (58, ("gap",))


@pytest.mark.parametrize(
    ("after_G0", "periods"), [(0.0019, 61), (0.0011, 61), (0.004, 61), (0.0005, 60), (0.2, 60), (np.nan, 61)]
)
def test_conductance_afterwards_must_lie_in_the_widened_window(after_G0, periods):
    hold = made_hold(window_G0=(0.0018, 0.0022), before_G0=0.002, after_G0=after_G0)

    judgement = judged(hold)

    assert judgement.kept.sum() == periods
    assert all("afterwards" in exclusion.reason for exclusion in judgement.exclusions)


@pytest.mark.parametrize("hum_A", [0.0, 2e-11])
def test_nothing_but_noise_is_not_excluded(hum_A):
    """A tip out of contact: the current's median is about zero, and so is any factor of it."""
    rng = np.random.default_rng(1)
    hold = made_hold(current_A=0.0, rise_K={"+": 0.0, "-": 0.0}, rng=rng, current_noise_A=1e-11)
    hum = hum_A * np.sin(2.0 * np.pi * 60.0 * np.arange(len(hold)) / RATE_Hz)

    assert judged(replace(hold, current_A=hold.current_A + hum)).exclusions == ()


def test_telegraph_noise_within_the_factor_stays():
    rng = np.random.default_rng(2)
    states = np.repeat(rng.choice([1.0, 0.8], 500), 20)

    hold = made_hold()

    assert judged(replace(hold, current_A=hold.current_A * states)).exclusions == ()


def test_drift_of_the_current_is_reported_and_flagged():
    hold = made_hold()
    n = np.arange(len(hold)) / len(hold)
    slow = replace(hold, current_A=hold.current_A * (1.0 - 0.2 * n))
    fast = replace(hold, current_A=hold.current_A * (1.0 - 0.5 * n))
    placed = place(fast, 6)

    slow_estimate, fast_estimate = estimate_hold(slow, SETTINGS), estimate_hold(fast, SETTINGS)

    assert current_drift(placed, judge(placed, RULES).kept) == fast_estimate.current_drift
    # the medians of first and last third lie 2/3 of the hold apart
    assert fast_estimate.current_drift == pytest.approx(-0.5 * 2 / 3 / 0.75, rel=0.02)
    assert slow_estimate.flags == ()
    assert fast_estimate.flags == ("drift",)
    assert fast_estimate.rejected == ""
