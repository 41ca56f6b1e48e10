"""A scale error that all heats share: one nuisance, never a covariance built from the data; and correlated heats."""

import numpy as np
import pytest
from scipy.stats import norm

from analysis.constants import G0_S
from analysis.fitting.data import CurrentData, HeatingData, JunctionData
from analysis.fitting.families import BuiltFamily, Parameter, level_family
from analysis.fitting.least_squares import fit
from analysis.fitting.problem import Problem
from analysis.transport.landauer import currents
from analysis.transport.transmission import BreitWignerLevel, FlatTransmission, LevelTransmission

CONSTANT = BuiltFamily(lambda x: FlatTransmission(x[0]), (Parameter("value", 1.0, 0.0, 10.0),))
LUMO = LevelTransmission([BreitWignerLevel(0.9, 0.04, 0.04)])
GAMMA = Parameter("gamma_eV", 0.02, 1e-4, 1.0, logarithmic=True)
ENERGY = Parameter("energy_eV", 0.8, 0.1, 2.0)


def proportional(x, y, sigma, scale_sigma, correlation=0.0):
    """Fit y = value x through heats of a constant transmission, which grow as the square of the bias."""
    unit = 0.5 * G0_S * 1e-2
    bias = 0.1 * np.sqrt(np.abs(x)) * np.sign(x)
    heat = HeatingData(bias, unit * y, unit * sigma, correlation=correlation, scale_sigma=scale_sigma)
    return fit(Problem(JunctionData(heating=heat), CONSTANT))


def split(found, i=0):
    """Total, statistical and scale error of a parameter."""
    variance, scale = found.error.covariance[i, i], found.error.scale_variance[i]
    return np.sqrt([variance, variance - scale, scale])


def test_peelle():
    found = proportional(np.array([1.0, -1.0]), np.array([1.5, 1.0]), np.array([0.15, 0.1]), 0.2)
    assert found.values[0] == pytest.approx(1.1538461550417738, rel=1e-6)
    assert split(found)[0] == pytest.approx(0.2453110556003737, rel=1e-4)
    assert found.names == ("value", "scale")


def test_line_with_statistical_and_total_error():
    k = np.arange(1.0, 6.0)
    y = 2 * k + 0.1 * norm.ppf(k * np.sqrt(2) % 1)
    found = proportional(k, y, np.full(5, 0.1), 0.014)
    total, statistical, scale = split(found)
    assert found.values[0] == pytest.approx(1.9888397561050775, rel=1e-6)
    assert statistical == pytest.approx(0.013483997249264842, rel=1e-3)
    assert scale == pytest.approx(0.02784, rel=1e-3)
    assert total == pytest.approx(0.030936919087219177, rel=1e-3)
    assert found.degrees_of_freedom == 4


def test_correlated_heats_are_weighed_together():
    """The mean of two values of correlation rho has the variance sigma^2 (1 + rho)/2."""
    for rho in (0.0, 0.5, -0.5):
        found = proportional(np.array([1.0, -1.0]), np.array([1.1, 0.9]), np.full(2, 0.1), 0.0, rho)
        assert found.values[0] == pytest.approx(1.0, rel=1e-6)
        assert split(found)[0] == pytest.approx(0.1 * np.sqrt((1 + rho) / 2), rel=1e-4)


def test_a_common_scale_is_covered_by_the_errors():
    """Trial of the findings (A2): 1.4 % common, 0.3 % statistics; 68 % within .58 to .78 of 100 sets."""
    rng = np.random.default_rng(1)
    bias = np.array([0.74, 0.95, 1.08, 1.18, 1.27, -0.74, -0.95, -1.08, -1.18, -1.27])
    exact = currents(LUMO, bias).heat_probe_W
    sigma = 0.003 * np.abs(exact)
    inside = []
    for _ in range(100):
        heat = exact * (1 + 0.014 * rng.normal()) + sigma * rng.normal(size=bias.size)
        data = JunctionData(heating=HeatingData(bias, heat, sigma, scale_sigma=0.014))
        found = fit(Problem(data, level_family([[ENERGY, GAMMA, GAMMA, 0.5]])))
        inside.append(np.abs(found.values[:2] - [0.9, 0.04]) < found.errors[:2])
    share = np.mean(inside, axis=0)
    assert np.all((share > 0.54) & (share < 0.82))  # 3 standard errors


def test_the_scale_is_of_the_heats_alone_and_its_slopes_are_right():
    """Currents, total heats and a free number of molecules beside it; derivatives by differences."""
    bias = np.array([0.5, 1.0, -0.5, -1.0])
    x = currents(LUMO, bias)
    sigma = np.full(4, 1e-9)
    heat = HeatingData(bias, x.heat_probe_W, sigma, x.heat_total_W, sigma, correlation=0.4, scale_sigma=0.05)
    data = JunctionData(CurrentData(bias, x.current_A, sigma), heat)
    molecules = Parameter("molecules", 1.0, 0.1, 10.0, logarithmic=True)
    problem = Problem(data, level_family([[ENERGY, GAMMA, GAMMA, 0.5]]), molecules)
    values = np.array([0.85, 0.03, 1.2, 1.1])
    at = problem.evaluated(values)
    residual, slopes = at.residual, at.slopes
    assert residual.size == slopes.shape[0] == problem.n_residuals == 13
    for i in range(4):
        step = np.zeros(4)
        step[i] = 1e-6
        ends = [problem.evaluated(values + sign * step).residual for sign in (1, -1)]
        assert (ends[0] - ends[1]) / 2e-6 == pytest.approx(
            slopes[:, i], rel=1e-4, abs=1e-6 * np.abs(slopes).max()
        )
    assert np.all(slopes[:4, 3] == 0) and np.all(slopes[8:12, 3] == 0) and slopes[12, 3] == pytest.approx(20)


def test_a_scale_that_is_pulled_is_remarked():
    bias = np.array([0.9, 1.1, -0.9, -1.1])
    heat, V = 1.2 * currents(LUMO, bias).heat_probe_W, np.linspace(-1.2, 1.2, 25)
    current = currents(LUMO, V).current_A
    data = JunctionData(
        CurrentData(V, current, np.full(25, 1e-10)),
        HeatingData(bias, heat, np.full(4, 1e-10), scale_sigma=0.05),
    )
    found = fit(Problem(data, level_family([[ENERGY, GAMMA, GAMMA, 0.5]])))
    assert found.values[-1] == pytest.approx(1.2, rel=0.01)
    assert any("pulls the scale of the heats to 1.2" in x for x in found.remarks)
