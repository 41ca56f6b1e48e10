"""The Keithley 428 driver reads replies, discards unexpected ones, and reports errors."""

from unittest.mock import MagicMock

import pytest
import pyvisa

from drivers.errors import InstrumentFault, InstrumentLost
from drivers.keithley428_words import Display, ErrorFlag, MachineStatus
from tests.support.instruments import bare428
from tests.support.instruments.bus428 import CLEAN, amplifier, error_word, status

# --- replies of another kind


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


@pytest.mark.parametrize("order", ["ABCDJKLMNPRSTWYZ", "ZYWTSRPNCBA", "HUAVBCNPRSTWZ"])
@pytest.mark.parametrize("width", [1, 2, 3])
def test_the_status_word_is_read_by_letter_wherever_it_stands(order, width):
    options = {"B": 1, "C": 2, "N": 1, "P": 1, "R": 8, "S": 4, "T": 6, "Z": 1, "A": 0}
    order = "A" + order.replace("A", "")
    word = "428A0" + "".join(f"{letter}{options.get(letter, 0):0{width}d}" for letter in order[1:])

    found = MachineStatus.from_word(word)

    assert (found.gain_V_per_A, found.rise_time_s, found.zero_check) == (1e8, 1e-2, True)
    assert (found.bias_supply_on, found.suppress_on, found.filter_on, found.auto_filter) == (True,) * 4
    assert (found.suppress_range, found.enlarge, found.display) == (4, False, Display.NORMAL)


@pytest.mark.parametrize("between", [" ", "\r\n", "\t "])
def test_blanks_in_the_status_word_are_passed_over(between):
    word = between.join(["428A0", "B1", "C2", "N1", "P1", "R08", "S4", "T6", "W0", "Z1"])

    assert MachineStatus.from_word(word).gain_V_per_A == 1e8


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        ("428I+0.000E+00", "it is not in remote .* or another program reads on its bus"),
        ("NDCV-1.2345E+00", "another instrument has this GPIB address"),
        ("428V+0.0000E+00", "query it again"),
    ],
)
def test_a_reply_in_place_of_another_is_said_with_its_likely_cause(reply, cause):
    with pytest.raises(InstrumentFault, match=cause), amplifier(("U0X", reply)) as instrument:
        instrument.status  # noqa: B018


def test_the_rest_of_an_earlier_terminator_is_no_answer():
    with amplifier(("U0X", "\r"), (None, status(R=8))) as instrument:
        assert instrument.status.gain_V_per_A == 1e8


@pytest.mark.parametrize("filler", bare428.PUBLIC_FILLERS)
def test_the_status_word_is_read_in_both_orders_that_fit_public_drivers(filler):
    device = bare428.amplifier(status_filler=filler)
    device.receive(b"A1B1C0N1P1R10S,3T9W1Z0X")

    found = MachineStatus.from_word(bare428.ask(device, b"U0X"))

    assert (found.gain_V_per_A, found.rise_time_s, found.suppress_range) == (1e11, 0.3, 3)
    assert (found.bias_supply_on, found.zero_check, found.suppress_on) == (True, False, True)
    assert (found.filter_on, found.enlarge, found.auto_filter) == (True, True, False)


@pytest.mark.parametrize(
    "added", ["E0", "F12", "G", "I+1.5E-03", "O0", "Q00", "H00J0K0M000", "D1D2", "", "J0K0L0M00Y0"]
)
def test_what_a_firmware_adds_to_the_status_word_is_passed_over(added):
    read = "A1B1C0N1P1R08S04T6W0Z1"
    words = [f"428{read}{added}", f"428A1{added}{read[2:]}"]

    for word in words:
        found = MachineStatus.from_word(word)
        assert (found.gain_V_per_A, found.rise_time_s, found.suppress_range) == (1e8, 1e-2, 4)
        assert (found.zero_check, found.display, found.auto_filter) == (False, Display.DIM, True)


@pytest.mark.parametrize(
    "word", ["428A0B0", status().replace("T0", ""), status(T=0).replace("T0", "T12"), "A0B0C0"]
)
def test_a_broken_status_word_is_a_fault(word):
    with pytest.raises(InstrumentFault, match="status word"):
        MachineStatus.from_word(word)


@pytest.mark.parametrize(
    "options",
    [
        {"R": 15},
        {"R": 11},
        {"W": 2},
        {"T": 12},
        {"B": 2},
        {"C": 3},
        {"N": 3},
        {"P": 7},
        {"Z": 2},
        {"A": 3},
        {"S": 11},
    ],
)
def test_a_status_word_that_no_428_can_say_is_garbled_and_no_setting(options):
    (letter,) = options
    with pytest.raises(InstrumentFault, match=f"garbled; check {letter}; query it again"):
        MachineStatus.from_word(status(**options))


@pytest.mark.parametrize(
    "word",
    [status() + "P1", status() + "P0", status() + "\x07", status()[:-1], status().lower(), status() + " P1"],
)
def test_a_status_word_that_was_damaged_on_its_way_is_garbled(word):
    with pytest.raises(InstrumentFault, match=r"garbled|in place of its machine status word"):
        MachineStatus.from_word(word)


@pytest.mark.parametrize(
    ("word", "reply", "name"),
    [
        ("U3X", "1E+15V/A", "gain_V_per_A"),
        ("U3X", "3E+05V/A", "gain_V_per_A"),
        ("U3X", "-1E+05V/A", "gain_V_per_A"),
        ("U3X", "1E+999V/A", "gain_V_per_A"),
        ("U2X", "428V+5.0025E+00", "bias_supply_V"),
        ("U2X", "428V+1E+999", "bias_supply_V"),
        (None, "428I+5.001E-03", "suppress_A"),
    ],
)
def test_a_number_that_no_428_can_have_is_garbled_and_no_setting(word, reply, name):
    with (
        amplifier((word, reply)) as instrument,
        pytest.raises(InstrumentFault, match="an impossible value; query it again"),
    ):
        getattr(instrument, name)


@pytest.mark.parametrize("reply", ["428B02", "A04", "428 Rev. C1"])
def test_identity_and_firmware(reply):
    with amplifier(("U4X", reply)) as instrument:
        assert instrument.id == f"Keithley 428, firmware {reply.removeprefix('428').strip()}"


# --- errors


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
