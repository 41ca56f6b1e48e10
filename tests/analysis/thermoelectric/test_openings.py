"""Openings of a hot tip with known thermal conductance: the ratio, its error, and wrong worlds."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.constants import G0_S
from analysis.heating.thermometer import Thermometer
from analysis.thermoelectric.detectability import ThermometerNoise
from analysis.thermoelectric.network import ThermalNetwork
from analysis.thermoelectric.openings import combine_openings, measured_opening, opening_sigma
from analysis.thermoelectric.rupture_holds import RuptureHold
from analysis.thermoelectric.wiedemann_franz import LORENZ_V2_per_K2

RATE_Hz, R_P, SEEBECK = 2000.0, 1e6, 16.3e-6
THERMOMETER = Thermometer(R_P, SEEBECK)
NOISE_K = 0.02
"""Of a sample; white."""


def opening(
    rng, number, dT_K, ratio=1.05, bias_V=5e-3, noise_K=NOISE_K, follows=0.0, from_G0=5.0, series_ohm=0.0
):
    """Return a fall in five steps over half a second, then the open tip; the thermocouple drifts.

    ``follows`` is a false voltage of the thermocouple over the current, in ohm.
    """
    n, half = 2000, 1000
    lengths = rng.integers(120, 200, 5)
    steps = np.repeat(from_G0 * np.linspace(1.0, 0.2, 5), lengths)[:half]
    G_G0 = np.zeros(n)
    G_G0[: len(steps)] = steps * (1.0 + 0.02 * rng.standard_normal(len(steps)))
    G_S, time = G0_S * G_G0, np.linspace(0.0, 1.0, n)
    contact_V = bias_V / (1.0 + G_S * series_ohm)
    current_A = G_S * contact_V
    tip = ThermalNetwork(R_P, base_rise_K=dT_K)
    thermal_W_per_K = ratio * LORENZ_V2_per_K2 * (300.0 + dT_K / 2.0) * G_S
    tip_K = tip.tip_rise_K(thermal_W_per_K, 0.5 * current_A * contact_V)
    tip_K += 0.01 * rng.standard_normal() * (time + time**2)
    volts = -SEEBECK * (tip_K + noise_K * rng.standard_normal(n)) + follows * current_A
    zero = np.zeros(n)
    notes = {"dT_K": dT_K, "ambient_K": 300.0}
    return RuptureHold(
        number, (number * 10_000, number * 10_000 + n), RATE_Hz, np.full(n, bias_V), current_A, volts, zero, zero, zero,
        np.zeros(n, bool), series_ohm, (0.5, 12.0), "open", "", "dc", dT_K > 0.0, np.nan, notes,
    )  # fmt: skip


def result_of(rng, count=12, **world):
    found = [
        measured_opening(opening(rng, k, 30.0 if k % 2 else 0.0, **world), THERMOMETER)
        for k in range(2 * count)
    ]
    return combine_openings(found, THERMOMETER, rng)


def test_the_lorenz_ratio_comes_back_with_an_error_that_holds_it():
    rng = np.random.default_rng(5)
    results = [result_of(rng, ratio=1.2) for _ in range(20)]
    pulls = np.array([(one.lorenz - 1.2) / one.sigma for one in results])
    assert np.mean(np.abs(pulls) < 2.0) >= 0.75
    assert 0.6 < np.sqrt(np.mean(pulls**2)) < 1.6
    assert results[0].mean_K == pytest.approx(315.0, abs=0.2)


@pytest.mark.parametrize("from_G0", [2.0, 5.0, 20.0])
@pytest.mark.parametrize("series_ohm", [0.0, 100.0])
def test_large_contacts_cool_the_tip_by_less_and_the_leads_take_their_share_of_the_heat(from_G0, series_ohm):
    """Both were neglected: from 20 G0, L/L0 was too small by 0.009, and 100 ohm moved the control by 0.006."""
    rng = np.random.default_rng(9)
    result = result_of(rng, noise_K=1e-6, from_G0=from_G0, series_ohm=series_ohm)
    (control,) = result.controls

    assert result.lorenz == pytest.approx(1.05, abs=1.5e-3)
    assert control.value == pytest.approx(0.0, abs=1e-3)


def test_without_the_subtraction_of_joule_heat_the_control_would_fail():
    clean = result_of(np.random.default_rng(5), bias_V=0.02)
    (control,) = clean.controls
    assert control.passed, control.sentence
    leaking = result_of(np.random.default_rng(5), follows=1e-1)
    (control,) = leaking.controls
    assert control.passed is False and "does not vanish" in control.sentence


def test_no_temperature_changes_what_is_left_out():
    rng = np.random.default_rng(6)
    quiet, loud = (measured_opening(opening(rng, 1, 30.0, noise_K=k), THERMOMETER) for k in (0.0, 50.0))
    assert quiet.rejected == loud.rejected == ""
    short = opening(rng, 1, 30.0)
    cut = RuptureHold(**{**vars(short), "bias_V": short.bias_V[:100]})
    assert measured_opening(cut, THERMOMETER).rejected == "too short"


def test_openings_at_one_temperature_give_nothing():
    rng = np.random.default_rng(7)
    found = [measured_opening(opening(rng, k, 30.0), THERMOMETER) for k in range(8)]
    with pytest.raises(ValueError, match="8 openings with heat and 0 without"):
        combine_openings(found, THERMOMETER, rng)


def test_the_expected_error_is_that_of_the_scatter():
    rng = np.random.default_rng(8)
    density = 2.0 * (SEEBECK * NOISE_K) ** 2 / RATE_Hz
    expected = opening_sigma(ThermometerNoise(R_P, SEEBECK, density, 0.0), 30.0, 300.0, 2.0)
    achieved = np.median([result_of(rng).sigma for _ in range(10)]) * np.sqrt(12)
    assert achieved == pytest.approx(expected, rel=0.4)


def test_samples_missing_in_one_opening_leave_the_others_alone():
    """A thermometer of the base without some samples had made the whole result NaN."""
    rng = np.random.default_rng(8)
    made = [opening(rng, k, 30.0 if k % 2 else 0.0) for k in range(24)]
    lost = {
        name: getattr(made[3], name).copy() for name in ("current_A", "bias_V", "thermocouple_V", "base_K")
    }
    for values in lost.values():
        values[300:340] = np.nan
    broken = replace(made[3], **lost, flags=("gap",))
    found = [measured_opening(one, THERMOMETER) for one in [*made[:3], broken, *made[4:]]]
    result = combine_openings(found, THERMOMETER, rng)
    assert abs(result.lorenz - 1.05) < 3.0 * result.sigma
    assert (result.traces, result.excluded) == (12, {})
