"""Median slope of pairs, of few points and of a night's traces."""

import tracemalloc

import numpy as np
import pytest
from scipy.stats import theilslopes

from analysis.line_fit import MOST_PAIRS, theil_sen

NIGHT = 10_000
FEW_BYTES = 40e6


def drifting(n: int, seed: int = 1):
    rng = np.random.default_rng(seed)
    return np.arange(float(n)), 1e-4 * np.arange(n) + rng.standard_t(2, n)


def test_it_survives_outliers():
    x = np.arange(20.0)
    y = 2.0 * x
    y[-1] = 1000.0
    assert theil_sen(x, y)[0] == pytest.approx(2.0)


@pytest.mark.parametrize("step", [0.0, 0.5])
def test_of_few_points_it_is_that_of_all_pairs(step):
    x, y = drifting(300)
    if step:  # ties in both
        x, y = np.floor(x / 3), step * np.round(y / step)
    fit = theilslopes(y, x, 0.95)
    assert theil_sen(x, y) == pytest.approx((fit.slope, fit.low_slope, fit.high_slope), rel=1e-12)


def test_of_many_points_it_has_the_slope_and_the_interval_of_all_pairs():
    x, y = drifting(2500)
    fit = theilslopes(y, x, 0.95)
    half = (fit.high_slope - fit.low_slope) / 2.0
    slope, low, high = theil_sen(x, y)
    assert x.size * (x.size - 1) / 2 > 6 * MOST_PAIRS
    assert slope == pytest.approx(fit.slope, abs=0.15 * half)
    assert (high - low) / 2.0 == pytest.approx(half, rel=0.1)


def test_the_interval_of_many_points_holds_the_slope_as_often_as_it_says():
    hits = 0
    for seed in range(100):
        x, y = drifting(1500, seed)
        _, low, high = theil_sen(x, y)
        hits += low <= 1e-4 <= high
    assert 89 <= hits <= 100


def test_a_night_of_traces_takes_little_memory():
    """All pairs of ten thousand traces took three gigabytes, in the window too."""
    x, y = drifting(NIGHT)
    tracemalloc.start()
    theil_sen(x, y)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < FEW_BYTES


@pytest.mark.parametrize("n", [0, 1])
def test_too_few_points_have_no_slope(n):
    assert np.isnan(theil_sen(np.arange(float(n)), np.zeros(n))).all()
