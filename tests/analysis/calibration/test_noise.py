"""Resolution before a run: against the paper's formula, and against noise made for it."""

import numpy as np
import pytest

from analysis.calibration.noise import expected_resolution, thermometer_noise
from analysis.spectra.noise import Noise

S_TC = 16.3e-6


def test_white_noise_of_5_kohm_resolves_what_the_formula_says():
    noise = Noise(white_per_Hz=(9.94e-9) ** 2, corner_Hz=0.0)

    after = expected_resolution(noise, S_TC, 500.0, mask_samples=0)

    assert after.rise_K == pytest.approx(0.047e-3, abs=0.0005e-3)
    assert after.asymmetry_K == pytest.approx(after.rise_K), "correlation +1/2"


def test_it_goes_with_the_root_of_time():
    noise = Noise(white_per_Hz=1e-16, corner_Hz=20.0)

    assert expected_resolution(noise, S_TC, 5.0).rise_K == pytest.approx(
        10 * expected_resolution(noise, S_TC, 500.0).rise_K
    )


def test_white_level_at_the_input():
    rng = np.random.default_rng(0)
    output = 1e4 * 1e-8 * np.sqrt(1000.0) * rng.standard_normal(60_000)  # 10 nV/rtHz one-sided up to 1 kHz

    noise = thermometer_noise([output], 2000.0, 1e4)

    assert np.sqrt(noise.white_per_Hz) == pytest.approx(1e-8, rel=0.05)
