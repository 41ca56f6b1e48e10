"""Thermal resistance from heater powers: known answers, and errors that are what they say."""

from dataclasses import replace
from math import hypot

import numpy as np
import pytest

from analysis.calibration.thermometer import (
    KnownHeat,
    PowerResponse,
    heated,
    power_response,
    thermal_resistance,
)
from analysis.heating.estimator import EstimatorSettings, estimate_hold
from analysis.heating.holds import Hold
from analysis.heating.programme import three_level

R_P, S_TC, HEATER = 72800.0, 16.3e-6, 1e5
SETTINGS = EstimatorSettings(seebeck_V_per_K=1.0, rules=None)
N = 10_000


def hold(amplitude_V, noise_V=0.0, odd=0.0, drift_V_per_s=0.0, rng=None):
    """A heater hold of 5 s as the card sees it: the programme comes one sample late."""
    programme = three_level(amplitude_V)
    bias_V = np.concatenate([[0.0], np.resize(programme.bias_V(2000.0), N - 1)])
    time_s = np.arange(N) / 2000.0
    volts = -S_TC * R_P * bias_V**2 / HEATER + odd * bias_V + drift_V_per_s * time_s
    if noise_V:
        volts = volts + noise_V * rng.standard_normal(N)
    return Hold(
        0,
        (0, N),
        2000.0,
        programme,
        amplitude_V,
        0,
        bias_V,
        np.zeros(N),
        volts,
        np.zeros(N, dtype=bool),
    )


HEAT = KnownHeat(HEATER)


def points(**signal):
    return heated(
        [estimate_hold(hold(v, **signal), SETTINGS) for v in (0.1, 0.15, 0.2, 0.1, 0.15, 0.2)], HEAT
    )


def response(heat=HEAT, **signal):
    return power_response(points(**signal), heat)


def test_the_product_is_found_in_spite_of_drift_and_leakage():
    seen = points(odd=1e-8, drift_V_per_s=1e-7, noise_V=1e-15, rng=np.random.default_rng(0))
    found = power_response(seen, HEAT)

    assert found.product_V_per_W == pytest.approx(S_TC * R_P, rel=1e-8)
    assert found.at_no_power_V == pytest.approx(0.0, abs=1e-14)
    assert seen.odd_V == pytest.approx(-1e-8 * seen.bias_V, rel=1e-5), "a fall counts as warmth"
    assert found.holds == 6


def test_errors_are_what_they_say():
    rng = np.random.default_rng(1)
    pulls = [
        (found.product_V_per_W - S_TC * R_P) / found.statistical_V_per_W
        for found in (response(noise_V=3e-7, rng=rng) for _ in range(60))
    ]

    assert np.mean(pulls) == pytest.approx(0.0, abs=0.45)
    assert 0.7 < np.std(pulls) < 1.3


def test_the_heat_s_own_error_comes_on_top():
    found = response(KnownHeat(HEATER, relative_uncertainty=0.02), noise_V=1e-7, rng=np.random.default_rng(2))

    assert found.uncertainty_V_per_W == pytest.approx(
        hypot(found.statistical_V_per_W, 0.02 * found.product_V_per_W)
    )


def test_a_contact_leaves_its_share_of_the_measured_power():
    heat = KnownHeat(share=0.5)

    assert heat.heat_W(0.1, 3e-7) == pytest.approx(1.5e-7)
    assert KnownHeat(HEATER).heat_W(0.2, 0.0) == pytest.approx(4e-7)


def test_points_on_a_contact_are_its_measured_powers():
    quiet = hold(0.1)
    conducting = replace(quiet, current_A=quiet.bias_V * 7.75e-5)

    seen = heated([estimate_hold(conducting, SETTINGS)] * 2, KnownHeat(share=0.5))

    assert seen.heat_W == pytest.approx([0.5 * 0.1**2 * 7.75e-5] * 2)
    assert seen.bias_V == pytest.approx([0.1] * 2)


def a_response(product, uncertainty):
    return PowerResponse(product, uncertainty, uncertainty, 0.0, 0.0, 0.0, 0.0, 1.0, 5)


def test_thermal_resistance_and_its_correlation():
    found = thermal_resistance(a_response(S_TC * R_P, 0.003 * S_TC * R_P), S_TC, 0.004 * S_TC)

    assert found.value_K_per_W == pytest.approx(R_P)
    assert found.uncertainty_K_per_W == pytest.approx(0.005 * R_P)
    assert found.correlation == pytest.approx(-0.8)


def test_the_product_s_error_comes_back_from_resistance_seebeck_and_correlation():
    product, u_s = 0.0042, 0.0123
    found = thermal_resistance(a_response(1.0, product), S_TC, u_s * S_TC)
    r = found.uncertainty_K_per_W / found.value_K_per_W

    assert r**2 + u_s**2 + 2.0 * found.correlation * r * u_s == pytest.approx(product**2)


@pytest.mark.parametrize(("product", "seebeck"), [(-1.0, S_TC), (1.0, 0.0)])
def test_nonsense_is_refused(product, seebeck):
    with pytest.raises(ValueError, match=r"did not warm|Seebeck"):
        thermal_resistance(a_response(product, 0.1), seebeck, 1e-7)
