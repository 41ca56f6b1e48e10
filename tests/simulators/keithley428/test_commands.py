"""The language of the simulated Keithley 428, in raw bytes: words in, replies out."""

import numpy as np
import pytest

from tests.support.instruments.bare428 import DT, IDEAL, PUBLIC_FILLERS, amplifier, ask, errors, letters

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


@pytest.mark.parametrize("filler", PUBLIC_FILLERS)
def test_machine_status_has_the_positions_that_public_drivers_read(filler: str) -> None:
    device = amplifier(status_filler=filler)
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
