"""The simulated Keithley 428 against what is known of the instrument, in raw bytes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.instruments.bare428 import DT, IDEAL, QUIET, amplifier, ask, errors, letters

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


# --- power-up, status byte, and any bytes


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
