"""Band noise of a hold, what leaves a hold out, and the conductance from both signs of a bias."""

import math

import numpy as np
import pytest

from analysis.thermoelectric.measured_noise import measured
from analysis.thermoelectric.noise_band import band_noise
from analysis.thermoelectric.noise_holds import NoiseHold, slope_S
from analysis.thermoelectric.noise_run import analyse_noise, why_no_fano

RATE_Hz, DENSITY = 20_000.0, 1.3e-24


def white_A(seed=1, seconds=2.0):
    n = round(seconds * RATE_Hz)
    return np.sqrt(DENSITY * RATE_Hz / 2.0) * np.random.default_rng(seed).standard_normal(n)


def hold(current_A, before_S=7.7e-5, after_S=7.7e-5, kind="", flags=(), series_ohm=0.0):
    n = len(current_A)
    return NoiseHold(
        (0, n), RATE_Hz, current_A, before_S, after_S, kind, 0.0, flags=flags, series_ohm=series_ohm
    )


def test_the_band_holds_the_density_also_beside_mains_and_drift():
    t = np.arange(40_000) / RATE_Hz
    found = band_noise(white_A() + 2e-11 * np.sin(100 * math.pi * t) + 5e-9 * t, RATE_Hz, 50.0)
    assert found.density_A2_per_Hz == pytest.approx(DENSITY, rel=4 * found.relative)
    alone = 1.0 / math.sqrt(9500)  # 5 kHz x 2 s without the mains
    assert alone < found.relative < 1.2 * alone, "the flicker noise is fitted, too"


def test_flicker_noise_of_a_heated_contact_is_no_temperature():
    """Thermovoltage and offset drive a current at 0 V; its flicker noise is half of the density at 500 Hz."""
    n, rng = 40_000, np.random.default_rng(3)
    at_Hz = np.fft.rfftfreq(n, 1.0 / RATE_Hz)
    pulls, halves = [], []
    for seed in range(60):
        shape = np.sqrt(0.5 * 500.0 * DENSITY * RATE_Hz / 2.0 / np.maximum(at_Hz, at_Hz[1]))
        pink_A = np.fft.irfft(np.fft.rfft(rng.standard_normal(n)) * shape, n)
        found = band_noise(white_A(seed) + pink_A, RATE_Hz, 50.0)
        pulls.append((found.density_A2_per_Hz / DENSITY - 1.0) / found.relative)
        halves.append(np.array(found.halves) / DENSITY)
    assert abs(np.mean(pulls)) < 0.5 and 0.75 < np.std(pulls) < 1.3
    assert np.mean(halves, axis=0) == pytest.approx(np.ones(2), abs=0.015)


def test_a_rate_below_the_band_is_refused():
    with pytest.raises(ValueError, match="no points"):
        band_noise(white_A()[:1000], 1500.0, 50.0)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"after_S": 6e-5}, "conductance changed"),
        ({"before_S": math.nan}, "not measured"),
        ({"flags": ("gap",)}, "samples missing"),
        ({"series_ohm": 13_000.0}, "more conductance than the series resistance"),
        ({"series_ohm": 70.0}, ""),
        ({}, ""),
    ],
)
def test_a_hold_is_left_out_by_its_conductance_and_its_samples(changed, reason):
    assert reason in measured(hold(white_A(), **changed), 50.0).rejected
    assert bool(measured(hold(white_A(), **changed), 50.0).rejected) is bool(reason)


def test_a_contact_that_jumps_to_and_fro_is_left_out_by_the_noise_below_the_band():
    jumps = 3e-10 * np.repeat(np.random.default_rng(2).integers(0, 2, 400), 100)
    assert measured(hold(white_A() + jumps), 50.0).rejected == "current at 0 V made steps"


def test_the_conductance_does_not_depend_on_an_offset_or_on_the_bias_before():
    bias_V = np.where(np.arange(2000) // 200 % 2, -2e-3, 2e-3)
    bias_V[:5] = 1e-2
    assert slope_S(bias_V, 7.7e-5 * (bias_V + 3e-4), RATE_Hz) == pytest.approx(7.7e-5)
    assert math.isnan(slope_S(np.full(2000, 2e-3), np.zeros(2000), RATE_Hz))


def test_a_fano_factor_is_out_of_reach_at_room_temperature_and_not_when_cold():
    assert "6.3e-27 A2/Hz" in why_no_fano(300.0) and "2.4e-22" in why_no_fano(300.0)
    assert "cool the sample" not in why_no_fano(300.0, flicker=0.0)


def test_no_resistor_gives_no_temperature_and_a_json_of_nulls():
    content = analyse_noise([[measured(hold(white_A()), 50.0)]]).to_json()
    assert (content["temperature_K"], content["calibration"], content["fano"]) == (None, None, None)


def with_flicker_A(per_Hz, current_A, rng):
    n = 40_000
    at_Hz = np.fft.rfftfreq(n, 1.0 / RATE_Hz)
    shape = np.sqrt(per_Hz * RATE_Hz / 2.0 / np.maximum(at_Hz, at_Hz[1]))
    return current_A * (1.0 + np.fft.irfft(np.fft.rfft(rng.standard_normal(n)) * shape, n))


def rolled_off_A(current_A, rise_time_s=3e-5):
    """Return the current behind an amplifier with this rise time: at low frequencies there is more than at high."""
    at_Hz = np.fft.rfftfreq(len(current_A), 1.0 / RATE_Hz)
    return np.fft.irfft(np.fft.rfft(current_A) / (1.0 + 1j * at_Hz * rise_time_s / 0.35), len(current_A))


def test_the_roll_off_of_the_amplifier_is_no_flicker_noise():
    """Resistors show it as well, at other densities; without its correction nearly 2e-6 /Hz more would be found."""
    rng, pulls = np.random.default_rng(7), []
    for run in range(30):
        holds = [
            hold(rolled_off_A(size * white_A(90_000 + 10 * run + i)), 1e-5, 1e-5, "resistor")
            for i, size in enumerate((0.5, 0.7, 1.0))
        ]
        holds += [
            hold(rolled_off_A(1.4 * white_A(100 * run + i) + with_flicker_A(1e-6, one_A, rng)))
            for i, one_A in enumerate(rng.uniform(5e-9, 1e-8, 8))
        ]
        content = analyse_noise([[measured(one, 50.0) for one in holds]]).to_json()
        pulls.append((content["flicker_per_Hz"] - 1e-6) / content["sigma_flicker_per_Hz"])
    assert abs(np.mean(pulls)) < 0.6 and 0.6 < np.std(pulls) < 1.4


@pytest.mark.parametrize("own_A", [0.0, 2e-9])
def test_the_json_has_the_flicker_noise_of_the_contacts_over_their_currents(own_A):
    """The open input takes the amplifier's own current away, which brings no flicker noise of a contact."""
    rng, true_per_Hz, pulls = np.random.default_rng(5), 3e-6, []
    for run in range(25):
        currents_A = rng.uniform(3e-9, 1e-8, 8)
        holds = [hold(white_A(9000 + run) + own_A, 0.0, 0.0, "open")] + [
            hold(white_A(100 * run + i) + own_A + with_flicker_A(true_per_Hz, one_A, rng))
            for i, one_A in enumerate(currents_A)
        ]
        content = analyse_noise([[measured(one, 50.0) for one in holds]]).to_json()
        pulls.append((content["flicker_per_Hz"] - true_per_Hz) / content["sigma_flicker_per_Hz"])
    assert abs(np.mean(pulls)) < 0.6 and 0.7 < np.std(pulls) < 1.4


def test_without_a_contact_there_is_no_flicker_noise():
    content = analyse_noise([[measured(hold(white_A(), 0.0, 0.0, "open"), 50.0)]]).to_json()
    assert (content["flicker_per_Hz"], content["sigma_flicker_per_Hz"]) == (None, None)
