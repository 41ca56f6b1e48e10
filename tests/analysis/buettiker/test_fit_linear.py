"""Conductance, thermopower and thermal conductance of a fit with probes: those of the Onsager matrix of the circuit."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.buettiker.fit_circuit import CircuitFamily
from analysis.buettiker.fit_family import KINDS, ProbedFamily
from analysis.buettiker.linear import electronic_circuit
from analysis.buettiker.onsager import onsager
from analysis.buettiker.terminals import JunctionTerminal
from analysis.constants import ELEMENTARY_CHARGE_C, G0_S
from analysis.fitting.data import CurrentData, JunctionData, Measured
from analysis.fitting.families import Parameter
from analysis.fitting.least_squares import refit
from analysis.fitting.problem import Problem
from analysis.transport.huckel import bonded, chain_bonds

HALF_K = 1e-3


def width(name):
    return Parameter(name, 0.05, 1e-6, 3.0, logarithmic=True)


FAMILY = ProbedFamily(
    Parameter("level_eV", 0.6, -2.0, 2.0),
    width("gamma_probe_eV"),
    width("gamma_substrate_eV"),
    width("gamma_floating_eV"),
    hamiltonian_eV=bonded(2, chain_bonds(2), 0.3),
    substrate_sites=(2,),
    floating_sites=((1,),),
)
VALUES = [0.5, 0.08, 0.04, 0.06]
LINEAR = {
    "conductance_G0": Measured(0.01, 1e-4),
    "seebeck_V_per_K": Measured(-1e-5, 1e-7),
    "thermal_conductance_W_per_K": Measured(1e-11, 1e-13),
    "peltier_V": Measured(-3e-3, 1e-4),
}


def by_matrix(family, values):
    """G, S, thermal conductance and Pi of the linear circuit, the probe warmer by 2 HALF_K, or at a bias of 1 mV."""
    junction = family.junction(np.array(values), 300.0, 300.0)
    tip, substrate, *floating = junction.terminals
    matrix = onsager(junction)

    def flows(tip_K, substrate_K, mu_eV):
        pair = (
            JunctionTerminal(tip.name, tip_K, mu_eV=mu_eV),
            JunctionTerminal(substrate.name, substrate_K),
        )
        x = electronic_circuit(matrix, (*pair, *floating)).currents
        return ELEMENTARY_CHARGE_C * x.particle_current_per_s[0].item(), x.heat_current_W[0].item()

    biased_A, peltier_W = flows(300.0, 300.0, 1e-3)
    G = abs(biased_A) / 1e-3
    into_tip_A, heat_W = flows(300.0 + HALF_K, 300.0 - HALF_K, 0.0)
    return G, into_tip_A / (G * 2 * HALF_K), abs(heat_W) / (2 * HALF_K), peltier_W / biased_A


@pytest.mark.parametrize("kind", KINDS)
def test_linear_response_is_that_of_the_onsager_matrix(kind):
    family = FAMILY.of(kind)
    values = np.array(VALUES[: len(family.parameters)])
    found = Problem(JunctionData(**LINEAR), CircuitFamily(family)).noiseless(values)
    G, S, thermal, Pi = by_matrix(family, values)
    assert found.conductance_G0.value * G0_S == pytest.approx(G, rel=1e-6)
    assert abs(found.seebeck_V_per_K.value) == pytest.approx(abs(S), rel=1e-4)
    assert found.thermal_conductance_W_per_K.value == pytest.approx(thermal, rel=1e-4)
    assert abs(found.peltier_V.value) == pytest.approx(abs(Pi), rel=1e-6)
    assert (kind == "voltage") != (abs(Pi) == pytest.approx(300.0 * abs(S), rel=1e-3))  # Kelvin


@pytest.mark.parametrize("kind", KINDS)
def test_slopes_of_linear_response_are_those_of_differences(kind):
    family = FAMILY.of(kind)
    values = np.array(VALUES[: len(family.parameters)])
    problem = Problem(JunctionData(**LINEAR), CircuitFamily(family))
    for i, slopes in enumerate(problem.evaluated(values).slopes.T):
        h = 1e-4 * values[i] * np.eye(values.size)[i]
        difference = (problem.evaluated(values + h).residual - problem.evaluated(values - h).residual) / (
            2 * h[i]
        )
        np.testing.assert_allclose(slopes, difference, rtol=1e-3, atol=1e-3 * np.abs(slopes).max())


def test_linear_response_joins_a_fit_with_a_probe():
    """I-V, G, S and thermal conductance of one circuit give back its parameters."""
    V = np.linspace(-0.6, 0.6, 5)
    family = CircuitFamily(FAMILY.of("voltage"))
    truth = Problem(JunctionData(CurrentData(V, V, np.ones(5)), **LINEAR), family).noiseless(np.array(VALUES))
    numbers = {
        name: replace(exact, sigma=1e-3 * abs(exact.value))
        for name in LINEAR
        if (exact := getattr(truth, name)) is not None
    }
    current = replace(truth.current, sigma_A=1e-3 * np.abs(truth.current.current_A) + 1e-12)
    found = refit(Problem(JunctionData(current, **numbers), family), np.array(VALUES) * [1.1, 0.9, 1.1, 0.8])
    np.testing.assert_allclose(found.values, VALUES, rtol=1e-3)
    assert found.chi_square < 1e-4
