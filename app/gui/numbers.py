"""Numbers for people: a real minus sign, powers of ten as superscripts, no superfluous digits."""

from math import ceil, floor, isfinite, log10

MINUS, TIMES = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}"
_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
PLAIN_FROM, PLAIN_TO = 1e-3, 1e5
"""Range of numbers that are written without a power of ten."""


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


def with_error(value: float, error: float) -> str:
    """Format a value with its error to one or two digits: "0.982 ± 0.004", "(2.07 ± 0.05)×10⁻³"."""
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
    """Format a value with a number of significant digits, with a power of ten if it is very small or large."""
    if not isfinite(value):
        return "–"
    if value == 0:
        return "0"
    exponent = floor(log10(abs(value)))
    if PLAIN_FROM <= abs(value) < PLAIN_TO:
        return minus(f"{value:.{max(0, digits - 1 - exponent)}f}")
    return f"{minus(f'{value / 10.0**exponent:.{digits - 1}f}')}{TIMES}{power(exponent)}"


def counted(number: int, noun: str) -> str:
    """Format a number with its noun: "1 trace", "2 traces"."""
    return f"{number} {noun}" + ("" if number == 1 else "s")
