"""One value, one rounding: the rule of the Particle Data Group in both notations."""

import math

import pytest

from analysis.numbers import ASCII, decimals_of, of_many, probability, rounded, significant, with_error

NAN = float("nan")


@pytest.mark.parametrize(
    ("value", "error", "text", "plain"),
    [
        (0.0951, 0.0949, "0.10 ± 0.09", "0.10 +- 0.09"),
        (0.827, 0.119, "0.83 ± 0.12", "0.83 +- 0.12"),  # the rule's own examples
        (0.827, 0.367, "0.8 ± 0.4", "0.8 +- 0.4"),
        (14.674, 0.964, "14.7 ± 1.0", "14.7 +- 1.0"),
        (9.96, 0.04, "9.96 ± 0.04", "9.96 +- 0.04"),
        (9.996, 0.04, "10.00 ± 0.04", "10.00 +- 0.04"),
        (-0.9724, 0.0113, "−0.972 ± 0.011", "-0.972 +- 0.011"),
        (-0.001, 0.5, "0.0 ± 0.5", "0.0 +- 0.5"),
        (0.0, 0.0354, "0.000 ± 0.035", "0.000 +- 0.035"),
        (0.0, 0.0355, "0.00 ± 0.04", "0.00 +- 0.04"),
        (72812.0, 512.0, "72800 ± 500", "72800 +- 500"),
        (3.0, 999.0, "0 ± 1000", "0 +- 1000"),
        (2.071e-3, 3.7e-5, "(2.07 ± 0.04)×10⁻³", "(2.07 +- 0.04)e-03"),
        (1.2345e-12, 2e-14, "(1.235 ± 0.020)×10⁻¹²", "(1.235 +- 0.020)e-12"),
        (-1e-20, 4.2e-12, "(0 ± 4)×10⁻¹²", "(0 +- 4)e-12"),
        (1.0004e6, 3.6e3, "(1.000 ± 0.004)×10⁶", "(1.000 +- 0.004)e+06"),
        (0.97, 0.0, "0.970", "0.970"),
        (0.97, NAN, "0.970", "0.970"),
        (0.97, math.inf, "0.970", "0.970"),
        (-4e-7, 0.0, "−4.00×10⁻⁷", "-4.00e-07"),
        (NAN, 0.1, "–", "unknown"),
        (NAN, NAN, "–", "unknown"),
        (math.inf, 0.1, "–", "unknown"),
        (1.2041, (0.0312, 0.1189), "1.204 +0.119 −0.031", "1.204 +0.119 -0.031"),
        (-1.2041, (0.36, 0.52), "−1.2 +0.5 −0.4", "-1.2 +0.5 -0.4"),
        (2.071e-3, (3.7e-5, 9e-5), "(2.07 +0.09 −0.04)×10⁻³", "(2.07 +0.09 -0.04)e-03"),
        (1.5, (0.1, NAN), "1.50", "1.50"),
    ],
)
def test_value_with_error(value, error, text, plain):
    assert with_error(value, error) == text
    assert with_error(value, error, ASCII) == plain
    assert plain.isascii()


@pytest.mark.parametrize(
    ("error", "decimals"),
    [
        (0.1, 2),
        (0.354, 2),
        (0.355, 1),
        (0.949, 1),
        (0.950, 1),
        (0.9951, 1),
        (1.0, 1),
        (35.4, 0),
        (3540.0, -2),
    ],
)
def test_decimals_of_an_error(error, decimals):
    assert decimals_of(error) == decimals


@pytest.mark.parametrize("error", [0.0, -1.0, NAN, math.inf])
def test_an_unknown_error_has_no_decimals(error):
    assert decimals_of(error) is None


@pytest.mark.parametrize(
    ("error", "digits"),
    [(1.0, "1231"), (3.54, "12335"), (3.55, "124"), (9.49, "129"), (9.5, "121"), (9.99, "121")],
)
def test_digits_do_not_depend_on_the_unit(error, digits):
    """A value and an error scaled by a power of ten show the same digits."""
    for exponent in range(-30, 31):
        text = with_error(float(f"12.34e{exponent}"), float(f"{error}e{exponent}"))
        shown = "".join(character for character in text if character in "123456789")
        assert shown.startswith(digits), text


def test_a_value_alone_has_the_digits_of_its_error():
    assert rounded(0.98214, 0.0036) == "0.982"
    assert rounded(2.0714e-3, 3.7e-5) == "2.07×10⁻³"
    assert rounded(3.7e-5, 3.7e-5) == "4×10⁻⁵"
    assert rounded(-2.5, NAN) == "−2.50"


def test_the_power_of_ten_is_that_of_the_rounded_number():
    assert rounded(0.0096, 0.0096) == "0.010"
    assert with_error(9.98e-3, 9.6e-4) == "0.0100 ± 0.0010"
    assert significant(9.996e-4) == "1.00×10⁻³"
    assert significant(0.09996) == "0.100"


def test_small_probabilities_have_a_power_of_ten_and_one_digit():
    assert probability(9.2e-33) == "9×10⁻³³"
    assert probability(0.0342) == "0.034"
    assert probability(2.4e-4, ASCII) == "2.4e-04"


@pytest.mark.parametrize(
    ("number", "nouns", "text"),
    [
        (1, "traces", "1 trace"),
        (2, "traces", "2 traces"),
        (1, "stretches", "1 stretch"),
        (0, "holds", "0 holds"),
    ],
)
def test_one_of_many_is_singular(number, nouns, text):
    assert of_many(number, nouns) == text
