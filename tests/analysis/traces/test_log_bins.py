"""Bins found by a table are those found by a logarithm, number by number."""

import numpy as np
import pytest

from analysis.traces.histogram import BinAxis, Scale, common_bins

AXES = [
    BinAxis(Scale.LOG, 1e-7, 1e2, 700),
    BinAxis(Scale.LOG, 1e-7, 1e2, 280),
    BinAxis(Scale.LOG, 0.3, 0.9, 7),
]


def hard_numbers(axis, rng):
    """Numbers on and next to every edge, beyond both ends, zeros, infinities, and undefined ones of both signs."""
    steps = [axis.edges]
    for towards in (0.0, np.inf):
        near = axis.edges
        for _ in range(3):
            near = np.nextafter(near, towards)
            steps.append(near)
    odd = [0.0, -0.0, np.inf, -np.inf, np.nan, 5e-324, 1e308, -1e308]
    negative_nan = np.array([-1], dtype=np.int64).view(float)
    spread = 10.0 ** rng.uniform(-12, 6, 50_000) * np.where(rng.random(50_000) < 0.2, -1.0, 1.0)
    return rng.permutation(np.concatenate([*steps, odd, negative_nan, spread]))


@pytest.mark.parametrize("axis", AXES)
def test_every_bin_is_the_one_of_the_logarithm(axis):
    values = hard_numbers(axis, np.random.default_rng(1))
    few = 100  # numbers that are placed by their logarithms
    expected = np.concatenate([axis.place(part) for part in np.array_split(values, values.size // few)])
    assert np.array_equal(axis.place(values), expected)
    assert np.array_equal(axis.place(values[::2]), expected[::2])  # not contiguous
    assert set(np.unique(expected)) == set(range(axis.bins + 3))


def test_more_bins_than_16_bits_count_keep_their_places():
    axis = BinAxis(Scale.LOG, 1e-4, 1e1, 32_766)
    assert np.array_equal(axis.place(np.sort(axis.centres)), np.arange(1, axis.bins + 1))
    assert np.array_equal(
        axis.place(np.repeat([0.0, 1e2, np.nan], 100))[::100], axis.bins * np.array([0, 1, 1]) + [0, 1, 2]
    )


def test_numbers_of_other_types_are_placed_by_their_values():
    axis = AXES[0]
    values = np.geomspace(1e-8, 1e3, 1000).astype(np.float32)
    assert np.array_equal(axis.place(values), axis.place(values.astype(float)))
    assert np.array_equal(axis.place(np.ones(300, int)), np.full(300, axis.place([1.0])[0]))


def test_common_bins_of_two_axes_give_the_bins_of_each():
    fine, coarse = AXES[:2]
    values = hard_numbers(fine, np.random.default_rng(2))
    values = np.concatenate([values, hard_numbers(coarse, np.random.default_rng(3))])
    bins = common_bins(fine, coarse)
    places = bins.place(values)
    assert np.array_equal(bins.fine_counts(places), np.bincount(fine.place(values), minlength=fine.bins + 3))
    assert np.array_equal(bins.coarse(places), coarse.place(values))
    assert not bins.fine_counts(bins.place(np.empty(0))).any()
