"""Noise thermometer, Fano factor, and refusals of the estimators that need more data."""

from fractions import Fraction

import numpy as np
import pytest

from analysis.constants import G0_S
from analysis.line_fit import line_with_both_errors, theil_sen_slope
from analysis.spectra.lock_in import LockIn
from analysis.thermoelectric.measured_noise import MeasuredNoise
from analysis.thermoelectric.modulated_step import complex_amplitude
from analysis.thermoelectric.noise_band import BandNoise
from analysis.thermoelectric.noise_holds import OPEN, RESISTOR
from analysis.thermoelectric.noise_run import analyse_noise
from analysis.thermoelectric.noise_thermometer import (
    FOUR_K,
    band_density,
    calibrate_noise,
    excess_noise,
)
from analysis.thermoelectric.open_circuit import open_circuit
from analysis.thermoelectric.peltier import peltier, two_level_peltier
from analysis.thermoelectric.rupture_step import StepWindows, step_weights
from analysis.transport.noise import equal_temperature_noise_A2_per_Hz

RESISTORS_S = np.array([0.0, 1 / 25.8e3, 1 / 12.9e3, 1 / 6.45e3])
GAIN, SQUARE, FLOOR = 0.93, 2.6e-17, 2.1e-26


def seen(conductance_S, temperature_K):
    return GAIN * FOUR_K * temperature_K * conductance_S + SQUARE * conductance_S**2 + FLOOR


def test_a_calibrated_contact_shows_the_mean_of_its_electrodes():
    calibration = calibrate_noise(RESISTORS_S, seen(RESISTORS_S, 300.0), np.full(4, 1e-3), 300.0)
    assert calibration.gain == pytest.approx(GAIN)
    assert calibration.temperature_K(seen(1.7 * G0_S, 315.0), 1.7 * G0_S) == pytest.approx(315.0)


def test_leads_at_ambient_temperature_do_not_dilute_the_heat_of_a_contact():
    series_ohm, tau = 400.0, 2.5

    def held(kind, junction_S, temperature_K, dT_K=0.0):
        share = 1.0 / (1.0 + series_ohm * junction_S)
        G = junction_S * share
        density = GAIN * FOUR_K * G * (share * temperature_K + (1.0 - share) * 300.0) + SQUARE * G**2 + FLOOR
        return MeasuredNoise(
            kind, dT_K, G, BandNoise(density, 1e-3, (density, density)), series_ohm=series_ohm
        )

    resistors = [[held(RESISTOR, G, 300.0)] for G in RESISTORS_S[1:]]
    contacts = [held(OPEN, 0.0, 300.0), held("", tau * G0_S, 315.0, 30.0)]
    (found,) = analyse_noise([*resistors, contacts]).contacts
    assert found.temperature_K == pytest.approx(315.0, abs=1e-6)


def test_the_error_of_a_temperature_covers_it():
    rng, relative, pulls = np.random.default_rng(4), 1.4e-3, []
    for _ in range(200):
        densities = seen(RESISTORS_S, 300.0) * (1 + relative * rng.standard_normal(4))
        calibration = calibrate_noise(RESISTORS_S, densities, np.full(4, relative), 300.0)
        density = seen(G0_S, 315.0) * (1 + relative * rng.standard_normal())
        pulls.append(
            (calibration.temperature_K(density, G0_S) - 315.0) / calibration.sigma_K(density, G0_S, relative)
        )
    assert np.mean(np.square(pulls)) == pytest.approx(1.0, abs=0.33)  # 3.3 standard errors of chi2 / 200


def campaign(warm_K=300.0, open_excess=0.0, tilt=0.0, relative=1e-3):
    """Exact noise of three resistors, one of them at another temperature, the open input, and warm contacts."""

    def hold(kind, G, temperature_K, dT_K=0.0, excess=0.0, low=0.0):
        density = seen(G, temperature_K) + excess
        halves = (density * (1.0 + low), density * (1.0 - low))
        return MeasuredNoise(kind, dT_K, G, BandNoise(density, relative, halves))

    temperatures_K = (300.0, warm_K, 300.0)
    resistors = [[hold(RESISTOR, G, T)] for G, T in zip(RESISTORS_S[1:], temperatures_K, strict=True)]
    contacts = [hold("", n * G0_S, 315.0, 30.0, low=tilt) for n in (1.0, 2.0, 3.0)]
    return [*resistors, [hold(OPEN, 0.0, 300.0, excess=open_excess), *contacts]]


@pytest.mark.parametrize(
    ("values", "failed"),
    [
        ({}, set()),
        ({"warm_K": 330.0}, {"resistor", "open input"}),
        ({"open_excess": 3e-26}, {"resistor", "open input"}),
        ({"tilt": 0.05}, {"band in halves, dT = 30 K"}),
        ({"relative": 0.05}, None),
    ],
)
def test_controls_find_a_warm_resistor_another_floor_and_a_band_that_is_not_flat(values, failed):
    """With three resistors and the open input one number is left, which both of them judge."""
    result = analyse_noise(campaign(**values))
    assert [one.name for one in result.controls] == ["resistor", "open input", "band in halves, dT = 30 K"]
    if failed is None:
        assert [one.passed for one in result.controls] == [None] * 3, "too imprecise to tell"
        return
    assert {one.name for one in result.controls if one.passed is False} == failed
    assert {one.name for one in result.controls if one.passed} == {
        one.name for one in result.controls
    } - failed
    assert [one["passed"] for one in result.to_json()["controls"]] == [one.passed for one in result.controls]


def test_a_resistor_shows_by_how_much_it_is_warmer():
    (resistor, *_) = analyse_noise(campaign(warm_K=330.0)).controls
    assert abs(resistor.value) > 20.0
    (same, *_) = analyse_noise(campaign()).controls
    assert same.value == pytest.approx(0.0, abs=1e-6)
    assert "calibrated by the others, less 300 K" in same.sentence


def test_two_resistors_and_the_open_input_leave_nothing_to_judge_but_the_band():
    (_, *runs) = campaign()
    assert [one.name for one in analyse_noise(runs).controls] == ["band in halves, dT = 30 K"]


@pytest.mark.parametrize("series_ohm", [0.0, 700.0])
def test_shot_noise_is_separated_from_flicker(series_ohm):
    bias_V, frequency_Hz = (x.ravel() for x in np.meshgrid([0.005, 0.01, 0.02], [1e3, 3e3, 1e4]))
    tau, flicker_S2 = (0.9, 0.3), 4e-16
    of_contact = 1.0 / (1.0 + sum(tau) * G0_S * series_ohm)
    shot = [
        equal_temperature_noise_A2_per_Hz(tau, of_contact * V, 10.0)
        - equal_temperature_noise_A2_per_Hz(tau, 0.0, 10.0)
        for V in bias_V
    ]
    excess = of_contact**2 * np.array(shot) + flicker_S2 * bias_V**2 / frequency_Hz
    G = of_contact * sum(tau) * G0_S

    fit = excess_noise(bias_V, frequency_Hz, excess, 0.01 * excess, G, 10.0, series_ohm)

    assert fit.fano == pytest.approx(0.25)
    assert fit.flicker_S2 == pytest.approx(flicker_S2)
    with pytest.raises(ValueError, match="several frequencies"):
        excess_noise(bias_V[:1], frequency_Hz[:1], excess[:1], excess[:1], G0_S, 10.0)
    with pytest.raises(ValueError, match="leads have more resistance"):
        excess_noise(bias_V, frequency_Hz, excess, 0.01 * excess, G, 10.0, 1.01 / G)


def test_a_band_of_white_noise_scatters_as_its_error_says():
    rng = np.random.default_rng(5)
    frequency_Hz = np.arange(0.0, 1000.0, 0.5)  # 2 s
    means = [
        band_density(frequency_Hz, rng.exponential(1.0, len(frequency_Hz)), (100.0, 900.0), 2.0)
        for _ in range(300)
    ]
    values, errors = np.array(means).T
    assert values.mean() == pytest.approx(1.0, abs=4 * errors[0] / np.sqrt(300))
    assert values.std() == pytest.approx(errors[0], rel=0.15)


def test_two_levels_give_the_peltier_coefficient_with_the_even_part_known():
    current_A, G = np.array([1e-9, -1e-9]), 0.005 * G0_S
    heat_W = 6.5e-3 * current_A + current_A**2 / (2 * G) + 3e-12
    fit = two_level_peltier(current_A, heat_W, G, 300.0, np.diag([1e-26, 1e-26]))
    assert fit.Pi_V == pytest.approx(6.5e-3, rel=1e-3)
    assert fit.sigma_Pi_V == pytest.approx(1e-13 / np.sqrt(2) / 1e-9, rel=1e-2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: open_circuit(np.ones(5), np.ones(5), 1e-24, 2000.0), "does not vary"),
        (lambda: open_circuit(np.ones(2), np.ones(2), 1e-24, 2000.0), "do not determine"),
        (lambda: line_with_both_errors([1, 1], [0, 1], [0, 0], [1, 1]), "two different x"),
        (lambda: line_with_both_errors([0, 1], [0, 1], [0, 0], [1, 0]), "needs errors"),
        (lambda: peltier(np.ones(2), np.ones(2), 1e-7, 300.0), "odd and the even part"),
        (lambda: step_weights(StepWindows(2000.0, 2, 1, 5), 2), "too short"),
        (lambda: complex_amplitude(np.ones(5), np.arange(5) / 2000, 10.0), "one period"),
        (lambda: LockIn(Fraction(3123), 50_000.0, 50), "whole number"),
        (lambda: calibrate_noise(RESISTORS_S[:2], np.ones(2), np.ones(2), 300.0), "three conductances"),
        (lambda: band_density(np.arange(5.0), np.ones(5), (7.0, 9.0), 1.0), "no points"),
    ],
)
def test_too_few_data_are_refused_in_words(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_one_outlier_moves_the_median_of_slopes_little():
    x = np.repeat([0.0, 10.0, 20.0], 20)
    y = 12e-6 * x
    y[-1] += 1e-2
    assert theil_sen_slope(x, y) == pytest.approx(12e-6)
