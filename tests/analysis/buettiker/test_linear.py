"""Linear response: 18-digit references, conservation, the second law, limits known by hand, chains of probes."""

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.buettiker.linear import PER_eV_s, electronic_circuit, open_circuit, thermal_conductances
from analysis.buettiker.onsager import onsager
from analysis.buettiker.terminals import (
    JunctionTerminal,
    ProbedJunction,
    VoltageProbe,
    VoltageTemperatureProbe,
    relative_error_percent,
)
from analysis.constants import G0_S, BOLTZMANN_eV_per_K
from analysis.transport.huckel import HuckelModel, Lead, bonded, chain_bonds, ring_bonds
from analysis.transport.landauer import WATT_PER_eV2, linear_response
from tests.support.physics.buettiker_junctions import benzene, both_probes, chain, circuit_of

REFERENCE = json.loads(
    (Path(__file__).parents[2] / "golden" / "linear_reference.json").read_text(encoding="utf-8")
)
SWEEP = np.linspace(-3.24, 3.24, 41)
CIRCUITS = (electronic_circuit, open_circuit)


def near(expected, rel, zero):
    """Relative, but for a plain 0 of the reference, which is zero by symmetry."""
    return pytest.approx(
        np.array([float(x) for x in expected]), rel=rel, abs=zero if "0" in expected else 0.0
    )


def solved(case):
    junction = benzene(
        case["GL"],
        case["GR"],
        case["GP_total"],
        case["TL"],
        case["TR"],
        case["T_P_VP"],
        case["flat"],
        case["t"],
    )
    mu = [float(point["mu"]) for point in case["points"]]
    return both_probes(junction, mu, circuit_of(case["kind"]))


CASES = pytest.mark.parametrize(
    "case", REFERENCE["linear_response"], ids=lambda c: f"{c['kind']} {c['name']}"
)


@CASES
def test_currents_potentials_and_entropy_of_benzene(case):
    for name, result in zip(("VP", "VTP"), solved(case), strict=True):
        ours = result.currents
        for i, point in enumerate(case["points"]):
            expected = point[name]
            assert ours.temperature_K[2, i] == pytest.approx(float(expected["T_P"]), rel=1e-13)
            assert list(ours.heat_current_W[:, i]) == near(expected["J_into_W"], 2e-12, 0.0)
            assert ours.entropy_production_W_per_K[i] == pytest.approx(float(expected["entropy"]), rel=2e-12)
            if case["kind"] == "electronic":
                assert list(ours.particle_current_per_s[:, i]) == near(expected["I_into"], 2e-12, 0.0)
                assert ours.mu_eV[2, i] == pytest.approx(float(expected["mu_P"]), rel=2e-12, abs=1e-15)
            else:
                potentials = [expected["mu_R_gauge_muL0"], expected["mu_P_gauge_muL0"]]
                assert list(ours.mu_eV[1:, i]) == near(potentials, 1e-11, 1e-15)
                assert [result.seebeck_V_per_K[i]] == near([expected["S_V_per_K"]], 1e-11, 1e-17)
                assert np.all(ours.particle_current_per_s == 0)


@CASES
def test_errors_of_the_voltage_probe(case):
    voltage, thermalised = (x.currents.heat_current_W[1] for x in solved(case))
    expected = [float(point["heat_err_pct"]) for point in case["points"]]
    assert relative_error_percent(voltage, thermalised) == pytest.approx(expected, rel=1e-10)


@CASES
def test_effective_coefficients_and_heat_conductances(case):
    result = electronic_circuit(*coefficients_of(case))
    L, R, P = 0, 1, 2
    ours, kappa = result.effective, result.thermal_conductance_W_per_K
    per_particle, per_heat, unit = PER_eV_s, WATT_PER_eV2, 1 / 1.602176634e-19
    for i, point in enumerate(case["points"]):
        for got, key in (
            (ours.L0_per_J_s[R, L, i] / (per_particle * unit), "Lt0_RL"),
            (ours.L1_particle_per_s[R, L, i] / per_particle, "Lt1_IT_RL"),
            (ours.L1_particle_per_s[R, P, i] / per_particle, "Lt1_IT_RP"),
            (ours.L1_heat_per_s[R, L, i] / per_particle, "Lt1_Jmu_RL"),
            (ours.L1_heat_per_s[P, L, i] / per_particle, "Lt1_Jmu_PL"),
            (ours.L2_W[R, L, i] / per_heat, "Lt2_RL"),
            (ours.L2_W[R, P, i] / per_heat, "Lt2_RP"),
            (ours.L2_W[P, L, i] / per_heat, "Lt2_PL"),
            (ours.L2_W[P, P, i] / per_heat, "Lt2_PP"),
            (kappa[L, R, i], "kappa_LR_W_per_K"),
            (kappa[L, P, i], "kappa_LP_W_per_K"),
            (kappa[R, P, i], "kappa_RP_W_per_K"),
        ):
            assert [got] == near([point[key]], 2e-11, 1e-15), key


def coefficients_of(case):
    junction = benzene(case["GL"], case["GR"], case["GP_total"], flat=case["flat"], t=case["t"])
    return onsager(junction, [float(point["mu"]) for point in case["points"]]), junction.terminals


# --- laws ------------------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_laws_hold_for_any_molecule_any_terminals_and_either_circuit(seed):
    """Particles and heat conserved, probes take nothing, entropy as both of its expressions and never negative."""
    rng = np.random.default_rng(seed)
    h = rng.normal(size=(5, 5))
    leads = tuple(Lead(x, {int(rng.integers(1, 6)): float(rng.uniform(0.05, 1.0))}) for x in "abcdef")
    terminals = (
        JunctionTerminal("a", 320.0, 0.01),
        JunctionTerminal("b", float(rng.uniform(250, 350)), -0.01),
        VoltageProbe("c", float(rng.uniform(250, 350))),
        VoltageTemperatureProbe("d"),
        VoltageTemperatureProbe("e"),
        JunctionTerminal("f", 290.0, 0.003),
    )
    junction = ProbedJunction(HuckelModel(h + h.T, leads), terminals)
    coefficients = onsager(junction, rng.uniform(-2, 2, size=3))
    for circuit in CIRCUITS:
        result = circuit(coefficients, terminals)
        x = result.currents
        I, J = x.particle_current_per_s, x.heat_current_W  # noqa: E741
        assert np.all(np.abs(I.sum(axis=0)) <= 1e-11 * np.abs(I).max(axis=0))
        assert np.all(np.abs(J.sum(axis=0)) <= 1e-11 * np.abs(J).max(axis=0))
        assert np.all(I[2:5] == 0)
        assert np.all(J[3:5] == 0)
        assert np.all(result.residual < 1e-12)
        e = 1.602176634e-19
        spent = I * x.mu_eV * e + J * (x.temperature_K - 300.0) / 300.0
        assert x.entropy_production_W_per_K == pytest.approx(-spent.sum(axis=0) / 300.0, rel=1e-7)
        assert np.all(x.entropy_production_W_per_K >= 0)


@pytest.mark.parametrize("kind", ["VP", "VTP"])
def test_effective_coefficients_obey_onsager_and_close(kind):
    """The two off-diagonal blocks are each other's transpose; rows and columns of each block sum to zero (eq. 12)."""
    junction = benzene(GR=0.25) if kind == "VP" else benzene(GR=0.25).thermalised()
    x = electronic_circuit(onsager(junction, SWEEP), junction.terminals).effective
    scale = np.abs(x.L1_particle_per_s).max()
    assert np.abs(x.L1_particle_per_s - x.L1_heat_per_s.swapaxes(0, 1)).max() < 1e-12 * scale
    assert np.abs(x.L1_particle_per_s - x.L1_particle_per_s.swapaxes(0, 1)).max() > 1e-3 * scale * (
        kind == "VP"
    )
    for block in (x.L0_per_J_s, x.L1_particle_per_s, x.L1_heat_per_s, x.L2_W):
        for axis in (0, 1):
            assert np.abs(block.sum(axis=axis)).max() < 1e-12 * np.abs(block).max()


@pytest.mark.parametrize("circuit", CIRCUITS)
def test_effective_coefficients_give_the_currents(circuit):
    junction = benzene(TL=350.0, TR=280.0, GR=0.25)
    result = circuit(onsager(junction, SWEEP), junction.terminals)
    tau = (result.currents.temperature_K - 300.0) / 300.0
    mu_J = 1.602176634e-19 * result.currents.mu_eV
    x = result.effective
    J = np.einsum("abm,bm->am", x.L1_heat_per_s, mu_J) + np.einsum("abm,bm->am", x.L2_W, tau)
    assert pytest.approx(result.currents.heat_current_W, rel=1e-9, abs=1e-24) == J
    I = np.einsum("abm,bm->am", x.L0_per_J_s, mu_J) + np.einsum("abm,bm->am", x.L1_particle_per_s, tau)  # noqa: E741
    size = np.abs(x.L1_particle_per_s).max() if circuit is electronic_circuit else PER_eV_s * 0.01
    assert pytest.approx(result.currents.particle_current_per_s, rel=1e-9, abs=1e-12 * size) == I


def test_a_voltage_probe_takes_heat_and_makes_more_entropy_than_a_thermalised_one():
    """The excess is J_P^2/(T0 |Lt2_PP|): second order, unlike J_P/T_P, which changes sign with the bias."""
    voltage, thermalised = both_probes(benzene(GR=0.25), SWEEP, electronic_circuit)
    J_P = voltage.currents.heat_current_W[2]
    excess = voltage.currents.entropy_production_W_per_K - thermalised.currents.entropy_production_W_per_K
    expected = J_P**2 / (300.0 * np.abs(voltage.effective.L2_W[2, 2]))
    assert np.all(excess >= 0)
    assert excess == pytest.approx(
        expected, rel=1e-6, abs=1e-12 * voltage.currents.entropy_production_W_per_K.max()
    )
    swapped = replace(
        benzene(GR=0.25),
        terminals=(JunctionTerminal("L", 275.0), JunctionTerminal("R", 325.0), VoltageProbe("P", 300)),
    )
    other = electronic_circuit(onsager(swapped, SWEEP), swapped.terminals)
    assert np.all(other.currents.heat_current_W[2][np.abs(SWEEP) < 1] * J_P[np.abs(SWEEP) < 1] < 0)


@pytest.mark.parametrize("circuit", CIRCUITS)
def test_equal_temperatures_and_potentials_drive_nothing(circuit):
    terminals = (
        JunctionTerminal("L", 320.0, 0.01),
        JunctionTerminal("R", 320.0, 0.01),
        VoltageProbe("P", 320.0),
    )
    junction = replace(benzene(), terminals=terminals)
    for x in (junction, junction.thermalised()):
        result = circuit(onsager(x, SWEEP), x.terminals).currents
        assert np.abs(result.particle_current_per_s).max() < 1e-14 * PER_eV_s
        assert np.abs(result.heat_current_W).max() < 1e-14 * WATT_PER_eV2
        assert result.temperature_K == pytest.approx(320.0, rel=1e-12)


# --- limits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("circuit", CIRCUITS)
@pytest.mark.parametrize("thermalised", [False, True])
def test_without_coupling_the_bare_junction_is_left(circuit, thermalised):
    ends = (JunctionTerminal("L", 325.0, 0.005), JunctionTerminal("R", 275.0, -0.005))
    model = HuckelModel(bonded(6, ring_bonds(6), 2.7), (Lead("L", {1: 0.5}), Lead("R", {3: 0.5})))
    bare = ProbedJunction(model, ends)
    expected = circuit(onsager(bare, SWEEP), ends)
    weak = []
    for gamma in (1e-9, 0.0):
        probed = benzene(GP=gamma).thermalised() if thermalised else benzene(GP=gamma)
        weak.append(circuit(onsager(probed, SWEEP), probed.terminals))
    assert weak[0].currents.heat_current_W[:2] == pytest.approx(expected.currents.heat_current_W, rel=1e-2)
    for name in ("heat_current_W", "particle_current_per_s", "mu_eV"):
        whole, decoupled = getattr(expected.currents, name), getattr(weak[1].currents, name)[:2]
        assert decoupled == pytest.approx(whole, rel=1e-10, abs=1e-12 * np.abs(whole).max())
    assert np.all(np.isnan(weak[1].currents.mu_eV[2]))
    assert np.all(weak[1].currents.heat_current_W[2] == 0)
    two_lead = linear_response(model.transmission("L", "R"), 300.0, SWEEP)
    kappa = weak[1].thermal_conductance_W_per_K[0, 1]
    assert kappa == pytest.approx(two_lead.thermal_conductance_W_per_K, rel=1e-9)
    if circuit is open_circuit:
        scale = np.abs(two_lead.seebeck_V_per_K).max()
        assert weak[1].seebeck_V_per_K == pytest.approx(two_lead.seebeck_V_per_K, rel=1e-9, abs=1e-12 * scale)
        assert np.all(np.isnan(circuit_of("electronic")(onsager(bare, SWEEP), ends).seebeck_V_per_K))


def test_a_mirror_symmetric_junction_does_not_tell_the_probes_apart():
    """Probe on the mirror axis of equal leads (site 2 of L1, R3), temperatures symmetric about the probe's."""
    leads = (Lead("L", {1: 0.5}), Lead("R", {3: 0.5}), Lead("P", {2: 0.2}))
    model = HuckelModel(bonded(6, ring_bonds(6), 2.7), leads)
    terminals = (
        JunctionTerminal("L", 325.0, 0.005),
        JunctionTerminal("R", 275.0, -0.005),
        VoltageProbe("P", 300.0),
    )
    for circuit in CIRCUITS:
        voltage, thermalised = both_probes(ProbedJunction(model, terminals), SWEEP, circuit)
        assert thermalised.currents.temperature_K[2] == pytest.approx(300.0, rel=1e-13)
        error = relative_error_percent(
            voltage.currents.heat_current_W[1], thermalised.currents.heat_current_W[1]
        )
        assert np.abs(error).max() < 1e-9


def test_flat_probe_on_equal_leads_changes_no_charge_current_even_with_unequal_temperatures():
    """Appendix C: Lt1_RP = 0 by the mirror, though the heat differs by up to 21 000 %."""
    voltage, thermalised = both_probes(benzene(TL=350.0, TR=300.0, flat=True), SWEEP, electronic_circuit)
    charge = [x.currents.particle_current_per_s[1] for x in (voltage, thermalised)]
    assert np.abs(relative_error_percent(*charge)).max() < 1e-9
    heat = [x.currents.heat_current_W[1] for x in (voltage, thermalised)]
    assert np.abs(relative_error_percent(*heat)).max() > 1000


@pytest.mark.parametrize("gamma", [30.0, 100.0, 300.0])
@pytest.mark.parametrize("n_sites", [3, 5, 9])
def test_strong_probes_on_a_chain_are_resistors_in_series(gamma, n_sites):
    """Ohm: resistances of the hops between neighbours add, mu and T step down by them; kappa follows suit."""
    junction = chain(n_sites, gamma)
    coefficients = onsager(junction)
    result = electronic_circuit(coefficients, junction.terminals)
    along = [0, *range(2, n_sites + 2), 1]
    hops = list(pairwise(along))
    resistance = sum(1 / coefficients.reduced[0, a, b] for a, b in hops)
    current = -result.currents.particle_current_per_s[0] / PER_eV_s
    assert 0.002 / current == pytest.approx(resistance, rel=2.5 / gamma)
    warm = chain(n_sites, gamma, T_left=310.0, T_right=290.0, mu_left=0.0)
    heat = open_circuit(onsager(warm), warm.terminals)
    across = sum(1 / heat.thermal_conductance_W_per_K[a, b] for a, b in hops)
    assert 20.0 / heat.currents.heat_current_W[1] == pytest.approx(across, rel=2.5 / gamma)
    inner = heat.currents.temperature_K[along[1:-1]]
    assert np.diff(inner) == pytest.approx(np.diff(inner).mean(), rel=12.0 / gamma)


@pytest.mark.parametrize("gamma", [0.02, 0.1])
def test_probes_along_a_chain_cross_over_from_ballistic_to_diffusive(gamma):
    """R = 1 + N Gamma_P/4t in units of h/2e^2, from an open channel to Ohm's law: half of what dephases turns back."""
    resistance = {}
    for n in (4, 20, 60):
        junction = chain(n, gamma)
        result = electronic_circuit(onsager(junction, 0.0, 50.0), junction.terminals)
        conductance = result.currents.particle_current_per_s[1] / (PER_eV_s * 0.002)
        resistance[n] = 1.0 / conductance
        assert resistance[n] - 1.0 == pytest.approx(n * gamma / 4, rel=2e-3)
    assert resistance[4] < 1.11
    assert G0_S / resistance[60] < G0_S / (1 + 15 * gamma) * 1.001
    profile = result.currents.mu_eV[2:] / 0.001
    assert np.all(np.diff(profile) < 1e-3)
    assert profile[0] == pytest.approx(-profile[-1], rel=1e-9)


def test_voltage_and_thermalised_probes_side_by_side():
    """Two probes of different kinds solved together: thermalising the other as well moves both."""
    leads = (Lead("L", {1: 0.5}), Lead("R", {4: 0.5}), Lead("A", {2: 0.1}), Lead("B", {3: 0.2}))
    model = HuckelModel(bonded(4, chain_bonds(4), 1.0, 0.4), leads)
    ends = (JunctionTerminal("L", 330.0, 0.01), JunctionTerminal("R", 300.0, -0.01))
    mixed = ProbedJunction(model, (*ends, VoltageProbe("A", 300.0), VoltageTemperatureProbe("B")))
    one, both = both_probes(mixed, 0.0, electronic_circuit)
    assert one.currents.temperature_K[2] == 300.0
    assert one.currents.heat_current_W[2] > 0
    assert both.currents.heat_current_W[2] == 0
    assert both.currents.temperature_K[2] > 300.0
    assert both.currents.temperature_K[3] > one.currents.temperature_K[3]


def test_wiedemann_and_franz_for_a_flat_channel():
    """A wide-open site: kappa = L0 (pi^2/3) k^2 T / e^2 between every two terminals, L0 of the circuit's other one."""
    leads = tuple(Lead(x, {1: 200.0}) for x in "LRP")
    terminals = (JunctionTerminal("L", 310.0), JunctionTerminal("R", 290.0), VoltageProbe("P", 300.0))
    coefficients = onsager(ProbedJunction(HuckelModel(np.zeros((1, 1)), leads), terminals))
    lorenz = np.pi**2 / 3 * (BOLTZMANN_eV_per_K) ** 2
    kappa = thermal_conductances(coefficients)[0, 1]
    direct = G0_S * coefficients.reduced[0, 0, 1]
    assert kappa == pytest.approx(lorenz * 300.0 * direct, rel=1e-6)


def test_names_must_match():
    coefficients = onsager(benzene())
    with pytest.raises(ValueError, match="the coefficients are for"):
        electronic_circuit(coefficients, tuple(reversed(benzene().terminals)))
