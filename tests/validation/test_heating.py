"""Intervals of temperature rises hold the truth: the small version of the study."""

import numpy as np
import pytest
from scipy import stats

from tests.validation.heating import CASES, outcomes

SETS = 30


@pytest.mark.parametrize("name", ["white noise", "1/f noise, corner 20 Hz", "5 junctions"])
def test_intervals_hold_the_truth(name):
    """Two rises a set, which share their baseline and their junctions: counted as one and a half."""
    off, inside, within = outcomes(np.random.default_rng(21), CASES[name], SETS)
    assert np.mean(inside) > stats.binom.ppf(1e-3, SETS, 0.68) / SETS
    assert np.mean(within) > stats.binom.ppf(1e-3, SETS, 0.95) / SETS
    assert np.all(np.abs(off) < 0.1e-3)


@pytest.mark.parametrize(
    ("name", "least_mK", "most_mK"),
    [
        ("no sample left out before edges", 0.05, 0.2),
        ("transient 1 uV, 0.3 s, nothing left out", 0.1, 0.4),
        ("transient 1 uV, 0.3 s, 12 periods left out", 0.0, 0.05),
    ],
)
def test_what_is_not_left_out_shows(name, least_mK, most_mK):
    off, _, within = outcomes(np.random.default_rng(22), CASES[name], 15)
    assert least_mK <= np.abs(1e3 * off).max() <= most_mK
    if least_mK:
        assert np.mean(within) < 0.9
