"""Model curves of the heat: Landauer with its errors, and Buettiker probes."""

import numpy as np

from analysis.heating.junction_model import JunctionModel
from analysis.heating.model_curves import heating_curves, landauer_curve
from analysis.transport.transmission import BreitWignerLevel, FlatTransmission, LevelTransmission

MODEL = JunctionModel(LevelTransmission([BreitWignerLevel(-0.6, 0.02, 0.02)]), "one level")


def test_weakly_coupled_probes_are_landauer():
    landauer, *probed = (curve.predicted for curve in heating_curves(MODEL, 1.3, 1e5, 1e-9))
    for curve in probed:
        np.testing.assert_allclose(curve.q_probe_pos_W, landauer.q_probe_pos_W, rtol=1e-5, atol=1e-15)
    _, voltage, thermal = (curve.predicted for curve in heating_curves(MODEL, 1.3, 1e5, 0.02))
    np.testing.assert_allclose(voltage.q_total_pos_W, thermal.q_total_pos_W, rtol=0.2)
    apart = np.abs(voltage.q_probe_pos_W - thermal.q_probe_pos_W).max()
    assert apart > 1e-3 * thermal.q_probe_pos_W.max()


def test_there_are_no_probes_without_a_coupling_or_a_level():
    flat = JunctionModel(FlatTransmission(0.01), "by hand")
    assert [curve.name for curve in heating_curves(flat, 1.0, 1e5, 0.01)] == ["Landauer"]
    assert len(heating_curves(MODEL, 1.0, 1e5, 0.0)) == 1


def test_errors_of_a_curve_are_those_of_the_model_and_unknown_for_a_given_one():
    bias_V = np.linspace(0.0, 1.2, 5)
    assert np.isnan(landauer_curve(MODEL, bias_V, 1e5).error_pos_K).all()
    replicas = tuple(LevelTransmission([BreitWignerLevel(e, 0.02, 0.02)]) for e in (-0.61, -0.60, -0.59))
    fitted = JunctionModel(MODEL.transmission, "fitted", replicas=replicas)
    curve = landauer_curve(fitted, bias_V, 1e5)
    for error, of in (
        (curve.error_pos_K, "dT_pos_K"),
        (curve.error_neg_K, "dT_neg_K"),
        (curve.error_asymmetry_K, "asymmetry_K"),
    ):
        expected = fitted.error_of(lambda m, of=of: getattr(m.predicted(bias_V, 1e5), of))
        np.testing.assert_array_equal(error, expected)
