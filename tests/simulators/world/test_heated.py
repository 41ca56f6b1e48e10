"""Heater, thermoelectric current and heat conduction of the world, against the network and the thermopower drawn."""

import numpy as np
import pytest

from analysis.constants import G0_S
from analysis.thermoelectric.network import ThermalNetwork
from analysis.thermoelectric.temperatures import reduced_difference_K
from analysis.thermoelectric.wiedemann_franz import electron_W_per_K
from simulators.parameters import load_parameters
from simulators.world.world import World

R_P, SEEBECK = 72_800.0, 16.3e-6
QUIET = {
    "noise.strength": 0.0,
    "mains.current_A": 0.0,
    "mains.thermocouple_V": 0.0,
    "thermal.tip_drift_K": 0.0,
    "thermal.ground_ohm": 0.0,
    "thermoelectric.offset_V": 0.0,
    "thermoelectric.offset_walk_V_per_rth": 0.0,
    "thermoelectric.gap_W_per_K": 0.0,
    "junction.series_resistance_ohm": 0.0,
    "heater.leak_A_per_V": 0.0,
    "heater.tip_nm_per_K": 0.0,
    "gold.noise_at_1Hz": 0.0,
}
N, DT = 400, 5e-4
TIP_20_K_V = float(np.sqrt(20.0 / R_P * 1e3))


def world(where="tip", species="Au", **changes):
    overrides = {**QUIET, "sample.species": species, "heater.where": where, **changes}
    return World(load_parameters(overrides=overrides), np.random.default_rng(3))


def advance(world, bias_V=0.0, heater_V=0.0):
    return world.advance(np.full(N, bias_V), np.zeros(N), DT, 0.0, np.full(N, heater_V))


def test_a_contact_cools_the_tip_by_the_heat_that_it_carries():
    heated = world(**{"thermoelectric.gold_spread_V_per_K": 0.0})
    open_K = -advance(heated, 0.0, TIP_20_K_V).thermocouple_V[-1] / SEEBECK
    heated.form_contact(1.0)
    closed = advance(heated, 0.0, TIP_20_K_V)
    G_th = electron_W_per_K(G0_S * heated.truth.conductance_G0, 310.0) * 1.05
    expected_K = ThermalNetwork(R_P, tip_heater_W=20.0 / R_P).step_K(G_th)
    assert open_K == pytest.approx(20.0, rel=1e-9)
    assert -closed.thermocouple_V[-1] / SEEBECK - open_K == pytest.approx(expected_K, rel=1e-4)
    assert closed.current_A[-1] == pytest.approx(0.0, abs=1e-15), "gold against gold has no voltage"


def test_a_molecule_drives_the_current_of_its_own_transmission():
    heated = world(species="BDA", **{"molecule.BDA.binding_probability": 1.0})
    heated.form_contact(1.0)
    advance(heated)
    heated.rupture()
    seen = advance(heated, 0.0, TIP_20_K_V)
    S = heated._specimen.state.molecule.conductor.seebeck_V_per_K
    theta_K = reduced_difference_K(320.0, 300.0)
    G = G0_S * heated.truth.conductance_G0
    assert S > 5e-6
    assert seen.current_A[-1] == pytest.approx(-G * (S - 1.9e-6) * theta_K, rel=1e-3)
    truth = heated.heated.junction.log["molecule", 1]
    assert truth.seebeck_V_per_K == pytest.approx(S, rel=1e-3)
    assert truth.tip_K == pytest.approx(20.0, rel=1e-4)


def test_a_base_heater_is_slow_and_the_thermocouple_does_not_see_it():
    heated = world("base")
    heater_V = float(np.sqrt(20.0 / 2400.0 * 1e3))
    seen = advance(heated, 0.0, heater_V)
    base_K = seen.terminals_V["base"] / 0.01
    assert base_K[0] == pytest.approx(20.0 * DT / 0.02, rel=0.02)
    assert base_K[-1] == pytest.approx(20.0, rel=1e-4)
    assert seen.thermocouple_V[-1] == pytest.approx(0.0, abs=1e-12)
    assert seen.terminals_V["heater"][-1] == heater_V


def test_a_warm_tip_comes_nearer():
    heated = world(**{"heater.tip_nm_per_K": 0.5})
    before_m = heated.truth.indentation_m
    for _ in range(40):
        advance(heated, 0.0, TIP_20_K_V)
    assert heated.truth.indentation_m - before_m == pytest.approx(10e-9, rel=0.03)  # 0.5 nm/K


def test_a_dummy_heats_nothing_but_leaks():
    heated = world(**{"heater.dummy": True, "heater.leak_A_per_V": 1e-10})
    seen = advance(heated, 0.0, 1.0)
    assert seen.thermocouple_V[-1] == pytest.approx(0.0, abs=1e-12)
    assert seen.current_A[-1] == pytest.approx(1e-10, rel=1e-3)


def test_gold_has_no_thermopower_at_a_multiple_of_the_conductance_quantum():
    heated = world()
    spread = []
    for _ in range(30):
        heated.form_contact(1.5)
        advance(heated, 0.0, TIP_20_K_V)
        spread.append(heated.heated.junction.log["contact", heated.truth.contacts].seebeck_V_per_K - 1.9e-6)
        heated.rupture()
    assert np.std(spread) == pytest.approx(1e-6, rel=0.5)
    heated.form_contact(2.0)
    advance(heated, 0.0, TIP_20_K_V)
    at_two = heated.heated.junction.log["contact", heated.truth.contacts].seebeck_V_per_K - 1.9e-6
    assert abs(at_two) < 1e-7


def test_a_molecule_that_rectifies_carries_a_mean_current_beside_an_alternating_bias():
    """I = G V (1 + 0.5 V) changes it by 0.5 % at 10 mV, less at one sign; the contact before it does not rectify."""

    def currents(alpha_per_V):
        changes = {"molecule.BDA.binding_probability": 1.0, "junction.rectification_per_V": alpha_per_V}
        heated = world(species="BDA", **changes)
        heated.form_contact(1.0)
        contact = advance(heated, 0.01).current_A
        heated.rupture()
        return contact, *(advance(heated, bias_V).current_A[-1] for bias_V in (0.01, -0.01))

    (contact, up, down), (bent_contact, bent_up, bent_down) = currents(0.0), currents(0.5)
    assert np.array_equal(contact, bent_contact)
    assert bent_up / up == pytest.approx(1.005, rel=1e-5)
    assert bent_down / down == pytest.approx(0.995, rel=1e-5)
