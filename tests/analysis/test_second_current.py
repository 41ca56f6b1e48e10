"""Two inputs of one current: compared where both are in range and the current is steady."""

import numpy as np
import pytest

from analysis.second_current import Comparison, SecondCurrent

FINE = SecondCurrent("fine_current", 1.0)


def compared(first_V, second_V, pieces=7):
    """Feed volts in pieces; return all ratios that became known."""
    comparison = Comparison(FINE)
    parts = zip(np.array_split(first_V, pieces), np.array_split(second_V, pieces), strict=True)
    return [ratio for one, other in parts if (ratio := comparison.feed(one, other)) is not None]


@pytest.mark.parametrize("ratio", [1.0, -1.0, 0.1, 10.0, 0.0])
def test_gain_and_sign_of_the_second_input_show(ratio):
    rng = np.random.default_rng(1)
    first_V = 0.3 * rng.choice([-1.0, 1.0]) + 1e-3 * rng.standard_normal(700)
    found = compared(first_V, ratio * first_V + 1e-3 * rng.standard_normal(700))
    assert found and np.allclose(found, ratio, atol=0.02)


def test_a_second_input_at_its_limit_is_not_compared():
    first_V = np.full(700, 4.0)
    assert compared(first_V, np.clip(first_V, -1.0, 1.0)) == []


def test_currents_too_small_for_a_verdict_give_none():
    rng = np.random.default_rng(2)
    assert compared(0.01 * rng.standard_normal(700), np.zeros(700)) == []


def test_a_current_that_grows_between_the_two_conversions_is_no_disagreement():
    """An approach at 50 nm/s: the tunnelling current grows by two thirds in a sample, by a fifth between the inputs."""
    time_s = np.arange(40) / 2000.0
    one = 1e-5 * np.exp(1000.0 * time_s)
    first_V, second_V = np.tile(one, 50), np.tile(one * np.exp(-1000.0 * 180e-6), 50)
    assert compared(first_V, second_V) == []


def test_an_alternating_current_is_compared_at_its_peaks():
    time_s = np.arange(5000) / 50e3
    first_V, second_V = (0.5 * np.sin(2 * np.pi * 3125.0 * (time_s - late_s)) for late_s in (0.0, 8e-6))
    assert np.allclose(compared(first_V, second_V), 1.0, atol=0.05)


def test_missing_samples_are_left_out():
    first_V = np.full(700, 0.5)
    second_V = first_V.copy()
    second_V[::3] = np.nan
    assert np.allclose(compared(first_V, second_V), 1.0)


def test_settings_come_back_from_a_header():
    assert SecondCurrent.of_settings(FINE.to_settings()) == FINE
    assert SecondCurrent.of_settings({}) is None
