"""The simulated Keithley 428 against what is known of the instrument, in raw bytes."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.keithley428 import SimulatedKeithley428
from simulators.parameters import load_parameters

BOLTZMANN = 1.380649e-23
DT = 1 / 2000
QUIET = {"resistor_temperature_K": 0.0, "input_noise_V_per_rtHz": 0.0}
IDEAL = QUIET | {
    "gain_error": 0.0,
    "output_offset_V": 0.0,
    "residual_offset_V": 0.0,
    "input_current_A": 0.0,
}


def amplifier(seed: int = 5, **overrides: object) -> SimulatedKeithley428:
    return SimulatedKeithley428(
        load_parameters(None, {"keithley428": overrides}), np.random.default_rng(seed)
    )


def ask(device: SimulatedKeithley428, command: bytes) -> str:
    device.receive(command)
    reply = device.send()
    assert reply.endswith(b"\r\n")
    return reply[:-2].decode()


def letters(device: SimulatedKeithley428) -> dict[str, int]:
    """The machine status word, parsed by pattern."""
    word = ask(device, b"U0X")
    assert word.startswith("428")
    return {letter: int(number) for letter, number in re.findall(r"([A-Z])(\d+)", word[3:])}


def errors(device: SimulatedKeithley428) -> set[int]:
    word = ask(device, b"U1X")
    assert re.fullmatch("428[01]{11}", word)
    return {position for position, flag in enumerate(word[3:]) if flag == "1"}


# --- syntax


def test_nothing_acts_until_x() -> None:
    device = amplifier()
    device.receive(b"R6")
    assert device.send().startswith(b"428I")
    assert letters(amplifier())["R"] == 3
    device.receive(b"XU3X")
    assert device.send() == b"1E+06V/A\r\n"


def test_joined_words_and_a_word_cut_in_two() -> None:
    device = amplifier()
    device.receive(b"C0P1T")
    device.receive(b"4R8X")
    assert {k: v for k, v in letters(device).items() if k in "CPTR"} == {"C": 0, "P": 1, "T": 4, "R": 8}


def test_line_ends_and_spaces_do_not_matter() -> None:
    device = amplifier()
    device.receive(b"R 7X\r\n")
    assert errors(device) == {1}  # the space parts the letter from its option
    device.receive(b" R7 C0 X\r\n\r\n")
    assert letters(device)["R"] == 7
    assert errors(device) == set()


@pytest.mark.parametrize("command", [b"E1X", b"F0X", b"QX", b"r6X", b"R6?X", b"\xb5X", b"O1X", b"I0X"])
def test_illegal_command_is_flag_0_and_nothing_of_its_string_acts(command: bytes) -> None:
    device = amplifier()
    device.receive(b"R9 " + command)
    assert errors(device) == {0}
    assert errors(device) == set()
    assert letters(device)["R"] == 3


@pytest.mark.parametrize(
    "command",
    [
        b"A3X",
        b"B2X",
        b"C3X",
        b"J1X",
        b"K4X",
        b"L2X",
        b"M64X",
        b"N3X",
        b"P2X",
        b"R11X",
        b"T10X",
        b"U5X",
        b"W2X",
        b"Y4X",
        b"Z2X",
        b"RX",
        b"C-1X",
        b"R6.0X",
        b"V5.0001X",
        b"V-5.01X",
        b"VX",
        b"V1E999X",
        b"SX",
        b"S1E-9,8X",
        b"S1E-9,11X",
        b"S1,2,3X",
        b"V1e-3X",
        b"DTOO LONG A TEXTX",
    ],
)
def test_illegal_option_is_an_error_and_changes_nothing(command: bytes) -> None:
    device = amplifier()
    before = letters(device)
    device.receive(command)
    assert errors(device) in ({1}, {0})  # a lower-case letter is no command
    assert letters(device) == before


@pytest.mark.parametrize(
    ("letter", "last"),
    [("A", 2), ("B", 1), ("K", 3), ("M", 63), ("P", 1), ("R", 10), ("T", 9), ("W", 1), ("Z", 1)],
)
def test_every_option_is_obeyed_at_both_ends(letter: str, last: int) -> None:
    for option in (last, 0):
        device = amplifier()
        device.receive(f"{letter}{option}X".encode())
        assert letters(device)[letter] == option
        assert errors(device) == set()


@pytest.mark.parametrize(
    "command", [b"H0X", b"H6R5X", b"H8S1E-6,0X", b"J0X", b"L0X", b"L1X", b"DREADYX", b"DX"]
)
def test_commands_without_a_visible_effect_are_legal(command: bytes) -> None:
    device = amplifier()
    device.receive(command)
    assert errors(device) == set()


def test_not_in_remote() -> None:
    device = amplifier()
    device.remote_enable = False
    device.receive(b"R6X")
    device.remote_enable = True
    assert errors(device) == {2}
    assert letters(device)["R"] == 3


# --- replies


def test_machine_status_has_the_positions_that_public_drivers_read() -> None:
    device = amplifier()
    device.receive(b"A1B1C0P1R10S,3T9W1X")
    word = ask(device, b"U0X")
    assert (word[3:5], word[5:7], word[7:9]) == ("A1", "B1", "C0")
    assert (word[22:24], word[24:27], word[27:30], word[30:32], word[32:34]) == (
        "P1",
        "R10",
        "S03",
        "T9",
        "W1",
    )
    assert len(word[9:22]) == 13


def test_filler_of_the_status_word_is_a_parameter() -> None:
    device = amplifier(status_filler="?{N}")
    assert ask(device, b"U0X")[9:11] == "?0"
    with pytest.raises((KeyError, ValueError)):
        amplifier(status_filler="{nonsense}")


def test_clean_error_word() -> None:
    assert ask(amplifier(), b"U1X") == "42800000000000"


def test_status_word_is_sent_once_then_the_suppression() -> None:
    device = amplifier()
    device.receive(b"S-1.5E-9X")
    assert ask(device, b"U1X").startswith("4280")
    assert ask(device, b"") == "428I-1.500E-09"
    assert float(ask(device, b"")[4:]) == -1.5e-9


def test_lone_u_takes_a_request_back() -> None:
    device = amplifier()
    assert ask(device, b"U0XUX") == "428I+0.000E+00"
    assert errors(device) == set()


def test_last_of_two_requests_wins() -> None:
    assert ask(amplifier(), b"U1XU4X") == amplifier().parameters.firmware


@pytest.mark.parametrize(("option", "end"), [(0, b"\r\n"), (1, b"\n\r"), (2, b"\r"), (3, b"\n")])
def test_terminators(option: int, end: bytes) -> None:
    device = amplifier()
    device.receive(f"Y{option}U1X".encode())
    assert device.send() == b"42800000000000" + end


@pytest.mark.parametrize(("option", "eoi"), [(0, True), (1, False), (2, True), (3, False)])
def test_eoi(option: int, eoi: bool) -> None:
    device = amplifier()
    device.receive(f"K{option}X".encode())
    assert device.eoi is eoi


@pytest.mark.parametrize(
    ("command", "gain"),
    [
        (b"R0X", 1e3),
        (b"R1X", 1e3),
        (b"R2X", 1e3),
        (b"R3X", 1e3),
        (b"R4X", 1e4),
        (b"R10X", 1e10),
        (b"R10W1X", 1e11),
        (b"W1R6X", 1e7),
    ],
)
def test_gain(command: bytes, gain: float) -> None:
    device = amplifier(**IDEAL)
    reply = ask(device, command + b"U3X")
    assert reply.endswith("V/A")
    assert float(reply.removesuffix("V/A")) == gain
    device.receive(b"C0X")
    assert device.amplify(np.full(2000, 5.0 / gain), DT)[-1] == pytest.approx(5.0, rel=1e-9)


# --- bias


@pytest.mark.parametrize(
    ("sent", "volts"),
    [
        (b"V5X", 5.0),
        (b"V-5X", -5.0),
        (b"V-.0025X", -0.0025),
        (b"V100E-3X", 0.1),
        (b"V0.0036X", 0.0025),
        (b"V-0.0039X", -0.005),
        (b"V+1.23456E0X", 1.235),
    ],
)
def test_bias_is_on_a_grid_of_2_5_mV(sent: bytes, volts: float) -> None:
    device = amplifier()
    reply = ask(device, sent + b"B1U2X")
    assert float(reply[reply.index("V") + 1 :]) == pytest.approx(volts, abs=1e-12)
    assert device.bias_V == pytest.approx(volts, abs=1e-12)
    device.receive(b"B0X")
    assert device.bias_V == 0.0


# --- suppression


def test_suppression_is_subtracted_while_on() -> None:
    device = amplifier(**IDEAL)
    device.receive(b"R6S2E-6C0X")
    assert device.amplify(np.full(10, 3e-6), DT)[-1] == pytest.approx(3.0)
    device.receive(b"N1X")
    assert device.amplify(np.full(10, 3e-6), DT)[-1] == pytest.approx(1.0)


def test_value_that_does_not_fit_its_range_is_flag_4() -> None:
    device = amplifier()
    device.receive(b"S4E-9,1X")
    device.receive(b"S6E-9X")
    assert errors(device) == {4}
    assert ask(device, b"") == "428I+4.000E-09"
    device.receive(b"S,0X")
    device.receive(b"S6E-9,X")
    assert errors(device) == set()
    assert ask(device, b"") == "428I+6.000E-09"
    device.receive(b"S,1X")
    assert errors(device) == {4}


def test_range_limits() -> None:
    device = amplifier()
    device.receive(b"S-5E-3,7X")
    assert errors(device) == set()
    device.receive(b"S5.1E-3,0X")
    assert errors(device) == {4}
    assert letters(device)["S"] == 7
    device.receive(b"S,0X")
    assert letters(device)["S"] == 0
    device.receive(b"S,10X")
    assert letters(device)["S"] == 7


def test_auto_suppress_needs_zero_check_off() -> None:
    device = amplifier()
    device.receive(b"N2X")
    assert errors(device) == {6}
    assert letters(device)["N"] == 0


def test_auto_suppress_nulls_the_output_after_its_time() -> None:
    device = amplifier(**QUIET, auto_suppress_s=0.1)
    current = np.full(400, 3.21e-9)
    device.receive(b"C0R8X")
    device.receive(b"N2X")
    assert device.serial_poll() & 16 == 0
    before = device.amplify(current[:199], DT)
    assert before[-1] == pytest.approx(0.3217, rel=0.01)
    assert device.serial_poll() & 16 == 0
    after = device.amplify(current[199:], DT)
    assert abs(after[0]) > 0.3
    assert abs(after[-1]) < 1.2e8 * 0.5e-12  # half a step of the 5 nA range
    assert device.serial_poll() & 16
    assert float(ask(device, b"")[4:]) == pytest.approx(3.21e-9, abs=4e-12)


def test_input_too_large_to_suppress_is_flag_5() -> None:
    device = amplifier()
    device.receive(b"C0S,1X")
    device.amplify(np.full(5, 7e-9), DT)
    device.receive(b"N2X")
    while not device.serial_poll() & 16:
        pass
    assert errors(device) == {5}


def test_without_samples_it_is_done_after_the_polls_that_the_parameter_says() -> None:
    device = amplifier(polls_until_done=4)
    device.receive(b"C2X")
    assert [device.serial_poll() & 16 for _ in range(5)] == [0, 0, 0, 16, 16]


def test_polls_between_samples_do_not_end_it() -> None:
    device = amplifier(zero_correct_s=0.1)
    device.receive(b"C2X")
    for _ in range(10):
        device.amplify(np.zeros(19), DT)
        assert device.serial_poll() & 16 == 0
    device.amplify(np.zeros(10), DT)
    assert device.serial_poll() & 16


def test_a_command_waits_for_the_end_unless_hold_off_is_off() -> None:
    held = amplifier()
    held.receive(b"C2X")
    held.receive(b"U1X")
    assert held.serial_poll() & 16
    free = amplifier()
    free.receive(b"K2X")
    free.receive(b"C2X")
    free.receive(b"U1X")
    assert free.serial_poll() & 16 == 0


# --- zero check and correct


def test_zero_check_shows_the_offset_and_zero_correct_removes_it() -> None:
    device = amplifier(**QUIET, output_offset_V=3e-3, residual_offset_V=2e-5, gain_error=0.0)
    device.receive(b"R6C1X")
    assert device.amplify(np.full(5, 1e-6), DT) == pytest.approx(3e-3)
    device.receive(b"C2X")
    device.amplify(np.zeros(4000), DT)
    assert letters(device)["C"] == 2
    assert device.amplify(np.full(5, 1e-6), DT) == pytest.approx(2e-5)
    device.receive(b"C0X")
    assert device.amplify(np.full(5, 1e-6), DT)[-1] == pytest.approx(1.0, rel=1e-4)


def test_zero_correct_of_a_large_offset_fails_with_flag_7() -> None:
    device = amplifier(output_offset_V=0.5)
    device.receive(b"C2X")
    device.amplify(np.zeros(4000), DT)
    assert errors(device) == {7}


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


def test_device_clear_restores_power_up() -> None:
    device = amplifier()
    fresh = letters(device)
    device.receive(b"R9C0B1V1P1T7N1S1E-6Y3K1W1M32U3X")
    device.receive(b"R6C")
    device.device_clear()
    assert device.bias_V == 0.0
    assert ask(device, b"") == "428I+0.000E+00"
    assert letters(device) == fresh
    assert fresh["C"] == 1


def test_saved_setup_is_the_new_power_up_until_l0() -> None:
    device = amplifier()
    device.receive(b"R7V1B1L1X")
    device.receive(b"R4B0X")
    device.device_clear()
    assert letters(device)["R"] == 7
    assert device.bias_V == 1.0
    device.receive(b"L0X")
    assert letters(device)["R"] == 3
    assert device.bias_V == 0.0


def test_status_byte() -> None:
    device = amplifier()
    assert device.serial_poll() == 16
    device.receive(b"R99X")
    assert device.serial_poll() == 16 + 32
    assert device.serial_poll() == 16 + 32
    ask(device, b"U1X")
    assert device.serial_poll() == 16


def test_service_request_of_masked_bits_until_polled() -> None:
    device = amplifier(zero_correct_s=0.01)
    device.receive(b"M48X")
    device.receive(b"R99X")
    assert device.serial_poll() == 16 + 32 + 64
    assert device.serial_poll() == 16 + 32
    device.receive(b"C2X")
    device.amplify(np.zeros(30), DT)
    assert device.serial_poll() == 16 + 32 + 64


def test_wrong_power_up_parameter_is_refused() -> None:
    with pytest.raises(ValueError, match="power_up"):
        amplifier(power_up="R12X")


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.one_of(st.binary(max_size=60), st.text("ABCDEHJKLMNPRSTUVWXYZ0123456789.,+-E", max_size=30)))
)
def test_no_bytes_crash_it(messages: list[bytes | str]) -> None:
    device = amplifier()
    for message in messages:
        device.receive(message if isinstance(message, bytes) else message.encode())
        assert device.send().endswith((b"\r\n", b"\n\r", b"\r", b"\n"))
        assert 0 <= device.serial_poll() <= 127
        assert np.all(np.abs(device.amplify(np.array([1e-6, -1.0]), DT)) <= 10.0)
    device.device_clear()
    assert errors(device) == set()
