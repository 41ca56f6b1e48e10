"""Slopes: exact lines, errors against drawn experiments, and other fits."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from analysis.heating.combine import combine
from analysis.heating.slopes import slope_over_junctions, slope_over_points, slope_through_origin
from analysis.heating.thermometer import Thermometer
from tests.support.physics.junction_draws import R_P, estimate, junctions

TIP = Thermometer(R_P, 16.3e-6, 500.0, 0.2e-6)
POWERS_W = np.array([0.07, 0.14, 0.21, 0.28, 0.35]) * 1e-6


def test_exact_junctions_give_half_the_thermal_resistance():
    rng = np.random.default_rng(0)
    holds = [h for p in POWERS_W for h in junctions(rng, 10, share=0.3, power_W=p, sigma_K=1e-12)]
    assert slope_over_junctions(holds).slope_K_per_W == pytest.approx(36_400, rel=1e-6)
    assert slope_over_junctions(holds, polarity="positive").slope_K_per_W == pytest.approx(
        0.3 * R_P, rel=1e-6
    )
    assert slope_over_junctions(holds, polarity="negative").slope_K_per_W == pytest.approx(
        0.7 * R_P, rel=1e-6
    )


def points(rng, **kwargs):
    return [
        combine(junctions(rng, 30, power_W=p, amplitude_V=v, **kwargs), TIP, rng, resamples=300)
        for v, p in zip((0.030, 0.043, 0.052, 0.060, 0.067), POWERS_W, strict=True)
    ]


def test_slopes_over_points_know_polarity():
    rng = np.random.default_rng(1)
    found = points(rng, share=0.3, sigma_K=1e-7)
    assert slope_over_points(found).slope_K_per_W == pytest.approx(36_400, rel=1e-4)
    assert slope_over_points(found, "positive").slope_K_per_W == pytest.approx(0.3 * R_P, rel=1e-4)
    assert slope_over_points(found, "negative").slope_K_per_W == pytest.approx(0.7 * R_P, rel=1e-4)


def test_the_error_over_points_is_that_of_drawn_experiments():
    rng = np.random.default_rng(2)
    slopes = [slope_over_points(points(rng)) for _ in range(150)]
    scatter = np.std([s.slope_K_per_W for s in slopes])
    assert np.mean([s.slope_K_per_W for s in slopes]) == pytest.approx(
        36_400, abs=4 * scatter / math.sqrt(150)
    )
    assert np.mean([s.sigma_K_per_W for s in slopes]) == pytest.approx(scatter, rel=0.2)  # 150: 6 %
    assert np.mean([s.reduced_chi2 for s in slopes]) == pytest.approx(1.0, abs=0.25)


def test_the_error_over_junctions_is_that_of_drawn_experiments_and_free_of_the_spread_of_currents():
    rng = np.random.default_rng(3)
    slopes = [slope_over_junctions(junctions(rng, 40, spread=0.4)) for _ in range(200)]
    scatter = np.std([s.slope_K_per_W for s in slopes])
    assert np.mean([s.sigma_K_per_W for s in slopes]) == pytest.approx(scatter, rel=0.15)
    noise_K_per_W = 7e-4 * math.sqrt(0.75) / math.sqrt(40) / 2e-7  # of (dT+ + dT-)/2 at correlation 1/2
    assert scatter == pytest.approx(noise_K_per_W, rel=0.2)


def test_long_holds_weigh_more():
    holds = [estimate(1e-3, 1e-3, kept_s=1.0), estimate(3e-3, 3e-3, kept_s=3.0)]
    found = slope_over_junctions(holds)
    assert found.slope_K_per_W == pytest.approx(2.5e-3 / 1e-7)


def test_one_junction_has_a_slope_and_no_error():
    found = slope_over_junctions([estimate(2e-3, 4e-3)])
    assert found.slope_K_per_W == pytest.approx(3e-3 / 1e-7)
    assert math.isnan(found.sigma_K_per_W)


def test_correlated_errors_in_both_agree_with_the_minimum_of_chi_squared():
    rng = np.random.default_rng(4)
    x = np.linspace(1.0, 3.0, 6)
    roots = 0.1 * rng.standard_normal((6, 2, 2))
    covariance = roots @ roots.transpose(0, 2, 1)
    noise = np.einsum("nij,nj->ni", roots, rng.standard_normal((6, 2)))
    y, x = 2.0 * x + noise[:, 0], x + noise[:, 1]

    def chi2(b):
        row = np.array([1.0, -b])
        return np.sum((y - b * x) ** 2 / np.einsum("i,nij,j->n", row, covariance, row))

    found = slope_through_origin(x, y, covariance)
    best = minimize_scalar(chi2, bracket=(1.9, 2.1), tol=1e-12)
    assert found.slope_K_per_W == pytest.approx(best.x, rel=1e-6)
    assert found.reduced_chi2 == pytest.approx(best.fun / 5)
    step = found.sigma_K_per_W
    assert chi2(best.x + step) - best.fun == pytest.approx(1.0, rel=0.3)


def test_without_errors_in_x_it_is_a_weighted_fit():
    x, y, sigma = np.array([1.0, 2.0, 4.0]), np.array([2.1, 3.9, 8.3]), np.array([0.1, 0.2, 0.3])
    covariance = np.zeros((3, 2, 2))
    covariance[:, 0, 0] = sigma**2
    found = slope_through_origin(x, y, covariance)
    assert found.slope_K_per_W == pytest.approx(np.sum(x * y / sigma**2) / np.sum(x**2 / sigma**2))
    assert found.sigma_K_per_W == pytest.approx(1.0 / math.sqrt(np.sum(x**2 / sigma**2)))


def test_no_power_and_no_error_are_refused():
    with pytest.raises(ValueError, match="power"):
        slope_through_origin(np.zeros(2), np.ones(2), np.ones((2, 2, 2)))
    with pytest.raises(ValueError, match="no error"):
        slope_through_origin(np.ones(2), np.ones(2), np.zeros((2, 2, 2)))
    with pytest.raises(ValueError, match="power"):
        slope_over_junctions([estimate(q_pos_W=0.0, q_neg_W=0.0)])
    with pytest.raises(ValueError, match="needs points"):
        slope_over_points([])
