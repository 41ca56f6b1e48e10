"""`pytest.approx` of arrays, compared as arrays: number after number takes 20 us each."""

from typing import Any

import numpy as np
import pytest

ArrayApprox = type(pytest.approx(np.zeros(1)))
number_by_number = ArrayApprox.__eq__
DEFAULT_REL, DEFAULT_ABS = 1e-6, 1e-12  # those of pytest


def near(approx: Any, actual: Any) -> bool:
    """Return True for finite arrays within the tolerance; False decides nothing."""
    expected = approx.expected
    if not isinstance(actual, np.ndarray) or not (actual.dtype == expected.dtype == float):
        return False
    if actual.shape != expected.shape or not (np.isfinite(actual).all() and np.isfinite(expected).all()):
        return False
    absolute = DEFAULT_ABS if approx.abs is None else approx.abs
    only_absolute = approx.rel is None and approx.abs is not None
    relative = 0.0 if only_absolute else DEFAULT_REL if approx.rel is None else approx.rel
    if not (absolute >= 0 and relative >= 0):
        return False
    with np.errstate(over="ignore"):
        return bool(np.all(abs(expected - actual) <= np.maximum(relative * abs(expected), absolute)))


def compare_arrays_at_once(patch: pytest.MonkeyPatch) -> None:
    """Let ``pytest.approx`` look at single numbers only of arrays that differ, or are special, until the patch ends."""

    def equal(approx: Any, actual: Any) -> bool:
        return near(approx, actual) or number_by_number(approx, actual)

    patch.setattr(ArrayApprox, "__eq__", equal)
