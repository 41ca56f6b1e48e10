"""Transmissions between all terminals: the usual loop, unitarity, exceptional points, states that touch no lead."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.buettiker.multiterminal import Multiterminal
from analysis.transport.huckel import HuckelModel, Lead, bonded, ring_bonds

ENERGY = np.linspace(-8.0, 8.0, 10_000)
RING = bonded(6, ring_bonds(6), 2.7)
THREE = (Lead("L", {1: 0.5}), Lead("R", {3: 0.5}), Lead("P", {4: 0.05}))
EVERY_SITE = tuple(Lead(str(i), {i: 0.1 * i}) for i in range(1, 7))


def loop(model, energies):
    """Tr[Gamma_a G Gamma_b G^+] as it stands in the textbooks, a solve for each energy."""
    gammas = [model.gammas_eV[lead.name] for lead in model.leads]
    one = np.eye(len(model.hamiltonian_eV))
    out = np.empty((len(gammas), len(gammas), energies.size))
    for n, energy in enumerate(energies):
        green = np.linalg.solve(energy * one - model.effective_eV, one)
        for a, gamma_a in enumerate(gammas):
            for b, gamma_b in enumerate(gammas):
                out[a, b, n] = np.trace(gamma_a @ green @ gamma_b @ green.conj().T).real
    return out


@pytest.mark.parametrize("leads", [THREE, EVERY_SITE], ids=["three", "every site"])
def test_ring_agrees_with_the_loop(leads):
    model = HuckelModel(RING, leads)
    some = ENERGY[::97]
    expected = loop(model, some)
    assert np.abs(Multiterminal(model).transmissions(some) - expected).max() < 1e-12 * expected.max()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_random_molecules_agree_with_the_solve_and_lose_no_electron(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 8))
    h = rng.normal(size=(n, n)) + (1j * rng.normal(size=(n, n)) if rng.random() < 0.5 else 0.0)
    widths = np.exp(rng.uniform(np.log(1e-3), np.log(3.0), size=4))
    leads = tuple(
        Lead(name, {int(site): width})
        for name, width, site in zip("abcd", widths, rng.integers(1, n + 1, 4), strict=True)
    )
    molecule = Multiterminal(HuckelModel(h + h.conj().T, leads), ("c", "a", "d", "b"))
    energy = rng.uniform(-5, 5, 300)
    ours, direct = molecule.transmissions(energy), molecule.transmissions_by_solve(energy)
    assert np.abs(ours - direct).max() < 1e-11 * direct.max()
    green = molecule.model.green(energy)
    states = (1j * (green - green.conj().swapaxes(-1, -2))).diagonal(axis1=-2, axis2=-1).real
    taken = states @ molecule.widths_eV.T
    assert ours.sum(axis=1) == pytest.approx(taken.T, rel=1e-9, abs=1e-12)
    assert ours.sum(axis=0) == pytest.approx(taken.T, rel=1e-9, abs=1e-12)
    if molecule.reciprocal:
        assert ours == pytest.approx(ours.swapaxes(0, 1), rel=1e-9, abs=1e-13 * direct.max())


def test_order_and_shape():
    molecule = Multiterminal(HuckelModel(RING, THREE), ("P", "L", "R"))
    energy = np.linspace(-1, 1, 6).reshape(2, 3)
    T = molecule.transmissions(energy)
    assert T.shape == (3, 3, 2, 3)
    assert T[0, 2] == pytest.approx(molecule.model.transmission("P", "R")(energy), rel=1e-12)
    assert molecule.transmissions(0.3).shape == (3, 3)
    assert np.array_equal(Multiterminal(molecule.model).names, ["L", "R", "P"])


def test_pole_sums_are_the_transmissions():
    molecule = Multiterminal(HuckelModel(RING, THREE))
    pole, residue = molecule.poles
    summed = 2 * np.einsum("kab,ke->abe", residue, 1 / (ENERGY - pole[:, None])).real
    direct = molecule.transmissions_by_solve(ENERGY)
    assert np.abs(summed - direct).max() < 1e-12 * direct.max()
    assert molecule.term_error < 1e-14


@pytest.mark.parametrize("asymmetry", [0.0, 1e-15, 1e-12, 1e-9, 1e-6, 1e-3, 0.1])
def test_stays_right_through_an_exceptional_point(asymmetry):
    """Two sites with t = (Gamma_1 - Gamma_2)/4: |G|^2 is known, and needs no eigenvectors."""
    hopping = 0.05 * (1 + asymmetry)
    leads = (Lead("a", {1: 0.3}), Lead("b", {2: 0.06}), Lead("c", {2: 0.04}))
    molecule = Multiterminal(HuckelModel(bonded(2, [(1, 2)], hopping, 0.1), leads))
    energy = np.linspace(-1, 1, 2001)
    x = energy - 0.1
    determinant = (x + 0.15j) * (x + 0.05j) - hopping**2
    expected = 0.3 * 0.06 * hopping**2 / np.abs(determinant) ** 2
    T = molecule.transmissions(energy)
    assert np.abs(T[0, 1] - expected).max() < 1e-12 * expected.max()
    assert molecule.eigenvectors_hold == (asymmetry > 1e-7)
    assert molecule.term_error > 1e-12 or asymmetry > 1e-10


def test_a_state_that_touches_no_lead_carries_nothing():
    """Leads in the middle of a chain of three: its antisymmetric state at E = 0 is dark."""
    h = bonded(3, [(1, 2), (2, 3)], 1.0)
    molecule = Multiterminal(HuckelModel(h, (Lead("a", {2: 0.2}), Lead("b", {2: 0.3}))))
    T = molecule.transmissions([-1.0, 0.0, 1e-9, 1.0])
    assert np.all(np.isfinite(T))
    assert T[0, 1, 0] == pytest.approx(0.06 / (1.0 + 0.25**2), rel=1e-12)
    assert T[0, 1, 1:3] == pytest.approx(0.0, abs=1e-15)


def test_what_is_refused():
    model = HuckelModel(RING, THREE)
    with pytest.raises(ValueError, match="are not the leads"):
        Multiterminal(model, ("L", "R"))
    with pytest.raises(ValueError, match="energy_eV"):
        Multiterminal(model).transmissions([0.0, np.nan])
