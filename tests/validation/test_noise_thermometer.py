"""A small version of the study of the noise thermometer: the limits fail by chance with a probability below 1e-3."""

import numpy as np

from tests.validation.noise_thermometer import Case, pulls


def test_errors_of_a_noise_temperature_hold_it_and_are_below_2_K_from_100_s():
    pull, sigma_K = pulls(np.random.default_rng(5), Case(), 40)
    assert np.mean(np.abs(pull) < 2.0) > 0.8
    assert 0.65 < np.sqrt(np.mean(pull**2)) < 1.4
    assert sigma_K.max() < 2.0
