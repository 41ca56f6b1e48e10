from dataclasses import replace

import numpy as np
import pytest
from scipy.signal import lfilter

from analysis.calibration.lag import measured_lag
from analysis.heating.holds import Hold
from analysis.heating.programme import three_level

N = 8000


def hold(lag, start=500, tau_samples=0.0, noise_A=0.0, rng=None):
    programme = three_level(0.1)
    bias_V = np.concatenate([np.zeros(lag), np.resize(programme.bias_V(2000.0), N - lag)])
    current_A = 1e-6 * bias_V
    if tau_samples:
        pole = np.exp(-1 / tau_samples)
        current_A = lfilter([1 - pole], [1, -pole], current_A)
    if noise_A:
        current_A = current_A + noise_A * rng.standard_normal(N)
    nothing = np.zeros(N)
    return Hold(
        0, (start, start + N), 2000.0, programme, 0.1, start, bias_V, current_A, nothing, nothing.astype(bool)
    )


def test_a_lag_of_whole_samples_is_found():
    found = measured_lag([hold(1), hold(1, start=9000)])

    assert found.lag_s == pytest.approx(0.5e-3)
    assert found.uncertainty_s == pytest.approx(0.5e-3 / np.sqrt(12))
    assert found.holds == 2


def test_a_lag_that_jitters_says_so():
    lags = [1, 2, 3, 2]
    found = measured_lag([hold(lag) for lag in lags])

    assert found.lag_s == pytest.approx(1e-3)
    assert found.uncertainty_s == pytest.approx(0.5e-3 * np.sqrt(1 / 12 + np.var(lags, ddof=1) / 4))


def test_the_current_behind_a_filter():
    found = measured_lag([hold(1, tau_samples=2.0) for _ in range(3)])

    pole = np.exp(-1 / 2.0)
    assert found.current_lag_s == pytest.approx(0.5e-3 * pole / (1 - pole), rel=1e-3)


def test_without_a_current_its_lag_is_unknown():
    rng = np.random.default_rng(0)
    quiet = hold(1)
    noise = rng.standard_normal(N) * 1e-9
    found = measured_lag([replace(quiet, current_A=noise)])

    assert found.lag_s == pytest.approx(0.5e-3)
    assert np.isnan(found.current_lag_s)


def test_a_bias_that_is_not_looped_back_is_refused():
    with pytest.raises(ValueError, match="looped back"):
        measured_lag([replace(hold(1), bias_V=np.random.default_rng(0).standard_normal(N))])
