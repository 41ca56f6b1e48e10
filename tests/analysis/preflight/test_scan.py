"""Statistics of a scan: white noise beside the mains, and slopes beside a drift."""

import numpy as np
import pytest

from analysis.preflight.scan import mains_V, slope, white_V_per_rtHz

RATE_Hz = 2000.0


def test_white_noise_and_mains_are_told_apart():
    rng = np.random.default_rng(1)
    time_s = np.arange(4000) / RATE_Hz
    mains = sum(np.cos(2 * np.pi * 50 * k * time_s) * 0.02 / k for k in range(1, 19))
    noise = rng.normal(scale=1e-4 * np.sqrt(RATE_Hz / 2), size=time_s.size)

    assert white_V_per_rtHz(mains + noise, RATE_Hz) == pytest.approx(1e-4, rel=0.1)
    assert mains_V(mains + noise, RATE_Hz) == pytest.approx(0.02, rel=0.02)


def test_a_drift_is_no_response_and_noise_gives_the_error():
    rng = np.random.default_rng(2)
    levels = (0.1, -0.1, -0.1, 0.1)
    slopes, errors = [], []
    for _ in range(200):
        drift = np.linspace(0.0, 0.5, 1600)
        volts = np.repeat(levels, 400) * 0.03 + drift + rng.normal(scale=0.02, size=1600)
        found, error = slope(levels, np.split(volts, 4), RATE_Hz)
        slopes.append(found)
        errors.append(error)

    assert np.mean(slopes) == pytest.approx(0.03, abs=0.0015)
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(np.std(slopes), rel=0.15)


def test_an_error_from_too_few_blocks_is_infinite():
    assert slope((0.1, -0.1, -0.1, 0.1), [np.zeros(200)] * 4, RATE_Hz) == (0.0, np.inf)
