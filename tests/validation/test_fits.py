"""A small version of the study of fits: what failed before is far outside these limits."""

import numpy as np
import pytest

from tests.validation.fits import Case, covered, truth_of

SETS = 40
LIMITS_68, LIMITS_95 = (0.42, 0.91), 0.79
"""By chance outside with a probability below 1e-3. SD taken for the error covered 1.00 of 100 junctions, .40 of 3."""


@pytest.mark.parametrize(("case", "energy_eV", "gamma_eV"), [(3, 0.7790, 0.03035), (10, 0.7790, 0.03035)])
def test_intervals_hold_the_truth_as_often_as_they_say(case, energy_eV, gamma_eV):
    one, two, _ = covered(np.random.default_rng(7), Case(case), SETS, np.array([energy_eV, gamma_eV]))
    assert np.all((one.mean(axis=0) > LIMITS_68[0]) & (one.mean(axis=0) < LIMITS_68[1]))
    assert np.all(two.mean(axis=0) > LIMITS_95)


def test_many_junctions_give_errors_of_the_scatter_of_repeated_fits():
    """100 junctions: the level scatters by 6 meV; 53 was quoted."""
    truth = np.array([0.7790, 0.03035])
    one, _, errors = covered(np.random.default_rng(8), Case(100), 6, truth)
    assert 0.004 < np.median(errors[:, 0]) < 0.009
    assert one.mean() > 0.2


def test_the_truth_is_that_of_the_mean_curve():
    assert truth_of(np.random.default_rng(9), Case(10)) == pytest.approx([0.7790, 0.03035], rel=0.01)
