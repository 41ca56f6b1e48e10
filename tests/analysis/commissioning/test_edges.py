"""Rise time of an amplifier from the edges of a three-level bias."""

import numpy as np
import pytest

from analysis.commissioning.edges import rise_time

RATE_Hz = 5e4
LEVELS_V = 0.05, 0.0, -0.05
SAMPLES = 1360


@pytest.mark.parametrize("seed", range(6))
def test_edges_of_half_the_largest_change_count_as_well(seed):
    """The change from +V to 0 is half of that from -V to +V: noise must not decide which edges are seen."""
    rng = np.random.default_rng(seed)
    bias_V = np.repeat(np.tile(LEVELS_V, 6), SAMPLES)
    tau = 0.3e-3 / np.log(9.0) * RATE_Hz
    kernel = np.exp(-np.arange(20 * tau) / tau)
    current_V = np.convolve(bias_V, kernel / kernel.sum())[: bias_V.size]
    noisy_V = bias_V + 5e-5 * rng.normal(size=bias_V.size)

    found = rise_time(noisy_V, current_V + 5e-5 * rng.normal(size=bias_V.size), RATE_Hz, 3 / RATE_Hz)

    assert found.edges >= 15
    assert found.rise_s == pytest.approx(0.3e-3, rel=0.05)
