from fractions import Fraction

import numpy as np
import pytest

from analysis.heating.programme import ordered, three_level

LEVELS = [(1.0, 2), (0.5, 1), (-1.0, Fraction(1, 2))]


def test_levels_go_as_given_or_backwards():
    given, reverse = ordered(LEVELS), ordered(LEVELS, "-0+")

    assert [level.bias_V for level in given.levels] == [1.0, 0.5, -1.0]
    assert reverse.levels == given.levels[::-1]


def test_alternating_levels_have_coinciding_centres_of_time():
    programme = ordered(LEVELS, "alternating", Fraction(10))

    bias_V = programme.bias_V(7000.0)
    centres = [np.flatnonzero(bias_V == level).mean() for level in (1.0, 0.5, -1.0)]
    assert programme.frequency_Hz == 5
    np.testing.assert_allclose(centres, (bias_V.size - 1) / 2, atol=0.5)


def test_three_levels_are_equal_thirds():
    assert three_level(0.5).levels == ordered([(0.5, 1), (0.0, 1), (-0.5, 1)]).levels


def test_an_unknown_order_is_named():
    with pytest.raises(ValueError, match=r"'0\+-'"):
        ordered(LEVELS, "0+-")
