"""Ranges of the amplifiers: which can be proved with a resistor, and what noise says of gains and corners."""

import numpy as np
import pytest

from analysis.commissioning.corner import corner_Hz
from analysis.commissioning.ranges import RangeTest, gain_ratio, noise_floor_V, range_tests, slope
from analysis.spectra.welch import power_spectrum

GAINS = tuple(10.0**n for n in range(3, 12))


def test_a_resistor_of_10_kohm_proves_gains_to_1e6_by_the_bias_and_1e7_by_the_test_current():
    found = range_tests(GAINS, 1e4, 5.0, 1.0, test_current=True)

    assert [one.gain_V_per_A for one in found] == [1e3, 1e4, 1e5, 1e6, 1e7]
    assert [one.bias_V for one in found] == pytest.approx([1.0, 1.0, 0.25, 0.025, 0.0])


@pytest.mark.parametrize(("ohm", "most"), [(1e6, 1e9), (1e8, 1e11)])
def test_larger_resistors_prove_larger_gains(ohm, most):
    assert range_tests(GAINS, ohm, 5.0, 1.0, test_current=True)[-1].gain_V_per_A == most


def test_without_a_test_current_a_level_that_is_not_known_is_left_out():
    assert range_tests((1e7,), 1e4, 5.0, 1.0, test_current=False) == []
    assert range_tests((1e5,), 1e4, 5.0, 0.5, test_current=False) == [RangeTest(1e5, 0.25)]


def test_the_least_noise_of_a_current_is_the_johnson_noise_of_both_resistors():
    four_kT = 4 * 1.380649e-23 * 295.0
    assert noise_floor_V(1e6, 1e4, 0.0) == pytest.approx(1e6 * np.sqrt(four_kT * (1e-4 + 1e-6)))
    assert noise_floor_V(1e3, 1e4, 3e-7) == pytest.approx(3e-7, rel=1e-3)


def test_a_gain_is_read_from_noise_without_the_card_s_and_only_where_it_is_seen():
    card, usual = 1e-7, 1e-4
    assert gain_ratio(np.hypot(0.02 * usual, card), np.hypot(usual, card), card) == pytest.approx(0.02)
    assert np.isnan(gain_ratio(2e-7, usual, card))


def test_a_slope_is_that_between_two_levels():
    high, low = np.array([[0.1] * 5, [1.05] * 5]), np.array([[-0.1] * 5, [-0.95] * 5])

    assert slope(high, low) == pytest.approx(10.0)


@pytest.mark.parametrize("corner", [300.0, 1000.0, 3000.0, 8000.0])
def test_noise_folded_from_above_half_of_the_rate_does_not_shift_a_corner(corner):
    """White noise behind one pole, sampled: an autoregression of first order, whatever its corner."""
    rng, rate_Hz = np.random.default_rng(5), 20e3
    pole, n = np.exp(-2 * np.pi * corner / rate_Hz), 40_000
    noise = rng.standard_normal(n)
    for at in range(1, n):
        noise[at] += pole * noise[at - 1]

    found = corner_Hz(power_spectrum([noise], rate_Hz, 0.1), corner, 1, 50.0)

    assert found == pytest.approx(corner, rel=0.08)
