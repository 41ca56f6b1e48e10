"""Actions of the Keithley 428 through its driver: corrections, defaults, the safe state."""

import pytest
import pyvisa
from pymeasure.adapters import ProtocolAdapter

from drivers.errors import InstrumentFault, InstrumentLost, NotNow
from drivers.keithley428 import Keithley428
from drivers.keithley428_words import StatusByte, Terminator
from tests.support.instruments.bus428 import CLEAN, HELLO, amplifier, error_word, sent, status

# --- what takes time


def test_auto_suppress_is_refused_while_zero_check_is_on():
    with amplifier(("U0X", status(C=1))) as instrument, pytest.raises(NotNow, match="zero_check = False"):
        instrument.auto_suppress()


def test_auto_suppress_waits_until_ready_and_returns_what_it_found():
    waited = []
    with amplifier(
        ("U0X", status(C=0)), ("N2X", None), ("U1X", CLEAN), (None, "428I+2.500E-10"), pause=waited.append
    ) as instrument:  # fmt: skip
        instrument.adapter.connection.read_stb.side_effect = [0, 0, 16]
        assert instrument.auto_suppress() == 2.5e-10
    assert waited == [0.1, 0.1, 0.1]


def test_auto_suppress_that_never_gets_ready_ends_after_its_polls():
    waited = []
    with amplifier(
        ("U0X", status(C=0)), ("N2X", None), connection_methods={"read_stb": 32},
        pause=waited.append, ready_polls=7, poll_interval_s=0.5,
    ) as instrument, pytest.raises(InstrumentFault, match=r"not ready 3\.5 s after auto-suppress"):  # fmt: skip
        instrument.auto_suppress()
    assert waited == [0.5] * 7


def test_a_current_too_large_to_suppress_is_a_fault():
    with amplifier(
        ("U0X", status()), ("N2X", None), ("U1X", error_word(5)), connection_methods={"read_stb": 16}
    ) as instrument, pytest.raises(InstrumentFault, match="too large to suppress"):  # fmt: skip
        instrument.auto_suppress()


def test_zero_correct_puts_zero_check_on_and_leaves_it_on():
    with amplifier(
        ("U0X", status(C=0)), *sent("C1X"), ("C2X", None), ("U1X", CLEAN), ("U0X", status(C=2)),
        connection_methods={"read_stb": 16},
    ) as instrument:  # fmt: skip
        instrument.zero_correct()
        assert instrument.zero_check is True


def test_zero_correct_that_fails_is_a_fault():
    with amplifier(
        ("U0X", status(C=1)), ("C2X", None), ("U1X", error_word(7)), connection_methods={"read_stb": 16}
    ) as instrument, pytest.raises(InstrumentFault, match="zero correct failed"):  # fmt: skip
        instrument.zero_correct()


def test_self_test():
    with amplifier(("J0X", None), ("U1X", error_word(3)), connection_methods={"read_stb": 16}) as instrument:
        with pytest.raises(InstrumentFault, match="self test failed"):
            instrument.self_test()
        assert instrument.adapter.connection.read_stb.called


@pytest.mark.parametrize(("byte", "flags"), [
    (0, StatusByte(0)), (16, StatusByte.READY),
    (112, StatusByte.READY | StatusByte.ERROR | StatusByte.SERVICE_REQUESTED),
])  # fmt: skip
def test_status_byte(byte, flags):
    with amplifier(connection_methods={"read_stb": byte}) as instrument:
        assert instrument.status_byte == flags


# --- terminator, defaults, clear


@pytest.mark.parametrize("terminator", list(Terminator))
def test_replies_are_read_whatever_their_terminator(terminator):
    with amplifier(
        *sent(f"Y{terminator:d}X"), ("U0X", status(Y=terminator) + terminator.characters)
    ) as instrument:
        instrument.terminator = terminator
        assert instrument.terminator is terminator


def test_defaults_come_back_with_our_terminator():
    with amplifier(("L0X", None), *sent("Y3X", "L1X")) as instrument:
        instrument.restore_defaults()
        instrument.save_as_power_up_settings()


def test_a_device_clear_is_sent_only_when_asked_for():
    with amplifier(*sent("Y3X")) as instrument:
        instrument.device_clear()
        assert instrument.adapter.connection.clear.call_count == 1


# --- safe


SAFE = [("B0X", None), ("V0.0000E+00X", None), ("U1X", CLEAN), ("U0X", status(B=0, R=6))]


def test_to_safe_switches_the_supply_off_first_and_says_so_any_number_of_times():
    with amplifier(*SAFE, *SAFE) as instrument:
        said = instrument.to_safe()
        assert "bias supply off, at 0 V" in said
        assert "gain 1e+06 V/A and zero check off kept" in said
        assert instrument.to_safe() == said


def test_to_safe_does_not_stumble_over_old_errors():
    with amplifier(*SAFE[:2], ("U1X", error_word(0, 7)), SAFE[3]) as instrument:
        assert "bias supply off" in instrument.to_safe()


def test_to_safe_says_when_the_supply_stays_on():
    with (
        amplifier(*SAFE[:3], ("U0X", status(B=1))) as instrument,
        pytest.raises(InstrumentFault, match="by hand"),
    ):
        instrument.to_safe()


def test_to_safe_without_an_answer_has_sent_the_command_and_says_that_it_is_not_confirmed():
    with amplifier(SAFE[0], SAFE[1]) as instrument:
        write = instrument.adapter._write

        def then_silence(command, **kwargs):
            if command == "U1X":
                raise pyvisa.VisaIOError(pyvisa.constants.StatusCode.error_timeout)
            write(command, **kwargs)

        instrument.adapter._write = then_silence
        with pytest.raises(InstrumentLost) as lost:
            instrument.to_safe()
    assert lost.value.__notes__ == [
        "Keithley 428: bias supply off (B0) not confirmed; switch it off by hand."
    ]


def test_the_end_of_with_is_the_safe_state_and_closes_once():
    adapter = ProtocolAdapter([*HELLO, *SAFE])
    with Keithley428(adapter) as instrument:
        pass
    instrument.shutdown()

    assert adapter._index == len(adapter.comm_pairs)
    assert adapter.connection.close.call_count == 1


def test_closing_sends_nothing():
    with amplifier() as instrument:
        instrument.close()
        assert instrument.adapter.connection.close.called
