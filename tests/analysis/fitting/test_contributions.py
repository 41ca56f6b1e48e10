"""Contributions of measurements to a joint fit: the same numbers as fits without each of them."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.fitting.contributions import chi_square_by_kind, contributions
from analysis.fitting.data import CurrentData, HeatingData, JunctionData, Measured
from analysis.fitting.families import Parameter, level_family
from analysis.fitting.least_squares import fit, refit
from analysis.fitting.problem import Problem
from analysis.transport.landauer import currents, linear_response
from analysis.transport.transmission import BreitWignerLevel, LevelTransmission

LEVEL = LevelTransmission((BreitWignerLevel(0.6, 0.05, 0.05, 0.5),))
LINEAR = linear_response(LEVEL)
G, S = float(LINEAR.conductance_G0), float(LINEAR.seebeck_V_per_K)
KAPPA = float(LINEAR.L2_W) / 300.0
FAMILY = level_family(
    [[Parameter("energy_eV", 0.55, 0.1, 3.0), Parameter("gamma_eV", 0.04, 1e-6, 1.0, True), 0.05, 0.5]]
)
TRUTH = np.array([0.6, 0.05])
V = np.linspace(-0.3, 0.3, 7)
HEAT_V = np.array([0.4, 0.6, -0.4, -0.6])


def measured(**changed):
    """All kinds of measurements of one junction, each slightly off, so that the problem is nearly linear."""
    current, heat = currents(LEVEL, V).current_A, currents(LEVEL, HEAT_V).heat_probe_W
    size = 1e-3 * np.abs(current).max()
    data = JunctionData(
        CurrentData(V, current + size * np.array([1, -1, 0.5, 0, -0.7, 0.3, 0.2]), np.full(V.size, size)),
        HeatingData(
            HEAT_V, heat * (1 + 1e-3 * np.array([1.0, -0.5, 0.3, 0.8])), 1e-3 * heat, correlation=0.4
        ),
        conductance_G0=Measured(G * 1.001, G * 1e-3),
        seebeck_V_per_K=Measured(S * 0.9995, abs(S) * 1e-3),
        thermal_conductance_W_per_K=Measured(KAPPA * 1.002, KAPPA * 1e-3),
        peltier_V=Measured(S * 300.0 * 0.999, abs(S) * 0.6),
        ac_seebeck_V_per_K=Measured(S * 1.002, abs(S) * 3e-3),
    )
    return replace(data, **changed)


@pytest.fixture(scope="module")
def joint():
    return fit(Problem(measured(), FAMILY))


def test_linear_response_of_the_model_is_that_of_the_onsager_integrals():
    noiseless = Problem(measured(), FAMILY).noiseless(TRUTH)
    assert noiseless.conductance_G0.value == pytest.approx(G, rel=1e-9)
    assert noiseless.seebeck_V_per_K.value == pytest.approx(S, rel=1e-8)
    assert noiseless.thermal_conductance_W_per_K.value == pytest.approx(KAPPA, rel=1e-9)
    assert noiseless.peltier_V.value == pytest.approx(300.0 * S, rel=1e-8)  # Kelvin
    # at zero current less heat flows, by G S^2 T
    assert KAPPA - float(LINEAR.thermal_conductance_W_per_K) == pytest.approx(
        float(LINEAR.conductance_S) * S**2 * 300.0, rel=1e-9
    )


def test_slopes_of_linear_response_are_those_of_differences():
    problem = Problem(measured(), FAMILY)
    at = problem.evaluated(TRUTH)
    steps = 1e-6 * np.eye(2)
    differences = [
        (problem.evaluated(TRUTH + h).residual - problem.evaluated(TRUTH - h).residual) / 2e-6 for h in steps
    ]
    np.testing.assert_allclose(at.slopes, np.transpose(differences), rtol=1e-6, atol=1e-3)


WITHOUT = {
    "I-V": {"current": None},
    "conductance": {"conductance_G0": None},
    "thermopower": {"seebeck_V_per_K": None},
    "thermal conductance": {"thermal_conductance_W_per_K": None},
    "Peltier coefficient": {"peltier_V": None},
    "AC thermopower": {"ac_seebeck_V_per_K": None},
}


@pytest.mark.parametrize("name", WITHOUT)
def test_a_contribution_is_the_outcome_of_a_fit_without_the_measurement(joint, name):
    found = next(x for x in contributions(joint) if x.name == name)
    without = refit(Problem(measured(**WITHOUT[name]), FAMILY), joint.values)
    np.testing.assert_allclose(found.growth, without.error.standard / joint.error.standard, rtol=0.01)
    # leaving out a measurement lowers chi^2 by its distance from what the others predict
    lower = joint.chi_square - without.chi_square
    rows = next(x.measured.size for label, x in joint.problem.data.named_terms if label == name)
    if rows == 1:
        assert found.significance == pytest.approx(np.sqrt(lower), rel=0.02)


def test_parts_of_chi_square_add_up(joint):
    parts = chi_square_by_kind(joint.problem, joint.residual)
    assert list(parts) == [
        "I-V",
        "heat in the probe",
        "conductance",
        "thermopower",
        "thermal conductance",
        "Peltier coefficient",
        "AC thermopower",
    ]
    assert sum(parts.values()) == pytest.approx(joint.chi_square, rel=1e-12)
    assert {x.name: x.chi_square for x in contributions(joint)} == pytest.approx(parts)


def test_a_measurement_that_contradicts_the_others_is_seen():
    wrong = fit(Problem(measured(seebeck_V_per_K=Measured(1.05 * S, abs(S) * 1e-3)), FAMILY))
    each = {x.name: x.significance for x in contributions(wrong)}
    assert each["thermopower"] > 10
    right = contributions(fit(Problem(measured(), FAMILY)))
    assert max(x.significance for x in right) < 3


def test_what_only_one_measurement_determines_is_not_tested_by_the_others():
    data = JunctionData(conductance_G0=Measured(G, 0.01 * G), seebeck_V_per_K=Measured(S, abs(S) * 0.01))
    two = contributions(fit(Problem(data, FAMILY)))
    assert [x.significance for x in two] == [None, None]
    assert all(np.isinf(x.growth).any() for x in two)
    assert [x.tells_sign for x in two] == [False, True]


def test_a_single_kind_of_measurement_has_no_contributions():
    assert contributions(fit(Problem(JunctionData(measured().current), FAMILY))) == ()
