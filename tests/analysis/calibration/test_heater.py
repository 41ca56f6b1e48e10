"""Heater from made stretches and steps: rise per watt beside drift and leaks, and time constants of one pole."""

import numpy as np
import pytest

from analysis.calibration.heater import Change, HeaterStretch, heater_responses, time_constant_s

OHM, RATE_Hz = 1e3, 1000.0


def stretches(rng, K_per_W, leak, noise_K=1e-3, drift_K=0.0, signs=(1, -1), count=12):
    """Return stretches with the heater on and off in turn: rise in K, and a "current" of the leak alone."""
    on, off = [], []
    for k in range(2 * count + 1):
        volts = signs[k // 2 % len(signs)] * 0.5 * (1 + k // 4 % 2) if k % 2 else 0.0
        watts = volts**2 / OHM
        rise = K_per_W * watts + drift_K * (k + 0.1 * k**2) + noise_K * rng.standard_normal()
        values = np.array([rise, leak * volts + 1e-13 * rng.standard_normal()])
        (on if volts else off).append(HeaterStretch(float(k), volts, watts, values))
    return on, off


def test_rise_and_leak_come_back_within_their_errors():
    rng = np.random.default_rng(1)
    pulls = []
    for _ in range(200):
        rise, current = heater_responses(*stretches(rng, 7e4, 2e-12))
        pulls.append(
            ((rise.per_W.value - 7e4) / rise.per_W.sigma, (current.per_V.value - 2e-12) / current.per_V.sigma)
        )
    within = np.mean(np.abs(pulls) < 2.0, axis=0)
    assert within.min() > 0.88 and np.sqrt(np.mean(np.square(pulls), axis=0)).max() < 1.3


@pytest.mark.parametrize("count", [4, 8])
def test_two_errors_of_few_stretches_hold_the_rise_and_the_leak(count):
    """Four stretches gave errors of which two held the truth in 0.81 of the calibrations."""
    rng = np.random.default_rng(2)
    within = []
    for _ in range(300):
        rise, current = heater_responses(*stretches(rng, 7e4, 2e-12, count=count))
        off = rise.per_W.value - 7e4, current.per_V.value - 2e-12
        within.append([abs(off[0]) < 2.0 * rise.per_W.sigma, abs(off[1]) < 2.0 * current.per_V.sigma])
    assert np.min(np.mean(within, axis=0)) > 0.9


def test_a_drift_cancels():
    rng = np.random.default_rng(1)
    rise, _ = heater_responses(*stretches(rng, 7e4, 0.0, drift_K=0.05))
    assert rise.per_W.value == pytest.approx(7e4, rel=5e-4)


def test_with_one_sign_a_leak_is_unknown():
    rise, current = heater_responses(*stretches(np.random.default_rng(1), 7e4, 1e-9, signs=(1,)))
    assert rise.per_W.value == pytest.approx(7e4, rel=1e-2)
    assert np.isnan(current.per_V.value)


def test_too_few_stretches_and_a_dead_read_back_are_refused():
    on, off = stretches(np.random.default_rng(1), 7e4, 0.0)
    with pytest.raises(ValueError, match="on 3 times"):
        heater_responses(on[:3], off)
    dead = [HeaterStretch(one.sample, 0.0, 0.0, one.values) for one in on]
    with pytest.raises(ValueError, match="shows no power"):
        heater_responses(dead, off)


@pytest.mark.parametrize("tau_s", [0.0, 0.02, 0.3])
def test_the_time_constant_of_one_pole(tau_s):
    rng = np.random.default_rng(2)
    time_s = np.arange(4000) / RATE_Hz - 1.0
    changes = []
    for sign in (1, -1) * 5:
        # the sample that shows the power is later than its change
        begun_s = np.maximum(time_s - (rng.uniform(0.0, 1.0) - 0.5) / RATE_Hz, 0.0)
        shape = 1.0 - np.exp(-begun_s / tau_s) if tau_s else np.where(begun_s > 0.0, 1.0, 0.0)
        power = np.where(begun_s > 0.0, 1.0, 0.0)
        if sign < 0:
            shape, power = 1.0 - shape, 1.0 - power
        changes.append(Change(power, shape + 1e-4 * rng.standard_normal(4000), *((0.0, 1.0)[::sign])))
    found = time_constant_s(changes, RATE_Hz, 0.0)
    assert found.value == pytest.approx(tau_s, abs=2.5 * found.sigma)
    assert found.sigma < 1e-3
