"""The junctions of EGaIn that others have published give the numbers of a short script of numpy alone."""

import numpy as np
import pytest

from tests.validation import public


@pytest.mark.skipif(public.FOLDER is None, reason="HOTJUNCTION_RECORDINGS does not name the recordings")
def test_numbers_of_egain_are_those_of_a_plain_calculation():
    *numbers, verdict = public.egain(np.random.default_rng(1))
    assert len(numbers) == 4
    assert (
        numbers[0][1].split()[0] == numbers[0][2].split()[0]
    )  # its error is the wider one of a skewed sample
    for quantity, here, expected, _ in numbers[1:]:
        assert here == expected, quantity
    assert "does not describe" in verdict[1]
