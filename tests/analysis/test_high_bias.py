"""The time of a high bias, against a count by hand, however the samples are cut into blocks."""

from itertools import pairwise

import numpy as np
import pytest

from analysis.high_bias import HighBiasTimer

RATE_Hz = 100


def longest_stay_s(bias_V, cuts):
    timer = HighBiasTimer(1.0, RATE_Hz)
    edges = [0, *sorted(cuts), len(bias_V)]
    return max(timer.feed(a, bias_V[a:b]) for a, b in pairwise(edges) if b > a)


def bias(*stays):
    """Return a programme from pairs of volts and seconds."""
    return np.concatenate([np.full(round(seconds * RATE_Hz), volts) for volts, seconds in stays])


@pytest.mark.parametrize(
    ("samples", "stay_s"),
    [
        (bias((0.9, 5.0)), 0.0),
        (bias((0.0, 1.0), (1.1, 2.0), (0.0, 3.0)), 2.0),
        (bias((-1.1, 2.0), (0.5, 0.9), (1.1, 1.0)), 3.9),  # a pause of less than a second does not count
        (bias((1.1, 2.0), (0.5, 1.5), (1.1, 1.0)), 2.0),
        (bias((1.1, 1.0), (0.0, 2.0), (1.1, 0.5), (0.0, 0.5), (1.1, 1.0), (0.0, 1.0)), 2.0),
        (bias(*[(1.2, 0.1), (0.0, 0.1), (-1.2, 0.1)] * 20), 6.0),
    ],
)
def test_the_longest_stay_is_found_in_any_blocks(samples, stay_s):
    rng = np.random.default_rng(3)
    for n in (0, 1, 5, 40):
        cuts = rng.integers(1, len(samples), n).tolist()
        assert longest_stay_s(samples, cuts) == pytest.approx(stay_s, abs=1.5 / RATE_Hz)
