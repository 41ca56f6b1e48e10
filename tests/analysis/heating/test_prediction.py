"""Predictions: reference rows to their digits, closure, and what differs between junctions."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import brentq

from analysis.heating.prediction import bias_for_power_V, predict, predict_ensemble, symmetric_line_K
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


def test_like_junctions_are_the_one_junction():
    found = predict_ensemble(BDNC, BIAS_V, R_P, (0.002, 0.002), 0.0, np.random.default_rng(0), junctions=3)
    np.testing.assert_allclose(found.mean.dT_neg_K, predict(BDNC, BIAS_V, R_P).dT_neg_K, rtol=1e-7)
    np.testing.assert_allclose(found.spread_dT_K, 0.0, atol=1e-12)


def test_every_junction_has_the_conductance_drawn_for_it():
    rng = np.random.default_rng(1)
    two = LevelTransmission([BreitWignerLevel(0.86, 0.0315, 0.0315), BreitWignerLevel(-1.29, 0.0328, 0.0328)])
    found = predict_ensemble(two, 1e-3, R_P, (0.0018, 0.0022), 0.05, rng, junctions=40)
    power = found.junctions.q_total_pos_W[:, 0]
    np.testing.assert_allclose(power / 1e-6 / 7.748091729863649e-05, found.conductance_G0, rtol=1e-4)
    assert found.conductance_G0.min() > 0.0018
    assert found.conductance_G0.max() < 0.0022


def test_the_spread_of_levels_explains_the_spread_of_junctions_that_was_measured():
    """A window of 10 % alone gives about 6 %; levels 0.05 eV apart give several mK at 1.27 V, as was found."""
    rng = np.random.default_rng(2)
    window = predict_ensemble(BDNC, BIAS_V, R_P, (0.0018, 0.0022), 0.0, rng, junctions=200)
    np.testing.assert_allclose(window.spread.dT_neg_K / window.mean.dT_neg_K, 0.2 / np.sqrt(12), rtol=0.15)
    levels = predict_ensemble(BDNC, BIAS_V, R_P, (0.0018, 0.0022), 0.05, rng, junctions=200)
    assert 3e-3 < levels.spread.dT_neg_K[1] < 9e-3
    assert (
        levels.spread.dT_neg_K[1] / levels.mean.dT_neg_K[1]
        > 2 * levels.spread.dT_neg_K[0] / levels.mean.dT_neg_K[0]
    )


def test_an_ensemble_closes_too():
    rng = np.random.default_rng(3)
    mean = predict_ensemble(BDNC, BIAS_V, R_P, (0.0018, 0.0022), 0.05, rng, junctions=20).mean
    np.testing.assert_allclose(mean.dT_pos_K + mean.dT_neg_K, 2 * mean.symmetric_K, rtol=1e-12)


def test_windows_that_cannot_be():
    with pytest.raises(ValueError, match="holds no conductance"):
        predict_ensemble(BDNC, BIAS_V, R_P, (0.0, 0.002), 0.05, np.random.default_rng(0))
    with pytest.raises(ValueError, match="no coupling"):
        predict_ensemble(BDNC, BIAS_V, R_P, (3.0, 3.0), 0.0, np.random.default_rng(0), junctions=1)
