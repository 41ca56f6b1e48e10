"""Probes at any bias: an independent program's figures, direct quadrature, the laws, limits known by hand."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from analysis.buettiker import linear
from analysis.buettiker.errors import RunawayProbe
from analysis.buettiker.linear import PER_eV_s
from analysis.buettiker.multiterminal import Multiterminal
from analysis.buettiker.nonlinear import biased_electronic_circuit, biased_open_circuit
from analysis.buettiker.onsager import onsager
from analysis.buettiker.terminals import (
    JunctionTerminal,
    ProbedJunction,
    VoltageProbe,
    VoltageTemperatureProbe,
    relative_error_percent,
)
from analysis.constants import ELEMENTARY_CHARGE_C, G0_S, BOLTZMANN_eV_per_K
from analysis.transport.huckel import HuckelModel, Lead, bonded, chain_bonds
from analysis.transport.landauer import WATT_PER_eV2, currents
from tests.support.physics.buettiker_junctions import benzene, chain

REFERENCE = json.loads(
    (Path(__file__).parents[2] / "golden" / "nonlinear_reference.json").read_text(encoding="utf-8")
)
CASES = pytest.mark.parametrize(
    "case", REFERENCE["nonlinear"], ids=lambda c: f"{c['name']} {c['mu0']} {c['V']}"
)
PAPER = 0.0648 * np.arange(-50, 51)  # the alignments of the paper's figures
BIASED = {"L": 0.005, "R": -0.005}


def of_case(case):
    return benzene(case["GL"], case["GR"], case["GP"], case["TL"], case["TR"], case["T_P_VP"])


def heat_errors(junction, alignment, circuit=biased_electronic_circuit):
    """Relative errors of the heat into R and the charge current, in percent."""
    one, other = circuit(junction, alignment).currents, circuit(junction.thermalised(), alignment).currents
    return tuple(
        relative_error_percent(getattr(one, name)[1], getattr(other, name)[1])
        for name in ("heat_current_W", "particle_current_per_s")
    )


# --- figures of an independent program ---


@CASES
def test_potentials_currents_and_entropy_of_benzene(case):
    for key, junction in (("VP", of_case(case)), ("VTP", of_case(case).thermalised())):
        expected, half = case[key], case["V"] / 2
        solved = biased_electronic_circuit(junction, case["mu0"], {"L": half, "R": -half})
        c = solved.currents
        assert c.mu_eV[2] == pytest.approx(expected["mu_P_minus_mu0"], rel=1e-9)
        assert c.temperature_K[2] == pytest.approx(expected["T_P"], rel=1e-11)
        assert c.particle_current_per_s[:2] == pytest.approx(expected["I_into"][:2], rel=1e-11)
        free = 2 if key == "VTP" else 3
        assert c.heat_current_W[:free] == pytest.approx(expected["J_into_W"][:free], rel=1e-11)
        assert c.entropy_production_W_per_K == pytest.approx(expected["entropy"], rel=1e-11)
        assert solved.residual < 1e-11 and solved.accuracy < 1e-10 and solved.iterations <= 6


@pytest.mark.parametrize(
    ("junction", "peak", "node", "charge"),
    [
        (benzene(), 10.71, 10.71, 2.34),
        (benzene(TL=350.0, TR=300.0), 1600, 1496, 4.43),
        (benzene(TL=350.0, TR=275.0), 65.1, 64.9, 4.76),
        (benzene(GR=0.25), 40.3, 40.2, 1.42),
    ],
)
def test_joule_heat_takes_away_the_huge_errors_of_linear_response(junction, peak, node, charge):
    """In linear response the second is 36,204 % and 14,723 %."""
    heat, current = heat_errors(junction, PAPER)
    assert np.abs(heat).max() == pytest.approx(peak, rel=2e-3)
    assert heat[50] == pytest.approx(node, rel=2e-3)
    assert np.abs(current).max() == pytest.approx(charge, rel=3e-3)


@pytest.mark.parametrize(
    ("junction", "node"),
    [(benzene(), 4.41), (benzene(TL=350.0, TR=300.0), 12_583), (benzene(GR=0.25), 38.94)],
)
def test_open_circuit_at_the_node(junction, node):
    heat, _ = heat_errors(junction, np.array([0.0]), biased_open_circuit)
    assert heat[0] == pytest.approx(node, rel=1e-3)


def test_a_thermalised_probe_warms_by_joule_heat():
    cold = biased_electronic_circuit(benzene().thermalised()).currents.temperature_K[2]
    warm = biased_electronic_circuit(benzene().thermalised(), -0.0648, {"L": 0.05, "R": -0.05})
    assert cold == pytest.approx(302.75, abs=0.005)
    assert warm.currents.temperature_K[2] == pytest.approx(438.9, abs=0.05)
    linear_T = linear.electronic_circuit(onsager(benzene()), benzene().thermalised().terminals)
    assert linear_T.currents.temperature_K[2] == pytest.approx(300.016, abs=0.001)


# --- direct quadrature ---


def by_quad(junction, mu, T):
    """Currents into the terminals by the definition: scipy's adaptive quadrature, Fermi functions as they stand."""
    model, names = junction.model, junction.names
    widths = np.stack([model.gammas_eV[name].diagonal() for name in names])

    def spectral(energy, a, power):
        green = np.linalg.inv(energy * np.eye(len(model.hamiltonian_eV)) - model.effective_eV)
        T_ab = widths @ np.abs(green) ** 2 @ widths.T
        f = 1 / (1 + np.exp((energy - mu) / (BOLTZMANN_eV_per_K * T)))
        return (energy - mu[a]) ** power * T_ab[a] @ (f - f[a])

    def integral(a, power):
        return quad(spectral, -3.0, 3.0, (a, power), epsabs=1e-14, epsrel=1e-10, limit=400, points=mu)[0]

    return tuple(np.array([integral(a, power) for a in range(len(names))]) for power in (0, 1))


def test_probes_are_balanced_by_the_definition_of_the_currents():
    leads = (
        Lead("L", {1: 0.3}),
        Lead("R", {3: 0.2, 2: 0.05}),
        Lead("v", {2: 0.1}),
        Lead("w", {1: 0.02, 3: 0.2}),
    )
    model = HuckelModel(bonded(3, chain_bonds(3), 0.4, [0.1, -0.2, 0.3]), leads)
    terminals = (
        JunctionTerminal("L", 400.0, 0.3),
        JunctionTerminal("R", 250.0, -0.1),
        VoltageProbe("v", 330.0),
    )
    junction = ProbedJunction(model, (*terminals, VoltageTemperatureProbe("w")))
    c = biased_electronic_circuit(junction).currents
    number, heat = by_quad(junction, c.mu_eV, c.temperature_K)
    assert number[2:] == pytest.approx(0.0, abs=1e-9 * np.abs(number).max())
    assert heat[3] == pytest.approx(0.0, abs=1e-9 * np.abs(heat).max())
    assert c.particle_current_per_s[:2] == pytest.approx(PER_eV_s * number[:2], rel=1e-8)
    assert c.heat_current_W[:3] == pytest.approx(WATT_PER_eV2 * heat[:3], rel=1e-8)


# --- laws ---


def random_junction(rng):
    """Molecule of 2 to 7 sites, two leads, one to three probes of either kind; couplings of 1 meV to 3 eV."""
    n = int(rng.integers(2, 8))
    h = rng.normal(size=(n, n)) * rng.choice([0.3, 1.0, 3.0])
    names = ["L", "R", *(f"P{i}" for i in range(rng.integers(1, 4)))]
    leads = tuple(
        Lead(name, {int(site): float(np.exp(rng.uniform(np.log(1e-3), np.log(3.0)))) for site in sites})
        for name in names
        for sites in [rng.choice(n, int(rng.integers(1, min(3, n) + 1)), replace=False) + 1]
    )

    def temperature():
        return float(np.exp(rng.uniform(0.0, np.log(1000.0))))

    bias = rng.uniform(-1, 1) * rng.choice([1.5, 0.5, 0.05, 1e-3])
    real = JunctionTerminal("L", temperature(), bias / 2), JunctionTerminal("R", temperature(), -bias / 2)
    probes = tuple(
        VoltageProbe(name, temperature()) if rng.random() < 0.5 else VoltageTemperatureProbe(name)
        for name in names[2:]
    )
    return ProbedJunction(HuckelModel((h + h.T) / 2, leads), real + probes)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([biased_electronic_circuit, biased_open_circuit]))
def test_laws_hold_for_any_molecule_any_probes_and_either_circuit(seed, circuit):
    """Biases to 1.5 V, 1 to 1000 K. The one excuse is a probe that sees inverted populations."""
    junction = random_junction(np.random.default_rng(seed))
    try:
        solved = circuit(junction)
    except RunawayProbe as error:
        assert isinstance(junction.terminals[junction.index(error.terminal)], VoltageTemperatureProbe)
        return
    c = solved.currents
    assert solved.residual < 1e-11
    heat_eV = c.heat_current_W / ELEMENTARY_CHARGE_C
    energy = heat_eV + c.mu_eV * c.particle_current_per_s
    kT = BOLTZMANN_eV_per_K * c.temperature_K
    flows = (np.abs(c.particle_current_per_s) + np.abs(heat_eV) / kT.max()).max()
    assert abs(c.particle_current_per_s.sum()) <= 1e-11 * flows
    assert abs(energy.sum()) <= 1e-11 * np.maximum(
        np.abs(heat_eV), np.abs(c.mu_eV * c.particle_current_per_s)
    ).max(initial=0)
    assert c.entropy_production_W_per_K >= 0
    parts = c.heat_current_W / c.temperature_K
    assert c.entropy_production_W_per_K == pytest.approx(parts.sum(), abs=1e-11 * np.abs(parts).max())
    assert np.all(c.temperature_K > 0)


def test_conservation_to_twelve_digits_in_the_range_of_the_experiment():
    bias = np.linspace(-1.3, 1.3, 53)
    for junction in (benzene(GR=0.25), benzene(GR=0.25).thermalised()):
        solved = biased_electronic_circuit(junction, 0.4, {"L": bias / 2, "R": -bias / 2})
        c = solved.currents
        I, J = c.particle_current_per_s, c.heat_current_W  # noqa: E741
        assert np.abs(I.sum(axis=0)).max() < 1e-12 * np.abs(I).max()
        power = ELEMENTARY_CHARGE_C * (c.mu_eV * I)
        assert np.all(np.abs((J + power).sum(axis=0)) < 1e-12 * np.abs(np.stack([J, power])).max(axis=(0, 1)))
        assert np.all(c.entropy_production_W_per_K > 0)
        assert solved.residual.max() < 1e-11


def test_equal_temperatures_without_bias_drive_nothing():
    level = {"L": 300.0, "R": 300.0}
    for circuit in (
        biased_electronic_circuit(benzene(), 0.7, {"L": 0.2, "R": 0.2}, level),
        biased_open_circuit(benzene(), 0.7, level),
    ):
        assert np.all(circuit.currents.particle_current_per_s == 0)
        assert np.all(circuit.currents.heat_current_W == 0)
        assert circuit.currents.entropy_production_W_per_K == 0
        assert circuit.currents.mu_eV == pytest.approx(circuit.currents.mu_eV[0], abs=1e-15)


# --- limits ---


@pytest.mark.parametrize("thermalised", [False, True])
def test_small_forces_give_linear_response(thermalised):
    junction = replace(
        benzene(GR=0.25),
        terminals=(
            JunctionTerminal("L", 300.01, 1e-6),
            JunctionTerminal("R", 299.99, -1e-6),
            VoltageProbe("P", 300.0),
        ),
    )
    junction = junction.thermalised() if thermalised else junction
    alignment = np.array([-1.0, 0.3, 2.0])
    ours = biased_electronic_circuit(junction, alignment).currents
    theirs = linear.electronic_circuit(onsager(junction, alignment), junction.terminals).currents
    assert ours.mu_eV[2] == pytest.approx(theirs.mu_eV[2], rel=1e-3)
    assert ours.temperature_K[2] - 300 == pytest.approx(theirs.temperature_K[2] - 300, rel=1e-2, abs=1e-8)
    assert ours.particle_current_per_s[:2] == pytest.approx(theirs.particle_current_per_s[:2], rel=2e-4)
    scale = np.abs(theirs.heat_current_W).max()
    assert ours.heat_current_W == pytest.approx(theirs.heat_current_W, abs=1e-3 * scale)
    assert ours.entropy_production_W_per_K == pytest.approx(theirs.entropy_production_W_per_K, rel=1e-3)


def test_seebeck_coefficient_of_small_and_of_finite_temperature_differences():
    small = biased_open_circuit(benzene(TL=300.05, TR=299.95), 1.0).seebeck_V_per_K("L", "R")
    junction = benzene(TL=300.05, TR=299.95)
    expected = linear.open_circuit(onsager(junction, 1.0), junction.terminals).seebeck_V_per_K
    assert small == pytest.approx(expected, rel=1e-5)
    finite = biased_open_circuit(benzene(), 1.0, {"L": np.array([310.0, 400.0]), "R": 300.0})
    assert np.all(finite.currents.particle_current_per_s == 0)
    assert finite.seebeck_V_per_K("L", "R") == pytest.approx(finite.seebeck_V_per_K("R", "L"))
    assert np.all(np.abs(finite.seebeck_V_per_K("L", "R") / small - 1) > 1e-3)


def test_strong_probes_on_a_chain_are_resistors_in_series_that_heat():
    """Hopping from probe to probe, T = 16 (t/Gamma)^2 each: Ohm's law, and kT^2 = kT0^2 + 3 mu(1 - mu)V^2/pi^2."""
    n, gamma, V = 5, 200.0, 0.4
    junction = chain(n, gamma, mu_left=V / 2)
    c = biased_electronic_circuit(junction).currents
    inner = 16 / gamma**2
    outer = 2.0 * gamma / (0.5 * gamma + 1.0) ** 2 / 1.0  # the lead and the probe of one site
    network = Multiterminal(junction.model, junction.names).transmissions(0.0)
    assert network[3, 4] == pytest.approx(inner, rel=0.05)
    resistance = (n - 1) / inner
    mu = c.mu_eV[2:]
    assert np.diff(mu) == pytest.approx(np.full(n - 1, (mu[-1] - mu[0]) / (n - 1)), rel=2e-2)
    assert PER_eV_s * (mu[0] - mu[-1]) / resistance == pytest.approx(c.particle_current_per_s[1], rel=0.05)
    share = (0.5 * V - mu) / V
    hot = np.sqrt((BOLTZMANN_eV_per_K * 300) ** 2 + 3 / np.pi**2 * V**2 * share * (1 - share))
    assert BOLTZMANN_eV_per_K * c.temperature_K[2:] == pytest.approx(hot, rel=2e-2)
    assert outer < 1


def test_several_probes_of_both_kinds_over_a_sweep_equal_one_by_one():
    junction = chain(4, 0.3)
    terminals = list(junction.terminals)
    terminals[3] = VoltageProbe(terminals[3].name, 320.0)
    junction = replace(junction, terminals=tuple(terminals))
    bias = np.linspace(-1.0, 1.0, 9)
    sweep = biased_electronic_circuit(junction, 0.2, {"L": bias, "R": 0.0}, {"L": 310.0}).currents
    for i in (0, 3, 8):
        one = biased_electronic_circuit(junction, 0.2, {"L": bias[i], "R": 0.0}, {"L": 310.0}).currents
        assert one.temperature_K == pytest.approx(sweep.temperature_K[:, i], rel=1e-11)
        assert one.heat_current_W == pytest.approx(sweep.heat_current_W[:, i], rel=1e-9, abs=1e-22)
    assert sweep.mu_eV.shape == (6, 9)


def test_only_differences_of_energy_matter():
    one = biased_electronic_circuit(benzene(), 0.3, {"L": 0.2, "R": 0.1}).currents
    other = biased_electronic_circuit(benzene().aligned(0.3 + 0.1), 0.0, {"L": 0.1, "R": 0.0}).currents
    assert one.heat_current_W == pytest.approx(other.heat_current_W, rel=1e-11)
    assert one.mu_eV - 0.1 == pytest.approx(other.mu_eV, rel=1e-11)


def test_a_bare_junction_of_three_leads_is_landauer_multi_terminal():
    junction = ProbedJunction(
        benzene().model,
        (
            JunctionTerminal("L", 300.0, 0.2),
            JunctionTerminal("R", 310.0, 0.0),
            JunctionTerminal("P", 320.0, -0.1),
        ),
    )
    solved = biased_electronic_circuit(junction, 0.5)
    number, heat = by_quad(junction.aligned(0.5), solved.currents.mu_eV, solved.currents.temperature_K)
    assert solved.iterations == 0 and solved.residual == 0
    assert solved.currents.particle_current_per_s == pytest.approx(PER_eV_s * number, rel=1e-8)
    assert solved.currents.heat_current_W == pytest.approx(WATT_PER_eV2 * heat, rel=1e-8)


def test_the_current_of_one_level_with_a_probe_on_it():
    """All on one site: the voltage probe divides the bias as conductances, exactly where T_ab are proportional."""
    model = HuckelModel(np.array([[0.2]]), (Lead("L", {1: 0.1}), Lead("R", {1: 0.3}), Lead("P", {1: 0.2})))
    ends = (JunctionTerminal("L", 300.0, 0.001), JunctionTerminal("R", 300.0, -0.001))
    c = biased_electronic_circuit(ProbedJunction(model, (*ends, VoltageProbe("P", 300.0)))).currents
    whole = HuckelModel(np.array([[0.2]]), (Lead("probe", {1: 0.15}), Lead("substrate", {1: 0.45})))
    bare = currents(whole.transmission(), 0.002).current_A
    ours = ELEMENTARY_CHARGE_C * c.particle_current_per_s[1]
    assert ours == pytest.approx(bare * (0.1 * 0.3 + 0.1 * 0.2 * 0.3 / 0.4) / (0.15 * 0.45), rel=1e-6)
    assert abs(ours) < G0_S * 0.002
