"""Intervals of temperature rises hold the truth: the small version of the study."""

import numpy as np
import pytest
from scipy import stats

from tests.validation import heating
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
    ],
)
def test_what_is_not_left_out_shows(name, least_mK, most_mK):
    off, _, within = outcomes(np.random.default_rng(22), CASES[name], 15)
    assert least_mK <= np.abs(1e3 * off).max() <= most_mK
    assert np.mean(within) < 0.9


def test_a_transient_that_is_left_out_shows_no_more(monkeypatch):
    """Almost without noise and scatter, so that chance (0.02 mK for the mean of 15 sets) hides nothing."""
    monkeypatch.setattr(heating, "WHITE_V", 1e-2 * heating.WHITE_V)
    monkeypatch.setattr(heating, "SPREAD", 1e-2 * heating.SPREAD)
    off, _, _ = outcomes(np.random.default_rng(22), CASES["transient 1 uV, 0.3 s, 12 periods left out"], 1)
    assert np.abs(1e3 * off).max() <= 0.05
