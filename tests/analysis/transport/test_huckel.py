"""Tight-binding models: known transmissions, unitarity, the direct solve, exceptional points, ready molecules."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.constants import BOLTZMANN_eV_per_K
from analysis.transport import molecules
from analysis.transport.huckel import HuckelModel, Lead, bonded, chain_bonds, ring_bonds
from analysis.transport.landauer import currents, linear_response
from analysis.transport.quadrature import window_integrals
from analysis.transport.transmission import BreitWignerLevel, LevelTransmission

ENERGY = np.linspace(-4.0, 4.0, 200)


def summed(poles, energy):
    return 2 * (poles.residue_eV / (energy[:, None] - poles.pole_eV)).sum(axis=1).real


def test_one_site_is_a_breit_wigner_level():
    model = HuckelModel(bonded(1, [], 0.0, 0.7), (Lead("probe", {1: 0.05}), Lead("substrate", {1: 0.2})))
    level = LevelTransmission([BreitWignerLevel(0.7, 0.05, 0.2)])
    assert model.transmission()(ENERGY) == pytest.approx(level(ENERGY), rel=1e-12)
    V = np.linspace(-1, 1, 11)
    one, other = currents(model.transmission(), V), currents(level, V)
    assert one.heat_probe_W == pytest.approx(other.heat_probe_W, rel=1e-11, abs=1e-30)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_pole_sum_agrees_with_the_direct_solve_and_no_electron_is_lost(seed):
    """Random molecules with three leads: sum over b of T_ab is i Tr Gamma_a (G - G^+) less the reflection."""
    rng = np.random.default_rng(seed)
    h = rng.normal(size=(5, 5))
    leads = tuple(
        Lead(name, {int(rng.integers(1, 6)): float(rng.uniform(0.05, 1.0))}) for name in ("a", "b", "c")
    )
    model = HuckelModel(h + h.T, leads)
    green = model.green(ENERGY)
    spectral = 1j * (green - green.conj().swapaxes(-1, -2))
    assert model.transmission("a", "b").poles() is not None
    for name in "abc":
        gamma = model.gammas_eV[name]
        into_all = sum(model.transmission(name, other)(ENERGY) for other in "abc")
        assert into_all == pytest.approx(
            np.trace(gamma @ spectral, axis1=-2, axis2=-1).real, rel=1e-9, abs=1e-12
        )
    ours = summed(model.transmission("a", "b").poles(), ENERGY)
    assert ours == pytest.approx(model.transmission("a", "b")(ENERGY), rel=1e-9, abs=1e-11)


def test_known_transmissions_of_benzene():
    """Para: T(0) = 9.95e-3 at t = 2.7 eV and 0.5 eV wide leads on 1.0 ... ; meta: nothing at the node."""
    para, meta = molecules.benzenedithiol_14().transmission(), molecules.benzenedithiol_13().transmission()
    by_hand = 4 * 0.25**2 * abs(molecules.benzenedithiol_14().green(0.0)[0, 3]) ** 2
    assert para(0.0) == pytest.approx(by_hand, rel=1e-12)
    assert abs(molecules.benzenedithiol_14().green(0.0)[0, 3]) == pytest.approx(1 / (2 * 2.7), rel=0.01)
    assert meta(0.0) < 1e-30


@pytest.mark.parametrize("asymmetry", [0.0, 1e-12, 1e-9, 1e-7, 1e-5, 1e-3, 0.1])
def test_currents_stay_accurate_through_an_exceptional_point(asymmetry):
    """Two sites with t = (Gamma_1 - Gamma_2)/4: the eigenvectors become one, the pole sum gives way to quadrature."""
    probe, substrate = 0.3, 0.1
    hopping = (probe - substrate) / 4 * (1 + asymmetry)
    leads = (Lead("probe", {1: probe}), Lead("substrate", {2: substrate}))
    transmission = HuckelModel(bonded(2, [(1, 2)], hopping, 0.1), leads).transmission()
    V = np.array([1e-4, 0.1, 0.5])
    result = currents(transmission, V)
    kT = np.full(3, BOLTZMANN_eV_per_K * 300.0)
    direct = window_integrals(transmission.shape(), 0.5 * V, V, kT, kT)
    share = result.heat_probe_W / result.heat_total_W
    assert share == pytest.approx(direct.heat_probe / (direct.number * V), rel=1e-10)
    assert np.all(result.accuracy < 1e-10)
    if asymmetry != 1e-5:  # there rounding decides, which differs between processors
        assert (transmission.poles() is None) == (asymmetry < 1e-5)


def test_destructive_interference_keeps_its_digits():
    """At the node of meta benzene the pole terms cancel to a ten-millionth; quadrature of |G|^2 takes over."""
    transmission = molecules.benzenedithiol_13().transmission()
    linear = linear_response(transmission, 300.0)
    assert linear.conductance_G0 == pytest.approx(6.48493448211674162e-7, rel=1e-12)
    cold = linear_response(transmission, 1.0)
    curvature = transmission(1e-3) / 1e-6
    assert cold.conductance_G0 == pytest.approx(curvature * np.pi**2 / 3 * BOLTZMANN_eV_per_K**2, rel=1e-4)


def test_sites_that_touch_no_lead_carry_nothing_and_do_no_harm():
    h = bonded(3, [(1, 2)], 0.5, [0.1, 0.2, 0.0])
    model = HuckelModel(h, (Lead("probe", {1: 0.1}), Lead("substrate", {2: 0.1})))
    pair = HuckelModel(h[:2, :2], model.leads)
    one, other = currents(model.transmission(), 0.4), currents(pair.transmission(), 0.4)
    assert one.current_A == pytest.approx(other.current_A, rel=1e-12)


def test_gold_chain_is_one_open_channel():
    for atoms in (1, 2, 5):
        assert molecules.gold_chain(atoms).transmission()(0.0) == pytest.approx(1.0, rel=1e-12)
    assert linear_response(molecules.gold_chain().transmission()).conductance_G0 == pytest.approx(
        1.0, abs=1e-4
    )


@pytest.mark.parametrize(
    ("ready", "conductance", "seebeck"),
    [(molecules.benzenediamine_14, 0.005, 2.3e-6), (molecules.benzenediisonitrile_14, 0.002, -2.0e-6)],
)
def test_ready_molecules_have_the_conductance_and_thermopower_they_were_made_for(ready, conductance, seebeck):
    transmission = ready().transmission()
    linear = linear_response(transmission)
    assert linear.conductance_G0 == pytest.approx(conductance, rel=1e-10)
    assert linear.seebeck_V_per_K == pytest.approx(seebeck, rel=1e-9)
    up, down = currents(transmission, 0.8), currents(transmission, -0.8)
    assert np.sign(up.heat_probe_W - down.heat_probe_W) == np.sign(seebeck)


@pytest.mark.parametrize(
    ("build", "why"),
    [
        (
            lambda: HuckelModel(np.array([[0.0, 1.0], [0.0, 0.0]]), (Lead("a", {1: 1}), Lead("b", {2: 1}))),
            "Hermitian",
        ),
        (lambda: HuckelModel(np.eye(2), (Lead("a", {1: 1}),)), "two or more leads"),
        (
            lambda: HuckelModel(np.eye(2), (Lead("a", {3: 1}), Lead("b", {2: 1}))).transmission("a", "b"),
            "site 3",
        ),
        (lambda: molecules.gold_chain().transmission("probe", "tip"), "tip"),
        (lambda: bonded(3, [(1, 4)], 1.0), "outside 1 to 3"),
    ],
)
def test_impossible_models_are_refused(build, why):
    with pytest.raises(ValueError, match=why):
        build()


def test_bonds_of_small_rings():
    assert ring_bonds(1) == []
    assert ring_bonds(2) == chain_bonds(2) == [(1, 2)]
    assert ring_bonds(3) == [(1, 2), (2, 3), (3, 1)]
