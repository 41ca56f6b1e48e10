"""Numbers for people: rounded to their error, powers of ten as superscripts, no superfluous digits."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from math import ceil, floor, isfinite, log10

MINUS, TIMES = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}"
_EXACT = Context(prec=1000)  # any two floats can be added
_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
PLAIN_FROM, PLAIN_TO = 1e-3, 1e5
"""Range of numbers that are written without a power of ten."""
PLAIN_EXPONENTS = -2, 4
"""Range of powers of ten of numbers with an error that are written without one."""


def minus(text: str) -> str:
    """Replace hyphens by minus signs."""
    return text.replace("-", MINUS)


def power(exponent: int) -> str:
    """Format an integer power of ten: "10⁻³"."""
    return "10" + str(exponent).translate(_SUPERSCRIPTS)


def fixed_decimals(value: float, resolution: float) -> str:
    """Format a value with the decimals that a step of ``resolution`` needs: "0.250" for steps of 0.005."""
    if not isfinite(value):
        return "–"
    largest = max(abs(value), resolution)
    if largest >= PLAIN_TO or (resolution < PLAIN_FROM / 10 and largest < PLAIN_FROM):
        exponent = floor(log10(largest))
        return f"{fixed_decimals(value / 10**exponent, resolution / 10**exponent)}{TIMES}{power(exponent)}"
    decimals = max(0, ceil(-log10(resolution) - 1e-9))
    text = f"{value:.{decimals}f}"
    return minus(text.removeprefix("-") if float(text) == 0 else text)


@dataclass(frozen=True)
class Notation:
    """Signs that numbers are written with: minus, plus-minus, and mark of an unknown number."""

    minus: str
    plus_minus: str
    unknown: str

    def times_power(self, exponent: int) -> str:
        """Format a power of ten after a number: "×10⁻³", in ASCII "e-03"."""
        return f"e{exponent:+03d}" if self.minus == "-" else f"{TIMES}{power(exponent)}"


UNICODE = Notation(MINUS, "±", "–")
ASCII = Notation("-", "+-", "unknown")


def decimals_of(error: float) -> int | None:
    """Return the decimals to which an error is rounded by the rule of the Particle Data Group; None if it is unknown.

    Two digits if its first three are 100 to 354, one if they are 355 to 949; 950 and more become 10. Negative for
    tens, hundreds ... Reference: Review of Particle Physics, Introduction, section "Rounding".
    """
    if not (isfinite(error) and error > 0.0):
        return None
    mantissa, exponent = f"{error:.2e}".split("e")
    two_digits = int(mantissa.replace(".", "")) <= 354
    return (1 if two_digits else 0) - int(exponent)


def with_error(value: float, error: float | tuple[float, float], notation: Notation = UNICODE) -> str:
    """Format a value and its error, rounded by the rule of the Particle Data Group (see `decimals_of`).

    Parameters
    ----------
    value : float
    error : float or tuple of float
        Standard error, or errors (down, up) of an asymmetric interval, of which the smaller decides the digits.
        Zero, NaN or infinity for an unknown error: the value alone.
    notation : Notation
        `UNICODE` ("(2.07 ± 0.05)×10⁻³", "1.20 +0.11 −0.09") or `ASCII` ("(2.07 +- 0.05)e-03").
    """
    errors = error if isinstance(error, tuple) else (error,)
    places = [decimals_of(each) for each in errors]
    known = [decimals for decimals in places if decimals is not None]
    if not isfinite(value) or len(known) < len(errors):
        return significant(value, notation=notation)
    decimals = max(known)
    exponent = _exponent(max(abs(value), *errors), decimals)
    three_digits = (float(f"{each:.2e}") for each in errors)  # so that 0.0095 becomes 0.010
    middle, *around = (_rounded(each, decimals, exponent, notation) for each in (value, *three_digits))
    if len(around) == 1:
        text = f"{middle} {notation.plus_minus} {around[0]}"
    else:
        text = f"{middle} +{around[1]} {notation.minus}{around[0]}"
    return f"({text}){notation.times_power(exponent)}" if exponent else text


def rounded(value: float, error: float, notation: Notation = UNICODE) -> str:
    """Format a value alone, with the decimals that its error gives it (see `decimals_of`)."""
    decimals = decimals_of(error)
    if not isfinite(value) or decimals is None:
        return significant(value, notation=notation)
    exponent = _exponent(max(abs(value), error), decimals)
    text = _rounded(value, decimals, exponent, notation)
    return f"{text}{notation.times_power(exponent)}" if exponent else text


def _exponent(largest: float, decimals: int) -> int:
    """Return the power of ten in which numbers up to this one, once rounded, are written; 0 for a plain number."""
    exponent = _quantized(largest, decimals).adjusted()
    return 0 if PLAIN_EXPONENTS[0] <= exponent <= PLAIN_EXPONENTS[1] else exponent


def _rounded(value: float, decimals: int, exponent: int, notation: Notation) -> str:
    """Format a value in units of a power of ten, rounded to decimals of the value itself; never "-0.00"."""
    number = _quantized(value, decimals)
    text = format(number.scaleb(-exponent, _EXACT), "f")
    return text.removeprefix("-") if number == 0 else text.replace("-", notation.minus)


def _quantized(value: float, decimals: int) -> Decimal:
    return Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, _EXACT)


def significant(value: float, digits: int = 3, notation: Notation = UNICODE) -> str:
    """Format a value with a number of significant digits, with a power of ten if it is very small or large."""
    if not isfinite(value):
        return notation.unknown
    if value == 0:
        return "0"
    exponent = int(f"{value:.{digits - 1}e}".split("e")[1])  # of the rounded value: 9.996 is 10.0
    if PLAIN_FROM <= abs(value) < PLAIN_TO:
        return f"{value:.{max(0, digits - 1 - exponent)}f}".replace("-", notation.minus)
    mantissa = f"{value / 10.0**exponent:.{digits - 1}f}".replace("-", notation.minus)
    return mantissa + notation.times_power(exponent)


def probability(p: float, notation: Notation = UNICODE) -> str:
    """Format a p-value: two digits, one below 10⁻⁴: "0.034", "9×10⁻³³"."""
    return significant(p, 2 if p >= 1e-4 else 1, notation)


def of_many(number: int, nouns: str) -> str:
    """Format a number with its noun, given in the plural: "1 trace", "2 traces"."""
    return f"{number} {nouns if number != 1 else nouns.removesuffix('es' if nouns.endswith('ches') else 's')}"


def counted(number: int, noun: str) -> str:
    """Format a number with its noun: "1 trace", "2 traces"."""
    return f"{number} {noun}" + ("" if number == 1 else "s")
