"""Means over junctions: few, skewed, unequal weights."""

import numpy as np
import pytest

from analysis.distributions import student_above
from analysis.statistics.junction_mean import (
    hodges_lehmann,
    junction_mean,
    one_sigma_half,
    random_effects_weights,
)
from tests.support.physics.weyl import normal

K = np.arange(1, 11)


def test_unequal_weights_of_the_reference():
    found = junction_mean(normal(K * np.sqrt(2)), np.random.default_rng(1), K.astype(float))
    assert found.value == pytest.approx(-0.11891986419010986)
    assert found.n_eff == pytest.approx(7.857142857142858)
    assert found.se == pytest.approx(0.3647450621053155)
    assert 2 * student_above(abs(found.value) / found.se, found.n_eff - 1) == pytest.approx(
        0.7541212576346792
    )
    half = 2.3746474956860077 * found.se
    assert found.interval == pytest.approx((found.value - half, found.value + half))


def test_equal_weights_give_the_standard_error_and_student():
    values = np.array([1.0, 2.0, 4.0, 3.0, 5.0, 2.0])
    found = junction_mean(values, np.random.default_rng(1))
    assert found.se == pytest.approx(values.std(ddof=1) / np.sqrt(6))
    assert found.method == "Student's t"
    assert one_sigma_half(found) == pytest.approx(1.1105 * found.se, rel=1e-4)


def test_few_or_one_that_decides_have_no_interval():
    rng = np.random.default_rng(1)
    few = junction_mean(np.array([1.0, 2.0, np.nan, 3.0]), rng)
    assert np.isnan(few.interval).all()
    assert few.doubts == ("only 3: 1, 2, 3",)
    heavy = junction_mean(np.arange(8.0), rng, np.array([1.0] * 7 + [100.0]))
    assert np.isnan(heavy.interval).all()
    assert heavy.doubts == ("one junction decides",)
    assert junction_mean(np.array([np.nan]), rng).doubts == ("no junction has a value",)
    assert junction_mean(np.array([2.0]), rng).doubts == ("a single junction",)


def test_a_skewed_sample_has_the_wider_interval_and_a_robust_centre():
    values = np.exp(1.5 * normal(np.arange(1, 25) * np.sqrt(3)))
    found = junction_mean(values, np.random.default_rng(1))
    assert found.method == "Student's t, bootstrap-t"
    assert found.se > 1.1 * values.std(ddof=1) / np.sqrt(24)
    assert "average logarithms" in found.doubts[0]
    assert "skewed" in found.doubts[1]
    assert hodges_lehmann(values) < found.value


def test_random_effects_weigh_alike_where_junctions_differ_more_than_their_noise():
    sigmas = np.array([0.01, 0.1, 0.02, 0.05, 0.03, 0.01])
    apart = random_effects_weights(np.array([1.0, 3.0, 2.0, 5.0, 4.0, 0.0]), sigmas)
    assert apart.max() / apart.min() < 1.01
    alike = random_effects_weights(np.full(6, 2.0), sigmas)
    assert alike == pytest.approx(sigmas**-2.0)
