"""Command language of the Keithley 428: words of a letter and an option, joined, and executed at X.

Options marked "sister" are those of Keithley's 617, 6512 and 6487, which use the same language; the 428's manual was
not available.
"""

import re

OPTIONS = {
    "A": range(3),  # display normal, dim, off
    "B": range(2),  # bias supply off, on
    "C": range(3),  # zero check off, on, zero correct
    "H": range(32),  # hit a front-panel button; changes nothing here
    "J": range(1),  # self-test, which always passes; sister
    "K": range(4),  # 0 EOI and hold-off on X, 1 hold-off only, 2 EOI only, 3 neither; sister
    "L": range(2),  # restore the power-up settings, save the present ones as such; sister
    "M": range(64),  # bits of the status byte that request service; sister
    "N": range(3),  # suppression off, on, auto-suppress
    "P": range(2),  # filter off, on
    "R": range(11),  # gain 10^n V/A; 0, 1 and 2 mean 3
    "T": range(10),  # rise time
    "U": range(5),  # status word: machine, errors, bias, gain, firmware; U alone cancels a request
    "W": range(2),  # x10 off, on
    "Y": range(4),  # terminator
    "Z": range(2),  # auto filter off, on
}
"""Letters with an integer option, and its legal values. D, S and V are handled separately."""

AUTO_RANGE, FIXED_RANGE = 0, 10
SUPPRESS_RANGES = (AUTO_RANGE, *range(1, 8), FIXED_RANGE)
BIAS_LIMIT_V = 5.0
LONGEST_DISPLAY = 10

# Positions of the flags in the error word U1, after "428". Unused here: 3, failed self-test; 8, EEPROM checksum.
ILLEGAL_COMMAND, ILLEGAL_OPTION, NOT_REMOTE = 0, 1, 2
SUPPRESS_CONFLICT, TOO_LARGE_TO_SUPPRESS, SUPPRESS_WITH_ZERO_CHECK = 4, 5, 6
ZERO_CORRECT_FAILED, OVERLOAD, RISE_TIME_CONFLICT = 7, 9, 10
ERROR_FLAGS = 11

Suppression = tuple[float | None, int | None]
Word = tuple[str, int | float | str | Suppression | None]

_WORD = re.compile(r"\s+|D[^X]*|[A-CF-Z][-+0-9.,E]*|.", re.DOTALL)
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(E[-+]?\d+)?", re.ASCII)


class CommandError(Exception):
    """Refused word; ``flag`` is its position in the error word U1."""

    def __init__(self, flag: int) -> None:
        super().__init__(f"error flag {flag}")
        self.flag = flag


def parse(text: str) -> list[Word]:
    """Return the words of a string without its X, as (letter, option).

    The option of S is (amps or None, range or None), of V volts, of D the text, of U alone None.
    Letters are upper case only, including the E of an exponent.

    Raises
    ------
    CommandError
        With the flag IDDC for an unknown letter or character, IDDCO for an option out of range.
    """
    return [_parse_word(word) for word in _WORD.findall(text) if not word.isspace()]


def _parse_word(word: str) -> Word:
    letter, option = word[0], word[1:]
    if letter == "D":
        return letter, _display(option)
    if letter == "S":
        return letter, _suppression(option)
    if letter == "V":
        return letter, _number(option, BIAS_LIMIT_V)
    if letter not in OPTIONS:
        raise CommandError(ILLEGAL_COMMAND)
    if letter == "U" and not option:
        return letter, None
    if not re.fullmatch("[0-9]{1,2}", option) or int(option) not in OPTIONS[letter]:
        raise CommandError(ILLEGAL_OPTION)
    return letter, int(option)


def _display(text: str) -> str:
    if len(text) > LONGEST_DISPLAY or not text.isascii() or not text.replace(" ", "0").isprintable():
        raise CommandError(ILLEGAL_OPTION)
    return text


def _suppression(option: str) -> Suppression:
    """Parse ``value``, ``value,range`` or ``,range``."""
    amps, _, number = option.partition(",")
    if not option or (
        number and (not re.fullmatch("[0-9]{1,2}", number) or int(number) not in SUPPRESS_RANGES)
    ):
        raise CommandError(ILLEGAL_OPTION)
    return (_number(amps) if amps else None), (int(number) if number else None)


def _number(text: str, limit: float = float("inf")) -> float:
    if not _NUMBER.fullmatch(text) or abs(number := float(text)) > limit:
        raise CommandError(ILLEGAL_OPTION)
    return number
