"""Two kinds of junctions are found where there are two, and seldom where there is one."""

import numpy as np
import pytest

from analysis.thermoelectric.two_kinds import two_kinds


@pytest.mark.parametrize("seed", range(5))
def test_two_signs_in_one_histogram_come_apart(seed):
    rng = np.random.default_rng(seed)
    values = np.concatenate([rng.normal(-15e-6, 3e-6, 40), rng.normal(12e-6, 3e-6, 80)])
    found = two_kinds(values)
    assert found.lower.mean == pytest.approx(-15e-6, abs=5 * 3e-6 / 40**0.5)
    assert found.upper.mean == pytest.approx(12e-6, abs=5 * 3e-6 / 80**0.5)
    assert found.lower.share == pytest.approx(1 / 3, abs=0.05)
    assert found.preference > 10.0


def test_one_gaussian_is_one_kind():
    """25 sets of 100: a difference of BIC above 10 by chance is rarer than 1 %."""
    rng = np.random.default_rng(1)
    assert sum(two_kinds(rng.normal(12e-6, 6e-6, 100)) is not None for _ in range(25)) <= 2


def test_few_junctions_have_one_kind():
    assert two_kinds(np.array([-1.0, 1.0] * 5)) is None
