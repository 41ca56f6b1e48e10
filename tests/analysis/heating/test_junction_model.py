"""Transmissions from mean I-V curves: the level that made them, errors, symmetry, and which side."""

import numpy as np
import pytest
from scipy.stats import t

from analysis.constants import G0_S
from analysis.fitting.data import JunctionData
from analysis.fitting.families import Parameter, level_family
from analysis.fitting.jackknife import TWO_SIGMA, half_interval, interval
from analysis.fitting.least_squares import fit
from analysis.fitting.problem import Problem
from analysis.heating.junction_model import model_of_iv
from analysis.iv.junction_curves import JunctionCurves
from analysis.iv.mean import mean_iv
from analysis.iv.sweeps import Sweep
from analysis.transport.landauer import currents
from analysis.transport.transmission import BreitWignerLevel, FlatTransmission, LevelTransmission

BIAS_V = np.interp(np.arange(401) / 400, [0, 0.25, 0.75, 1], [0, 1.2, -1.2, 0])


def sweeps(levels, rng, n=40, spread=0.1):
    """Curves of junctions whose conductances differ by a tenth."""
    current_A = currents(levels, BIAS_V).current_A
    return [
        Sweep(
            i,
            (0, BIAS_V.size),
            BIAS_V,
            (1.0 + spread * rng.standard_normal()) * current_A,
            kind="whole",
            junction=i,
        )
        for i in range(n)
    ]


def test_the_level_that_made_the_curves_is_found():
    level = LevelTransmission([BreitWignerLevel(0.7, 0.05, 0.05)])
    curves = sweeps(level, np.random.default_rng(0), spread=0.0)
    model = model_of_iv(mean_iv(curves))
    assert model.parameters["energy_eV"][0] == pytest.approx(0.7, abs=1e-4)
    assert model.parameters["gamma_eV"][0] == pytest.approx(0.05, rel=1e-3)
    assert model.misfit < 1e-4
    assert not model.side_known and model.remarks == ()
    assert model.error_of(lambda m: m.current_A([1.0])) < 1e-6 * model.current_A([1.0])


def test_errors_are_the_scatter_of_repeated_measurements():
    level = LevelTransmission([BreitWignerLevel(0.9, 0.04, 0.04)])
    found, errors = [], []
    for seed in range(24):
        curves = sweeps(level, np.random.default_rng(seed), n=20)
        model = model_of_iv(mean_iv(curves))
        found.append([model.parameters["gamma_eV"][0], float(model.current_A(1.0))])
        errors.append([model.parameters["gamma_eV"][1], float(model.error_of(lambda m: m.current_A(1.0)))])
    scatter = np.std(found, axis=0, ddof=1)
    np.testing.assert_allclose(
        np.sqrt(np.mean(np.square(errors), axis=0)), scatter, rtol=0.35
    )  # 15 % by chance
    assert found[0][1] == pytest.approx(float(currents(level, 1.0).current_A), rel=0.08)


def test_a_single_junction_has_no_errors():
    curves = sweeps(FlatTransmission(0.01), np.random.default_rng(1), n=1)
    assert np.isnan(model_of_iv(mean_iv(curves)).parameters["transmission"][1])
    curves = sweeps(LevelTransmission([BreitWignerLevel(0.9, 0.04, 0.04)]), np.random.default_rng(1), n=1)
    assert np.isnan(model_of_iv(mean_iv(curves)).parameters["energy_eV"][1])


def test_the_error_of_a_constant_is_that_of_the_mean():
    curves = sweeps(FlatTransmission(0.01), np.random.default_rng(1), n=9)
    model = model_of_iv(mean_iv(curves))
    slopes = [curve.current_A @ curve.bias_V / (curve.bias_V @ curve.bias_V) / G0_S for curve in curves]
    value, error = model.parameters["transmission"]
    assert value == pytest.approx(np.mean(slopes), rel=1e-6)
    left_out = np.array([np.mean(np.delete(slopes, i)) for i in range(9)])
    assert error == pytest.approx(half_interval(left_out), rel=1e-6)
    ends = model.to_json()["parameters"]["transmission"]["interval_95"]
    assert ends == pytest.approx(np.array(interval(value, left_out, TWO_SIGMA)), rel=1e-6)
    students = t.ppf(0.975, 8) * np.std(slopes, ddof=1) / 3
    assert min(abs(np.array(ends) - value)) == pytest.approx(students, rel=1e-3)


@pytest.mark.parametrize(("asymmetry_K", "energy_eV"), [(1e-3, 0.7), (-1e-3, -0.7)])
def test_a_model_is_turned_to_what_the_heat_says(asymmetry_K, energy_eV):
    curves = sweeps(
        LevelTransmission([BreitWignerLevel(0.7, 0.05, 0.05)]), np.random.default_rng(2), spread=0.0
    )
    model = model_of_iv(mean_iv(curves))
    turned = model.turned_to(asymmetry_K)
    assert turned.side_known
    assert turned.parameters["energy_eV"][0] == pytest.approx(energy_eV, abs=1e-4)
    assert turned.predicted([1.0], 72_800.0).asymmetry_K[0] * asymmetry_K > 0.0
    np.testing.assert_allclose(turned.current_A(BIAS_V), model.current_A(BIAS_V), atol=1e-15)
    assert turned.turned_to(-asymmetry_K) is turned
    assert len(turned.replicas) == len(model.replicas)


def test_intervals_are_those_of_a_fit_and_a_width_stays_positive():
    """Three junctions, whose conductances differ by 60 %: a symmetric interval of the width would reach below zero."""
    iv = mean_iv(
        sweeps(
            LevelTransmission([BreitWignerLevel(0.7, 0.05, 0.05)]), np.random.default_rng(4), n=3, spread=0.6
        )
    )
    model = model_of_iv(iv)
    curves = JunctionCurves(iv.voltage_V, iv.by_junction_A)
    gamma = Parameter("gamma_eV", 0.03, 1e-6, 3.0, logarithmic=True)
    energy = Parameter("energy_eV", 0.7, 0.02, 5.0)
    found = fit(
        Problem(JunctionData(curves.mean()), level_family([[energy, gamma, gamma, 0.5]])), curves.replicas()
    )
    for i, name in enumerate(found.names):
        ends = [x[i] for x in found.error.interval(TWO_SIGMA)]
        assert model.to_json()["parameters"][name]["interval_95"] == pytest.approx(ends, rel=1e-4)
        assert model.parameters[name][1] == pytest.approx(found.errors[i], rel=1e-4)
    (low, high), value = model.intervals_95["gamma_eV"], model.parameters["gamma_eV"][0]
    assert value - (high - low) / 2 < 0 < low < value < high
    turned = model.turned_to(-1e-3)
    assert turned.intervals_95["energy_eV"] == tuple(-x for x in reversed(model.intervals_95["energy_eV"]))


def test_curves_of_a_level_that_follows_one_electrode_are_remarked_on():
    level = LevelTransmission([BreitWignerLevel(0.7, 0.05, 0.05, bias_drop=0.3)])
    curves = sweeps(level, np.random.default_rng(3))
    remarks = model_of_iv(mean_iv(curves)).remarks
    assert remarks[0] == "One level of this kind does not describe this curve."
    assert remarks[-1].startswith("|I(+V)|/|I(-V)| is ") and "not half way" in remarks[-1]
