"""The studies of means, flicker noise and curves in small. Limits fail by chance in less than one of 1000 studies."""

import numpy as np
import pytest
from scipy import stats

from tests.validation import curves, means, noise


@pytest.mark.parametrize(
    ("case", "n", "least_95"),
    [
        ("normal", 5, 0.95),
        ("exponential (skewed)", 100, 0.93),
        ("log-normal, averaged in the logarithm", 10, 0.95),
        ("normal, exponential weights", 10, 0.95),
    ],
)
def test_means_cover(case, n, least_95):
    """1.96 standard errors fail: 0.87 at five normal junctions, 0.93 at a hundred exponential ones."""
    sets = 200
    in_68, in_95, without = means.outcomes(np.random.default_rng(21), case, n, sets)
    told = sets - without
    assert told > 0.85 * sets
    assert sum(in_95) >= stats.binom.ppf(1e-3, told, least_95)
    assert sum(in_68) >= stats.binom.ppf(1e-3, told, 0.66)
    assert sum(in_68) <= stats.binom.isf(1e-3, told, 0.78)


def test_few_values_that_differ_by_factors_are_doubted():
    """Five log-normal values hold their arithmetic mean in 75 % of the intervals that promise 95 %."""
    assert means.outcomes(np.random.default_rng(26), "log-normal, arithmetic mean", 5, 100)[2] > 60


def test_one_heavy_junction_cannot_tell():
    assert means.outcomes(np.random.default_rng(22), "normal, one hold of 200 s", 10, 20)[2] == 20


@pytest.mark.parametrize(("junctions", "floor_share"), [(20, 0.0), (100, 0.25)])
def test_the_exponent_of_flicker_noise_covers(junctions, floor_share):
    """Windows as independent cover 0.38; a floor of a quarter that is left in, none."""
    sets = 80
    values, in_68, in_95 = noise.exponents(np.random.default_rng(23), junctions, floor_share, 0.0, sets)
    assert sum(in_68) >= stats.binom.ppf(1e-3, sets, 0.68)
    assert sum(in_95) >= stats.binom.ppf(1e-3, sets, 0.95)
    assert sum(in_68) <= stats.binom.isf(1e-3, sets, 0.74)
    assert np.mean(values) == pytest.approx(noise.EXPONENT, abs=4 * np.std(values) / np.sqrt(sets))


def test_the_mean_over_curves_covers_and_the_mean_curve_does_not():
    sets = 6
    voltages = curves.voltages(np.random.default_rng(24), 20, sets)
    truth_V = curves.true_transition_voltage(np.random.default_rng(25), 1000)
    assert sum(x.interval[0] < truth_V < x.interval[1] for x in voltages) >= stats.binom.ppf(1e-3, sets, 0.94)
    off = np.array([x.of_mean_curve - x.value for x in voltages])
    assert off.mean() < -3.0 * off.std() / np.sqrt(sets)
