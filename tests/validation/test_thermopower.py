"""A small version of the study of thermopower: the limits fail by chance with a probability below 1e-3."""

import numpy as np
import pytest

from tests.validation.thermopower import Case, pulls


@pytest.mark.parametrize("case", [Case(), Case(tails=True), Case(junctions=6)])
def test_errors_of_a_thermopower_hold_the_truth(case):
    result = pulls(np.random.default_rng(11), case, 150)
    assert np.mean(np.abs(result.slope) < 2.0) > 0.88
    assert np.mean(np.abs(result.intercept) < 2.0) > 0.88
    assert 0.8 < np.sqrt(np.mean(result.slope**2)) < 1.25
    assert result.origin_V_per_K.mean() > 1.15 * case.S, "the intercept must be free"
