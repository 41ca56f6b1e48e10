"""The Keithley 428 driver against the bytes of its bus. The words are those of manual 428-901-01."""

import pytest
from pymeasure.adapters import ProtocolAdapter
from pymeasure.test import expected_protocol

from drivers.errors import InstrumentFault, NotFound, OutOfRange
from drivers.keithley428 import Keithley428
from drivers.keithley428_commands import Keithley428Commands
from drivers.keithley428_words import (
    Display,
    ErrorFlag,
    Handshake,
    Keithley428Settings,
    MachineStatus,
    RISE_TIMES_s,
    StatusByte,
    bias_on_grid,
)
from tests.support.instruments.bus428 import CLEAN, amplifier, error_word, sent, status

# --- connecting


def test_connecting_sets_the_terminator_reads_the_error_word_and_clears_nothing():
    with amplifier() as instrument:
        assert not instrument.adapter.connection.clear.called


@pytest.mark.parametrize("reply", ["428I+1.000E-09", "KEITHLEY 6487", "", "4280000", status()])
def test_what_does_not_answer_with_an_error_word_is_no_428(reply):
    with pytest.raises(NotFound, match="no Keithley 428 answers"):
        Keithley428(ProtocolAdapter([("Y3X", None), ("U1X", reply)]))


def test_an_address_that_cannot_be_opened_is_not_found_and_says_what_to_check():
    with pytest.raises(NotFound, match=r"can.t open.*its address in the rig file"):
        Keithley428("no such kind")


def test_errors_latched_before_connecting_are_kept_until_asked_for():
    hello = [("Y3X", None), ("U1X", error_word(9))]
    with expected_protocol(Keithley428, [*hello, ("U1X", CLEAN), ("U1X", CLEAN)]) as instrument:
        assert instrument.errors == ErrorFlag.OVERLOAD
        assert instrument.errors == ErrorFlag(0)


# --- every setting at both ends of its range


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


# --- every refusal, with nothing sent


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
    properties = [
        m for m in (vars(Keithley428) | vars(Keithley428Commands)).values() if isinstance(m, property)
    ]

    assert len(properties) >= 12
    assert all(p.__doc__.split()[0] in ("Control", "Measure", "Get", "Set") for p in properties)


# --- gain


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
    ) as instrument, pytest.raises(InstrumentFault, match="1e\\+07 V/A, but 1e\\+06 V/A reads") as fault:  # fmt: skip
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


# --- bias


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
