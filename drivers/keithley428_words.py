"""Command words and replies of the Keithley 428, and its settings as one record.

Sources: Keithley 428 instruction manual 428-901-01 for the letters. The full layout of the machine status word is
not published, so it is read by letter, never by position, and letters that only some firmware sends are passed over.
Options of D, H, J, K, L and M are those of sister instruments (Keithley 6487 reference manual, appendix C): confirm
them on the instrument.
"""

import re
from dataclasses import dataclass, field, fields, replace
from enum import Flag, IntEnum, IntFlag
from typing import Any, Self

from drivers.errors import InstrumentFault, OutOfRange
from drivers.limits import member_of, number_between, on_or_off, position_in, whole_between
from drivers.settings import differences

GAINS_V_per_A = tuple(10.0**exponent for exponent in range(3, 12))
RISE_TIMES_s = (1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1)
"""10-90 % rise times of T0 to T9."""

SUPPRESS_RANGES_A = (5e-9, 5e-8, 5e-7, 5e-6, 5e-5, 5e-4, 5e-3)
"""Full scales of S,1 to S,7."""

BIAS_LIMIT_V = 5.0
BIAS_STEP_V = 2.5e-3
OPTIONS = {"A": 3, "B": 2, "C": 3, "N": 3, "P": 2, "R": 11, "S": 11, "T": 10, "W": 2, "Z": 2}
"""Number of options (0, 1, ...) of each letter read from the status word."""

IDLE = {"idle": True}
"""Metadata of a setting on which no sample depends: the display, and the range of a suppression that is off."""

NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:E[+-]?\d+)?"


MOST_LETTERS = 100


def quoted(reply: str) -> str:
    """Return a reply for a message, cut to a readable length."""
    shown = reply if len(reply) <= MOST_LETTERS else f"{reply[:MOST_LETTERS]}..."
    return repr(shown)


def unexpected(reply: str, expected: str) -> str:
    """Return the sentence on a reply that is not what was asked for, with its likely cause."""
    sentence = f"Keithley 428: it returned {quoted(reply)} in place of {expected}"
    if reply.startswith("428I"):
        return (
            f"{sentence}, as it does when it has not taken the question: it is not in remote (don't press LOCAL; the "
            "controller must assert REN), or another program reads on its bus"
        )
    if reply and not reply.startswith("428"):
        return f"{sentence}: another instrument has this GPIB address, or several have"
    return f"{sentence}; query it again"


class Display(IntEnum):
    """Front-panel display: A."""

    NORMAL = 0
    DIM = 1
    OFF = 2


class Handshake(IntEnum):
    """Bus end-or-identify and hold-off until X is done: K."""

    EOI_AND_HOLD_OFF = 0
    HOLD_OFF = 1
    EOI = 2
    NEITHER = 3


class Terminator(IntEnum):
    """Terminator of each reply: Y."""

    CR_LF = 0
    LF_CR = 1
    CR = 2
    LF = 3

    @property
    def characters(self) -> str:
        """The terminator's characters."""
        return ("\r\n", "\n\r", "\r", "\n")[self]


class StatusByte(IntFlag):
    """Bits of the serial-poll byte and of the SRQ mask."""

    READY = 16
    ERROR = 32
    SERVICE_REQUESTED = 64


class ErrorFlag(Flag):
    """Eleven flags of the error word (U1), in its order. Reading the word clears it."""

    ILLEGAL_COMMAND = 1 << 0
    ILLEGAL_OPTION = 1 << 1
    NOT_IN_REMOTE = 1 << 2
    SELF_TEST_FAILED = 1 << 3
    SUPPRESS_CONFLICT = 1 << 4
    CURRENT_TOO_LARGE_TO_SUPPRESS = 1 << 5
    AUTO_SUPPRESS_WITH_ZERO_CHECK_ON = 1 << 6
    ZERO_CORRECT_FAILED = 1 << 7
    EEPROM_CHECKSUM = 1 << 8
    OVERLOAD = 1 << 9
    GAIN_RISE_TIME_CONFLICT = 1 << 10

    @classmethod
    def from_word(cls, word: str) -> Self:
        """Read the error word: "428" and eleven characters 0 or 1. Raises InstrumentFault for any other."""
        match = re.fullmatch(r"428([01]{11})", word.strip())
        if match is None:
            raise InstrumentFault(unexpected(word.strip(), "its error word (428 and eleven flags)"))
        return cls(sum(1 << place for place, flag in enumerate(match[1]) if flag == "1"))

    def advice(self) -> str:
        """Return the meaning and the remedy of each raised flag, as sentences."""
        return " ".join(ADVICE[flag] for flag in self)


ADVICE = {
    ErrorFlag.ILLEGAL_COMMAND: "It does not recognise a letter of a command, perhaps of another program (IDDC).",
    ErrorFlag.ILLEGAL_OPTION: "It does not recognise an option of the command (IDDCO).",
    ErrorFlag.NOT_IN_REMOTE: "It is not in remote: don't press LOCAL, and let the controller assert REN.",
    ErrorFlag.SELF_TEST_FAILED: "Its self-test failed: it needs service.",
    ErrorFlag.SUPPRESS_CONFLICT: "The suppression value does not fit its range: choose a larger range.",
    ErrorFlag.CURRENT_TOO_LARGE_TO_SUPPRESS: "The input current is too large to suppress: reduce it or the gain.",
    ErrorFlag.AUTO_SUPPRESS_WITH_ZERO_CHECK_ON: "Auto-suppress needs zero check off.",
    ErrorFlag.ZERO_CORRECT_FAILED: "Zero correct failed: disconnect the input and try again.",
    ErrorFlag.EEPROM_CHECKSUM: "Its calibration memory is corrupt: its gains cannot be trusted; it needs service.",
    ErrorFlag.OVERLOAD: "It is overloaded: reduce the current or the gain.",
    ErrorFlag.GAIN_RISE_TIME_CONFLICT: "The rise time is too short for this gain: choose a longer one.",
}


@dataclass(frozen=True)
class MachineStatus:
    """Machine status word (U0), read by letter. ``word`` is the reply itself."""

    word: str = field(repr=False)
    display: Display
    bias_supply_on: bool
    zero_check: bool
    suppress_on: bool
    filter_on: bool
    gain_V_per_A: float
    enlarge: bool
    rise_time_s: float
    auto_filter: bool
    suppress_range: int | None

    @classmethod
    def from_word(cls, word: str) -> Self:
        """Parse the word.

        Raises
        ------
        InstrumentFault
            If the word is of another kind, or invalid: a letter is missing or repeated, or an option does not exist.
        """
        option = _options(word.strip())
        return cls(
            word=word.strip(),
            display=Display(option["A"]),
            bias_supply_on=bool(option["B"]),
            zero_check=option["C"] != 0,  # 2 follows a zero correct, which leaves zero check on
            suppress_on=option["N"] != 0,
            filter_on=bool(option["P"]),
            # R0 to R3 all mean 1e3; W1 multiplies by ten
            gain_V_per_A=10.0 ** (max(option["R"], 3) + option["W"]),
            enlarge=bool(option["W"]),
            rise_time_s=RISE_TIMES_s[option["T"]],
            auto_filter=bool(option["Z"]),
            suppress_range=option["S"] if option["S"] in range(1, 8) else None,
        )


def _options(word: str) -> dict[str, int]:
    """Return the option of each letter in `OPTIONS`; other letters, which depend on the firmware, are passed over.

    Raises InstrumentFault if the word is of another kind, or a letter is missing, repeated or without a valid option.
    """
    word = "".join(word.split())
    if not re.match(r"428A\d", word):
        raise InstrumentFault(unexpected(word, "its machine status word"))
    pairs = re.findall(r"([A-Z])([-+.,\d]*)", word[3:])
    read = [(letter, option) for letter, option in pairs if letter in OPTIONS]
    options = {letter: int(option) for letter, option in read if option.isdecimal()}
    wrong = [letter for letter, n in OPTIONS.items() if options.get(letter, n) not in range(n)]
    whole = "".join(letter + option for letter, option in pairs) == word[3:]
    if len(read) > len(OPTIONS) or not whole or wrong:
        why = f"; check {', '.join(wrong)}" if wrong else ""
        raise InstrumentFault(
            f"Keithley 428: machine status word {quoted(word)} is garbled{why}; query it again"
        )
    return options


@dataclass(frozen=True)
class Keithley428State(MachineStatus):
    """Settings that the front panel can change: the machine status word and the bias supply's voltage."""

    bias_supply_V: float


def gain_words(gain_V_per_A: object, enlarge: object = None) -> str:
    """Return the words of a total gain, 1e3 to 1e11 V/A.

    With ``enlarge`` None, only 1e11 V/A uses the ten-fold enlargement (R10 with W1).
    """
    exponent = 3 + position_in("gain of the Keithley 428 (V/A)", gain_V_per_A, GAINS_V_per_A)
    enlarged = (
        exponent == 11 if enlarge is None else on_or_off("ten-fold enlarge of the Keithley 428", enlarge)
    )
    if not 3 <= exponent - enlarged <= 10:
        allowed = "1e4 to 1e11 with enlarge on" if enlarged else "1e3 to 1e10 with enlarge off"
        raise OutOfRange("gain of the Keithley 428 (V/A)", gain_V_per_A, allowed)
    return f"R{exponent - enlarged}W{enlarged:d}"


def rise_time_word(rise_time_s: object) -> str:
    """Return the word of a rise time."""
    return f"T{position_in('rise time of the Keithley 428 (s)', rise_time_s, RISE_TIMES_s)}"


def bias_on_grid(bias_V: object) -> float:
    """Return the bias on the supply's 2.5 mV grid nearest to ``bias_V`` (-5 to 5 V, both included)."""
    allowed = f"{-BIAS_LIMIT_V:g} to {BIAS_LIMIT_V:g} in steps of {BIAS_STEP_V:g}"
    bias_V = number_between("bias of the Keithley 428 (V)", bias_V, -BIAS_LIMIT_V, BIAS_LIMIT_V, allowed)
    return round(bias_V / BIAS_STEP_V) * 25 / 10_000  # exact decimals; symmetric about 0


def bias_word(bias_V: object) -> str:
    """Return the word of a bias, with the upper-case exponent that the instrument requires."""
    return f"V{bias_on_grid(bias_V):.4E}"


def suppress_words(suppress_A: object, suppress_range: object = None) -> str:
    """Return the words of a suppression current and its range (1 to 7, None for the smallest that contains it)."""
    largest = SUPPRESS_RANGES_A[-1]
    current = number_between("suppression of the Keithley 428 (A)", suppress_A, -largest, largest)
    if suppress_range is None:
        option = next(n for n, full in enumerate(SUPPRESS_RANGES_A, start=1) if abs(current) <= full)
    else:
        option = whole_between(
            "suppression range of the Keithley 428", suppress_range, 1, len(SUPPRESS_RANGES_A)
        )
    full = SUPPRESS_RANGES_A[option - 1]
    number_between(f"suppression of the Keithley 428 in range {option} (A)", current, -full, full)
    return f"S{current:.4E},{option}"


@dataclass(frozen=True)
class Keithley428Settings:
    """Settings of a Keithley 428, requested or read back. None leaves a setting unchanged.

    Raises OutOfRange for a value that the instrument cannot take. ``rise_time_s`` is not sent together with
    ``auto_filter``, because it then follows the gain; ``firmware`` is never sent.
    """

    gain_V_per_A: float | None = None
    enlarge: bool | None = None
    rise_time_s: float | None = None
    filter_on: bool | None = None
    auto_filter: bool | None = None
    zero_check: bool | None = None
    suppress_on: bool | None = None
    suppress_A: float | None = field(
        default=None, metadata={"relative": 1e-3, "absolute": 1e-13}
    )  # four digits
    suppress_range: int | None = field(default=None, metadata=IDLE)
    bias_supply_on: bool | None = None
    bias_supply_V: float | None = None
    display: Display | None = field(default=None, metadata=IDLE)
    firmware: str | None = None

    def __post_init__(self) -> None:
        if self.gain_V_per_A is not None:
            gain_words(self.gain_V_per_A, self.enlarge)
        if self.rise_time_s is not None:
            rise_time_word(self.rise_time_s)
        if self.suppress_A is not None:
            suppress_words(self.suppress_A, self.suppress_range)
        if self.bias_supply_V is not None:
            bias_word(self.bias_supply_V)
        if self.display is not None:
            object.__setattr__(
                self, "display", member_of("display of the Keithley 428", self.display, Display)
            )
        for setting in fields(self):
            if setting.type == bool | None and getattr(self, setting.name) is not None:
                on_or_off(f"{setting.name} of the Keithley 428", getattr(self, setting.name))

    @classmethod
    def read_back(cls, status: MachineStatus, **more: Any) -> Self:
        """Return the settings from a status word, completed by ``more``, which it does not contain."""
        read = {
            setting.name: getattr(status, setting.name)
            for setting in fields(cls)
            if hasattr(status, setting.name)
        }
        return cls(**{**read, **more})

    def differences(self, found: Self) -> list[str]:
        """Return sentences on the settings requested here that differ in ``found``."""
        requested = replace(
            self,
            firmware=None,
            rise_time_s=None if self.auto_filter else self.rise_time_s,
            bias_supply_V=None if self.bias_supply_V is None else bias_on_grid(self.bias_supply_V),
        )
        return differences(requested, found)
