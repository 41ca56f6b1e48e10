"""Arrays compared at once are near exactly where pytest finds each of their numbers near."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.support.near_arrays import near, number_by_number

NUMBERS = st.floats(width=64) | st.sampled_from([0.0, 1.0, 1.0 + 1e-6, -1.0, 1e-12, 1e308, -1e308])
TOLERANCES = st.none() | st.floats(0, 1e300) | st.sampled_from([0.0, 1e-6, 1e-12, 0.5])


@given(arrays(float, 3, elements=NUMBERS), arrays(float, 3, elements=NUMBERS), TOLERANCES, TOLERANCES)
def test_as_number_by_number(expected, actual, rel, abs_):
    approx = pytest.approx(expected, rel=rel, abs=abs_)
    if np.isfinite([*expected, *actual]).all():
        assert near(approx, actual) == number_by_number(approx, actual)
    else:
        assert not near(approx, actual)


@pytest.mark.parametrize("edge", [1 - 1e-9, 1, 1 + 1e-9])
@pytest.mark.parametrize(("rel", "abs_"), [(None, None), (1e-3, None), (None, 1e-3), (1e-3, 0.5)])
def test_at_the_edge_of_the_tolerance(rel, abs_, edge):
    expected = np.array([0.0, 1.0, -300.0])
    for i, value in enumerate(expected):
        approx = pytest.approx(expected, rel=rel, abs=abs_)
        single = pytest.approx(value, rel=rel, abs=abs_)
        actual = expected.copy()
        actual[i] += edge * single.tolerance
        assert near(approx, actual) == number_by_number(approx, actual) == (actual[i] == single)


def test_what_differs_is_reported_by_pytest():
    with pytest.raises(AssertionError, match="Mismatched elements: 1 / 2"):
        assert np.array([1.0, 2.0]) == pytest.approx(np.array([1.0, 2.1]))
    assert np.array([1.0, np.nan]) == pytest.approx(np.array([1.0, np.nan]), nan_ok=True)
    assert np.array([1, 2]) == pytest.approx(np.array([1.0, 2.0]))
    assert [1.0, np.inf] == pytest.approx(np.array([1.0, np.inf]))
    assert np.array([1.0]) != pytest.approx(np.array([1.0, 1.0]))
    with pytest.raises(ValueError, match="negative"):
        assert np.array([1.0]) == pytest.approx(np.array([2.0]), abs=-1.0)
