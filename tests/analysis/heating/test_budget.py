"""The noise budget: tabulated coefficients and resolutions, programmes by hand, and drawn noise."""

import math
from fractions import Fraction

import numpy as np
import pytest

from analysis.heating.budget import (
    Budget,
    HeatBypass,
    budget,
    dead_time_factor,
    expected_covariance_K2,
    flicker_coefficients,
    white_coefficients,
)
from analysis.heating.combine import combine
from analysis.heating.programme import programme, three_level
from analysis.heating.thermometer import Thermometer
from analysis.spectra.noise import Noise
from tests.support.physics.junction_draws import estimate

THIRDS = three_level(1.0)
RATE_Hz = 2000.0
S_TC = 16.3e-6
JOHNSON_V2_per_Hz = 4.0 * 1.380649e-23 * 300.0  # per ohm
PREAMPLIFIER_V2_per_Hz = 16e-18
ALIASING = math.pi / 2.0 / math.tanh(math.pi / 2.0)  # one pole at 1 kHz sampled at 2 kHz
TABLE_mK = {  # thermocouple in ohm: at 500 s without and with a corner of the preamplifier of 20 Hz; 5 s with it
    500: (0.02341785890669816, 0.03186547794914462, 0.31865477949144616),
    1000: (0.027119529582766463, 0.034676814356914984, 0.34676814356914976),
    2000: (0.03331087544366842, 0.039706762547165576, 0.3970676254716558),
    5000: (0.04724458738228888, 0.05195251299096252, 0.5195251299096251),
    10000: (0.06405293691227562, 0.06760023148067883, 0.6760023148067883),
    20000: (0.08856768094185609, 0.09116603905277347, 0.9116603905277348),
}
DEAD_TIME = {
    1: 1.0187189609066598,
    2: 1.0381520892810796,
    3: 1.0583410504034925,
    5: 1.1011699931176875,
    6: 1.12391121101433,
    8: 1.1723329425556859,
    10: 1.2251148545176112,
    17: 1.4542810398109436,
    20: 1.5810276679841897,
}


def thermometer_noise(ohm, corner_Hz=20.0, aliasing=1.0):
    """Johnson and preamplifier noise; the corner is the preamplifier's alone."""
    white = aliasing * (JOHNSON_V2_per_Hz * ohm + PREAMPLIFIER_V2_per_Hz)
    return Noise(white, corner_Hz * PREAMPLIFIER_V2_per_Hz / white)


def sigma_mK(noise, duration_s, mask_samples=0):
    covariance = expected_covariance_K2(noise, THIRDS, duration_s, S_TC, mask_samples, RATE_Hz)
    assert covariance[0, 0] == pytest.approx(covariance[1, 1], rel=1e-12)
    return 1e3 * math.sqrt(covariance[0, 0])


@pytest.mark.parametrize("ohm", TABLE_mK)
def test_the_table_of_resolutions(ohm):
    white, with_corner, one_junction = TABLE_mK[ohm]
    assert sigma_mK(thermometer_noise(ohm, 0.0), 500.0) == pytest.approx(white, rel=1e-12)
    assert sigma_mK(thermometer_noise(ohm), 500.0) == pytest.approx(with_corner, rel=1e-12)
    assert sigma_mK(thermometer_noise(ohm), 5.0) == pytest.approx(one_junction, rel=1e-12)


def test_the_headline():
    noise = thermometer_noise(5000, aliasing=ALIASING)
    assert sigma_mK(noise, 500.0, mask_samples=6) == pytest.approx(0.06943614173430622, rel=1e-12)
    assert sigma_mK(noise, 5.0, mask_samples=6) == pytest.approx(0.6943614173430622, rel=1e-12)


def test_coefficients_of_equal_thirds():
    np.testing.assert_allclose(white_coefficients(THIRDS), [[3.0, 1.5], [1.5, 3.0]], rtol=1e-15)
    c = 2.374979650554675
    np.testing.assert_allclose(flicker_coefficients(THIRDS), [[c, c / 2], [c / 2, c]], rtol=1e-14)


def test_the_order_of_the_levels_changes_nothing_and_alternating_doubles_the_period():
    reversed_ = three_level(1.0, "-0+")
    np.testing.assert_allclose(flicker_coefficients(reversed_), flicker_coefficients(THIRDS), rtol=1e-14)
    alternating = three_level(1.0, "alternating")
    np.testing.assert_allclose(white_coefficients(alternating), [[3.0, 1.5], [1.5, 3.0]], rtol=1e-15)


def test_the_difference_of_the_levels_is_as_well_known_as_either():
    """Var[dT+ - dT-] = 3 S_w/T, not 6; Var of the half sum 9/4."""
    C = white_coefficients(THIRDS)
    assert C[0, 0] + C[1, 1] - 2.0 * C[0, 1] == pytest.approx(3.0)
    assert (C[0, 0] + C[1, 1] + 2.0 * C[0, 1]) / 4.0 == pytest.approx(2.25)


@pytest.mark.parametrize("m", DEAD_TIME)
def test_dead_time(m):
    assert dead_time_factor(THIRDS, m, RATE_Hz) == pytest.approx(DEAD_TIME[m], rel=1e-14)


def test_levels_side_by_side_share_an_edge():
    """+0--0+ repeated: each doubled level has one edge, as does each zero."""
    alternating = three_level(1.0, "alternating")
    period = 2 * 163.26530612244898
    doubled, zero = 1 / 3 - 6 / period, 1 / 3 - 12 / period
    expected = 0.5 / doubled + 0.5 / zero
    assert white_coefficients(alternating, 6, RATE_Hz)[0, 0] == pytest.approx(expected, rel=1e-12)


def test_other_shares_by_hand():
    four_slots = programme([(1.0, 1), (0.0, 1), (-1.0, 1), (0.0, 1)])
    np.testing.assert_allclose(white_coefficients(four_slots), [[3.0, 1.0], [1.0, 3.0]], rtol=1e-15)
    long_zero = programme([(1.0, 293), (0.0, 414), (-1.0, 293)])
    assert white_coefficients(long_zero)[0, 0] == pytest.approx(2.9142, abs=1e-4)  # least for one polarity


def summed_harmonics(weights, corner_over_f, fold=2000):
    """Covariance coefficients from the discrete Fourier transform of finely sampled weights."""
    c = np.fft.rfft(weights, axis=1)[:, 1:fold] / weights.shape[1]
    k = np.arange(1, fold)
    return np.real(np.einsum("ik,jk,k->ij", c, c.conj(), corner_over_f / k))


def test_flicker_of_an_uneven_programme_against_its_summed_harmonics():
    uneven = programme([(2.0, 2), (0.0, 3), (-1.0, 4), (0.0, 1)], Fraction(10))
    n = 500_000
    index = uneven.level_index(np.arange(n), 10.0 * n)
    bias = np.array([level.bias_V for level in uneven.levels])[index]
    weights = np.array(
        [(bias == x) / np.mean(bias == x) - (bias == 0) / np.mean(bias == 0) for x in (2.0, -1.0)]
    )
    np.testing.assert_allclose(flicker_coefficients(uneven), summed_harmonics(weights, 1.0), rtol=1e-5)


def test_the_expected_covariance_is_that_of_box_means_of_drawn_noise():
    """White noise with a corner of 20 Hz on 4 s holds, pooled means of levels: the formula within 3 sigma."""
    rng = np.random.default_rng(0)
    white, corner_Hz, trials, n = 1e-16, 20.0, 3000, 8000
    f = np.fft.rfftfreq(n, 1.0 / RATE_Hz)
    shape = np.sqrt(white * RATE_Hz / 2.0 * (1.0 + corner_Hz / np.maximum(f, f[1])))
    shape[0] = 0.0
    level = THIRDS.level_index(np.arange(n), RATE_Hz)
    W = (
        np.array([(level == i) / np.mean(level == i) - (level == 1) / np.mean(level == 1) for i in (0, 2)])
        / n
    )
    shaped = np.fft.irfft(shape * np.fft.rfft(W, axis=1), n, axis=1)  # the same filter on the weights
    rises = -(rng.standard_normal((trials, n)) @ shaped.T) / S_TC
    expected = expected_covariance_K2(Noise(white, corner_Hz), THIRDS, n / RATE_Hz, S_TC)
    np.testing.assert_allclose(
        np.cov(rises, rowvar=False) / expected[0, 0], expected / expected[0, 0], atol=0.08
    )
    np.testing.assert_allclose(
        shaped @ shaped.T / S_TC**2, expected, rtol=0.002
    )  # exact but for Nyquist's end


def test_a_programme_without_zero_has_no_baseline():
    with pytest.raises(ValueError, match="zero level"):
        white_coefficients(programme([(1.0, 1), (-1.0, 1)]))


def test_a_mask_longer_than_a_level_is_refused():
    with pytest.raises(ValueError, match="whole level"):
        white_coefficients(THIRDS, 55, RATE_Hz)


def test_expected_beside_reached():
    noise = thermometer_noise(5000, aliasing=ALIASING)
    sigma_K = 0.6943614173430622e-3
    rng = np.random.default_rng(0)
    holds = [estimate(1e-3 * x, 1e-3 * x, sigma_K=sigma_K) for x in rng.standard_normal(100)]
    point = combine(holds, Thermometer(72_800.0, S_TC), rng)
    found = budget(point, noise, THIRDS, 500.0, 6, RATE_Hz)
    assert found.expected_K == pytest.approx(0.06943614173430622e-3, rel=1e-12)
    assert found.noise_K == pytest.approx(found.expected_K, rel=1e-9)
    assert found.reached_K == pytest.approx(point.sigma_pos_K, rel=1e-12)
    assert found.ratio == pytest.approx(point.sigma_pos_K / 0.06943614173430622e-3)


def test_errors_fall_with_the_root_of_time():
    content = Budget(1.0, 125.0, 2e-4, 2e-4, 5e-4).to_json()
    assert content["expected_500s_K"] == pytest.approx(1e-4)
    assert content["reached_500s_K"] == pytest.approx(2.5e-4)
    assert content["ratio"] == 2.5


def test_heat_that_leaves_through_the_junction_is_bounded():
    """R_P = 72 800 K/W beside at least 1e7 K/W; gold of one atom by Wiedemann-Franz, 5.679e-10 W/K."""
    bound = HeatBypass(72_800.0)
    assert bound.ratio == pytest.approx(0.00728, rel=1e-12)
    assert bound.share == pytest.approx(72_800 / 10_072_800, rel=1e-12)
    assert "at most 0.72 %" in bound.words() and "R_P/(R_J + R_S)" in bound.words()
    assert HeatBypass(72_800.0, 1.0 / 5.679e-10).ratio == pytest.approx(4.134e-5, rel=1e-3)
    assert HeatBypass(72_800.0, 1e7, 1e7).ratio == pytest.approx(0.00364, rel=1e-12)
    assert bound.to_json()["corrected"] is False
