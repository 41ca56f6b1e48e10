"""The Keithley 428 driver against the bytes of its bus. The words are those of manual 428-901-01."""

from contextlib import contextmanager
from unittest.mock import MagicMock

import pytest
import pyvisa
from pymeasure.adapters import ProtocolAdapter
from pymeasure.test import expected_protocol

from drivers.errors import InstrumentFault, InstrumentLost, NotFound, NotNow, OutOfRange
from drivers.keithley428 import Keithley428
from drivers.keithley428_words import (
    Display,
    ErrorFlag,
    Handshake,
    Keithley428Settings,
    MachineStatus,
    RISE_TIMES_s,
    StatusByte,
    Terminator,
    bias_on_grid,
)

CLEAN = "42800000000000"
HELLO = [("Y3X", None), ("U1X", CLEAN)]


def status(**options):
    """A machine status word, all options 0 but those given; two digits where the instrument has two."""
    letters = dict.fromkeys("ABCDJKLMNPRSTWYZ", 0) | options
    wide = "MRS"
    return "428" + "".join(
        f"{letter}{n:02d}" if letter in wide else f"{letter}{n}" for letter, n in letters.items()
    )


def sent(*strings):
    """Strings that are each followed by a clean error word."""
    return [pair for words in strings for pair in ((words, None), ("U1X", CLEAN))]


def error_word(*positions):
    return "428" + "".join("1" if place in positions else "0" for place in range(11))


@contextmanager
def amplifier(*pairs, **keywords):
    keywords.setdefault("pause", lambda seconds: None)
    with expected_protocol(Keithley428, [*HELLO, *pairs], **keywords) as instrument:
        yield instrument


# --- connecting -------------------------------------------------------------------------------------------


def test_connecting_sets_the_terminator_reads_the_error_word_and_clears_nothing():
    with amplifier() as instrument:
        connection = instrument.adapter.connection

        assert connection.read_termination == "\n"
        assert connection.write_termination == ""
        assert not connection.clear.called


@pytest.mark.parametrize("reply", ["428I+1.000E-09", "KEITHLEY 6487", "", "4280000", status()])
def test_what_does_not_answer_with_an_error_word_is_no_428(reply):
    with pytest.raises(NotFound, match="no Keithley 428 answers"):
        Keithley428(ProtocolAdapter([("Y3X", None), ("U1X", reply)]))


def test_an_address_that_cannot_be_opened_is_not_found_and_says_what_to_check():
    with pytest.raises(NotFound, match=r"nothing could be opened.*its address in the rig file"):
        Keithley428("no such kind")


def test_errors_latched_before_connecting_are_kept_until_asked_for():
    hello = [("Y3X", None), ("U1X", error_word(9))]
    with expected_protocol(Keithley428, [*hello, ("U1X", CLEAN), ("U1X", CLEAN)]) as instrument:
        assert instrument.errors == ErrorFlag.OVERLOAD
        assert instrument.errors == ErrorFlag(0)


# --- every setting at both ends of its range --------------------------------------------------------------

SWITCHES = [
    ("bias_supply_on", "B"),
    ("zero_check", "C"),
    ("suppress_on", "N"),
    ("filter_on", "P"),
    ("auto_filter", "Z"),
]


@pytest.mark.parametrize(("name", "letter"), SWITCHES)
@pytest.mark.parametrize("on", [False, True])
def test_switches(name, letter, on):
    with amplifier(*sent(f"{letter}{on:d}X"), ("U0X", status(**{letter: int(on)}))) as instrument:
        setattr(instrument, name, on)
        assert getattr(instrument, name) is on


SETTINGS = [
    ("rise_time_s", 1e-5, "T0X"),
    ("rise_time_s", 0.3, "T9X"),
    ("suppress_A", 0.0, "S0.0000E+00,1X"),
    ("suppress_A", 5e-9, "S5.0000E-09,1X"),
    ("suppress_A", -5.1e-9, "S-5.1000E-09,2X"),
    ("suppress_A", 5e-3, "S5.0000E-03,7X"),
    ("suppress_A", -5e-3, "S-5.0000E-03,7X"),
    ("suppress_autorange", True, "S,0X"),
    ("suppress_autorange", False, "S,10X"),
    ("bias_supply_V", 5.0, "V5.0000E+00X"),
    ("bias_supply_V", -5.0, "V-5.0000E+00X"),
    ("bias_supply_V", 0.0, "V0.0000E+00X"),
    ("bias_supply_V", -0.1, "V-1.0000E-01X"),
    ("bias_supply_V", 0.0025, "V2.5000E-03X"),
    ("display", Display.NORMAL, "A0X"),
    ("display", "off", "A2X"),
    ("handshake", Handshake.EOI_AND_HOLD_OFF, "K0X"),
    ("handshake", "neither", "K3X"),
    ("srq_mask", 0, "M0X"),
    ("srq_mask", StatusByte.READY | StatusByte.ERROR, "M48X"),
    ("srq_mask", 63, "M63X"),
]


@pytest.mark.parametrize(("name", "value", "words"), SETTINGS)
def test_settings_at_the_ends_of_their_range(name, value, words):
    with amplifier(*sent(words)) as instrument:
        setattr(instrument, name, value)


@pytest.mark.parametrize(("option", "seconds"), list(enumerate(RISE_TIMES_s)))
def test_rise_times(option, seconds):
    with amplifier(*sent(f"T{option}X"), ("U0X", status(T=option))) as instrument:
        instrument.rise_time_s = seconds
        assert instrument.rise_time_s == seconds


METHODS = [
    ("hit_button", 0, "H0X"),
    ("hit_button", 31, "H31X"),
    ("show_text", "", "DX"),
    ("show_text", "0123456789", "D0123456789X"),
]


@pytest.mark.parametrize(("name", "value", "words"), METHODS)
def test_panel(name, value, words):
    with amplifier(*sent(words)) as instrument:
        getattr(instrument, name)(value)


def test_suppression_in_a_range_of_ones_choice():
    with amplifier(*sent("S1.0000E-09,1X", "S1.0000E-09,7X")) as instrument:
        instrument.set_suppress(1e-9, 1)
        instrument.set_suppress(1e-9, 7)


# --- every refusal, with nothing sent ---------------------------------------------------------------------

REFUSED = [
    *[(name, value) for name, _ in SWITCHES for value in (2, -1, "on", None)],
    *[("gain_V_per_A", value) for value in (1e2, 1e12, 2e6, 0, -1e6, float("nan"), "1e6", True)],
    *[("rise_time_s", value) for value in (0.0, 5e-6, 2e-3, 1.0, float("inf"))],
    *[("bias_supply_V", value) for value in (5.0001, -5.0001, 100, float("nan"), "1")],
    *[("suppress_A", value) for value in (5.001e-3, -5.001e-3, float("nan"))],
    *[("srq_mask", value) for value in (-1, 64, 1.5)],
    *[("display", value) for value in (3, "bright")],
    *[("terminator", value) for value in (4, "none")],
    *[("handshake", value) for value in (4, "sometimes")],
    ("enlarge", 10),
    ("suppress_autorange", 10),
]


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_what_is_out_of_range_is_refused_with_nothing_sent(name, value):
    with amplifier() as instrument:
        with pytest.raises(OutOfRange) as refusal:
            setattr(instrument, name, value)

        assert "Keithley 428" in refusal.value.quantity
        assert refusal.value.value is value
        assert refusal.value.allowed in str(refusal.value)


@pytest.mark.parametrize("call", [
    lambda k: k.hit_button(-1),
    lambda k: k.hit_button(32),
    lambda k: k.show_text("01234567890"),
    lambda k: k.show_text("EXIT"),
    lambda k: k.show_text("Größe"),
    lambda k: k.set_suppress(6e-9, 1),
    lambda k: k.set_suppress(1e-9, 0),
    lambda k: k.set_suppress(1e-9, 8),
    lambda k: k.configure(Keithley428Settings(gain_V_per_A=1e11, enlarge=False)),
    lambda k: k.configure(Keithley428Settings(gain_V_per_A=1e3, enlarge=True)),
    lambda k: k.configure(Keithley428Settings(bias_supply_V=6.0)),
])  # fmt: skip
def test_calls_out_of_range_are_refused_with_nothing_sent(call):
    with amplifier() as instrument, pytest.raises(OutOfRange):
        call(instrument)


@pytest.mark.parametrize(
    "name", ["gian_V_per_A", "bias_V", "zero_chek", "to_safe", "settings", "gain_V_per_A_values"]
)
def test_attributes_that_cannot_be_set_are_refused(name):
    with amplifier() as instrument, pytest.raises(AttributeError):
        setattr(instrument, name, 1)


def test_a_misspelt_setting_is_answered_with_the_right_one():
    with amplifier() as instrument, pytest.raises(AttributeError, match="did you mean 'gain_V_per_A'"):
        instrument.gian_V_per_A = 1e6


def test_properties_say_with_one_verb_whether_the_instrument_is_touched():
    properties = [m for m in vars(Keithley428).values() if isinstance(m, property)]

    assert len(properties) >= 12
    assert all(p.__doc__.split()[0] in ("Control", "Measure", "Get", "Set") for p in properties)


# --- gain -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("gain", "words", "after"), [
    (1e3, "R3W0X", {"R": 3}),
    (1e6, "R6W0X", {"R": 6}),
    (1e10, "R10W0X", {"R": 10}),
    (1e11, "R10W1X", {"R": 10, "W": 1}),
])  # fmt: skip
def test_zero_check_is_on_while_the_gain_changes_and_off_again(gain, words, after):
    with amplifier(
        ("U0X", status(C=0)), *sent("C1X", words), ("U0X", status(C=1, **after)), *sent("C0X")
    ) as instrument:  # fmt: skip
        instrument.gain_V_per_A = gain


def test_zero_check_that_was_on_stays_on():
    with amplifier(("U0X", status(C=1)), *sent("R7W0X"), ("U0X", status(C=1, R=7))) as instrument:
        instrument.gain_V_per_A = 1e7


@pytest.mark.parametrize(("on", "before", "after"), [
    (True, {"R": 5}, {"R": 5, "W": 1}),
    (False, {"R": 10, "W": 1}, {"R": 10}),
])  # fmt: skip
def test_enlarge_is_a_gain_change_too(on, before, after):
    with amplifier(
        ("U0X", status(**before)), ("U0X", status(**before)), *sent("C1X", f"W{on:d}X"),
        ("U0X", status(C=1, **after)), *sent("C0X"), ("U0X", status(**after)),
    ) as instrument:  # fmt: skip
        instrument.enlarge = on
        assert instrument.enlarge is on


def test_a_gain_that_is_not_taken_is_a_fault_and_leaves_zero_check_on():
    with amplifier(
        ("U0X", status(C=0)), *sent("C1X", "R7W0X"), ("U0X", status(C=1, R=6))
    ) as instrument, pytest.raises(InstrumentFault, match="1e\\+07 V/A was asked, 1e\\+06") as fault:  # fmt: skip
        instrument.gain_V_per_A = 1e7
    assert fault.value.__notes__ == ["Zero check was left on."]


@pytest.mark.parametrize(("reply", "gain"), [
    ("1E+03V/A", 1e3), ("1.0E+11V/A", 1e11), ("1E06V/A", 1e6), ("4281E+07V/A", 1e7), ("1E+10 V/A", 1e10),
])  # fmt: skip
def test_the_total_gain_is_read_from_its_own_word(reply, gain):
    with amplifier(("U3X", reply)) as instrument:
        assert instrument.gain_V_per_A == gain


@pytest.mark.parametrize(("option", "enlarge", "gain"), [
    (0, 0, 1e3), (1, 0, 1e3), (2, 0, 1e3), (3, 0, 1e3), (3, 1, 1e4), (9, 1, 1e10), (10, 0, 1e10), (10, 1, 1e11),
])  # fmt: skip
def test_r0_to_r3_all_mean_1e3_and_only_enlarge_makes_1e11(option, enlarge, gain):
    assert MachineStatus.from_word(status(R=option, W=enlarge)).gain_V_per_A == pytest.approx(gain, rel=1e-12)


def test_with_auto_filter_on_the_rise_time_is_read_again_after_a_gain_change():
    with amplifier(
        ("U0X", status(Z=1, T=0)), ("U0X", status(Z=1, T=0)), *sent("C1X", "R9W0X"),
        ("U0X", status(Z=1, C=1, R=9, T=5)), *sent("C0X"), ("U0X", status(Z=1, R=9, T=5)),
    ) as instrument:  # fmt: skip
        assert instrument.rise_time_s == 1e-5
        instrument.gain_V_per_A = 1e9
        assert instrument.rise_time_s == 3e-3


# --- bias -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("asked", "set_"), [
    (-0.1, -0.1), (-0.1012, -0.1), (-0.1013, -0.1025), (0.1013, 0.1025), (-0.0012, 0.0), (-4.9988, -5.0),
    (4.9975, 4.9975),
])  # fmt: skip
def test_bias_is_rounded_to_the_nearest_step_alike_on_both_sides_of_zero(asked, set_):
    assert bias_on_grid(asked) == set_
    assert str(bias_on_grid(asked)) != "-0.0"


def test_every_step_of_the_bias_supply_survives_the_grid():
    steps = [n * 25 / 10_000 for n in range(-2000, 2001)]

    assert [bias_on_grid(volts) for volts in steps] == steps


@pytest.mark.parametrize(
    ("reply", "volts"), [("428V-1.0000E-01", -0.1), ("V+5.0000E+00", 5.0), ("428V0.0025", 0.0025)]
)
def test_bias_is_read_after_its_letter(reply, volts):
    with amplifier(("U2X", reply)) as instrument:
        assert instrument.bias_supply_V == volts


# --- replies of another kind ------------------------------------------------------------------------------


def test_the_reply_that_is_always_there_is_the_suppression():
    with amplifier((None, "428I-1.234E-09")) as instrument:
        assert instrument.suppress_A == -1.234e-9


QUERIES = [
    ("U0X", "status"),
    ("U1X", "errors"),
    ("U2X", "bias_supply_V"),
    ("U3X", "gain_V_per_A"),
    ("U4X", "firmware"),
]
REPLIES = {
    "U0X": status(),
    "U1X": CLEAN,
    "U2X": "428V+0.0000E+00",
    "U3X": "1E+05V/A",
    "bare": "428I+0.000E+00",
}


MIXED_UP = [
    (word, name, kind)
    for word, name in QUERIES
    for kind in REPLIES
    if word != kind and (word, kind) not in {("U4X", "U2X"), ("U4X", "U3X")}  # the firmware may be any text
]


@pytest.mark.parametrize(("word", "name", "kind"), MIXED_UP)
def test_a_reply_of_another_kind_is_never_taken_for_the_answer(word, name, kind):
    with amplifier((word, REPLIES[kind])) as instrument, pytest.raises(InstrumentFault, match="428"):
        getattr(instrument, name)


@pytest.mark.parametrize("kind", ["U0X", "U1X", "U2X", "U3X"])
def test_a_pending_word_is_never_taken_for_the_suppression(kind):
    with amplifier((None, REPLIES[kind])) as instrument, pytest.raises(InstrumentFault, match="suppression"):
        instrument.suppress_A  # noqa: B018


@pytest.mark.parametrize("order", ["ABCDJKLMNPRSTWYZ", "ZYWTSRPNCBA", "GQAVBCNPRSTWZ"])
@pytest.mark.parametrize("width", [1, 2, 3])
def test_the_status_word_is_read_by_letter_wherever_it_stands(order, width):
    options = {"B": 1, "C": 2, "N": 1, "P": 1, "R": 8, "S": 4, "T": 6, "Z": 1, "A": 0}
    order = "A" + order.replace("A", "")
    word = "428A0" + "".join(f"{letter}{options.get(letter, 0):0{width}d}" for letter in order[1:])

    found = MachineStatus.from_word(word)

    assert (found.gain_V_per_A, found.rise_time_s, found.zero_check) == (1e8, 1e-2, True)
    assert (found.bias_supply_on, found.suppress_on, found.filter_on, found.auto_filter) == (True,) * 4
    assert (found.suppress_range, found.enlarge, found.display) == (4, False, Display.NORMAL)


@pytest.mark.parametrize(
    "word", ["428A0B0", status().replace("T0", ""), status(T=0).replace("T0", "T12"), "A0B0C0"]
)
def test_a_broken_status_word_is_a_fault(word):
    with pytest.raises(InstrumentFault, match="status word"):
        MachineStatus.from_word(word)


@pytest.mark.parametrize("reply", ["428B02", "A04", "428 Rev. C1"])
def test_identity_and_firmware(reply):
    with amplifier(("U4X", reply)) as instrument:
        assert instrument.id == f"Keithley 428, firmware {reply.removeprefix('428').strip()}"


# --- errors -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("position", "flag"), list(enumerate(ErrorFlag)))
def test_each_character_of_the_error_word_has_its_flag(position, flag):
    word = error_word(position)

    assert len(word) == 14
    assert word[3 + position] == "1"
    assert ErrorFlag.from_word(word) == flag


def test_overload_is_character_12():
    with amplifier(("U1X", "42800000000010"), ("U1X", CLEAN)) as instrument:
        assert "42800000000010"[12] == "1"
        assert instrument.overloaded is True
        assert instrument.overloaded is False


def test_an_overload_is_no_fault_of_the_command_but_is_not_lost():
    with amplifier(("P1X", None), ("U1X", error_word(9)), ("U1X", CLEAN)) as instrument:
        instrument.filter_on = True
        assert instrument.errors == ErrorFlag.OVERLOAD


@pytest.mark.parametrize("position", [p for p in range(11) if p != 9])
def test_every_other_flag_is_a_fault_that_names_the_command_and_what_to_do(position):
    with amplifier(("P1X", None), ("U1X", error_word(position))) as instrument:
        with pytest.raises(InstrumentFault, match="'P1X'") as fault:
            instrument.filter_on = True
        assert str(fault.value).endswith(ErrorFlag(1 << position).advice())


def test_several_flags_at_once_are_all_named():
    with amplifier(("T0X", None), ("U1X", error_word(1, 9, 10)), ("U1X", CLEAN)) as instrument:
        with pytest.raises(InstrumentFault, match="illegal option, gain rise time conflict after"):
            instrument.rise_time_s = 1e-5
        both = ErrorFlag.ILLEGAL_OPTION | ErrorFlag.OVERLOAD | ErrorFlag.GAIN_RISE_TIME_CONFLICT
        assert instrument.check_errors() == list(both)


@pytest.mark.parametrize(("error", "said"), [
    (pyvisa.VisaIOError(pyvisa.constants.StatusCode.error_timeout), "no answer in time"),
    (pyvisa.VisaIOError(pyvisa.constants.StatusCode.error_connection_lost), "lost"),
    (ConnectionResetError("reset by peer"), "reset by peer"),
    (EOFError(), "EOFError"),
])  # fmt: skip
def test_a_broken_wire_is_an_instrument_lost_that_says_what_to_do(error, said):
    with amplifier() as instrument:
        instrument.adapter._read = MagicMock(side_effect=error)
        instrument.adapter._write = MagicMock()
        with pytest.raises(InstrumentLost, match=f"(?s){said}.*check its power, cable and gateway"):
            instrument.zero_check  # noqa: B018


# --- what takes time --------------------------------------------------------------------------------------


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


# --- terminator, defaults, clear --------------------------------------------------------------------------


@pytest.mark.parametrize(("terminator", "characters"), [
    (Terminator.CR_LF, "\r\n"), (Terminator.LF_CR, "\n\r"), (Terminator.CR, "\r"), (Terminator.LF, "\n"),
])  # fmt: skip
def test_the_connection_follows_the_terminator(terminator, characters):
    with amplifier(*sent(f"Y{terminator:d}X"), ("U0X", status(Y=terminator))) as instrument:
        instrument.terminator = terminator
        assert instrument.adapter.connection.read_termination == characters
        assert instrument.terminator is terminator


def test_defaults_come_back_with_our_terminator():
    with amplifier(("L0X", None), *sent("Y3X", "L1X")) as instrument:
        instrument.restore_defaults()
        instrument.save_as_power_up_settings()


def test_a_device_clear_is_sent_only_when_asked_for():
    with amplifier(*sent("Y3X")) as instrument:
        instrument.device_clear()
        assert instrument.adapter.connection.clear.call_count == 1


# --- batch ------------------------------------------------------------------------------------------------


def test_a_batch_is_one_string_with_one_x_and_one_error_word():
    with amplifier(*sent("P1T4N0A1X")) as instrument, instrument.batch():
        instrument.filter_on = True
        instrument.rise_time_s = 1e-3
        instrument.suppress_on = False
        instrument.display = "dim"


def test_a_batch_with_a_refused_value_sends_nothing():
    with amplifier(*sent("P0X")) as instrument:
        with pytest.raises(OutOfRange), instrument.batch():
            instrument.filter_on = True
            instrument.rise_time_s = 7.0
        instrument.filter_on = False


@pytest.mark.parametrize("call", [
    lambda k: setattr(k, "gain_V_per_A", 1e5),
    lambda k: k.configure(Keithley428Settings(gain_V_per_A=1e5)),
    lambda k: k.self_test(),
    lambda k: k.show_text("HELLO"),
    lambda k: k.batch().__enter__(),
])  # fmt: skip
def test_what_needs_strings_of_its_own_is_refused_in_a_batch(call):
    with amplifier() as instrument, pytest.raises(NotNow), instrument.batch():
        call(instrument)


# --- all of it --------------------------------------------------------------------------------------------


def snapshot(word, gain="1E+05V/A", suppress="428I+0.000E+00", bias="428V+0.0000E+00", firmware="428B02"):
    return [("U0X", word), ("U3X", gain), (None, suppress), ("U2X", bias), ("U4X", firmware)]


def test_settings_are_read_from_the_instrument():
    word = status(A=1, B=1, C=0, N=1, P=1, R=7, S=2, T=4, W=1, Z=0)
    with amplifier(*snapshot(word, "1E+08V/A", "428I-2.000E-08", "428V-1.0000E-01")) as instrument:
        assert instrument.settings == Keithley428Settings(
            gain_V_per_A=1e8, enlarge=True, rise_time_s=1e-3, filter_on=True, auto_filter=False, zero_check=False,
            suppress_on=True, suppress_A=-2e-8, suppress_range=2, bias_supply_on=True, bias_supply_V=-0.1,
            display=Display.DIM, firmware="B02",
        )  # fmt: skip


def test_configure_sends_all_under_zero_check_and_returns_what_is_read_back():
    asked = Keithley428Settings(
        gain_V_per_A=1e6, rise_time_s=1e-3, filter_on=True, auto_filter=False, suppress_on=False, suppress_A=0.0,
        bias_supply_on=False, bias_supply_V=0.0, display="off", zero_check=False,
    )  # fmt: skip
    after = {"A": 2, "P": 1, "R": 6, "T": 4}
    with amplifier(
        ("U0X", status(C=0)), *sent("C1X"), ("U0X", status(C=1)),
        *sent("Z0X", "T4X", "R6W0X", "P1A2X", "S0.0000E+00,1X", "N0X", "B0X", "V0.0000E+00X"),
        *snapshot(status(C=1, **after), "1E+06V/A"), *sent("C0X"), *snapshot(status(C=0, **after), "1E+06V/A"),
    ) as instrument:  # fmt: skip
        found = instrument.configure(asked)
    assert (found.gain_V_per_A, found.rise_time_s, found.zero_check) == (1e6, 1e-3, False)


@pytest.mark.parametrize(("present", "wanted", "order"), [
    (9, 1e-5, ["R4W0X", "T0X"]),
    (0, 0.3, ["T9X", "R4W0X"]),
])  # fmt: skip
def test_a_longer_rise_time_goes_before_the_gain_and_a_shorter_one_after(present, wanted, order):
    found = snapshot(status(C=1, R=4, T=RISE_TIMES_s.index(wanted)), "1E+04V/A")
    with amplifier(
        ("U0X", status(C=1)), ("U0X", status(C=1, T=present)), *sent(*order), *found, *found
    ) as instrument:  # fmt: skip
        instrument.configure(Keithley428Settings(gain_V_per_A=1e4, rise_time_s=wanted))


def test_configure_that_reads_back_otherwise_is_a_fault_that_names_each_difference():
    found = snapshot(status(C=1, R=4), "1E+04V/A")
    with amplifier(
        ("U0X", status(C=0)), *sent("C1X"), ("U0X", status(C=1)), *sent("R6W0X", "P1X"), *found
    ) as instrument, pytest.raises(InstrumentFault) as fault:  # fmt: skip
        instrument.configure(Keithley428Settings(gain_V_per_A=1e6, filter_on=True))
    assert "gain_V_per_A: asked 1000000.0, is 10000.0; filter_on: asked True, is False" in str(fault.value)
    assert fault.value.__notes__ == ["Zero check was left on."]


def test_with_auto_filter_asked_for_no_rise_time_is_sent_or_compared():
    after = status(C=1, R=5, T=2, Z=1)
    with amplifier(
        ("U0X", status(C=1)), ("U0X", status(C=1)), *sent("Z1X"), *snapshot(after), *snapshot(after)
    ) as instrument:  # fmt: skip
        found = instrument.configure(Keithley428Settings(auto_filter=True, rise_time_s=0.3))
    assert found.rise_time_s == 1e-4


def test_the_bias_supply_goes_on_only_after_its_bias_was_set():
    after = status(B=1, C=1)
    pairs = snapshot(after, bias="428V+5.0000E-02")
    with amplifier(
        ("U0X", status(C=1)), ("U0X", status(C=1)), *sent("V5.0000E-02X", "B1X"), *pairs, *pairs
    ) as instrument:  # fmt: skip
        instrument.configure(Keithley428Settings(bias_supply_on=True, bias_supply_V=0.0503))


def test_a_snapshot_can_be_given_back():
    word = status(A=1, C=0, N=1, P=1, R=7, S=2, T=4, W=1)
    replies = (word, "1E+08V/A", "428I-2.000E-08", "428V+0.0000E+00")
    with amplifier(
        *snapshot(*replies), ("U0X", word), *sent("C1X"), ("U0X", word),
        *sent("Z0X", "R7W1X", "T4X", "P1A1X", "S-2.0000E-08,2X", "N1X", "B0X", "V0.0000E+00X"),
        *snapshot(*replies), *sent("C0X"), *snapshot(*replies),
    ) as instrument:  # fmt: skip
        before = instrument.settings
        assert instrument.configure(before) == before


# --- safe -------------------------------------------------------------------------------------------------

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
