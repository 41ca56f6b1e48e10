"""Intervals from estimates that each leave one junction out."""

import numpy as np
import pytest
from scipy.stats import t

from analysis.fitting.jackknife import (
    ONE_SIGMA,
    TWO_SIGMA,
    half_interval,
    interval,
    interval_ends,
    jackknife_error,
    jackknife_skewness,
)

SETS = 4000


def left_out_means(samples):
    """Means of samples (sets, n), and those with one left out, (n, sets)."""
    n = samples.shape[1]
    total = samples.sum(axis=1)
    return total / n, (total[:, None] - samples).T / (n - 1)


def held(samples, truth, coverage):
    low, high = interval(*left_out_means(samples), coverage)
    return float(np.mean((low < truth) & (truth < high)))


def test_without_skewness_an_interval_is_students():
    values = np.array([1.0, 2.0, 3.0, 4.0])
    assert jackknife_skewness(values) == pytest.approx(0.0, abs=1e-12)
    low, high = interval(7.0, values, TWO_SIGMA)
    reach = t.ppf(0.975, 3) * jackknife_error(values)
    assert [low, high] == pytest.approx([7.0 - reach, 7.0 + reach])
    assert half_interval(values, TWO_SIGMA) == pytest.approx(reach)


def test_the_skewness_is_that_of_the_sample_over_the_root_of_its_size():
    x = np.random.default_rng(1).exponential(size=30)
    deviation = x - x.mean()
    expected = np.mean(deviation**3) / np.mean(deviation**2) ** 1.5 / np.sqrt(30)
    _, left_out = left_out_means(x[None])
    assert jackknife_skewness(left_out)[0] == pytest.approx(expected)


@pytest.mark.parametrize("skewness", [0.3, -0.3])
def test_the_end_on_the_side_of_the_tail_is_that_of_halls_transformation(skewness):
    below, above = interval_ends(TWO_SIGMA, 9.0, skewness)
    student = t.ppf(0.975, 9)
    far, near = (above, below) if skewness > 0 else (below, above)
    assert near == pytest.approx(student)
    T, k = (
        -far,
        abs(skewness),
    )  # the far end is where the transformed t of a sample skewed to the right is lowest
    assert T + k * (2 * T**2 + 1) / 6 + k**2 * T**3 / 27 == pytest.approx(-student)
    assert far > 1.2 * student


def test_two_junctions_show_no_skewness_and_equal_ones_no_error():
    assert jackknife_skewness(np.array([1.0, 5.0])) == 0.0
    low, high = interval(2.0, np.array([2.0, 2.0, 2.0]))
    assert (low, high) == (2.0, 2.0)


@pytest.mark.parametrize("n", [3, 5, 10, 50])
def test_intervals_of_normal_samples_are_little_wider_than_need_be(n):
    samples = np.random.default_rng(2).standard_normal((SETS, n))
    assert 0.66 < held(samples, 0.0, ONE_SIGMA) < 0.74
    assert 0.94 < held(samples, 0.0, TWO_SIGMA) < 0.98


@pytest.mark.parametrize(
    ("n", "least_68", "least_95"), [(3, 0.64, 0.91), (5, 0.66, 0.91), (10, 0.68, 0.93), (24, 0.68, 0.94)]
)
def test_intervals_of_skewed_samples_hold_the_truth(n, least_68, least_95):
    """Exponential samples; Student's t alone holds .63, .64, .66, .68 at 68 % and .88, .88, .90, .92 at 95 %."""
    samples = np.random.default_rng(3).exponential(size=(SETS, n))
    assert held(samples, 1.0, ONE_SIGMA) > least_68
    assert held(samples, 1.0, TWO_SIGMA) > least_95
