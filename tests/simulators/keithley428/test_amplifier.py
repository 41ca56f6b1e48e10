"""The analogue side of the simulated Keithley 428: filter, rail and noise."""

import numpy as np
import pytest

from tests.support.instruments.bare428 import DT, IDEAL, QUIET, amplifier, ask, errors, letters

BOLTZMANN = 1.380649e-23


# --- filter


@pytest.mark.parametrize("code", range(10))
@pytest.mark.parametrize("step_per_rise", [0.02, 0.3, 40.0])
def test_rise_time_is_from_10_to_90_percent_at_any_sampling(code: int, step_per_rise: float) -> None:
    rise_s = (10e-6, 30e-6, 100e-6, 300e-6, 1e-3, 3e-3, 10e-3, 30e-3, 100e-3, 300e-3)[code]
    dt = step_per_rise * rise_s
    device = amplifier(**IDEAL)
    device.receive(f"R5P1T{code}C0X".encode())
    volts = device.amplify(np.full(200, 1e-5), dt)
    times = dt * np.arange(1, 201)
    np.testing.assert_allclose(volts, 1 - np.exp(-times * np.log(9) / rise_s), rtol=1e-9)


def test_samples_within_the_steps_are_on_the_way_to_the_new_level() -> None:
    """At 36 us into a step, behind 300 us: 23 % of it; then the rest; and at the end of the step after the last."""
    device = amplifier(**IDEAL)
    device.receive(b"R5P1T3C0X")
    tau_s, dt, at_s = 300e-6 / np.log(9), 5e-4, 36e-6
    device.amplify(np.zeros(3), dt, at_s=at_s)
    volts = device.amplify(np.full(3, 1e-5), dt, at_s=at_s)
    np.testing.assert_allclose(volts, 1 - np.exp(-(at_s + dt * np.arange(3)) / tau_s), rtol=1e-9)
    assert volts[0] == pytest.approx(0.232, abs=1e-3)
    at_the_end = device.amplify(np.full(1, 1e-5), dt)
    np.testing.assert_allclose(at_the_end, 1 - np.exp(-4 * dt / tau_s), rtol=1e-9)


def test_without_filter_the_gain_decides_the_speed() -> None:
    device = amplifier(**IDEAL)
    device.receive(b"R10P0C0X")
    rise_s = device.parameters.fastest_rise_time_s[7]
    volts = device.amplify(np.full(1000, 1e-10), rise_s / 100)
    reached_10, reached_90 = np.interp([0.1, 0.9], volts, np.arange(1000))
    assert reached_90 - reached_10 == pytest.approx(100, rel=1e-3)


def test_filter_faster_than_the_gain_allows_is_flag_10() -> None:
    device = amplifier()
    device.receive(b"R10T0P1X")
    assert errors(device) == {10}
    device.receive(b"T4X")
    assert errors(device) == set()
    device.receive(b"P0T0X")
    assert errors(device) == set()


def test_auto_filter_lets_t_follow_the_gain() -> None:
    device = amplifier()
    device.receive(b"T3R9X")
    assert letters(device)["T"] == 3
    device.receive(b"Z1X")
    chosen = [letters(device)["T"]]
    for gain in (b"R10X", b"R4X"):
        device.receive(gain)
        chosen.append(letters(device)["T"])
    assert chosen == [4, 6, 0]


# --- rail and overload


def test_rail_overload_flag_and_its_latch() -> None:
    device = amplifier(**IDEAL)
    device.receive(b"R6C0X")
    spike = np.zeros(100)
    spike[50] = -1e-4
    volts = device.amplify(spike, DT)
    assert volts.min() == -10.0
    assert volts[-1] == pytest.approx(0.0, abs=1e-9)
    device.receive(b"U1X")
    assert device.send()[12:13] == b"1"
    assert errors(device) == set()
    device.amplify(np.full(10, 1e-4), DT)
    assert errors(device) == {9}
    assert errors(device) == {9}  # it lasts
    device.amplify(np.zeros(10), DT)
    assert errors(device) == {9}  # latched
    assert errors(device) == set()


def test_zero_check_ends_an_overload() -> None:
    device = amplifier()
    device.receive(b"C0R8X")
    device.amplify(np.full(100, 1e-6), DT)
    device.receive(b"C1U1X")
    device.send()
    device.amplify(np.full(100, 1e-6), DT)
    ask(device, b"U1X")
    assert errors(device) == set()


def test_overload_in_front_of_a_slow_filter_is_seen() -> None:
    device = amplifier(**IDEAL)
    device.receive(b"R6P1T9C0X")
    assert device.amplify(np.full(2, 1e-3), DT).max() < 0.2
    assert errors(device) == {9}


def test_gain_change_makes_a_spike_unless_zero_check_is_on() -> None:
    device = amplifier(**IDEAL)
    device.receive(b"C0R6X")
    device.amplify(np.zeros(1000), DT)
    device.receive(b"R7X")
    volts = device.amplify(np.zeros(200), DT)
    assert volts.max() > 5.0
    assert volts[-1] == pytest.approx(0.0, abs=1e-9)
    device.receive(b"C1R5X")
    device.receive(b"C0X")
    assert np.abs(device.amplify(np.zeros(200), DT)).max() < 1e-9


# --- noise


@pytest.mark.parametrize(
    ("gain", "code", "rate_Hz"), [(5, 3, 2000), (8, 4, 2000), (8, 4, 50_000), (9, 5, 2000)]
)
def test_johnson_noise_of_the_feedback_resistor(gain: int, code: int, rate_Hz: float) -> None:
    """S / (4 tau) at any sampling rate, the correlation of neighbours that of the pole."""
    device = amplifier(input_noise_V_per_rtHz=0.0, gain_error=0.0)
    device.receive(f"C0R{gain}P1T{code}X".encode())
    device.amplify(np.zeros(rate_Hz), 1 / rate_Hz)
    noise_A = device.amplify(np.zeros(400_000), 1 / rate_Hz) / 10**gain
    tau = {3: 300e-6, 4: 1e-3, 5: 3e-3}[code] / np.log(9)
    expected = 4 * BOLTZMANN * 300 / 10**gain / (4 * tau)
    independent = 400_000 * min(1, 1 / (rate_Hz * tau))
    assert np.var(noise_A) == pytest.approx(expected, rel=5 * np.sqrt(2 / independent))
    neighbours = np.corrcoef(noise_A[1:], noise_A[:-1])[0, 1]
    assert neighbours == pytest.approx(np.exp(-1 / rate_Hz / tau), abs=5 / np.sqrt(independent))


@pytest.mark.parametrize("code", [0, 3])
def test_shot_noise_of_the_source_is_that_of_the_analogue_bandwidth(code: int) -> None:
    device = amplifier(**QUIET, gain_error=0.0)
    device.receive(f"C0R6P1T{code}X".encode())
    device.amplify(np.zeros(2000), DT)
    density = 2 * 1.602176634e-19 * 1e-6
    noise_A = device.amplify(np.zeros(200_000), DT, np.full(200_000, density)) / 1e6
    rise_time_s = [10e-6, 300e-6][code // 3]
    assert np.var(noise_A) == pytest.approx(density * np.log(9.0) / (4 * rise_time_s), rel=0.02)


def test_input_noise_across_the_capacitance() -> None:
    """The integral of (2 pi f e_n C)^2 behind two poles, by quadrature."""
    device = amplifier(resistor_temperature_K=0.0, gain_error=0.0)
    p = device.parameters
    device.receive(b"C0R6P1T3X")
    noise_A = device.amplify(np.zeros(200_000), DT)[100:] / 1e6
    tau, tau_0 = 300e-6 / np.log(9), p.fastest_rise_time_s[3] / np.log(9)
    f = np.logspace(0, 8, 20_001)
    w = 2 * np.pi * f
    current = w * p.input_noise_V_per_rtHz * p.input_capacitance_F
    power = np.trapezoid(current**2 / (1 + (w * tau) ** 2) / (1 + (w * tau_0) ** 2), f)
    assert np.var(noise_A) == pytest.approx(power, rel=0.02)


# --- the rest


def test_burden_is_that_of_an_input_resistance() -> None:
    device = amplifier(burden_V_at_full_scale=2e-4)
    device.receive(b"R5X")
    assert device.input_ohm == pytest.approx(2.0)


def test_cutting_the_samples_changes_nothing() -> None:
    current = 2e-6 * np.random.default_rng(2).standard_normal(1000)

    def run(cuts: list[int]) -> np.ndarray:
        device = amplifier(auto_suppress_s=0.2)
        device.receive(b"C0R6P1T5X")
        device.receive(b"R7X")
        device.receive(b"N2X")
        return np.concatenate([device.amplify(part, DT) for part in np.split(current, cuts)])

    np.testing.assert_array_equal(run([1, 2, 3, 399, 400, 401, 950]), run([]))
    np.testing.assert_array_equal(run(list(range(1, 1000))), run([]))


def test_same_seed_same_noise_other_seed_other_noise() -> None:
    zeros = np.zeros(10)
    np.testing.assert_array_equal(amplifier(7).amplify(zeros, DT), amplifier(7).amplify(zeros, DT))
    assert np.any(amplifier(7).amplify(zeros, DT) != amplifier(8).amplify(zeros, DT))


def test_no_samples_is_fine() -> None:
    assert amplifier().amplify(np.zeros(0), DT).shape == (0,)
