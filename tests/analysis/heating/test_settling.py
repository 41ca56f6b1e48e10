"""Transients at the start of a modulation: what they do, what leaving out periods does, and that they are seen."""

import math
from dataclasses import replace

import numpy as np
import pytest

from analysis.heating.estimator import EstimatorSettings, estimate_hold
from analysis.heating.exclusion import FIRST_PERIODS, ExclusionRules
from analysis.heating.heating import HeatingOptions, analyse_heating
from analysis.heating.runs import EvaluationOptions, HeatingRun, first_periods_of
from analysis.heating.settling import settling_of
from tests.analysis.heating.test_arrival import header
from tests.support.physics.made_holds import SEEBECK_V_per_K, made_hold

NOISE_V = 4e-7


def transient(tau_s, size_V=10e-6):
    return lambda t: size_V * np.exp(-t / tau_s)


def estimated(first_periods=0, **made):
    rules = ExclusionRules(first_periods=first_periods)
    return estimate_hold(made_hold(**made), EstimatorSettings(SEEBECK_V_per_K, rules=rules))


@pytest.mark.parametrize(
    ("tau_s", "first_periods", "off_mK"),
    [
        (0.1, 0, (-3.36, 2.43)),
        (0.1, 3, (-0.31, 0.21)),
        (0.5, 0, (-1.76, 1.68)),
        (0.5, 3, (-1.14, 0.98)),
        (0.5, 12, (-0.25, 0.26)),
        (5.3, 0, (-0.03, 0.03)),
    ],
)
def test_a_transient_has_a_fixed_sign_and_goes_with_the_first_periods(tau_s, first_periods, off_mK):
    found = estimated(first_periods, drift_V=transient(tau_s))
    assert 1e3 * (found.dT_pos_K - 8e-3) == pytest.approx(off_mK[0], abs=0.01)
    assert 1e3 * (found.dT_neg_K - 26e-3) == pytest.approx(off_mK[1], abs=0.01)
    assert found.periods == 61 - first_periods


@pytest.mark.parametrize("tau_s", [0.1, 0.3, 0.5, 1.0])
def test_the_first_sixth_shows_six_times_what_a_transient_does_to_the_mean(tau_s):
    found = estimated(3, drift_V=transient(tau_s))
    off_K = np.array([found.dT_pos_K - 8e-3, found.dT_neg_K - 26e-3])
    np.testing.assert_allclose(found.settling_K / off_K, 6.0, rtol=0.15)


def test_drifts_that_the_parabola_follows_are_no_transients():
    found = estimated(3, drift_V=lambda t: 3e-6 - 163e-9 * t + 2e-8 * t**2)
    np.testing.assert_allclose(found.settling_K, 0.0, atol=1e-9)


def test_its_error_is_that_of_the_noise():
    rng = np.random.default_rng(3)
    found = [estimated(3, n=6000, rng=rng, noise_V=NOISE_V) for _ in range(60)]
    scatter = np.std([e.settling_K for e in found], axis=0, ddof=1)
    quoted = np.sqrt(np.mean([np.diag(e.settling_covariance_K2) for e in found], axis=0))
    np.testing.assert_allclose(scatter, quoted, rtol=0.3)  # of 60: 9 %
    mean = settling_of(found, np.random.default_rng(0), 100)
    np.testing.assert_allclose(mean.sigma_K, quoted / math.sqrt(60), rtol=0.3)
    assert (mean.junctions, mean.degrees_of_freedom) == (60, pytest.approx(59.0))


def test_exclusions_say_what_was_left_out():
    found = estimated(3)
    assert [(x.period_first, x.period_last, x.reason) for x in found.exclusions] == [
        (0, 2, "start of the modulation")
    ]
    kept = estimated(12, n=4200)  # 25 periods
    assert kept.periods == 13 and not kept.rejected
    assert estimated(24, n=4200).rejected == "1 whole periods after the start, 3 are needed"


def test_the_run_says_how_many_periods_are_left_out():
    assert first_periods_of(header()) == FIRST_PERIODS == 3
    asked = replace(header(), parameters={"first_periods": 8})
    assert first_periods_of(asked) == 8
    assert first_periods_of(asked, 0) == 0


def analysed(drift_V, first_periods=None, n=12):
    rng = np.random.default_rng(8)
    holds = [made_hold(rng=rng, noise_V=NOISE_V, drift_V=drift_V, number=i) for i in range(n)]
    options = HeatingOptions(EvaluationOptions(lines_Hz=(), first_periods=first_periods), 100)
    return analyse_heating([HeatingRun(holds, header())], np.random.default_rng(0), options)


def verdict(analysis):
    return next(v for v in analysis.controls if v.name == "first periods")


def test_a_transient_is_named_with_its_remedy():
    found = analysed(transient(0.5))
    assert verdict(found).passed is False
    (warning,) = (w for w in found.warnings if "first sixth of the periods" in w)
    assert "--first-periods" in warning
    content = found.to_json()["first_periods"]
    assert content["left_out"] == [3]
    assert (
        content["first_sixth_less_rest"]["dT_pos_K"] < -4.0 * content["first_sixth_less_rest"]["sigma_pos_K"]
    )
    assert verdict(analysed(transient(0.5), first_periods=30)).passed is not False


def test_without_one_nothing_is_said():
    found = analysed(None)
    assert verdict(found).passed is not False
    assert not any("first sixth" in w for w in found.warnings)
