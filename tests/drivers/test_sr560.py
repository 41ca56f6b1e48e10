"""The SR560 driver against the bytes of its line. The words are those of the SR560 manual, Appendix A."""

from contextlib import contextmanager
from dataclasses import asdict, fields, replace
from itertools import pairwise

import pytest
from pymeasure.adapters import ProtocolAdapter
from pymeasure.test import expected_protocol
from pyvisa.constants import Parity, StopBits

from drivers import visa
from drivers.errors import InstrumentLost, NotFound, NotNow, OutOfRange
from drivers.sr560 import SR560
from drivers.sr560_settings import (
    GAINS,
    FilterMode,
    HIGHPASS_Hz,
    InputCoupling,
    LOWPASS_Hz,
    Reserve,
    Source,
    SR560Settings,
)

ALL_KNOWN = SR560Settings(
    coupling=InputCoupling.DC, source=Source.A_B, inverted=False, reserve=Reserve.LOW_NOISE, gain=10_000,
    vernier_on=False, vernier_percent=100, filter_mode=FilterMode.LOWPASS_12, highpass_Hz=0.03, lowpass_Hz=1000.0,
    blanked=False,
)  # fmt: skip
ALL_SENT = [
    "CPLG 1", "SRCE 1", "INVT 0", "DYNR 0", "GAIN 12", "UCGN 100", "UCAL 0", "FLTM 2", "HFRQ 0", "LFRQ 9", "BLINK 0",
]  # fmt: skip


@contextmanager
def preamplifier(*words, hello=("LALL",), **keywords):
    with expected_protocol(SR560, [(word, None) for word in [*hello, *words]], **keywords) as instrument:
        yield instrument


# --- the line ---------------------------------------------------------------------------------------------


def test_the_line_is_9600_baud_8_bits_no_parity_two_stop_bits_cr_lf(monkeypatch):
    opened = {}

    def open_(address, library, **connection):
        opened.update(connection, address=address, library=library)
        return ProtocolAdapter([("LALL", None)])

    monkeypatch.setattr(visa, "VISAAdapter", open_)
    SR560("ASRL7::INSTR", visa_library="@ivi", timeout_s=2.5)

    assert opened["asrl"] == {
        "baud_rate": 9600,
        "data_bits": 8,
        "parity": Parity.none,
        "stop_bits": StopBits.two,
    }
    assert opened["write_termination"] == "\r\n"
    assert (opened["address"], opened["library"], opened["timeout"]) == ("ASRL7::INSTR", "@ivi", 2500)


def test_listening_comes_first():
    with preamplifier("GAIN 0") as instrument:
        instrument.gain = 1


@pytest.mark.parametrize("address", [0, 3])
def test_one_of_several_units_is_made_the_only_listener(address):
    with preamplifier("GAIN 14", hello=("UNLS", f"LISN {address}"), line_address=address) as instrument:
        instrument.gain = 50_000


@pytest.mark.parametrize("address", [-1, 4, 1.5, "0"])
def test_a_line_address_that_does_not_exist_is_refused_with_nothing_sent(address):
    with pytest.raises(OutOfRange, match="line address of the SR560"):
        SR560(ProtocolAdapter([]), line_address=address)


def test_after_unls_commands_are_refused_until_it_listens_again():
    with preamplifier("UNLS", "LALL", "GAIN 3") as instrument:
        instrument.unlisten()
        with pytest.raises(NotNow, match=r"listen\(\)"):
            instrument.gain = 10
        with pytest.raises(NotNow):
            instrument.reset_overload()
        assert instrument.gain is None
        instrument.listen()
        instrument.gain = 10


def test_an_address_that_cannot_be_opened_is_not_found():
    with pytest.raises(NotFound, match="can't open 'ASRL/dev/no-such-line::INSTR'"):
        SR560("ASRL/dev/no-such-line::INSTR")


# --- every setting at both ends of its range --------------------------------------------------------------

SETTINGS = [
    *[("coupling", value, f"CPLG {value:d}") for value in InputCoupling],
    *[("source", value, f"SRCE {value:d}") for value in Source],
    *[("reserve", value, f"DYNR {value:d}") for value in Reserve],
    *[("filter_mode", value, f"FLTM {value:d}") for value in FilterMode],
    *[("gain", value, f"GAIN {number}") for number, value in enumerate(GAINS)],
    *[("highpass_Hz", value, f"HFRQ {number}") for number, value in enumerate(HIGHPASS_Hz)],
    *[("lowpass_Hz", value, f"LFRQ {number}") for number, value in enumerate(LOWPASS_Hz)],
    *[(name, value, f"{word} {value:d}") for name, word in (("inverted", "INVT"), ("blanked", "BLINK"))
      for value in (False, True)],
    ("vernier_on", False, "UCAL 0"),
    ("vernier_on", True, "UCAL 1"),
    ("vernier_percent", 0, "UCGN 0"),
    ("vernier_percent", 100, "UCGN 100"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "word"), SETTINGS)
def test_settings(name, value, word):
    with preamplifier(word, thermocouple=False) as instrument:
        assert getattr(instrument, name) is None
        setattr(instrument, name, value)
        assert getattr(instrument, name) == value


def test_the_tables_are_those_of_the_manual():
    assert (GAINS[0], GAINS[14], len(GAINS)) == (1, 50_000, 15)
    assert (HIGHPASS_Hz[0], HIGHPASS_Hz[11], len(HIGHPASS_Hz)) == (0.03, 10e3, 12)
    assert (LOWPASS_Hz[0], LOWPASS_Hz[15], len(LOWPASS_Hz)) == (0.03, 1e6, 16)
    assert all(2 <= high / low <= 2.5 for low, high in pairwise(GAINS))
    assert all(2.99 <= high / low <= 3.34 for low, high in pairwise(LOWPASS_Hz))


def test_ucal_has_the_last_word_over_the_vernier():
    """No public source says if UCGN switches the vernier on."""
    with preamplifier("UCAL 0", "UCGN 50", "UCAL 0") as instrument:
        instrument.vernier_on = False
        instrument.vernier_percent = 50


def test_every_setting_has_its_command():
    assert {one.name for one in fields(SR560Settings)} - {"provenance"} == {name for name, *_ in SETTINGS}


@pytest.mark.parametrize(("name", "text", "member"), [
    ("coupling", "dc", InputCoupling.DC),
    ("source", "A-B", Source.A_B),
    ("reserve", "low noise", Reserve.LOW_NOISE),
    ("filter_mode", "lowpass 12", FilterMode.LOWPASS_12),
])  # fmt: skip
def test_choices_can_be_named(name, text, member):
    assert getattr(SR560Settings(**{name: text}), name) is member


def test_overload_reset():
    with preamplifier("ROLD") as instrument:
        instrument.reset_overload()


# --- every refusal, with nothing sent ---------------------------------------------------------------------

REFUSED = [
    *[("coupling", value) for value in (3, 1, "battery")],
    *[("source", value) for value in (3, "C")],
    *[("reserve", value) for value in (3, "none")],
    *[("filter_mode", value) for value in (6, "notch")],
    *[("gain", value) for value in (0, 3, 100_000, -10, float("nan"), "10", True)],
    *[("highpass_Hz", value) for value in (0.01, 0.02, 30e3)],
    *[("lowpass_Hz", value) for value in (0.01, 2e6, 500.0)],
    *[("vernier_percent", value) for value in (-1, 101, 50.5)],
    *[(name, 2) for name in ("inverted", "blanked", "vernier_on")],
]


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_what_is_out_of_range_is_refused_with_nothing_sent(name, value):
    with preamplifier() as instrument:
        with pytest.raises(OutOfRange) as refusal:
            setattr(instrument, name, value)

        assert refusal.value.quantity == f"{name} of the SR560"
        assert refusal.value.allowed in str(refusal.value)
        assert getattr(instrument, name) is None


@pytest.mark.parametrize("name", ["gian", "lowpass", "filter", "resend", "settings"])
def test_attributes_that_cannot_be_set_are_refused(name):
    with preamplifier() as instrument, pytest.raises(AttributeError):
        setattr(instrument, name, 1)


def test_ac_coupling_leaves_a_low_pass_only_6_dB_per_octave():
    with preamplifier("FLTM 2", thermocouple=False) as instrument:
        instrument.filter_mode = FilterMode.LOWPASS_12
        with pytest.raises(OutOfRange, match="with AC coupling"):
            instrument.coupling = InputCoupling.AC
        assert instrument.coupling is None


def test_a_band_must_have_its_corners_in_order():
    with preamplifier("LFRQ 4", "HFRQ 4", "FLTM 5", thermocouple=False) as instrument:
        instrument.lowpass_Hz = 3
        instrument.highpass_Hz = 3
        instrument.filter_mode = FilterMode.BANDPASS
        with pytest.raises(OutOfRange, match=r"band \(Hz\): 10 is out of range; allowed: 0.03 to 3"):
            instrument.highpass_Hz = 10


@pytest.mark.parametrize(("name", "value"), [
    ("coupling", "AC"),
    ("filter_mode", FilterMode.HIGHPASS_6),
    ("filter_mode", FilterMode.HIGHPASS_12),
    ("filter_mode", FilterMode.BANDPASS),
])  # fmt: skip
def test_what_loses_a_thermocouples_steady_voltage_is_refused(name, value):
    with preamplifier() as instrument:
        with pytest.raises(OutOfRange, match="for a thermocouple"):
            setattr(instrument, name, value)
        with pytest.raises(OutOfRange, match="for a thermocouple"):
            instrument.configure(SR560Settings(**{name: value}))


def test_a_thermocouples_input_may_be_grounded_to_check_the_link():
    with preamplifier("CPLG 0", "CPLG 1") as instrument:
        instrument.coupling = "ground"
        instrument.coupling = "DC"


# --- the shadow -------------------------------------------------------------------------------------------


def test_nothing_is_known_before_it_is_commanded():
    with preamplifier() as instrument:
        assert set(instrument.settings.unknown()) == {field.name for field in fields(SR560Settings)} - {
            "provenance"
        }
        assert instrument.settings.words() == []


def test_configure_and_resend_send_the_complete_state_after_listening():
    with preamplifier("LALL", *ALL_SENT, "LALL", *ALL_SENT) as instrument:
        assert instrument.configure(ALL_KNOWN) == ALL_KNOWN
        assert instrument.settings.unknown() == ()
        assert instrument.resend() == ALL_KNOWN


def test_resend_makes_it_listen_after_unls():
    with preamplifier("GAIN 0", "UNLS", "LALL", "GAIN 0") as instrument:
        instrument.gain = 1
        instrument.unlisten()
        instrument.resend()


def test_configure_keeps_what_it_is_not_asked_to_change():
    with preamplifier(
        "LALL", *ALL_SENT, "LALL", *[w.replace("GAIN 12", "GAIN 9") for w in ALL_SENT]
    ) as instrument:
        instrument.configure(ALL_KNOWN)
        assert instrument.configure(SR560Settings(gain=1000)) == replace(ALL_KNOWN, gain=1000)


def test_after_a_reset_nothing_is_known_and_it_listens():
    with preamplifier("GAIN 0", "*RST", "LALL") as instrument:
        instrument.gain = 1
        instrument.reset()
        assert instrument.gain is None


def test_the_snapshot_says_that_it_is_unverified():
    with preamplifier() as instrument:
        assert asdict(instrument.settings)["provenance"].startswith("unverified")


def test_after_the_wire_broke_nothing_is_known():
    with preamplifier("GAIN 0") as instrument:
        instrument.gain = 1

        def broken(command, **kwargs):
            raise OSError("write failed")

        instrument.adapter._write = broken
        with pytest.raises(InstrumentLost, match="write failed"):
            instrument.lowpass_Hz = 100
        assert instrument.settings == SR560Settings()


@pytest.mark.parametrize(("changes", "total"), [
    ({}, 10_000),
    ({"inverted": True}, -10_000),
    ({"vernier_on": True, "vernier_percent": 50}, 5_000),
    ({"gain": None}, None),
    ({"vernier_on": None}, None),
    ({"vernier_on": True, "vernier_percent": None}, None),
])  # fmt: skip
def test_total_gain(changes, total):
    assert replace(ALL_KNOWN, **changes).total_gain == total


def test_its_safe_state_is_any_state():
    with preamplifier() as instrument:
        assert instrument.to_safe() == instrument.to_safe() == "SR560: drives nothing; left unchanged"


def test_properties_say_with_one_verb_whether_the_instrument_is_touched():
    properties = [m for m in vars(SR560).values() if isinstance(m, property)]

    assert len(properties) == 14
    assert all(p.__doc__.split()[0] in ("Control", "Measure", "Get", "Set") for p in properties)
