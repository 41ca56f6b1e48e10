"""The bytes of the Keithley 428's bus, as its driver has to send and to take them."""

from contextlib import contextmanager

from pymeasure.test import expected_protocol

from drivers.keithley428 import Keithley428

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
