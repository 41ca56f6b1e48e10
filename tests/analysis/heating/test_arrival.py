"""A card that converts its inputs in turn: what the order of the scan does to temperatures, and that it is masked."""

import math
from dataclasses import replace

import numpy as np
import pytest

from analysis.heating.arrival import SCAN_TIMES, arrival_key, arrivals_of, scan_arrival, time_constant_key
from analysis.heating.estimator import EstimatorSettings, estimate_hold
from analysis.heating.lag import LEAD, measure_lag
from analysis.heating.mask import RISE_PER_TAU
from analysis.heating.run_reducer import evaluate
from analysis.heating.runs import HeatingRun
from analysis.recording.header import Calibration, RecordedChannel, RunHeader
from tests.support.physics.made_holds import RATE_Hz, SEEBECK_V_per_K, scanned_hold

SCAN = tuple(RecordedChannel(name) for name in ("bias", "z", "thermocouple", "current"))
CALIBRATIONS = {
    "thermal_resistance": Calibration(72_800.0, "K/W", 500.0),
    "thermocouple_seebeck": Calibration(SEEBECK_V_per_K, "V/K", 0.2e-6),
}


def rise(corner_Hz):
    return 1.0 / (2.0 * math.pi * corner_Hz)


FAST = {"thermometer_s": rise(3000.0), "current_s": 100e-6 / RISE_PER_TAU}
USUAL = {"thermometer_s": rise(1000.0), "current_s": 300e-6 / RISE_PER_TAU}


def header(channels=SCAN, thermometer_s=0.0, current_s=0.0, calibrations=None, **settings):
    preamplifier = (
        {"filter_mode": 1, "lowpass_Hz": 1.0 / (2.0 * math.pi * thermometer_s)} if thermometer_s else None
    )
    return RunHeader(
        "heating",
        channels,
        rate_Hz=RATE_Hz,
        calibrations=CALIBRATIONS | (calibrations or {}),
        settings={
            "voltage_preamplifier": preamplifier or {"filter_mode": 0},
            "current_amplifier": {"rise_time_s": current_s * RISE_PER_TAU},
            **settings,
        },
    )


def found_mK(hold, lead):
    estimate = estimate_hold(hold, EstimatorSettings(SEEBECK_V_per_K, lead_samples=lead))
    return 1e3 * estimate.dT_pos_K, 1e3 * estimate.dT_neg_K


@pytest.mark.parametrize(
    ("how", "lag_us", "without", "truth"),
    [
        ({}, -500.0, (7.2979, 25.0913), (8.0, 26.0)),
        (FAST, -274.1, (7.7434, 25.6680), (8.0, 26.0)),
        (USUAL, -106.2, (7.9012, 25.8721), (8.0, 26.0)),
        ({"pickup_K": 50e-3}, -500.0, (57.2979, -21.8108), (58.0, -24.0)),
        (USUAL | {"pickup_K": 50e-3}, -106.2, (57.9012, -23.6919), (58.0, -24.0)),
        (USUAL | {"bias_first": False, "convert_s": 12e-6, "delay_s": 12.15e-6}, 393.8, (8.0, 26.0), (8.0, 26.0)),
    ],
)  # fmt: skip
def test_a_sample_before_each_edge_belongs_to_the_next_level(how, lag_us, without, truth):
    """Noise-free holds of known truth: what a mask after the edges alone finds, and what one lead sample does."""
    hold = scanned_hold(**how)
    assert 1e6 * measure_lag([hold]).lag_s == pytest.approx(lag_us, abs=0.06)
    assert found_mK(hold, lead=0) == pytest.approx(without, rel=1e-4)
    assert found_mK(hold, lead=1) == pytest.approx(truth, abs=1e-4)


@pytest.mark.parametrize("bias_first", [True, False])
@pytest.mark.parametrize("delay_s", [150e-9, 2e-6, 20e-6])
@pytest.mark.parametrize("tau_s", [0.0, 50e-6, 150e-6, 350e-6, 1000e-6])
def test_the_order_of_the_scan_does_not_change_temperatures(bias_first, delay_s, tau_s):
    """Recordings say the order of their channels, and need not say more."""
    hold = scanned_hold(
        bias_first=bias_first, delay_s=delay_s, thermometer_s=tau_s, current_s=tau_s, pickup_K=50e-3, n=8000
    )
    channels = SCAN if bias_first else tuple(SCAN[i] for i in (1, 0, 2, 3))
    run = HeatingRun([hold], header(channels, tau_s, tau_s))
    (only,) = evaluate(run).holds
    assert 1e3 * only.estimate.dT_pos_K == pytest.approx(58.0, abs=1e-4)
    assert 1e3 * only.estimate.dT_neg_K == pytest.approx(-24.0, abs=1e-4)
    assert 1e9 * only.estimate.q_total_pos_W == pytest.approx(1e9 * 1.27 * 4e-7, rel=1e-5)
    assert only.lead_samples == bias_first  # whatever the delay: the recording does not say that there is one


def test_the_first_arrival_is_not_the_mean():
    """Behind 1 ms the mean lag is positive, and yet an edge shows one sample before the bias."""
    lag = measure_lag([scanned_hold(thermometer_s=1e-3, current_s=1e-3)])
    assert lag.lag_s > 200e-6
    assert lag.first_arrival == -1
    assert lag.response[LEAD - 1] == pytest.approx(-math.expm1(-36.15e-6 / 1e-3), rel=0.05)
    assert measure_lag([scanned_hold(bias_first=False)]).first_arrival == 0


def test_noise_before_an_edge_is_no_arrival():
    rng = np.random.default_rng(5)
    holds = [
        replace(h := scanned_hold(n=10_000), current_A=h.current_A + 3e-8 * rng.standard_normal(len(h)))
        for _ in range(5)
    ]
    lag = measure_lag(holds)
    assert lag.response_sigma[0] > 5e-4
    assert abs(lag.response[0]) < 4.0 * lag.response_sigma[0]
    assert lag.first_arrival == -1


def test_only_a_recorded_delay_or_another_order_lifts_the_floor():
    assert scan_arrival(header()) == -1
    assert scan_arrival(header(convert_delay_s=150e-9)) == -1
    assert scan_arrival(header(convert_delay_s=20e-6)) == 0
    assert scan_arrival(header(SCAN[1:])) == -1  # without a looped back bias nobody knows
    assert scan_arrival(header((SCAN[1], SCAN[0], *SCAN[2:]))) == 0
    assert scan_arrival(header((SCAN[3], SCAN[0]))) == 1  # the current is itself read before the output moves
    assert scan_arrival(replace(header((SCAN[3], SCAN[0])), provenance="imported")) == -1  # order of a file


def test_recorded_scan_times_say_which_channels_are_converted_before_the_outputs_move():
    def times(**times_us):
        return header(**{SCAN_TIMES: {name: 1e-6 * at_us for name, at_us in times_us.items()}})

    plain = times(bias=0.15, z=12.15, thermocouple=24.15, current=36.15)
    assert [scan_arrival(plain, name) for name in ("current", "thermocouple")] == [-1, -1]
    waits = times(bias=20.0, z=32.0, thermocouple=44.0, current=56.0)
    assert [scan_arrival(waits, name) for name in ("current", "thermocouple")] == [0, 0]
    doubled = times(bias=12.15, z=24.15, thermocouple=36.15, current=48.15)  # the delay was refused
    assert scan_arrival(doubled) == 0
    fast = times(bias=0.15, z=2.15, thermocouple=4.15, current=6.15)
    assert [scan_arrival(fast, name) for name in ("current", "thermocouple")] == [-1, 0]
    reordered = times(current=0.15, thermocouple=12.15, bias=24.15, z=36.15)
    assert [scan_arrival(reordered, name) for name in ("current", "thermocouple")] == [1, 0]


@pytest.mark.parametrize("channel", ["current", "thermocouple"])
def test_the_lag_calibration_of_each_channel_counts_and_is_compared_with_the_holds(channel):
    holds = [scanned_hold(n=4000, pickup_K=50e-3, thermometer_s=159e-6, current_s=136e-6) for _ in range(2)]
    response = measure_lag(holds, channel=channel)
    tau_s = {"current": 136e-6, "thermocouple": 159e-6}[channel]
    assert response.first_arrival == -1
    assert response.pole_s(RATE_Hz) == pytest.approx(tau_s, rel=1e-3)

    def found(arrival_samples, time_constant_s):
        known = {
            arrival_key(channel): Calibration(arrival_samples / RATE_Hz, "s"),
            time_constant_key(channel): Calibration(time_constant_s, "s"),
        }
        return arrivals_of(header(calibrations=known), holds, RATE_Hz)

    agrees = found(-2.0, 1.1 * tau_s)
    assert set(agrees.samples) == {-2, -1, 0} and agrees.warnings == ()
    (warning,) = found(2.0, tau_s).warnings
    assert channel in warning and "sample -1" in warning and "at sample +2" in warning
    assert "calibrate the lag again" in warning
    (warning,) = found(-1.0, 2.0 * tau_s).warnings
    assert f"the {channel} settles with {1e6 * tau_s:.0f} us" in warning and "a filter has changed" in warning


def test_a_channel_too_fast_to_be_followed_has_no_time_constant():
    assert measure_lag([scanned_hold(n=4000)]).pole_s(RATE_Hz) == 0.0
