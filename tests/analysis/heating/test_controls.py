"""Verdicts: what passes, what fails, what cannot tell, and how often an honest rig fails."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from analysis.heating.combine import combine
from analysis.heating.controls import ControlData, judge_controls, needed, null_checks
from analysis.heating.thermometer import Thermometer
from analysis.heating.verdict import Check, shared_limit, verdicts
from tests.support.physics.junction_draws import R_P, junctions

TIP = Thermometer(R_P, 16.3e-6, 500.0, 0.2e-6)
POWERS_W = {0.030: 0.07e-6, 0.043: 0.14e-6, 0.052: 0.21e-6, 0.060: 0.28e-6, 0.067: 0.35e-6}


def point(rng, n=100, *, tip=TIP, factor=1.0, offset_K=(0.0, 0.0), labels=None, **draws):
    """A mean of drawn junctions; ``factor`` on the temperatures and ``offset_K`` are faults of the rig."""
    holds = [
        replace(h, dT_pos_K=factor * h.dT_pos_K + offset_K[0], dT_neg_K=factor * h.dT_neg_K + offset_K[1])
        for h in junctions(rng, n, **draws)
    ]
    described = {"frequency_Hz": 12.25, "order": "+0-", "date": "2026-11-21", **(labels or {})}
    return replace(combine(holds, tip, rng, resamples=500), **described)


def measured(rng, **kwargs):
    return [point(rng, power_W=2e-7, amplitude_V=1.0, share=0.3, **kwargs)]


def null(rng, control, **kwargs):
    return point(rng, power_W=1e-30, amplitude_V=1.0, labels={"control": control}, **kwargs)


def gold(rng, n=100, **kwargs):
    return [
        point(rng, n, share=0.5, power_W=p, spread=0.05, amplitude_V=v, **kwargs) for v, p in POWERS_W.items()
    ]


def verdict(name, **data):
    return {v.name: v for v in judge_controls(ControlData(**data))}[name]


def test_a_control_of_skewed_junctions_goes_by_the_widened_error_that_is_published():
    plain = null(np.random.default_rng(0), "out of contact")
    skewed = replace(plain, widening=(1.5, 1.2, 2.0))
    wide, usual = ([c.sigma for c in null_checks(p, 1e-3)] for p in (skewed, plain))
    assert wide == pytest.approx([2.0 * usual[0], 1.5 * usual[1]])
    low, high = skewed.asymmetry.interval95()
    reach = stats.t.isf(0.025, skewed.degrees_of_freedom) * wide[0]
    assert (high - low) / 2 == pytest.approx(reach)


NULLS = ["out of contact", "zero amplitude", "dummy resistor"]


@pytest.mark.parametrize("name", NULLS)
def test_nothing_passes_as_nothing(name):
    rng = np.random.default_rng(0)
    found = verdict(name, measured=measured(rng), controls=[null(rng, name)])
    assert found.passed is True
    assert found.done
    assert found.date == "2026-11-21"
    assert abs(found.value) < found.limit < 0.3e-3
    assert "sigma shared by 3 tests" in found.sentence  # two of this control, one of the closure


@pytest.mark.parametrize("name", NULLS)
@pytest.mark.parametrize("offset_K, kind", [((1e-3, -1e-3), "dT(-) - dT(+)"), ((1e-3, 1e-3), "mean of")])
def test_pick_up_fails_odd_or_even_in_the_bias(name, offset_K, kind):
    rng = np.random.default_rng(1)
    found = verdict(name, measured=measured(rng), controls=[null(rng, name, offset_K=offset_K)])
    assert found.passed is False
    assert f"Failed: {kind}" in found.sentence
    assert abs(found.value) == pytest.approx(2e-3 if kind.startswith("dT") else 1e-3, abs=0.3e-3)


def test_an_imprecise_null_is_no_evidence():
    """0.7 mK in 5 s excludes little where the asymmetry is 0.5 mK, and enough where it is 20 mK."""
    rng = np.random.default_rng(2)
    short = null(rng, "out of contact", n=6)
    small = [point(rng, share=0.48, power_W=2e-7, sigma_K=1e-4)]
    large = [point(rng, share=0.2, power_W=5e-7)]
    found = verdict("out of contact", measured=small, controls=[short])
    assert found.passed is None
    assert found.done
    assert found.sentence.startswith("Not precise enough")
    assert verdict("out of contact", measured=large, controls=[short]).passed is True


def test_what_was_not_done_says_so_and_why():
    for found in judge_controls(ControlData(measured=[])):
        assert (found.passed, found.done, found.date) == (None, False, "")
        assert found.sentence.startswith("Not done. ")
        assert math.isnan(found.value)


def by_programme(rng, labels, **fault):
    normal = point(rng, share=0.3)
    return [normal, point(rng, share=0.3, labels=labels, **fault)]


@pytest.mark.parametrize(
    "name, labels", [("order reversed", {"order": "-0+"}), ("other frequencies", {"frequency_Hz": 24.5})]
)
def test_another_programme_gives_the_same(name, labels):
    rng = np.random.default_rng(3)
    like = verdict(name, measured=measured(rng), by_programme=by_programme(rng, labels))
    assert like.passed is True
    assert like.done
    drifted = by_programme(rng, labels, offset_K=(1.5e-3, -1.5e-3))
    unlike = verdict(name, measured=measured(rng), by_programme=drifted)
    assert unlike.passed is False
    assert unlike.value == pytest.approx(-3e-3, abs=0.7e-3)
    assert next(iter(labels.values())) in (24.5, "-0+")
    assert str(next(iter(labels.values()))) in unlike.sentence


def test_other_amplitudes_are_not_compared():
    rng = np.random.default_rng(4)
    points = [point(rng, amplitude_V=1.0), point(rng, amplitude_V=0.5, labels={"order": "-0+"})]
    assert not verdict("order reversed", measured=[], by_programme=points).done


def test_swapped_leads_change_the_sign_of_heat_alone():
    rng = np.random.default_rng(5)
    labels = {"control": "leads swapped"}
    heat = point(rng, share=0.3, factor=-1.0, labels=labels)
    assert verdict("leads swapped", measured=measured(rng), controls=[heat]).passed is True
    pick_up = point(rng, share=0.3, factor=-1.0, offset_K=(2e-3, -2e-3), labels=labels)
    assert verdict("leads swapped", measured=measured(rng), controls=[pick_up]).passed is False


def test_gold_is_symmetric_with_half_the_thermal_resistance():
    rng = np.random.default_rng(6)
    found = verdict("gold", measured=[], gold=gold(rng))
    assert found.passed is True
    assert "expected 36400" in found.sentence


def test_gold_with_a_wrong_calibration_fails():
    rng = np.random.default_rng(7)
    found = verdict("gold", measured=[], gold=gold(rng, factor=1.08))
    assert found.passed is False
    assert found.unit == "K/W"
    assert found.value == pytest.approx(36_400 * 1.08, rel=0.02)
    assert found.uncertainty > 0.014 * 36_400


def test_gold_with_pick_up_fails():
    rng = np.random.default_rng(8)
    found = verdict("gold", measured=[], gold=gold(rng, offset_K=(0.3e-3, -0.3e-3)))
    assert found.passed is False
    assert found.unit == "K"


def test_a_tip_without_uncertainties_cannot_be_judged_by_its_slope():
    rng = np.random.default_rng(9)
    found = verdict("gold", measured=[], gold=gold(rng, tip=Thermometer(R_P, 16.3e-6)))
    assert found.passed is None
    assert "unknown" in found.sentence


def test_closure():
    rng = np.random.default_rng(10)
    assert verdict("closure", measured=measured(rng, spread=0.1)).passed is True
    leak = verdict("closure", measured=measured(rng, factor=0.9))
    assert leak.passed is False
    assert leak.value == pytest.approx(0.9, abs=0.02)
    assert leak.expected == 1.0


def test_the_gain_of_the_amplifier_widens_what_powers_are_compared_with():
    rng = np.random.default_rng(11)
    points = measured(rng, factor=0.95)
    assert verdict("closure", measured=points).passed is False
    with_gain = verdict("closure", measured=points, power_relative=0.03)
    assert with_gain.passed is True
    assert with_gain.uncertainty == pytest.approx(math.hypot(0.0140614, 0.03), rel=0.05)


def test_what_is_needed_follows_the_asymmetry():
    rng = np.random.default_rng(12)
    assert needed([]) == 0.2e-3
    (found,) = measured(rng)
    assert needed([found]) == pytest.approx(abs(found.asymmetry_K) / 4)


# --- several tests at once ---------------------------------------------------------------------------------------


def test_one_test_stands_at_two_sigma_and_many_fail_together_as_rarely():
    assert shared_limit(1) == pytest.approx(2.0, rel=1e-12)
    alone = 2.0 * stats.norm.sf(2.0)
    for tests in (2, 8, 20):
        one = 2.0 * stats.norm.sf(shared_limit(tests))
        assert 1.0 - (1.0 - one) ** tests == pytest.approx(alone, rel=1e-12)


def test_few_junctions_have_long_tails():
    check = Check("x", 2.776, 0.0, 1.0, degrees_of_freedom=4)
    assert check.distance == pytest.approx(1.96, abs=2e-3)  # both are 5 % of both tails
    assert check.limit(1.959964) == pytest.approx(2.776, abs=1e-3)
    assert Check("x", 2.776, 0.0, 1.0).distance == pytest.approx(2.776)


def test_an_honest_rig_seldom_fails():
    """Ten nulls of eight holds each: some control fails in 4.6 % of sessions, as one alone would."""
    rng, failed, sessions = np.random.default_rng(13), 0, 300
    for _ in range(sessions):
        holds = rng.standard_normal((10, 8))
        checks = [
            Check(str(i), x.mean(), 0.0, x.std(ddof=1) / math.sqrt(8), 10.0, degrees_of_freedom=7)
            for i, x in enumerate(holds)
        ]
        found = verdicts({"a": checks[:5], "b": checks[5:]}, {}, {})
        failed += any(v.passed is False for v in found)
    assert 0.015 < failed / sessions < 0.085  # 4.6 +- 1.2 %


def test_a_verdict_as_json():
    (found,) = verdicts(
        {"closure": [Check("sum", 1.01, 1.0, 0.02, 0.1, unit="")]}, {"closure": "2026-11-21"}, {}
    )
    content = found.to_json()
    assert content["passed"] is True
    assert content["limit"] == pytest.approx(0.04)
    assert content["sentence"] == "Passed; limit 2 sigma (a single test). sum = 1.010 +- 0.020 (expected 1)."
