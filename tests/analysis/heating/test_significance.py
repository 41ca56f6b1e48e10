"""Significance of a mean over junctions: golden values, few junctions, one that outweighs the others, heavy tails."""

import math

import numpy as np
import pytest
from scipy import stats

from analysis.heating.combine import combine
from analysis.heating.significance import Significance, equivalent_sigmas, pooled
from analysis.heating.thermometer import Thermometer
from analysis.statistics.junction_mean import covariance_of_mean, effective_number, skewness_of, widening_of
from tests.support.physics.junction_draws import R_P, estimate

TIP = Thermometer(R_P, 16.3e-6, 500.0, 0.2e-6)


def test_weights_from_one_to_ten():
    """x = ppf(frac(k sqrt 2)), w = k, k = 1..10: numbers by hand."""
    k = np.arange(1.0, 11.0)
    x, total = stats.norm.ppf(np.mod(k * math.sqrt(2.0), 1.0)), 55.0
    mean, sigma = float(k @ x) / total, math.sqrt(covariance_of_mean(x[:, None], k)[0, 0])
    found = Significance(mean, sigma, 10, effective_number(k))
    assert found.value == pytest.approx(-0.11891986419010986, rel=1e-12)
    assert found.effective_number == pytest.approx(7.857142857142858, rel=1e-12)
    assert found.sigma == pytest.approx(0.3647450621053155, rel=1e-12)
    assert found.p_value == pytest.approx(0.7541212576346792, rel=1e-9)
    low, high = found.interval95()
    assert (high - low) / 2 == pytest.approx(2.3746474956860077 * found.sigma, rel=1e-9)


def test_a_point_is_weighted_so():
    k = np.arange(1, 11)
    x = stats.norm.ppf(np.mod(k * math.sqrt(2.0), 1.0))
    holds = [estimate(0.0, d, kept_s=float(w)) for d, w in zip(x, k, strict=True)]
    point = combine(holds, TIP, np.random.default_rng(0), resamples=50)
    assert point.p_value == pytest.approx(0.7541212576346792, rel=1e-9)
    assert point.asymmetry_sigma_K == pytest.approx(0.3647450621053155, rel=1e-9)
    assert point.degrees_of_freedom == pytest.approx(6.857142857142858)
    assert point.to_json()["effective_junctions"] == pytest.approx(7.857142857142858)


def test_a_ratio_of_21_from_three_junctions_is_three_sigma():
    found = Significance(21.6, 1.0, 3)
    assert found.p_value == pytest.approx(2.14e-3, rel=1e-2)
    assert found.sigmas == pytest.approx(3.07, abs=0.01)
    assert found.words() == "3.1 sigma, p = 0.0021"
    assert Significance(21.6, 1.0, 8).words() == "5.3 sigma, p = 1×10⁻⁷"
    assert Significance(-21.6, 1.0, 3).sigmas == -found.sigmas


def test_one_junction_that_decides_has_no_p():
    holds = [
        estimate(0.0, 1e-3 * x, kept_s=w) for x, w in zip([5, 1, -1, 2, 0], [200, 5, 5, 5, 5], strict=True)
    ]
    point = combine(holds, TIP, np.random.default_rng(0), resamples=50)
    assert point.asymmetry.effective_number == pytest.approx(220**2 / 40100)
    assert math.isnan(point.p_value) and math.isnan(point.significance) and not point.asymmetry.seen
    assert point.asymmetry.words() == "one junction decides"
    assert np.isnan(point.interval).all() and np.isfinite(point.covariance).all()
    assert Significance(1.0, 0.1, 2).words() == "too few junctions (2)"
    assert Significance(1.0, 0.0, 9).words() == "error unknown"


def test_the_wider_of_student_and_bootstrap_counts():
    rng = np.random.default_rng(4)
    skewed, plain = rng.exponential(size=24) ** 2, rng.standard_normal(24)
    weights = np.ones(24)
    assert skewness_of(skewed) > 1.0 > abs(skewness_of(plain))
    assert widening_of(plain, weights, rng, 2000) == 1.0
    wider = widening_of(skewed, weights, rng, 4000)
    assert 1.2 < wider < 4.0
    one = Significance(3.0, 1.0, 24, skewness=skewness_of(skewed), widening=wider)
    assert one.p_value == pytest.approx(2.0 * stats.t.sf(3.0 / wider, 23))
    assert one.heavy_tails
    assert widening_of(skewed[:2], weights[:2], rng, 100) == 1.0  # nothing to draw from


def test_a_junction_held_as_long_as_all_others_together_leaves_a_finite_interval():
    """Where a resample has only the short ones, its weight is that of the one left out."""
    values = np.array([1.0, 1.1, 1.2, 1.05, 5.0, 1.3, 0.9, 1.15])
    weights = np.array([8.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0])
    nearly = widening_of(values, weights * np.linspace(1.0, 1.001, 8), np.random.default_rng(1), 999)
    assert widening_of(values, weights, np.random.default_rng(1), 999) == pytest.approx(nearly, rel=0.01)


def test_the_skewness_is_the_ratio_of_the_central_moments():
    sample = np.random.default_rng(6).exponential(size=40)
    assert skewness_of(sample) == pytest.approx(stats.skew(sample), rel=1e-14)
    assert np.isnan(skewness_of(np.full(5, 0.1)))
    assert np.isnan(skewness_of(np.array([1.0, 1.0, 1.0, 1.0, 1.0 + 2e-16])))


def test_the_bootstrap_depends_on_the_seed_and_not_on_what_was_drawn_before():
    """The window looks at one amplitude, the report at all of them, each with a generator spawned from the last."""
    skewed, weights = np.random.default_rng(5).exponential(size=24) ** 2, np.ones(24)
    used = np.random.default_rng(7)
    used.normal(size=3)
    expected = widening_of(skewed, weights, np.random.default_rng(7), 400)
    assert expected > 1.0
    assert widening_of(skewed, weights, used, 400) == expected
    assert widening_of(skewed, weights, used.spawn(2)[1], 400) == expected


def test_equivalent_sigmas_are_as_rare():
    assert equivalent_sigmas(2.5, math.inf) == 2.5
    assert stats.norm.sf(equivalent_sigmas(2.5, 4.0)) == pytest.approx(stats.t.sf(2.5, 4.0))


def test_degrees_of_freedom_follow_the_weights():
    """A point that is known from few junctions and outweighs the others brings its own few degrees of freedom."""
    mean, sigma, freedom = pooled([1.0, 2.0], [1.0, 1.0], [4.0, 4.0])
    assert (mean, sigma, freedom) == pytest.approx((1.5, math.sqrt(0.5), 8.0))
    mean, _, freedom = pooled([1.0, 2.0], [0.01, 1.0], [2.0, 100.0])
    assert mean == pytest.approx(1.0, abs=1e-3)
    assert freedom == pytest.approx(2.0, rel=1e-3)
    assert pooled([1.0], [1.0], [math.inf])[2] == math.inf
