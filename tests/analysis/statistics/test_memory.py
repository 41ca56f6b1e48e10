import numpy as np
import pytest

from analysis.statistics.memory import (
    Memory,
    autocorrelation,
    bootstrap,
    drawn_records,
    lag_p_value,
    memory_of,
)
from tests.support.physics.opening_traces import FOLDER, gold_conductance_G0, remembering

needs_recordings = pytest.mark.skipif(
    FOLDER is None, reason="HOTJUNCTION_RECORDINGS does not name the folder of real recordings"
)


@needs_recordings
def test_traces_of_gold_remember_the_ones_before():
    g = gold_conductance_G0()
    counts = np.log1p(((g >= 0.7) & (g < 1.1)).sum(axis=1))

    memory = memory_of(counts)

    assert autocorrelation(counts)[1:6] == pytest.approx(
        [0.18148419993, 0.128790462872, 0.159126743916, 0.212017837076, 0.084743118436], abs=1e-10
    )
    assert memory.tau == pytest.approx(5.768870286931347)
    assert memory.n_eff == pytest.approx(34.66883290010437)
    assert memory.block == 20 and not memory.doubts
    assert lag_p_value(counts, np.random.default_rng(1)) == pytest.approx(0.006, abs=0.01)


@needs_recordings
def test_the_error_of_a_yield_of_gold_is_that_of_blocks():
    g = gold_conductance_G0()
    counts = ((g >= 0.7) & (g < 1.1)).sum(axis=1)
    enough = counts >= 40

    share = bootstrap(
        lambda drawn: enough[drawn].mean(axis=1), memory_of(np.log1p(counts)), np.random.default_rng(2)
    )

    assert share.value == 0.355
    assert 1.5 * 0.0338 < share.se == pytest.approx(0.06517, rel=0.25)
    assert share.method == "bootstrap over blocks of 20 records"


def test_the_autocorrelation_time_of_a_known_process():
    values = remembering(10_000, 0.6, np.random.default_rng(3))

    assert memory_of(values).tau == pytest.approx(1.6 / 0.4, rel=0.15)


def test_independent_records_have_no_memory_at_the_stated_rate():
    # the null control: white noise must not be taken for correlated records
    rng = np.random.default_rng(4)
    series = rng.standard_normal((200, 100))

    taus = np.array([memory_of(values).tau for values in series])
    p_values = np.array([lag_p_value(values, rng, 199) for values in series])

    assert np.median(taus) < 1.5 and np.mean(taus > 2.0) < 0.25
    assert 0.0 < np.mean(p_values <= 0.05) < 0.11


def test_a_constant_series_has_no_memory():
    assert memory_of(np.ones(50)) == Memory(50) or np.isnan(memory_of(np.ones(50)).lag1)
    assert memory_of(np.ones(50)).tau == 1.0
    assert memory_of(np.empty(0)).n == 0


def test_few_blocks_are_a_doubt():
    (doubt,) = Memory(60, 5.0).doubts

    assert "only 3 blocks of 20 records fit" in doubt
    assert not Memory(60, 1.5).doubts


def test_blocks_are_runs_of_records_and_singles_are_not():
    rng = np.random.default_rng(5)

    blocks = drawn_records(Memory(100, 8.0), rng, 10)
    singles = drawn_records(Memory(100), rng, 10)

    assert blocks.shape == singles.shape == (10, 100)
    assert np.all(np.diff(blocks[:, :20], axis=1) == 1)
    assert blocks.max() < 100 and blocks.min() >= 0


def test_errors_of_correlated_records_cover_where_those_of_single_ones_do_not():
    rng = np.random.default_rng(6)
    inside = {1: 0, 20: 0}
    for _ in range(100):
        values = remembering(400, 0.8, rng)
        for block in inside:
            tau = 9.0 if block == 20 else 1.0
            mean = bootstrap(lambda drawn, v=values: v[drawn].mean(axis=1), Memory(400, tau), rng, 100)
            inside[block] += mean.interval[0] < 0.0 < mean.interval[1]

    assert inside[1] / 100 < 0.65
    assert inside[20] / 100 > 0.8
