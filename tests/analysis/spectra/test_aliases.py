"""White noise that sampling folds down."""

import numpy as np
import pytest

from analysis.spectra.aliases import folded_share


def test_the_share_is_the_sum_over_all_aliases():
    images_Hz = 2000.0 * np.arange(-100_000, 100_001)
    assert folded_share(1000.0, 2000.0) == pytest.approx(
        (1.0 / (1.0 + (images_Hz / 1000.0) ** 2)).sum(), rel=1e-5
    )
    assert folded_share(1000.0, 2000.0) == pytest.approx(1.713, abs=5e-4)


def test_noise_far_below_half_the_rate_is_not_folded():
    assert folded_share(30.0, 50_000.0) == pytest.approx(1.0, abs=1e-5)
