"""Ghosts of one input on the next: known shares are found, drifts and the converter's steps are not."""

import numpy as np
import pytest

from analysis.commissioning.ghosting import REFUSED, Levels, ghost, ghost_matrix

RATE_Hz = 2e3
STEP_V = 0.9
N = 400


def levels(rng, share, noise_V=3e-5, drift_V_per_sample=0.0, resolution_V=0.0):
    """Return an input at the four levels of its neighbour, with a drift that goes on through all of them."""
    parts = []
    for place, sign in enumerate((1, -1, -1, 1)):
        at = np.arange(N) + place * N
        volts = share * sign * STEP_V / 2 + drift_V_per_sample * at + noise_V * rng.standard_normal(N)
        parts.append(volts if not resolution_V else np.round(volts / resolution_V) * resolution_V)
    return Levels(tuple(parts), RATE_Hz, resolution_V)


def test_a_ghost_is_found_within_its_error_in_spite_of_a_drift():
    rng = np.random.default_rng(1)
    pulls = []
    for _ in range(200):
        found = ghost("bias", "ai4", levels(rng, 3e-4, drift_V_per_sample=1e-6), levels(rng, 1e-4), STEP_V)
        pulls.append((found.share - 2e-4) / found.error)

    assert abs(np.mean(pulls)) < 4 * np.std(pulls) / np.sqrt(200)
    assert np.std(pulls) == pytest.approx(1.0, abs=0.2)


def test_noise_alone_is_no_ghost_and_a_large_one_is():
    rng = np.random.default_rng(2)

    assert not ghost("bias", "z", levels(rng, 0), levels(rng, 0), STEP_V).exceeds(REFUSED)
    assert ghost("bias", "z", levels(rng, 1e-3), levels(rng, 0), STEP_V).exceeds(REFUSED)


def test_a_step_of_a_converter_without_noise_is_no_ghost():
    rng, lsb_V = np.random.default_rng(3), 7.6e-5
    quiet = [levels(rng, share, 1e-9, resolution_V=lsb_V) for share in (1e-4, 0.0)]

    found = ghost("z", "ai1", *quiet, 0.5)

    assert abs(found.share) > REFUSED
    assert not found.exceeds(REFUSED)


def test_a_matrix_has_a_row_for_the_input_before_and_none_where_nothing_steps():
    rng = np.random.default_rng(4)
    found = [ghost("bias", "z", levels(rng, 5e-4), levels(rng, 0), STEP_V)]

    matrix = ghost_matrix(found, ["bias", "z"], RATE_Hz)

    assert matrix.values[0][1] == pytest.approx(5e-4, abs=2e-5)
    assert matrix.values == ((None, found[0].share), (None, None))
    assert matrix.numbers == {"ghost at 2 kS/s per input: bias, z": found[0].share}
