"""A small version of the study of joint fits: the limits fail by chance with a probability below 1e-3.

From two starts these fits end at the minimum of four, to the last digit; from one they do not.
"""

import numpy as np

from tests.validation.joint import CASES, fits


def test_errors_of_a_level_fitted_to_all_hold_the_truth():
    found = fits(
        np.random.default_rng(4),
        CASES["heat, thermopower, AC thermopower, Peltier coefficient"],
        24,
        starts=2,
    )
    for pull in (found.energy, found.width):
        assert np.sum(np.abs(pull) < 2.0) >= 19
        assert 0.55 < np.sqrt(np.mean(pull**2)) < 1.5
    assert 0.7 < np.mean(found.reduced_chi2) < 1.35
