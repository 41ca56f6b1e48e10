import json
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.heating.programme import LevelProgramme, ProgrammeLevel, programme, three_level

RATE_Hz = 2000.0
THIRD = Fraction(1, 3)


def lengths(index):
    """Samples of each level, in order, over one repeat that is known to begin at an edge."""
    edges = np.flatnonzero(np.diff(index, prepend=-1, append=-1))
    return np.diff(edges)


def test_levels_follow_the_integer_formula():
    n = np.arange(40_000)

    assert np.array_equal(three_level(1.0).level_index(n, RATE_Hz), (3 * ((49 * n) % 8000)) // 8000)


def test_49_periods_are_exactly_4_s():
    wave = three_level(1.27)

    assert wave.samples_per_period(RATE_Hz) == Fraction(8000, 49)
    assert wave.repeat_samples(RATE_Hz) == 8000
    assert wave.period_index(np.array([0, 163, 164, 7999, 8000]), RATE_Hz).tolist() == [0, 0, 1, 48, 49]


def test_counts_and_lengths_of_the_levels():
    index = three_level(1.0).level_index(np.arange(8000), RATE_Hz)

    assert np.bincount(index).tolist() == [2667, 2667, 2666]
    assert len(lengths(index)) == 147
    assert np.bincount(lengths(index))[[54, 55]].tolist() == [85, 62]


def test_first_edges():
    index = three_level(1.0).level_index(np.arange(600), RATE_Hz)

    edges = np.flatnonzero(np.diff(index, prepend=-1))
    assert edges[:12].tolist() == [0, 55, 109, 164, 218, 273, 327, 381, 436, 490, 545, 599]


def test_buffer_repeats_without_a_seam():
    wave = three_level(0.74)
    buffer = wave.bias_V(RATE_Hz)

    n = np.arange(3 * 8000)
    levels_V = np.array([0.74, 0.0, -0.74])
    assert np.array_equal(np.tile(buffer, 3), levels_V[wave.level_index(n, RATE_Hz)])


@pytest.mark.parametrize(
    ("order", "expected_V"),
    [("+0-", [1, 0, -1]), ("-0+", [-1, 0, 1]), ("alternating", [1, 0, -1, -1, 0, 1])],
)
def test_orders(order, expected_V):
    assert [level.bias_V for level in three_level(1.0, order).levels] == expected_V


def test_alternating_keeps_the_paper_s_level_time():
    paper, alternating = three_level(1.0), three_level(1.0, "alternating")

    assert alternating.frequency_Hz == Fraction(49, 8)
    assert alternating.levels[0].share / alternating.frequency_Hz == THIRD / paper.frequency_Hz


@given(st.lists(st.integers(1, 12), min_size=1, max_size=6))
def test_any_shares_get_their_time_to_a_sample_a_period(durations):
    wave = programme([(float(i), duration) for i, duration in enumerate(durations)])
    index = wave.level_index(np.arange(8000), RATE_Hz)

    for i, duration in enumerate(durations):
        exact = 8000 * Fraction(duration, sum(durations))
        assert abs(np.count_nonzero(index == i) - exact) < 49


@pytest.mark.parametrize("rate_Hz", [2000.0, 1999.0, 20_000.0, 44_100.0, 1234.5])
def test_levels_of_any_rate_are_exact(rate_Hz):
    wave = three_level(1.0)
    exact = [int(3 * (n * Fraction(49, 4) / Fraction(rate_Hz) % 1)) for n in range(5000)]

    assert wave.level_index(np.arange(5000), rate_Hz).tolist() == exact
    assert wave.repeat_samples(rate_Hz) == wave.samples_per_period(rate_Hz).numerator


def test_rate_that_never_repeats_is_refused():
    with pytest.raises(ValueError, match="repeats only after"):
        three_level(1.0, frequency_Hz=Fraction(1_000_003, 99_991)).repeat_samples(RATE_Hz)


@pytest.mark.parametrize(
    "wave",
    [
        three_level(1.27),
        three_level(0.0, "alternating"),
        programme([(0.5, 2), (0.0, 3), (-0.1, Fraction(7, 3))], Fraction(61, 10)),
    ],
)
def test_json_round_trip_is_exact(wave):
    assert LevelProgramme.from_json(json.loads(json.dumps(wave.to_json()))) == wave


@pytest.mark.parametrize(
    ("levels", "frequency_Hz"),
    [
        ((), Fraction(12)),
        ((ProgrammeLevel(1.0, THIRD), ProgrammeLevel(0.0, THIRD)), Fraction(12)),
        ((ProgrammeLevel(1.0, Fraction(3, 2)), ProgrammeLevel(0.0, Fraction(-1, 2))), Fraction(12)),
        ((ProgrammeLevel(1.0, Fraction(1)),), Fraction(0)),
    ],
)
def test_impossible_programmes_are_refused(levels, frequency_Hz):
    with pytest.raises(ValueError, match=r"share|frequency"):
        LevelProgramme(levels, frequency_Hz)


def test_programme_without_duration_is_refused():
    with pytest.raises(ValueError, match="durations"):
        programme([(1.0, 0), (0.0, 0)])


def test_largest_bias_is_that_of_either_sign():
    assert programme([(0.2, 1), (0.0, 1), (-0.7, 1)]).largest_bias_V == 0.7
