"""Numbers as people read them on a plot: a real minus sign, powers of ten written out, no idle digits."""

from math import ceil, floor, isfinite, log10

MINUS, TIMES = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}"
_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
PLAIN_FROM, PLAIN_TO = 1e-3, 1e5
"""Numbers outside are written with a power of ten."""


def minus(text: str) -> str:
    """The text with a minus sign instead of a hyphen."""
    return text.replace("-", MINUS)


def power(exponent: int) -> str:
    """10 to an integer power: 10⁻³."""
    return "10" + str(exponent).translate(_SUPERSCRIPTS)


def fixed(value: float, resolution: float) -> str:
    """The value with as many decimals as a step of ``resolution`` needs: 0.250 for steps of 0.005."""
    if not isfinite(value):
        return "–"
    largest = max(abs(value), resolution)
    if largest >= PLAIN_TO or (resolution < PLAIN_FROM / 10 and largest < PLAIN_FROM):
        exponent = floor(log10(largest))
        return f"{fixed(value / 10**exponent, resolution / 10**exponent)}{TIMES}{power(exponent)}"
    decimals = max(0, ceil(-log10(resolution) - 1e-9))
    text = f"{value:.{decimals}f}"
    return minus(text.removeprefix("-") if float(text) == 0 else text)


def with_error(value: float, error: float) -> str:
    """A number to the two digits that its error leaves: 0.982 ± 0.004, (2.07 ± 0.05)×10⁻³."""
    if not (isfinite(value) and isfinite(error) and error > 0):
        return significant(value)
    exponent = floor(log10(abs(value))) if value else 0
    exponent = 0 if -2 <= exponent <= 3 else exponent
    value, error = value / 10.0**exponent, error / 10.0**exponent
    first = floor(log10(error))
    digits = max(0, -first if error / 10.0**first >= 3 else 1 - first)
    text = minus(f"{value:.{digits}f} ± {error:.{digits}f}")
    return f"({text}){TIMES}{power(exponent)}" if exponent else text


def significant(value: float, digits: int = 3) -> str:
    """The value with so many significant digits, as a power of ten where it is very small or large."""
    if not isfinite(value):
        return "–"
    if value == 0:
        return "0"
    exponent = floor(log10(abs(value)))
    if PLAIN_FROM <= abs(value) < PLAIN_TO:
        return minus(f"{value:.{max(0, digits - 1 - exponent)}f}")
    return f"{minus(f'{value / 10.0**exponent:.{digits - 1}f}')}{TIMES}{power(exponent)}"


def counted(number: int, noun: str) -> str:
    """The number with the noun: 1 trace, 2 traces."""
    return f"{number} {noun}" + ("" if number == 1 else "s")
