"""Slow drifts, and noise that is drawn ahead."""

import itertools

import numpy as np
import pytest

from simulators.signal.drift import DriftingSurface, OrnsteinUhlenbeck, RandomWalk, SurfaceParameters, Wander
from simulators.signal.noise import Reservoir, white


def test_straight_lines_between_knots() -> None:
    wander = Wander(iter([0.0, 2.0, -2.0, 5.0, 5.0]), 10.0)
    assert wander.values(np.array([0.0, 5.0, 10.0])) == pytest.approx([0.0, 1.0, 2.0])
    assert wander.values(np.array([12.5, 20.0, 24.0])) == pytest.approx([1.0, -2.0, 0.8])


def test_drift_does_not_depend_on_how_calls_are_cut() -> None:
    parameters = SurfaceParameters(
        initial_gap_nm=1.0,
        drift_pm_per_s=2.0,
        drift_spread_pm_per_s=1.0,
        drift_memory_s=30.0,
        apex_spread_nm=0.0,
    )

    def made() -> Wander:
        return Wander(DriftingSurface(parameters, 1.0, np.random.default_rng(1)), 1.0)

    time_s = 0.013 * np.arange(1, 5001)
    cut = made()
    parts = [cut.values(part) for part in np.array_split(time_s, 83)]
    assert np.concatenate(parts).tobytes() == made().values(time_s).tobytes()


def test_surface_rate_has_the_mean_and_the_spread_told() -> None:
    parameters = SurfaceParameters(
        initial_gap_nm=1.0,
        drift_pm_per_s=2.0,
        drift_spread_pm_per_s=1.0,
        drift_memory_s=5.0,
        apex_spread_nm=0.0,
    )
    positions = DriftingSurface(parameters, 1.0, np.random.default_rng(1))
    rates = np.diff(list(itertools.islice(positions, 20_000))) / 1e-12
    assert rates.mean() == pytest.approx(2.0, abs=0.07)
    assert rates.std() == pytest.approx(1.0, rel=0.05)


def test_temperature_stays_near_its_base() -> None:
    temperatures = np.array(
        list(itertools.islice(OrnsteinUhlenbeck(0.01, 5.0, 1.0, np.random.default_rng(1)), 20_000))
    )
    assert temperatures[0] == 0.0
    assert temperatures.std() == pytest.approx(0.01, rel=0.05)
    lag = np.corrcoef(temperatures[:-5], temperatures[5:])[0, 1]
    assert lag == pytest.approx(np.exp(-1.0), abs=0.05)


def test_a_walk_does_not_depend_on_how_calls_are_cut_and_spreads_with_the_root_of_time() -> None:
    time_s = 0.013 * np.arange(1, 5001)

    def walked(seed: int, cuts: int) -> np.ndarray:
        walk = RandomWalk(5.0, 0.1, 1.0, np.random.default_rng(seed))
        return np.concatenate([walk.values(part) for part in np.array_split(time_s, cuts)])

    assert walked(1, 83).tobytes() == walked(1, 1).tobytes()
    assert np.array_equal(walked(1, 1)[time_s < 1.0], np.full(76, 5.0))
    ends = np.array([walked(seed, 7)[-1] for seed in range(400)])
    assert ends.mean() == pytest.approx(5.0, abs=0.12)
    assert ends.std() == pytest.approx(0.1 * np.sqrt(65), rel=0.1)


@pytest.mark.parametrize("sizes", [[1] * 50, [5000, 1, 7000], [2048, 2048], [3, 2047, 4096, 10]])
def test_noise_ahead_is_one_sequence(sizes: list[int]) -> None:
    reservoir = white(np.random.default_rng(9))
    taken = np.concatenate([reservoir.take(n) for n in sizes])
    assert np.array_equal(taken, np.random.default_rng(9).standard_normal(len(taken)))


def test_a_reservoir_draws_no_more_than_it_needs() -> None:
    drawn = []
    reservoir = Reservoir(lambda n: drawn.append(n) or np.zeros(n))
    for _ in range(20):
        reservoir.take(100)
    assert len(drawn) == 1
