"""The simulated SR560 against its manual, in raw bytes and volts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.parameters import load_parameters
from simulators.sr560.instrument import SimulatedSR560

DT = 1 / 2000
IDEAL = {"gain_error": 0.0, "offset_V": 0.0, "drift_V_per_K": 0.0, "noise_V_per_rtHz": 0.0}
COMMANDS = {
    "BLINK": 1, "CPLG": 2, "DYNR": 2, "FLTM": 5, "GAIN": 14, "HFRQ": 11, "INVT": 1, "LFRQ": 15, "SRCE": 2,
    "UCAL": 1, "UCGN": 100,
}  # fmt: skip
"""Last option of each command; the first is 0."""


def amplifier(*lines: str, seed: int = 3, address: int = 0, **overrides: object) -> SimulatedSR560:
    """Addressed and told ``lines``."""
    parameters = load_parameters(None, {"sr560": overrides})
    device = SimulatedSR560(parameters, np.random.default_rng(seed), address)
    tell(device, "LALL", *lines)
    return device


def tell(device: SimulatedSR560, *lines: str) -> None:
    device.receive("".join(line + "\r\n" for line in lines).encode())


def level(device: SimulatedSR560, volts: float) -> float:
    return float(device.amplify(np.full(50, volts), 1.0)[-1])


# --- the line


@pytest.mark.parametrize(("command", "last"), list(COMMANDS.items()))
def test_options_are_obeyed_at_both_ends_and_ignored_beyond(command: str, last: int) -> None:
    device = amplifier(f"{command} 0", f"{command} {last}", f"{command}{last}")
    assert device.ignored == 0
    tell(device, f"{command} {last + 1}", f"{command} -1", f"{command}", f"{command} 0.0")
    assert device.ignored == 4


@pytest.mark.parametrize(
    "line", ["gain 3", "GAIN,3", "BLNK 0", "*IDN?", "GAIN 3;GAIN 4", "LISN 4", "LISN", "ROLD 1", "\t"]
)
def test_what_it_does_not_know_it_ignores(line: str) -> None:
    device = amplifier("GAIN 5", **IDEAL)
    tell(device, line)
    assert device.ignored == 1
    assert level(device, 1e-3) == pytest.approx(0.05)


def test_a_line_ends_in_cr_lf_and_in_nothing_else() -> None:
    device = amplifier(**IDEAL)
    device.receive(b"GAIN 0\n")
    device.receive(b"GAIN 1\r")
    assert level(device, 0.01) == pytest.approx(0.1)
    device.receive(b"\r\n")
    assert device.ignored == 1
    device.receive(b"GAI")
    device.receive(b"N 2\r")
    assert level(device, 0.01) == pytest.approx(0.1)
    device.receive(b"\n")
    assert level(device, 0.01) == pytest.approx(0.05)


def test_it_obeys_only_while_it_is_addressed() -> None:
    device = SimulatedSR560(load_parameters(None, {"sr560": IDEAL}), np.random.default_rng(1), line_address=2)
    tell(device, "GAIN 0")
    assert level(device, 0.01) == pytest.approx(0.1)
    tell(device, "LISN 1", "GAIN 0")
    assert level(device, 0.01) == pytest.approx(0.1)
    tell(device, "LISN 2", "GAIN 0")
    assert level(device, 0.01) == pytest.approx(0.01)
    tell(device, "LISN 1", "GAIN 1", "UNLS", "GAIN 3", "*RST")
    assert level(device, 0.01) == pytest.approx(0.02)
    tell(device, "LALL", "GAIN 2")
    assert level(device, 0.01) == pytest.approx(0.05)
    assert device.ignored == 0


@pytest.mark.parametrize("address", [-1, 4])
def test_addresses_are_0_to_3(address: int) -> None:
    with pytest.raises(ValueError, match="address"):
        amplifier(address=address)


def test_reset_restores_the_defaults_but_not_the_address_status() -> None:
    device = amplifier("GAIN 0", "INVT 1", "CPLG 0", "UCAL 1", "UCGN 50", "BLINK 1", "*RST", **IDEAL)
    assert level(device, 0.01) == pytest.approx(0.1)
    assert device.listening


def test_defaults_that_are_no_commands_are_refused() -> None:
    with pytest.raises(ValueError, match="reset_commands"):
        amplifier(reset_commands=["GAIN 99"])


# --- gain


@pytest.mark.parametrize(
    ("option", "gain"),
    list(enumerate([1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4])),
)
def test_gain(option: int, gain: float) -> None:
    device = amplifier(f"GAIN {option}", **IDEAL)
    assert level(device, 0.5 / gain) == pytest.approx(0.5)
    tell(device, "INVT 1")
    assert level(device, 0.5 / gain) == pytest.approx(-0.5)


def test_gain_error_is_a_parameter() -> None:
    device = amplifier("GAIN 3", **(IDEAL | {"gain_error": -0.01}))
    assert level(device, 0.1) == pytest.approx(0.99)


def test_vernier_counts_only_while_uncalibrated() -> None:
    device = amplifier("GAIN 3", "UCGN 25", **IDEAL)
    assert level(device, 0.1) == pytest.approx(1.0)
    tell(device, "UCAL 1")
    assert level(device, 0.1) == pytest.approx(0.25)


@pytest.mark.parametrize("line", ["CPLG 0", "SRCE 2", "BLINK 1"])
def test_ground_source_b_and_blanking_take_the_signal_away(line: str) -> None:
    device = amplifier("GAIN 3", line, **IDEAL)
    assert level(device, 0.1) == pytest.approx(0.0, abs=1e-12)


def test_grounded_input_shows_the_offset() -> None:
    device = amplifier("GAIN 12", "CPLG 0", **(IDEAL | {"offset_V": 2e-5}))
    assert level(device, 0.1) == pytest.approx(0.2)


# --- filters


@pytest.mark.parametrize(("option", "corner_Hz"), [(0, 0.03), (5, 10.0), (9, 1e3), (15, 1e6)])
@pytest.mark.parametrize("step", [0.02, 0.5, 5.0])
def test_low_pass_6_dB_steps_exactly(option: int, corner_Hz: float, step: float) -> None:
    tau = 1 / (2 * np.pi * corner_Hz)
    device = amplifier("GAIN 0", "FLTM 1", f"LFRQ {option}", **IDEAL)
    expected = 1 - np.exp(-step * np.arange(1, 101))
    np.testing.assert_allclose(device.amplify(np.ones(100), step * tau), expected, rtol=1e-9)


def test_low_pass_12_dB_is_the_double_pole() -> None:
    tau = 1 / (2 * np.pi * 1e3)
    device = amplifier("GAIN 0", "FLTM 2", "LFRQ 9", **IDEAL)
    times = tau / 5 * np.arange(1, 101)
    expected = 1 - np.exp(-times / tau) * (1 + times / tau)
    np.testing.assert_allclose(device.amplify(np.ones(100), tau / 5), expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("lines", "slopes"),
    [
        (("FLTM 1", "LFRQ 7"), (0, -20)),
        (("FLTM 2", "LFRQ 7"), (0, -40)),
        (("FLTM 3", "HFRQ 7"), (20, 0)),
        (("FLTM 4", "HFRQ 7"), (40, 0)),
        (("FLTM 5", "HFRQ 7", "LFRQ 7"), (20, -20)),
        (("FLTM 2", "LFRQ 7", "CPLG 2"), (0, -20)),
    ],
)
def test_slopes_in_dB_a_decade_far_below_and_above_100_Hz(
    lines: tuple[str, ...], slopes: tuple[int, int]
) -> None:
    """Slopes of the response to an impulse, with steps so short that they don't matter."""
    device = amplifier("GAIN 0", *lines, **IDEAL)
    dt, n = 5e-6, 2**18
    impulse = np.zeros(n)
    impulse[0] = 0.5
    response = device.amplify(impulse, dt)
    phases = -2j * np.pi * dt * np.arange(n)
    dB = [20 * np.log10(abs(np.exp(phases * f) @ response)) for f in (1.0, 10.0, 1e3, 1e4)]
    # Ten times off the corner costs 0.04 dB a pole; what aliases of the held impulse up to 0.2 dB at 1 Hz.
    assert (dB[1] - dB[0], dB[3] - dB[2]) == pytest.approx(slopes, abs=0.3)


def test_ac_coupling_forgets_a_level_in_5_3_seconds() -> None:
    device = amplifier("GAIN 0", "CPLG 2", **IDEAL)
    volts = device.amplify(np.full(20_000, 0.8), 1e-3)
    times = 1e-3 * np.arange(1, 20_001)
    np.testing.assert_allclose(volts, 0.8 * np.exp(-times * 2 * np.pi * 0.03), atol=1e-6)


# --- overload


def test_output_stops_at_5_V() -> None:
    device = amplifier("GAIN 3", **IDEAL)
    assert device.amplify(np.array([0.49, 0.51, -0.6]), DT) == pytest.approx([4.9, 5.0, -5.0])
    assert device.overloaded
    device.amplify(np.zeros(2), DT)
    assert not device.overloaded


def test_input_stands_1_V() -> None:
    device = amplifier("GAIN 0", **IDEAL)
    assert device.amplify(np.array([0.99]), DT) == pytest.approx([0.99])
    assert not device.overloaded
    assert device.amplify(np.array([1.5, -20.0]), DT) == pytest.approx([1.0, -1.0])
    assert device.overloaded


def test_high_reserve_keeps_a_fast_disturbance_from_the_filters() -> None:
    """A square wave of 0.2 V at gain 100 is too much in front of the filter, and nothing behind it."""
    square = 0.2 * np.where(np.arange(4000) % 2, 1.0, -1.0) + 0.001
    quiet = amplifier("GAIN 6", "FLTM 2", "LFRQ 3", "DYNR 1", **IDEAL)
    assert quiet.amplify(square, 1e-3)[-1] == pytest.approx(0.1, rel=0.05)
    assert not quiet.overloaded
    loud = amplifier("GAIN 6", "FLTM 2", "LFRQ 3", "DYNR 0", **IDEAL)
    assert loud.amplify(square, 1e-3)[-1] == pytest.approx(0.0, abs=0.05)
    assert loud.overloaded


def test_rold_brings_an_ac_coupled_amplifier_back_in_half_a_second() -> None:
    device = amplifier("GAIN 6", "CPLG 2", **IDEAL)
    assert device.amplify(np.full(2000, 0.5), DT)[-1] == 5.0
    tell(device, "ROLD")
    volts = device.amplify(np.full(3000, 0.5), DT)
    np.testing.assert_allclose(volts, 0.0, atol=1e-9)
    assert not device.overloaded
    tell(device, "ROLD")
    volts = device.amplify(np.r_[np.full(500, 0.5), np.full(1500, 0.51)], DT)
    assert np.flatnonzero(volts).size == 0 or np.flatnonzero(np.abs(volts) > 1e-9)[0] >= 1000


# --- noise


def noise_V(device: SimulatedSR560, gain: float, n: int = 400_000, rate_Hz: float = 2000.0) -> np.ndarray:
    return device.amplify(np.zeros(n), 1 / rate_Hz) / gain


@pytest.mark.parametrize(
    ("lines", "bandwidth_Hz"),
    [(("FLTM 1", "LFRQ 9"), np.pi / 2 * 1e3), (("FLTM 2", "LFRQ 9"), np.pi / 4 * 1e3), ((), np.pi / 2 * 1e6)],
)
@pytest.mark.parametrize("rate_Hz", [2000.0, 20_000.0])
def test_white_noise_is_that_of_the_analogue_bandwidth(
    lines: tuple[str, ...], bandwidth_Hz: float, rate_Hz: float
) -> None:
    """4 nV/rtHz through the filter, all of it folded into the samples when they are few."""
    device = amplifier("GAIN 9", *lines, noise_corner_Hz=0.0, drift_V_per_K=0.0, offset_V=0.0, gain_error=0.0)
    noise = noise_V(device, 1e3, rate_Hz=rate_Hz)
    independent = min(400_000, 400_000 / rate_Hz * 2 * np.pi * 1e3 / 4)
    assert np.var(noise) == pytest.approx((4e-9) ** 2 * bandwidth_Hz, rel=5 * np.sqrt(2 / independent))


def test_one_over_f_noise_equals_white_noise_at_the_corner() -> None:
    quiet = amplifier("GAIN 12", "FLTM 1", "LFRQ 9", drift_V_per_K=0.0, offset_V=0.0, noise_corner_Hz=0.0)
    pink = amplifier("GAIN 12", "FLTM 1", "LFRQ 9", drift_V_per_K=0.0, offset_V=0.0, noise_corner_Hz=50.0)
    segments = 300

    def density_at(device: SimulatedSR560, f: float) -> float:
        samples = noise_V(device, 1e4, segments * 2000, 20_000.0).reshape(segments, 2000)
        power = np.mean(np.abs(np.fft.rfft(samples * np.hanning(2000), axis=1)) ** 2, axis=0)
        frequencies = np.fft.rfftfreq(2000, 1 / 20_000)
        return float(np.mean(power[np.abs(frequencies - f) < 21]))

    assert density_at(pink, 50.0) / density_at(quiet, 50.0) == pytest.approx(2.0, rel=0.15)
    assert density_at(pink, 1000.0) / density_at(quiet, 1000.0) == pytest.approx(1.05, rel=0.15)


def test_high_reserve_is_noisier() -> None:
    def spread(line: str) -> float:
        return float(np.std(noise_V(amplifier("GAIN 9", "FLTM 1", "LFRQ 9", line), 1e3, 20_000)))

    assert spread("DYNR 1") / spread("DYNR 0") == pytest.approx(3.0, rel=0.05)


def test_drift_is_a_slow_sine_of_the_rooms_temperature() -> None:
    ideal = IDEAL | {"drift_V_per_K": 5e-6, "room_swing_K": 0.1, "room_period_s": 100.0}
    volts = amplifier("GAIN 12", **ideal).amplify(np.zeros(10_000), 0.01) / 1e4
    assert (volts.max(), volts.min()) == pytest.approx((5e-7, -5e-7), rel=1e-3)


# --- the rest


def test_cutting_the_samples_changes_nothing() -> None:
    volts = 1e-4 * np.random.default_rng(2).standard_normal(3000)

    def run(cuts: list[int]) -> np.ndarray:
        device = amplifier("GAIN 9", "CPLG 2", "FLTM 5", "LFRQ 7", "HFRQ 3")
        device.amplify(volts[:10], DT)
        tell(device, "ROLD")
        return np.concatenate([device.amplify(part, DT) for part in np.split(volts, cuts)])

    np.testing.assert_array_equal(run([1, 2, 3, 999, 1000, 1001, 2950]), run([]))
    np.testing.assert_array_equal(run(list(range(5, 3000, 5))), run([]))


def test_same_seed_same_noise_other_seed_other_noise() -> None:
    zeros = np.zeros(10)
    np.testing.assert_array_equal(amplifier(seed=7).amplify(zeros, DT), amplifier(seed=7).amplify(zeros, DT))
    assert np.any(amplifier(seed=7).amplify(zeros, DT) != amplifier(seed=8).amplify(zeros, DT))


def test_no_samples_is_fine() -> None:
    device = amplifier("ROLD")
    assert device.amplify(np.zeros(0), DT).shape == (0,)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.builds(
                lambda name, option: f"{name} {option}\r\n".encode(),
                st.sampled_from([*COMMANDS, "LALL", "LISN", "UNLS", "ROLD", "*RST"]),
                st.one_of(st.just(""), st.integers(-2, 120)),
            ),
        )
    )
)
def test_no_bytes_crash_it(messages: list[bytes]) -> None:
    device = amplifier()
    for message in messages:
        device.receive(message)
        volts = device.amplify(np.array([1e-6, -30.0]), DT)
        assert np.all(np.abs(volts) <= 5.0)
