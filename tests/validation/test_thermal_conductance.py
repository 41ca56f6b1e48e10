"""A small version of the study of thermal conductance: the limits fail by chance with a probability below 1e-3."""

import numpy as np

from tests.validation.thermal_conductance import Case, campaign

MOLECULE = Case("2w", 5.1e-4, 20e-12, 0.35, 0.0, 0.02, True, 1e6, 0.5, 0.5)


def test_errors_of_a_thermal_conductance_hold_the_truth_and_shams_vanish():
    rng = np.random.default_rng(11)
    pulls, chi2 = [], []
    for _ in range(8):
        result, true = campaign(rng, MOLECULE, 16)
        pulls.append((result.conductance.value - true) / result.conductance.sigma)
        chi2.append(result.sham.reduced_chi2)
    assert np.max(np.abs(pulls)) < 4.5
    assert 0.4 < np.sqrt(np.mean(np.square(pulls))) < 1.8
    assert abs(np.mean(pulls)) < 1.3
    assert 0.75 < np.mean(chi2) < 1.25
