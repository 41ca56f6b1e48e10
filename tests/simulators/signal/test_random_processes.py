"""Chance in time: the laws, and that cutting time into calls changes nothing."""

import numpy as np
import pytest
from scipy import stats

from simulators.signal.random_processes import Lifetime, Switching


def test_lifetimes_are_exponential_in_the_wear() -> None:
    rng = np.random.default_rng(1)
    hazard = np.full(5000, 1e-2)
    lives = [Lifetime(rng).survives(hazard) * 1e-2 for _ in range(2000)]
    assert stats.kstest(lives, stats.expon.cdf).pvalue > 0.01


def test_wear_adds_up_from_call_to_call() -> None:
    hazard = np.random.default_rng(2).uniform(0.0, 0.01, 2000)
    whole = Lifetime(np.random.default_rng(4)).survives(hazard)
    cut = Lifetime(np.random.default_rng(4))
    assert 100 < whole < 2000
    passed = 0
    for part in np.array_split(hazard, 37):
        survived = cut.survives(part)
        passed += survived
        if survived < len(part):
            break
    assert passed == whole


def test_what_can_not_end_goes_on() -> None:
    assert Lifetime(np.random.default_rng(1)).survives(np.zeros(100)) == 100


def test_two_level_noise_switches_at_its_rate_and_spends_equal_times() -> None:
    switching = Switching(1.1, 20.0, lambda value: 2.0 - value, 0.0, np.random.default_rng(5))
    values = switching.values(1e-3 * np.arange(1, 200_001))
    assert set(np.round(np.unique(values), 12)) == {0.9, 1.1}
    assert np.count_nonzero(np.diff(values)) == pytest.approx(20.0 * 200.0, rel=0.06)
    assert values.mean() == pytest.approx(1.0, abs=0.005)


def test_switching_does_not_depend_on_how_calls_are_cut() -> None:
    def made() -> Switching:
        rng = np.random.default_rng(6)
        return Switching(1.0, 50.0, lambda _: float(rng.uniform(0.5, 2.0)), 0.0, rng)

    time_s = 1e-3 * np.arange(1, 3001)
    cut = made()
    parts = [cut.values(part) for part in np.array_split(time_s, 61)]
    assert np.concatenate(parts).tobytes() == made().values(time_s).tobytes()
