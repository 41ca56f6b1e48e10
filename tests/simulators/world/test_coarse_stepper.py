"""The simulated walker: what two digital lines do to the distance between tip and surface."""

import numpy as np
import pytest

from simulators.parameters import load_parameters
from simulators.rig.bench import SimulatedBench
from simulators.rig.clock import FastClock
from simulators.world.coarse_stepper import NM, CoarseParameters, CoarseStepper

STEP, DIRECTION = "port0/line0", "port0/line1"


class Walker:
    """A stepper whose housing is a number."""

    def __init__(self, scatter: float = 0.0, seed: int = 1) -> None:
        self.moves_m: list[float] = []
        parameters = CoarseParameters(
            step_line=STEP, direction_line=DIRECTION, step_nm=20.0, step_scatter=scatter
        )
        self.stepper = CoarseStepper(parameters, np.random.default_rng(seed), self.moves_m.append)

    def see(self, step: bool, direction: bool) -> None:
        self.stepper.follow({STEP: step, DIRECTION: direction})

    def pulse(self, toward: bool) -> None:
        for step in (False, True, False):
            self.see(step, toward)


@pytest.mark.parametrize(("toward", "distance_m"), [(True, 20 * NM), (False, -20 * NM)])
def test_one_step_at_each_rising_edge(toward: bool, distance_m: float) -> None:
    walker = Walker()
    for _ in range(3):
        walker.pulse(toward)
    assert walker.moves_m == pytest.approx([distance_m] * 3)
    assert walker.stepper.position_m == pytest.approx(3 * distance_m)


def test_levels_are_no_edges() -> None:
    walker = Walker()
    for direction in (True, False, True):
        walker.see(True, direction)
    assert len(walker.moves_m) == 1
    walker.see(False, True)
    assert len(walker.moves_m) == 1


def test_a_direction_that_comes_with_the_edge_comes_too_late() -> None:
    walker = Walker()
    walker.pulse(toward=False)
    walker.see(True, True)
    assert walker.moves_m == pytest.approx([-20 * NM] * 2)


def test_steps_scatter_as_they_are_told() -> None:
    walker = Walker(scatter=0.1)
    for _ in range(2000):
        walker.pulse(toward=True)
    moves_nm = np.array(walker.moves_m) / NM
    assert np.mean(moves_nm) == pytest.approx(20.0, abs=4 * 2.0 / np.sqrt(2000))
    assert np.std(moves_nm) == pytest.approx(2.0, abs=4 * 2.0 / np.sqrt(2 * 2000))


def bench_on_gold() -> SimulatedBench:
    return SimulatedBench(
        load_parameters(overrides={"surface.drift_pm_per_s": 0.0, "surface.drift_spread_pm_per_s": 0.0}),
        1,
        FastClock(),
    )


def test_steps_toward_the_sample_close_the_gap() -> None:
    bench = bench_on_gold()
    bench.clock.wait(bench.changed, 0.01)
    before_m = bench.world.truth.gap_m
    bench.drive({DIRECTION: True})
    for level in (True, False, True, False):
        bench.drive({STEP: level})
    bench.clock.wait(bench.changed, 0.02)
    assert bench.coarse.position_m == pytest.approx(40 * NM, rel=0.5)
    assert before_m - bench.world.truth.gap_m == pytest.approx(bench.coarse.position_m, rel=1e-6)


def test_lines_that_fall_at_power_up_take_no_step() -> None:
    bench = bench_on_gold()
    bench.drive({DIRECTION: True})
    bench.drive({STEP: True})
    position_m = bench.coarse.position_m
    bench.power_up()
    assert dict(bench.lines) == {}
    assert bench.coarse.position_m == position_m
    bench.drive({STEP: True})
    assert bench.coarse.position_m < position_m, "after power-up the direction line is low: away"


def test_same_seed_same_steps() -> None:
    walkers = [Walker(scatter=0.1, seed=seed) for seed in (1, 1, 2)]
    for walker in walkers:
        for _ in range(5):
            walker.pulse(toward=True)
    first, again, other = (walker.moves_m for walker in walkers)
    assert first == again != other
