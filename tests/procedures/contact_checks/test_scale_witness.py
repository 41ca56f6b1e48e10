"""Contacts that end at one atom, on a right and on a wrong scale."""

import numpy as np
import pytest

from procedures.contact_checks.scale_witness import ScaleWitness

RATE_Hz, SPEED_nm_per_s = 2000.0, 5.0


def contacts(rng, count, molecule_G0=0.0, plateau_nm=0.1):
    """Conductances of openings: plateaus of some atoms, of one atom, at times of a molecule, then nothing."""
    samples = round(plateau_nm / SPEED_nm_per_s * RATE_Hz)
    for _ in range(count):
        atoms = np.repeat([5.0, 3.9, 2.7, 1.8], rng.integers(5, samples, 4))
        last = np.full(rng.integers(samples // 2, 2 * samples), rng.normal(0.97, 0.04))
        molecule = np.full(rng.integers(0, 2 * samples), molecule_G0)
        yield np.concatenate([atoms, last, [0.4, 0.1], molecule, np.zeros(50)])


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("scale", "molecule_G0"), [(0.1, 0.0), (0.1, 0.005), (1.0, 0.0), (1.0, 0.1), (10.0, 0.005)]
)
def test_the_last_atom_tells_the_scale(seed, scale, molecule_G0):
    witness = ScaleWitness()
    for conductance_G0 in contacts(np.random.default_rng(seed), 3, molecule_G0):
        assert witness.feed(scale * conductance_G0) is None
    assert witness.end_G0 == scale


def test_nothing_is_claimed_without_samples():
    assert ScaleWitness().end_G0 == 1.0
