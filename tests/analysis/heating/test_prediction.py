"""Predictions: reference rows to their digits, closure, and what differs between junctions."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import brentq

from analysis.heating.prediction import bias_for_power_V, predict, symmetric_line_K
from analysis.transport.landauer import linear_response
from analysis.transport.transmission import BreitWignerLevel, FlatTransmission, LevelTransmission

REFERENCE = json.loads(
    (Path(__file__).parents[2] / "golden" / "landauer_reference.json").read_text(encoding="utf-8")
)
R_P = 72_800.0
BDNC = LevelTransmission([BreitWignerLevel(0.9, 0.0401237438973719, 0.0401237438973719)])


def column(rows, name):
    return np.array([row[name] for row in rows])


@pytest.mark.parametrize("name", REFERENCE["level_models"])
def test_the_reference_rows(name):
    model = REFERENCE["level_models"][name]
    levels = [BreitWignerLevel(x["eps_eV"], x["Gamma_L_eV"], x["Gamma_R_eV"]) for x in model["levels"]]
    rows = model["rows"]
    found = predict(LevelTransmission(levels), column(rows, "V"), R_P)
    np.testing.assert_allclose(found.dT_pos_K, column(rows, "dT_pos_K"), rtol=1e-13)
    np.testing.assert_allclose(found.dT_neg_K, column(rows, "dT_neg_K"), rtol=1e-13)
    np.testing.assert_allclose(found.q_probe_pos_W, column(rows, "Q_P_pos_W"), rtol=1e-13)
    np.testing.assert_allclose(found.q_probe_neg_W, column(rows, "Q_P_neg_W"), rtol=1e-13)
    np.testing.assert_allclose(found.q_total_pos_W, column(rows, "Q_total_W"), rtol=1e-13)
    np.testing.assert_allclose(found.q_total_neg_W, column(rows, "Q_total_W"), rtol=1e-13)
    np.testing.assert_allclose(found.symmetric_K, column(rows, "dT_symmetric_K"), rtol=1e-13)
    asymmetry = column(rows, "dT_neg_K") - column(rows, "dT_pos_K")
    np.testing.assert_allclose(found.asymmetry_K, asymmetry, rtol=1e-12)


def test_gold():
    rows = REFERENCE["flat"]
    found = predict(FlatTransmission(1.0), column(rows, "V"), R_P)
    np.testing.assert_allclose(found.dT_pos_K, column(rows, "dT_pos_K"), rtol=1e-13)
    np.testing.assert_allclose(found.dT_neg_K, found.dT_pos_K, rtol=1e-13)


def test_heat_closes_whatever_the_transmission():
    skew = LevelTransmission([BreitWignerLevel(0.3, 0.02, 0.2), BreitWignerLevel(-0.5, 0.1, 0.03)])
    found = predict(skew, np.linspace(0.05, 1.3, 7), R_P)
    np.testing.assert_allclose(found.dT_pos_K + found.dT_neg_K, R_P * found.q_total_pos_W, rtol=1e-12)


def test_the_sign_of_a_bias_does_not_matter():
    np.testing.assert_array_equal(
        predict(BDNC, [-1.0, 0.5], R_P).dT_neg_K, predict(BDNC, [1.0, -0.5], R_P).dT_neg_K
    )


def test_the_symmetric_line_is_half_the_thermal_resistance():
    assert symmetric_line_K(1e-6, R_P) == pytest.approx(36.4e-3)


def test_bias_for_a_power():
    power = predict(BDNC, [0.74, 1.08, 1.27], R_P).q_total_pos_W
    np.testing.assert_allclose(bias_for_power_V(BDNC, power, 1.5), [0.74, 1.08, 1.27], rtol=1e-5)
    assert np.isnan(bias_for_power_V(BDNC, 1e-3, 1.5))


@pytest.mark.parametrize(
    "conductance_G0, bias_V, share", [(0.002, 1.263, 0.223), (0.02, 0.542, 0.389), (0.05, 0.353, 0.423)]
)
def test_a_model_that_conducts_too_well_reaches_the_power_at_less_bias(conductance_G0, bias_V, share):
    """One level at 0.9 eV at 0.5 uW: the same power, another bias, another share in the tip."""
    gamma = _gamma(conductance_G0)
    model = LevelTransmission([BreitWignerLevel(0.9, gamma, gamma)])
    found_V = bias_for_power_V(model, 0.5e-6, 1.5)
    assert found_V == pytest.approx(bias_V, abs=6e-4)
    found = predict(model, found_V, R_P)
    assert found.q_probe_pos_W / found.q_total_pos_W == pytest.approx(share, abs=6e-4)


def _gamma(conductance_G0):
    def excess(gamma):
        return (
            linear_response(LevelTransmission([BreitWignerLevel(0.9, gamma, gamma)])).conductance_G0
            - conductance_G0
        )

    return brentq(excess, 1e-3, 1.0)


BIAS_V = np.array([0.74, 1.27])
