"""Sliding means, medians and extremes are those of scipy.ndimage, bit by bit."""

import numpy as np
import pytest
from scipy import ndimage

from analysis import sliding


@pytest.mark.parametrize(("beyond", "mode"), [("mirrored", "reflect"), ("zero", "constant")])
@pytest.mark.parametrize("sigma", [0.3, 2.0, 7.7, 40.0])
def test_a_gaussian_mean_is_that_of_scipy(beyond, mode, sigma):
    rng = np.random.default_rng(1)
    for shape in ((1,), (7,), (500,), (3, 120)):
        values = rng.exponential(size=shape) * 10.0 ** rng.uniform(-6, 3, shape)
        expected = ndimage.gaussian_filter1d(values, sigma, axis=-1, mode=mode)
        assert sliding.gaussian_mean(values, sigma, beyond).tobytes() == expected.tobytes()


@pytest.mark.parametrize("n", [1, 20, 61, 9000])
def test_a_median_is_that_of_scipy(n):
    values = np.random.default_rng(2).standard_normal(n)
    assert np.array_equal(sliding.median(values, 61), ndimage.median_filter(values, 61, mode="nearest"))


@pytest.mark.parametrize(("beyond", "mode"), [("edge", "nearest"), ("repeated", "wrap")])
@pytest.mark.parametrize(("n", "width"), [(10, 1), (10, 9), (100, 7), (101, 51), (1234, 5)])
def test_extremes_are_those_of_scipy(beyond, mode, n, width):
    values = np.random.default_rng(3).standard_normal(n)
    least, largest = sliding.least_and_largest(values, width, beyond)
    assert np.array_equal(least, ndimage.minimum_filter1d(values, width, mode=mode))
    assert np.array_equal(largest, ndimage.maximum_filter1d(values, width, mode=mode))
