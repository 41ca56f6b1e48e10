"""A point's derived numbers: propagation known by hand, and the reference values of the paper's calibration."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from analysis.heating.points import HeatingPoint
from analysis.heating.thermometer import Thermometer, UncalibratedThermometer
from analysis.recording.header import Calibration

PAPER = Thermometer(72_800.0, 16.3e-6, 500.0, 0.2e-6)
ISSUE_KEYS = [
    "amplitude_V",
    "junctions",
    "dT_pos_K",
    "dT_neg_K",
    "sigma_pos_K",
    "sigma_neg_K",
    "cov_K2",
    "q_total_pos_W",
    "q_total_neg_W",
    "q_probe_pos_W",
    "q_probe_neg_W",
]


def point(dT_pos_K=8e-3, dT_neg_K=29e-3, q_pos_W=0.5e-6, q_neg_W=0.52e-6, covariance=None, **fields):
    if covariance is None:
        covariance = np.diag([6e-4, 6e-4, 0.0, 0.0]) ** 2
    described = {
        "amplitude_V": 1.27,
        "junctions": 100,
        "errors_from": "junctions",
        "interval": np.zeros((4, 2)),
        "noise_covariance_K2": 0.07e-3**2 * np.array([[1.0, 0.5], [0.5, 1.0]]),
        "thermometer": PAPER,
        "kept_s": 500.0,
    }
    mean = np.array([dT_pos_K, dT_neg_K, q_pos_W, q_neg_W])
    return HeatingPoint(mean=mean, covariance=covariance, **{**described, **fields})


def test_the_papers_scale_error():
    assert PAPER.scale_relative == pytest.approx(0.014061387905905304, rel=1e-14)
    assert PAPER.temperature_relative == pytest.approx(0.012269938650306749, rel=1e-14)


def test_a_resistance_found_with_this_thermocouple_leaves_the_error_of_the_product():
    assert replace(PAPER, product_relative=0.005).scale_relative == 0.005


def test_an_unknown_uncertainty_stays_unknown():
    assert math.isnan(Thermometer(72_800.0, 16.3e-6, 500.0).scale_relative)


@pytest.mark.parametrize("field", ["resistance_K_per_W", "seebeck_V_per_K"])
@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_a_tip_needs_positive_numbers(field, value):
    with pytest.raises(ValueError, match=field):
        replace(PAPER, **{field: value})


def calibrations(**changed):
    return {
        "thermal_resistance": Calibration(72_800.0, "K/W", 500.0),
        "thermocouple_seebeck": Calibration(16.3e-6, "V/K", 0.2e-6),
        **changed,
    }


def test_the_tip_of_a_header():
    assert Thermometer.from_calibrations(calibrations()) == PAPER


def test_the_uncertainty_of_the_product_is_taken_where_the_header_has_it():
    together = calibrations(thermometer_product=Calibration(1.186, "V/W", 0.00593))
    assert Thermometer.from_calibrations(together).scale_relative == pytest.approx(0.005)
    unknown = calibrations(thermometer_product=Calibration(1.186, "V/W"))
    assert Thermometer.from_calibrations(unknown).scale_relative == PAPER.scale_relative


@pytest.mark.parametrize("name", ["thermal_resistance", "thermocouple_seebeck"])
def test_a_header_without_a_calibration_is_refused_by_name(name):
    content = calibrations()
    del content[name]
    with pytest.raises(UncalibratedThermometer, match=name):
        Thermometer.from_calibrations(content)


@pytest.mark.parametrize(
    "wrong", [Calibration(72.8, "K/mW"), Calibration(math.nan, "K/W"), Calibration(-1, "K/W")]
)
def test_a_calibration_that_is_no_resistance_is_refused(wrong):
    with pytest.raises(UncalibratedThermometer, match="thermal_resistance"):
        Thermometer.from_calibrations(calibrations(thermal_resistance=wrong))


def test_heat_in_the_tip():
    p = point(dT_pos_K=18e-3, dT_neg_K=1e-3)
    assert p.q_probe_pos_W == pytest.approx(247.25274725274724e-9, rel=1e-14)
    assert p.q_probe_neg_W == pytest.approx(13.736263736263735e-9, rel=1e-14)
    assert p.to_json()["sigma_q_probe_pos_W"] == pytest.approx(8.241758241758241e-9, rel=1e-13)
    assert p.q_probe_pos_W * PAPER.scale_relative == pytest.approx(3.476716789921641e-9, rel=1e-13)


@pytest.mark.parametrize("rho, factor", [(0.5, 1.0), (0.0, 2.0), (-0.5, 3.0)])
def test_the_error_of_the_asymmetry_carries_the_correlation(rho, factor):
    """White noise correlates the two by +1/2: their difference then is as well known as either, not sqrt(2) worse."""
    covariance = np.zeros((4, 4))
    covariance[:2, :2] = 0.6e-3**2 * np.array([[1.0, rho], [rho, 1.0]])
    p = point(covariance=covariance)
    assert p.asymmetry_sigma_K**2 == pytest.approx(factor * 0.6e-3**2, rel=1e-12)
    assert p.asymmetry_K == pytest.approx(21e-3)
    ratio = 21e-3 / (0.6e-3 * math.sqrt(factor))
    assert p.p_value == pytest.approx(2.0 * stats.t.sf(ratio, p.junctions - 1), rel=1e-9)
    assert p.significance == pytest.approx(stats.norm.isf(0.5 * p.p_value), rel=1e-9)


def test_the_noise_error_of_the_asymmetry_too():
    assert point().asymmetry_noise_K == pytest.approx(0.07e-3)


def test_the_sign_of_asymmetry_and_contrast():
    hotter_at_negative = point(8e-3, 24e-3)
    assert hotter_at_negative.asymmetry_K > 0.0
    assert hotter_at_negative.contrast == pytest.approx(-0.5)
    assert point(24e-3, 8e-3).contrast == pytest.approx(0.5)


def random_covariance(rng):
    scale = np.array([6e-4, 7e-4, 1e-8, 1.2e-8])
    root = rng.standard_normal((4, 4))
    return scale[:, None] * (root @ root.T) / 4.0 * scale


@pytest.mark.parametrize("name", ["contrast", "closure", "asymmetry_K"])
def test_errors_agree_with_drawn_means(name):
    rng = np.random.default_rng(1)
    p = point(covariance=random_covariance(rng))
    draws = rng.multivariate_normal(np.zeros(4), 1e-4 * p.covariance, size=4000) + p.mean
    values = [getattr(replace(p, mean=mean), name) for mean in draws]
    sigma = {"contrast": p.contrast_sigma, "closure": p.closure_sigma, "asymmetry_K": p.asymmetry_sigma_K}[
        name
    ]
    assert np.std(values) == pytest.approx(1e-2 * sigma, rel=0.04)  # 4000 draws: 1.1 %


def test_closure_is_one_where_all_power_is_accounted_for():
    p = point(0.3 * 72_800 * 0.5e-6, 0.7 * 72_800 * 0.5e-6, 0.5e-6, 0.5e-6)
    assert p.closure == pytest.approx(1.0, rel=1e-14)
    assert p.symmetric_K == pytest.approx(36_400 * 0.5e-6)


def test_current_that_varies_with_the_heat_costs_the_closure_nothing():
    direction = np.array([0.3 * 72_800, 0.7 * 72_800, 1.0, 1.0])
    p = point(*(0.5e-6 * direction), covariance=1e-16 * np.outer(direction, direction))
    assert p.closure_sigma < 1e-9
    assert p.sigma_neg_K == pytest.approx(0.7 * 72_800 * 1e-8)


def test_chances_are_those_of_student():
    sigma_2 = point(20e-3, 20e-3 + 2e-3 * math.sqrt(2), covariance=np.diag([1e-3, 1e-3, 0, 0]) ** 2)
    assert replace(sigma_2, junctions=6).p_value == pytest.approx(
        0.1019, rel=1e-3
    )  # t tables, 5 degrees of freedom
    assert replace(sigma_2, junctions=5).p_value > replace(sigma_2, junctions=50).p_value > 0.0455
    # junctions are a sample, whether or not the noise of the thermometer is the larger part of their scatter
    few = replace(sigma_2, junctions=4)
    assert replace(few, errors_from="noise").p_value == few.p_value == pytest.approx(0.1393, rel=1e-3)


def test_without_power_ratios_are_not_numbers():
    p = point(0.0, 0.0, 0.0, 0.0, covariance=np.zeros((4, 4)))
    assert all(
        math.isnan(x) for x in (p.contrast, p.contrast_sigma, p.closure, p.closure_sigma, p.significance)
    )


def test_json_has_the_names_that_users_were_told():
    content = point().to_json()
    assert [name for name in ISSUE_KEYS if name not in content] == []
    assert content["dT_neg_K"] == 29e-3
    assert content["q_total_neg_W"] == 0.52e-6
    assert content["sigma_neg_K"] == pytest.approx(6e-4)
    assert content["cov_K2"] == 0.0
    assert content["noise_cov_K2"] == pytest.approx(0.5 * 0.07e-3**2)
