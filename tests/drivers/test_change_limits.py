"""Changes of an output are checked before they are sent, against values that follow from the limits alone."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from drivers.change_limits import ChangeLimits
from drivers.errors import OutOfRange

RATE_Hz = 1000.0
VOLTS = st.floats(-10, 10)


@given(VOLTS, st.lists(VOLTS, min_size=1, max_size=30), st.floats(1e-3, 20), st.floats(1, 2e4))
def test_a_waveform_passes_if_and_only_if_each_change_is_allowed(held, values, step, per_s):
    """Written out as a loop: a change to the safe value is always allowed."""
    allowed = all(
        after == 0.0 or (abs(after - before) <= step and abs(after - before) * RATE_Hz <= per_s)
        for before, after in zip([held, *values], values, strict=False)
    )
    try:
        ChangeLimits(step=step, per_s=per_s).check_waveform("bias", held, np.array(values), RATE_Hz, 0.0)
        passed = True
    except OutOfRange:
        passed = False

    assert passed == allowed


@given(VOLTS, VOLTS, st.floats(1e-3, 20), st.floats(1e-3, 20), VOLTS)
def test_a_write_passes_if_and_only_if_it_is_a_small_step_and_near_the_safe_value(
    held, value, step, jump, safe
):
    assume(not math.isclose(abs(value - held), step, rel_tol=1e-5))
    assume(not math.isclose(abs(value - safe), jump, rel_tol=1e-5))
    allowed = value == safe or (abs(value - held) <= step and abs(value - safe) <= jump)
    try:
        ChangeLimits(step=step, jump=jump).check_write("z", held, value, safe)
        passed = True
    except OutOfRange:
        passed = False

    assert passed == allowed


@pytest.mark.parametrize("limits", [ChangeLimits(step=1.0), ChangeLimits(jump=1.0)])
def test_from_an_unknown_value_only_the_safe_one_may_be_written(limits):
    limits.check_write("bias", math.nan, 0.0, 0.0)
    if not math.isinf(limits.step):
        with pytest.raises(OutOfRange, match="step of output 'bias'"):
            limits.check_write("bias", math.nan, 0.5, 0.0)
    with pytest.raises(OutOfRange, match="output 'bias'"):
        limits.check_write("bias", math.nan, 1.5, 0.0)


def test_from_an_unknown_value_no_waveform_with_a_limit_starts():
    values = np.zeros(4) + 0.5
    with pytest.raises(OutOfRange, match="from a known value"):
        ChangeLimits(step=1.0).check_waveform("bias", math.nan, values, RATE_Hz, 0.0)
    ChangeLimits().check_waveform("bias", math.nan, values, RATE_Hz, 0.0)
