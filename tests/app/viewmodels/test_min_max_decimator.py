import numpy as np
import pytest

from app.viewmodels.min_max_decimator import MinMaxDecimator, grouped, interleaved, least_and_largest


@pytest.mark.parametrize("offset", [0, 1, 6])
def test_columns_hold_the_least_and_the_largest(offset):
    data = np.random.default_rng(0).standard_normal((2, 50))
    data[:, 13] = np.nan
    least, largest = least_and_largest(data, offset, 7)
    column = (offset + np.arange(50)) // 7
    for i in range(column[-1] + 1):
        part = data[:, column == i]
        np.testing.assert_array_equal(least[:, i], np.nanmin(part, axis=1))
        np.testing.assert_array_equal(largest[:, i], np.nanmax(part, axis=1))


def test_groups_and_lines():
    values = np.arange(10.0).reshape(1, 10)
    assert grouped(values, 1, 4, np.fmin).tolist() == [[0.0, 3.0, 7.0]]
    assert interleaved(np.array([1.0, 2.0]), np.array([5.0, 6.0])).tolist() == [1.0, 5.0, 2.0, 6.0]


def test_a_ring_forgets_the_oldest_columns_only():
    ring, rng = MinMaxDecimator(1, 5, 8), np.random.default_rng(1)
    data = rng.standard_normal((1, 503))
    at = 0
    while at < 503:
        n = int(rng.integers(1, 60))  # some longer than the whole ring
        ring.feed(at, data[:, at : at + n])
        at = min(at + n, 503)
        column = np.arange(at) // 5
        first, least, largest = ring.last(8, 1)
        assert first == max(0, column[-1] - 7)
        for i in range(least.shape[1]):
            part = data[0, :at][column == first + i]
            assert (least[0, i], largest[0, i]) == (part.min(), part.max())


def test_columns_without_samples_are_empty():
    ring = MinMaxDecimator(1, 10, 6)
    ring.feed(0, np.ones((1, 60)))
    ring.feed(85, np.full((1, 10), 2.0))
    _, least, _ = ring.last(6, 1)
    np.testing.assert_array_equal(least[0], [1.0, 1.0, np.nan, np.nan, 2.0, 2.0])
