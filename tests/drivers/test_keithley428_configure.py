"""Many settings of the Keithley 428 at once: batches, and whole snapshots."""

from dataclasses import fields

import pytest

from drivers.errors import InstrumentFault, NotNow, OutOfRange
from drivers.keithley428_commands import setting_words
from drivers.keithley428_words import Display, Keithley428Settings, RISE_TIMES_s
from tests.support.instruments.bus428 import amplifier, sent, status

# --- batch


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


# --- all of it


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
    assert "gain is 10 kV/A, was set to 1 MV/A; filter is off, was set on" in str(fault.value)
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


@pytest.mark.parametrize("name", [one.name for one in fields(Keithley428Settings) if one.name != "firmware"])
def test_every_setting_is_sent_and_compared(name):
    """One that is asked for alone goes out as a word, and is missed if it reads back otherwise."""
    values = {
        "gain_V_per_A": (1e6, 1e5), "enlarge": (True, False), "rise_time_s": (1e-3, 3e-4), "suppress_A": (1e-9, 2e-9),
        "suppress_range": (3, 4), "bias_supply_V": (1.0, 0.0), "display": (Display.OFF, Display.NORMAL),
    }  # fmt: skip
    asked, other = values.get(name, (True, False))
    alone = {"suppress_A": 0.0} if name == "suppress_range" else {}
    settings = Keithley428Settings(**{name: asked, **alone})
    assert list(setting_words(settings, 1e-5)) or name == "zero_check"  # which is left on or off at the end
    assert len(settings.differences(Keithley428Settings(**{name: other, **alone}))) == 1
    assert not settings.differences(settings)


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
