"""Means over junctions: weights by hand, and how often the truth lies where the errors say."""

import math

import numpy as np
import pytest
from scipy import stats

from analysis.heating.combine import combine, resampled_means
from analysis.heating.thermometer import Thermometer
from tests.support.physics.junction_draws import R_P, estimate, junctions

TIP = Thermometer(R_P, 16.3e-6, 500.0, 0.2e-6)


def rng(seed=0):
    return np.random.default_rng(seed)


def test_the_mean_is_weighted_by_time():
    holds = [
        estimate(1e-3, 4e-3, 1e-7, 3e-7, kept_s=1.0, sigma_K=1e-3, number=4),
        estimate(3e-3, 8e-3, 2e-7, 6e-7, kept_s=3.0, sigma_K=2e-3, number=9),
    ]
    point = combine(holds, TIP, rng())
    np.testing.assert_allclose(point.mean, [2.5e-3, 7e-3, 1.75e-7, 5.25e-7], rtol=1e-14)
    np.testing.assert_allclose(point.other_means["unweighted"], [2e-3, 6e-3, 1.5e-7, 4.5e-7], rtol=1e-14)
    np.testing.assert_allclose(
        point.other_means["inverse_variance"], [1.4e-3, 4.8e-3, 1.2e-7, 3.6e-7], rtol=1e-14
    )
    assert point.noise_covariance_K2[0, 0] == pytest.approx((0.25e-3) ** 2 + (1.5e-3) ** 2)
    assert point.noise_covariance_K2[0, 1] == pytest.approx(0.5 * point.noise_covariance_K2[0, 0])
    assert (point.junctions, point.kept_s, point.holds) == (2, 4.0, (4, 9))


def test_rejected_holds_do_not_count():
    holds = [
        estimate(1e-3),
        estimate(math.nan, math.nan, math.nan, math.nan, kept_s=0.0, rejected="too short"),
    ]
    point = combine(holds, TIP, rng())
    assert point.junctions == 1
    assert point.dT_pos_K == 1e-3


def test_no_hold_left_and_mixed_amplitudes_are_refused():
    with pytest.raises(ValueError, match="no hold to average: all 1 were rejected"):
        combine([estimate(rejected="tripped at once")], TIP, rng())
    with pytest.raises(ValueError, match=r"0\.5, 1\.0"):
        combine([estimate(), estimate(amplitude_V=0.5)], TIP, rng())


def test_the_same_seed_gives_the_same_intervals():
    holds = junctions(rng(3), 30)
    first, second, other = (combine(holds, TIP, rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.interval, second.interval)
    assert not np.array_equal(first.interval, other.interval)


def test_errors_of_equal_times_are_those_of_a_mean():
    holds = junctions(rng(4), 60)
    table = np.array([[e.dT_pos_K, e.dT_neg_K, e.q_total_pos_W, e.q_total_neg_W] for e in holds])
    point = combine(holds, TIP, rng(), resamples=20)
    # HC3 of equal weights: the variance of a mean times n/(n - 1)
    np.testing.assert_allclose(point.covariance, np.cov(table, rowvar=False) / 59, rtol=1e-9)


def test_errors_of_unequal_times_agree_with_drawn_experiments():
    """Sandwich formula of a weighted mean: sum w^2 (a - mean)^2 / (sum w)^2."""
    generator = rng(5)
    times = generator.uniform(1.0, 5.0, 200)
    holds = [estimate(x, x, kept_s=w) for x, w in zip(generator.normal(5e-3, 1e-3, 200), times, strict=True)]
    point = combine(holds, TIP, generator, resamples=200)
    x = np.array([e.dT_pos_K for e in holds])
    expected = math.sqrt(np.sum(times**2 * (x - point.dT_pos_K) ** 2)) / times.sum()
    assert point.sigma_pos_K == pytest.approx(expected, rel=0.02)


def test_rises_and_powers_of_a_junction_are_drawn_together():
    """Junctions that differ in power alone: both rises and the power vary as one."""
    holds = junctions(rng(6), 50, spread=0.3, sigma_K=1e-9)
    point = combine(holds, TIP, rng())
    correlation = point.covariance / np.sqrt(np.outer(np.diag(point.covariance), np.diag(point.covariance)))
    np.testing.assert_allclose(correlation, 1.0, atol=1e-6)
    assert point.closure_sigma < 1e-6 < point.sigma_pos_K / point.dT_pos_K


@pytest.mark.parametrize("n", [8, 20])
def test_68_per_cent_hold_the_truth_in_68_per_cent_of_experiments(n):
    generator, hits, trials = rng(7), np.zeros(3), 600
    truth = np.array([0.4, 0.6]) * R_P * 2e-7
    for _ in range(trials):
        point = combine(junctions(generator, n), TIP, generator, resamples=400)
        inside = (point.interval[:2, 0] < truth) & (truth < point.interval[:2, 1])
        asymmetry = abs(point.asymmetry_K - (truth[1] - truth[0])) < point.asymmetry_sigma_K
        hits += [*inside, asymmetry]
    assert np.all((hits / trials > 0.63) & (hits / trials < 0.73)), (
        hits / trials
    )  # 1 sigma of 600 trials: 1.9 %


@pytest.mark.parametrize("n", [5, 12])
def test_intervals_of_few_junctions_are_as_wide_as_students(n):
    generator, widths = rng(9), []
    for _ in range(200):
        holds = junctions(generator, n, spread=0.0)
        low, high = combine(holds, TIP, generator, resamples=1000).interval[0]
        widths.append((high - low) / np.std([h.dT_pos_K for h in holds], ddof=1))
    student = stats.t.ppf(stats.norm.cdf(1.0), n - 1)
    # HC3 of equal weights is the usual error times sqrt(n/(n - 1)).
    assert np.mean(widths) == pytest.approx(2.0 * student / math.sqrt(n - 1), rel=0.05)


def test_noise_alone_gives_noise_alone():
    """Like junctions and white noise: bootstrap, residuals and truth are one; the difference is not doubled."""
    generator = rng(8)
    points = [
        combine(junctions(generator, 100, spread=0.0), TIP, generator, resamples=300) for _ in range(200)
    ]
    sigma = 7e-4 / 10.0
    differences = np.array([p.asymmetry_K for p in points])
    assert np.std(differences) == pytest.approx(sigma, rel=0.12)  # 200 experiments: 5 %
    assert math.sqrt(np.mean([p.asymmetry_sigma_K**2 for p in points])) == pytest.approx(sigma, rel=0.03)
    assert points[0].asymmetry_noise_K == pytest.approx(sigma, rel=1e-12)
    correlation = np.mean([p.cov_K2 / (p.sigma_pos_K * p.sigma_neg_K) for p in points])
    assert correlation == pytest.approx(0.5, abs=0.02)


def test_one_junction_has_the_noise_for_its_error_and_says_so():
    point = combine([estimate(8e-3, 26e-3, sigma_K=7e-4)], TIP, rng())
    assert point.errors_from == "noise"
    assert point.sigma_pos_K == pytest.approx(7e-4)
    assert point.cov_K2 == pytest.approx(0.5 * 7e-4**2)
    np.testing.assert_allclose(point.interval[0], [7.3e-3, 8.7e-3])
    assert point.to_json()["errors_from"] == "noise"


def test_few_junctions_that_agree_by_chance_are_no_better_than_the_noise():
    alike = [estimate(8e-3, 26e-3), estimate(8.0001e-3, 26e-3), estimate(7.9999e-3, 26e-3)]
    assert combine(alike, TIP, rng()).errors_from == "noise"
    apart = [estimate(4e-3, 13e-3), estimate(12e-3, 39e-3), estimate(8e-3, 26e-3)]
    point = combine(apart, TIP, rng())
    assert point.errors_from == "junctions"
    assert point.sigma_pos_K == pytest.approx(4e-3 / math.sqrt(2), rel=1e-9)


def test_whole_rows_are_drawn():
    values = np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]])
    drawn = resampled_means(values, np.array([1.0, 1.0, 2.0]), rng(), 500)
    np.testing.assert_allclose(drawn[:, 1], 10.0 * drawn[:, 0], rtol=1e-12)
    by_hand = {1, 4 / 3, 5 / 3, 2, 2.25, 2.5, 2.6, 2.8, 3}  # of the ten multisets of three, two share a mean
    np.testing.assert_allclose(np.unique(drawn[:, 0].round(12)), sorted(by_hand), rtol=1e-11)


def test_weights_by_noise_and_scatter_are_nearly_equal_where_junctions_differ():
    """One hold of 200 s has a tenth of the others' noise, and counts no more than they do."""
    rises = [1e-3, 2e-3, 3e-3, 4e-3, 5e-3, 9e-3]
    sigmas = [1e-5] * 5 + [1e-6]
    holds = [
        estimate(x, x, kept_s=200.0 if s < 1e-5 else 5.0, sigma_K=s)
        for x, s in zip(rises, sigmas, strict=True)
    ]
    point = combine(holds, TIP, np.random.default_rng(1), 100)
    assert point.other_means["random_effects"][0] == pytest.approx(np.mean(rises), rel=1e-3)
    assert point.mean[0] > 8e-3
    assert point.other_means["inverse_variance"][0] > 8e-3
