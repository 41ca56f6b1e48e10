"""Tails and quantiles against ``scipy.stats``."""

import numpy as np
import pytest
from scipy import stats

from analysis import distributions


@pytest.mark.parametrize("x", [-3.0, 0.0, 0.7, 2.0, 9.0])
def test_tails(x):
    assert distributions.normal_above(x) == pytest.approx(stats.norm.sf(x), rel=1e-14)
    for freedom in (1.0, 2.5, 40.0):
        assert distributions.student_above(x, freedom) == pytest.approx(stats.t.sf(x, freedom), rel=1e-14)


@pytest.mark.parametrize("chance", [1e-12, 0.025, 0.3, 0.9])
def test_quantiles(chance):
    assert distributions.normal_exceeded(chance) == pytest.approx(stats.norm.isf(chance), rel=1e-14)
    for shape in (0.9, 4.0, 300.0):
        assert distributions.student_exceeded(chance, shape) == pytest.approx(
            stats.t.isf(chance, shape), rel=1e-14
        )
        assert distributions.gamma_exceeded(chance, shape) == pytest.approx(
            stats.gamma.isf(chance, shape), rel=1e-14
        )
        assert distributions.gamma_median(shape) == pytest.approx(stats.gamma.median(shape), rel=1e-14)


def test_no_degree_of_freedom_has_no_tail():
    assert np.isnan(distributions.student_above(1.0, 0.0))


def test_skewness():
    values = np.random.default_rng(0).exponential(size=50)
    assert distributions.skewness(values) == pytest.approx(stats.skew(values), rel=1e-13)
