"""Points beside theory: what is predicted at their amplitudes, and curves over the power."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import t

from analysis.heating.comparison import compare
from analysis.heating.junction_model import JunctionModel
from analysis.heating.points import HeatingPoint
from analysis.heating.thermometer import Thermometer
from analysis.transport.landauer import currents
from analysis.transport.transmission import BreitWignerLevel, FlatTransmission, LevelTransmission

R_P = 72_800.0
LEVEL = LevelTransmission([BreitWignerLevel(0.9, 0.040124, 0.040124)])


def point(amplitude_V, q_total_W, resistance_K_per_W=R_P):
    mean = np.array([1e-3, 2e-3, q_total_W, q_total_W])
    nothing = np.zeros((4, 4))
    thermometer = Thermometer(resistance_K_per_W, 16.3e-6)
    return HeatingPoint(
        amplitude_V, 10, mean, nothing, "junctions", np.zeros((4, 2)), np.zeros((2, 2)), thermometer, 50.0
    )


def test_predictions_at_the_amplitudes_are_landauers():
    found = compare([point(0.74, 1e-7), point(1.27, 5.1112e-7)], JunctionModel(LEVEL, "given"))
    for row, V in zip(found.predicted, (0.74, 1.27), strict=True):
        truth = currents(LEVEL, [V, -V])
        np.testing.assert_allclose(row, [*(R_P * truth.heat_probe_W), *truth.heat_total_W], rtol=1e-12)
    # Lee et al.'s largest amplitude for this level: 8.224 and 28.986 mK (30-digit quadrature).
    np.testing.assert_allclose(found.predicted[1, :2], [8.224e-3, 28.986e-3], rtol=2e-4)
    assert found.errors is None and np.isnan(found.asymmetry_sigma_K).all()


def test_each_tip_has_its_own_resistance():
    found = compare([point(1.0, 1e-7), point(1.0, 1e-7, 2 * R_P)], JunctionModel(LEVEL, "given"))
    np.testing.assert_allclose(found.predicted[1, :2], 2.0 * found.predicted[0, :2])


def test_curves_pass_through_the_predictions():
    found = compare([point(1.27, 5.1112e-7)], JunctionModel(LEVEL, "given"))
    curves = found.curves(R_P, 6e-7)
    at = np.interp(found.predicted[0, 2], curves.q_total_W, curves.dT_neg_K)
    assert at == pytest.approx(found.predicted[0, 1], rel=1e-3)
    assert curves.q_total_W[[0, -1]] == pytest.approx([0.0, 6e-7])
    assert curves.sigma_pos_K is None


def test_the_bias_of_the_same_power_unmasks_a_model_that_conducts_too_well():
    measured = point(1.27, 5.1112e-7)
    assert compare([measured], JunctionModel(LEVEL, "given")).same_power_V(measured) == pytest.approx(
        1.27, abs=1e-3
    )
    # Ten times the conductance reaches the same power at 0.54 V.
    leaky = LevelTransmission([BreitWignerLevel(0.9, 0.129, 0.129)])
    model = JunctionModel(leaky, "given")
    assert model.conductance_G0 == pytest.approx(0.02, rel=0.05)
    assert compare([measured], model).same_power_V(measured) == pytest.approx(0.54, abs=0.02)


def test_a_model_that_never_reaches_the_power_ends_at_4_V():
    measured = point(0.5, 1e-6)
    found = compare([measured], JunctionModel(FlatTransmission(1e-4), "given"))
    assert np.isnan(found.same_power_V(measured))
    largest_W = float(currents(FlatTransmission(1e-4), 4.0).heat_total_W)
    assert found.curves(R_P, 1e-6).q_total_W[-1] == pytest.approx(largest_W)


def test_errors_come_from_the_replicas():
    replicas = tuple(FlatTransmission(x) for x in (0.9, 1.1))
    model = replace(JunctionModel(FlatTransmission(1.0), "fitted"), replicas=replicas)
    found = compare([point(0.05, 1e-7)], model)
    # Two groups left out in turn: half of the distance between the two, of powers as of conductances; by Student's t.
    np.testing.assert_allclose(found.errors / found.predicted, 0.1 * t.ppf(0.8413447460685429, 1))
    np.testing.assert_allclose(found.asymmetry_sigma_K, 0.0, atol=1e-12)


def test_nothing_is_compared_with_nothing():
    assert compare([], JunctionModel(LEVEL, "given")) is None
    assert compare([point(1.0, 1e-7)], None) is None
