from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from scipy import fft

from analysis.heating import estimator
from analysis.heating.aligned_hold import place
from analysis.heating.box_means import pooled_means_K
from analysis.heating.estimator import EstimatorSettings, HoldEstimator, estimate_hold, estimate_holds
from analysis.heating.exclusion import judge
from analysis.heating.line import Line
from analysis.heating.programme import programme, three_level
from analysis.heating.regression import Regression
from tests.support.physics.made_holds import (
    AMPLITUDE_V,
    CURRENT_A,
    RISE_K,
    RATE_Hz,
    SEEBECK_V_per_K,
    made_hold,
)

SETTINGS = EstimatorSettings(SEEBECK_V_per_K)
WHITE_V2_per_Hz = (9.94e-9) ** 2


def golden_drift_V(t):
    return 3e-6 + 40e-9 * t - 5e-9 * t**2


def golden_hold(**fields):
    return made_hold(drift_V=golden_drift_V, **fields)


def rises(estimate):
    return [estimate.dT_pos_K, estimate.dT_neg_K]


# ---- the vector with a drift and a parabola


def test_golden_vector_is_exact():
    estimate = estimate_hold(golden_hold(), SETTINGS)

    assert rises(estimate) == pytest.approx([0.008, 0.026], abs=1e-15)
    assert (estimate.periods, estimate.rejected, estimate.exclusions) == (61, "", ())
    assert estimate.kept_s == pytest.approx(61 / 12.25)


def test_golden_vector_keeps_8862_samples():
    placed = place(golden_hold(), 6)
    used = placed.settled & judge(placed, None).kept[placed.plan.period]

    assert np.bincount(placed.plan.role[used]).tolist() == [2954, 2953, 2955]


def test_golden_vector_of_pooled_means_carries_the_drift():
    bare, masked = place(golden_hold(), 0), place(golden_hold(), 6)

    assert pooled_means_K(bare, SEEBECK_V_per_K) == pytest.approx(
        (0.008012475232350795, 0.025975014056288853), abs=1e-12
    )
    assert pooled_means_K(masked, SEEBECK_V_per_K, judge(masked, None).kept) == pytest.approx(
        (0.008024998551193988, 0.025975040299259768), abs=1e-12
    )


def test_golden_vector_s_power_and_current():
    estimate = estimate_hold(golden_hold(), SETTINGS)

    assert estimate.current_pos_A == pytest.approx(CURRENT_A)
    assert estimate.current_neg_A == pytest.approx(-CURRENT_A)
    assert estimate.q_total_pos_W == pytest.approx(CURRENT_A * AMPLITUDE_V)
    assert estimate.q_total_neg_W == pytest.approx(CURRENT_A * AMPLITUDE_V)


# ---- variance and correlation


def white_box_variance(seconds, corner_over_modulation=0.0):
    """Variance of either temperature, from pooled means over all samples, in units of the white density."""
    return (3.0 + 2.374979650554675 * corner_over_modulation) / seconds


def regression_of(hold, mask_samples, order):
    estimator = HoldEstimator(replace(SETTINGS, mask_samples=mask_samples, baseline_order=order))
    placed = place(hold, mask_samples)
    return estimator.fit(placed, judge(placed, None).kept)[1]


FOUR_S = made_hold(n=8000)


def test_white_noise_formula_and_its_correlation_are_exact_for_box_means():
    covariance = regression_of(FOUR_S, 0, 0).covariance_V2(1.0, 0.0)

    assert np.diag(covariance) == pytest.approx(white_box_variance(4.0), rel=1e-3)
    assert covariance[0, 1] / covariance[0, 0] == pytest.approx(0.5, abs=1e-3)
    difference = np.array([1.0, -1.0])
    assert difference @ covariance @ difference == pytest.approx(3.0 / 4.0, rel=1e-3)


def test_pink_noise_formula_holds_for_box_means():
    covariance = regression_of(FOUR_S, 0, 2).covariance_V2(1.0, 20.0)

    assert np.diag(covariance) == pytest.approx(white_box_variance(4.0, 20.0 / 12.25), rel=0.03)
    assert covariance[0, 1] / covariance[0, 0] == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize(
    ("mask_samples", "factor"), [(1, 1.0187189609066598), (6, 1.12391121101433), (17, 1.4542810398109436)]
)
def test_masked_samples_cost_their_time(mask_samples, factor):
    covariance = regression_of(FOUR_S, mask_samples, 0).covariance_V2(1.0, 0.0)

    assert np.diag(covariance) == pytest.approx(factor * white_box_variance(4.0), rel=2e-3)


def noise_draws(rng, n, draws, corner_Hz):
    """Series of one-sided density ``1 + corner / f`` V^2/Hz, shape (draws, n), cut from longer ones."""
    if not corner_Hz:
        return np.sqrt(RATE_Hz / 2.0) * rng.standard_normal((draws, n), dtype=np.float32)
    length = 2 * n
    f_Hz = np.fft.rfftfreq(length, 1.0 / RATE_Hz)
    density = 1.0 + corner_Hz / np.maximum(f_Hz, f_Hz[1])
    phasors = rng.standard_normal((draws, len(f_Hz), 2), dtype=np.float32).view(np.complex64)[..., 0]
    scale = np.sqrt(density * RATE_Hz * length / 4.0).astype(np.float32)
    return fft.irfft(phasors * scale, length)[:, :n]


@pytest.mark.parametrize("corner_Hz", [0.0, 20.0])
def test_scatter_of_holds_is_that_of_the_formula(corner_Hz):
    """The weight of each sample in the estimates gives the covariance of infinitely many holds."""
    n, piece, regression = 8000, 500, regression_of(FOUR_S, 0, 2)
    weights = np.concatenate([regression.levels_V(np.eye(piece, n, first)) for first in range(0, n, piece)])
    transformed = fft.rfft(weights, 2 * n, axis=0)
    f_Hz = np.fft.rfftfreq(2 * n, 1.0 / RATE_Hz)
    density = 1.0 + corner_Hz / np.maximum(f_Hz, f_Hz[1])

    covariance = (transformed.T * density @ transformed.conj()).real * f_Hz[1]
    expected = white_box_variance(4.0, corner_Hz / 12.25)
    assert np.trace(covariance) / 2.0 == pytest.approx(expected, rel=0.01)
    assert covariance[0, 1] / np.trace(covariance) * 2.0 == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("corner_Hz", [0.0, 20.0, 60.0])
def test_errors_from_residuals_are_those_of_the_scatter(corner_Hz):
    rng = np.random.default_rng(3)
    hold = made_hold()
    regression = regression_of(hold, 6, 2)
    draws = noise_draws(rng, 10_000, 400, corner_Hz)
    fits = [regression.fit(series) for series in draws[:, : 61 * 8000 // 49 + 1]]

    claimed = np.mean([fit.covariance_V2 for fit in fits], axis=0)
    true = regression.covariance_V2(1.0, corner_Hz)
    assert np.diag(claimed) == pytest.approx(np.diag(true), rel=0.05)
    assert claimed[0, 1] / claimed[0, 0] == pytest.approx(true[0, 1] / true[0, 0], abs=0.02)
    each = np.array([fit.covariance_V2[0, 0] for fit in fits])
    assert each.std() < 0.1 * each.mean()


def test_error_of_a_5_s_hold_is_that_of_the_resolution_table():
    rng = np.random.default_rng(4)
    sigma_V = np.sqrt(WHITE_V2_per_Hz * RATE_Hz / 2.0)

    estimates = list(
        estimate_holds(
            [made_hold(rng=np.random.default_rng(i), noise_V=sigma_V) for i in rng.integers(0, 9999, 40)],
            SETTINGS,
        )
    )

    sigma_K = np.mean([np.sqrt(e.covariance_K2[0, 0]) for e in estimates])
    # 3 S / T over 61 of 61.25 periods, 6 samples masked
    expected_K = np.sqrt(3.0 * WHITE_V2_per_Hz * 1.1239 / (61 / 12.25)) / SEEBECK_V_per_K
    assert sigma_K == pytest.approx(expected_K, rel=0.03)
    pulls = np.array([(e.dT_pos_K - RISE_K["+"]) / np.sqrt(e.covariance_K2[0, 0]) for e in estimates])
    assert 0.7 < pulls.std() < 1.35
    assert np.mean([e.white_V2_per_Hz for e in estimates]) == pytest.approx(WHITE_V2_per_Hz, rel=0.05)


# ---- what must not move the result


def drift(slope_K_per_s):
    return lambda t: -SEEBECK_V_per_K * slope_K_per_s * t


def test_drift_of_10_mK_per_s_moves_pooled_means_but_not_the_regression():
    hold = made_hold(n=8000, drift_V=drift(10e-3))
    placed = place(hold, 0)

    estimate = estimate_hold(hold, SETTINGS)
    plus, minus = pooled_means_K(placed, SEEBECK_V_per_K, judge(placed, None).kept)

    assert rises(estimate) == pytest.approx([8e-3, 26e-3], abs=1e-15)
    assert (plus - 8e-3) - (minus - 26e-3) == pytest.approx(
        -2 / 3 / 12.25 * 10e-3,
        rel=0.02,  # a level with a sample more than another has its centre 0.75 ms off
    )


@pytest.mark.parametrize("order", ["+0-", "-0+", "alternating"])
def test_every_order_gives_the_same(order):
    hold = made_hold(programme=three_level(AMPLITUDE_V, order), drift_V=golden_drift_V, order=order)

    assert rises(estimate_hold(hold, SETTINGS)) == pytest.approx([8e-3, 26e-3], abs=1e-12)


def test_alternating_order_cancels_drift_even_in_pooled_means():
    placed = place(made_hold(programme=three_level(AMPLITUDE_V, "alternating"), drift_V=drift(10e-3)), 0)

    plus, minus = pooled_means_K(placed, SEEBECK_V_per_K, judge(placed, None).kept)

    assert (plus - 8e-3) - (minus - 26e-3) == pytest.approx(0.0, abs=5e-6)


def test_mains_20_mHz_off_the_frequency_in_the_regression_do_not_move_the_result():
    hold = made_hold(drift_V=lambda t: 1e-6 * np.sin(2.0 * np.pi * 60.02 * t + 0.7))

    with_it = rises(estimate_hold(hold, replace(SETTINGS, lines=(Line(60.0),))))
    without = rises(estimate_hold(hold, SETTINGS))

    # second order in the phase that 20 mHz make over half a hold: 5 % of what the line does without
    assert with_it == pytest.approx([8e-3, 26e-3], abs=40e-6)
    assert max(np.abs(np.subtract(without, [8e-3, 26e-3]))) > 300e-6


def test_capacitive_spikes_after_edges_load_only_unmasked_means():
    hold = made_hold()
    spikes_V = np.zeros(len(hold))
    edges = np.flatnonzero(np.diff(hold.bias_V, prepend=hold.bias_V[-1]))
    steps = np.diff(hold.bias_V, prepend=hold.bias_V[-1])[edges] / AMPLITUDE_V
    for late in range(3):
        spikes_V[np.minimum(edges + late, len(hold) - 1)] += 35e-6 * steps * np.exp(-late / 0.5)
    spiked = replace(hold, thermocouple_V=hold.thermocouple_V + spikes_V)

    plus, minus = pooled_means_K(place(spiked, 0), SEEBECK_V_per_K)

    assert rises(estimate_hold(spiked, SETTINGS)) == pytest.approx([8e-3, 26e-3], abs=1e-15)
    assert abs(plus - 8e-3) > 50e-3  # +, 0, -: steps of 2, -1, -1 load dT+ alone
    assert abs(minus - 26e-3) < 1e-3


@pytest.mark.parametrize("before_samples", [0, 1, 30, 700])
@pytest.mark.parametrize("claimed_off", [-9, -1, 0, 4])
def test_uncertain_start_does_not_matter(before_samples, claimed_off):
    hold = made_hold(before_samples=before_samples, claimed_off=claimed_off, drift_V=golden_drift_V)

    estimate = estimate_hold(hold, SETTINGS)

    assert rises(estimate) == pytest.approx([8e-3, 26e-3], abs=1e-12)
    assert estimate.periods == 61


@pytest.mark.parametrize(("most", "made"), [(10**8, 6), (4_200_000, 8)])
def test_the_choices_of_samples_that_are_remembered_are_bounded(monkeypatch, most, made):
    """Junctions break after any time: each hold has two choices of samples of its own."""
    calculated = []

    def counted(*args):
        calculated.append(args)
        return Regression(*args)

    monkeypatch.setattr(estimator, "MOST_BYTES", most)
    monkeypatch.setattr(estimator, "Regression", counted)
    found = list(estimate_holds([made_hold(n=n) for n in (10_000, 9000, 8000, 10_000)], SETTINGS))

    assert rises(found[3]) == rises(found[0])
    assert len(calculated) == made


# ---- power


def test_offset_of_the_current_amplifier_drops_out_of_both_powers():
    hold = made_hold()
    shifted = replace(hold, current_A=hold.current_A + 5e-8, bias_V=hold.bias_V + 2e-4)

    estimate = estimate_hold(shifted, SETTINGS)

    assert estimate.q_total_pos_W == pytest.approx(CURRENT_A * AMPLITUDE_V, rel=1e-12)
    assert estimate.q_total_neg_W == pytest.approx(CURRENT_A * AMPLITUDE_V, rel=1e-12)


def test_power_in_the_series_resistance_is_not_the_junction_s():
    settings = replace(SETTINGS, series_resistance_ohm=1e5)

    estimate = estimate_hold(made_hold(), settings)

    assert estimate.q_total_pos_W == pytest.approx(CURRENT_A * (AMPLITUDE_V - 1e5 * CURRENT_A), rel=1e-9)


def test_power_is_the_mean_of_the_product_not_the_product_of_means():
    hold = made_hold()
    swinging = replace(hold, current_A=hold.current_A * (1.0 + 0.3 * np.sin(np.arange(len(hold)))))

    estimate = estimate_hold(swinging, replace(SETTINGS, series_resistance_ohm=1e5))

    in_resistor_W = 1e5 * CURRENT_A**2 * (1.0 + 0.3**2 / 2.0)
    assert estimate.q_total_pos_W == pytest.approx(CURRENT_A * AMPLITUDE_V - in_resistor_W, rel=1e-3)


# ---- other programmes


def test_levels_of_any_programme_are_found():
    wave = programme([(0.5, 2), (0.0, 3), (-0.2, 1), (1.0, 2), (-1.0, Fraction(3, 2))], Fraction(61, 10))
    hold = made_hold(programme=wave, rise_K={"+": 8e-3, "-": 26e-3}, drift_V=golden_drift_V)

    estimate = estimate_hold(hold, SETTINGS)

    assert [level.bias_V for level in estimate.levels] == pytest.approx([-1.0, -0.2, 0.5, 1.0])
    assert [level.dT_K for level in estimate.levels] == pytest.approx([26e-3, 5.2e-3, 4e-3, 8e-3], abs=1e-12)
    assert rises(estimate) == [estimate.levels[-1].dT_K, estimate.levels[0].dT_K]


def test_zero_amplitude_goes_the_same_way_and_gives_zero():
    rng = np.random.default_rng(6)
    hold = made_hold(programme=three_level(0.0), rng=rng, noise_V=3e-7, current_noise_A=1e-10)

    estimate = estimate_hold(hold, SETTINGS)

    sigma_K = np.sqrt(np.diag(estimate.covariance_K2))
    assert estimate.rejected == ""
    assert np.all(np.abs(rises(estimate)) < 3.0 * sigma_K)
    assert np.all(sigma_K > 0.0)


def test_programme_without_a_zero_level_is_rejected_with_the_reason():
    wave = programme([(1.0, 1), (-1.0, 1)])

    estimate = estimate_hold(made_hold(programme=wave), SETTINGS)

    assert "0 V" in estimate.rejected
    assert np.isnan(rises(estimate)).all()


# ---- what can't be used


def test_hold_without_thermocouple_is_rejected():
    hold = made_hold()

    estimate = estimate_hold(replace(hold, thermocouple_V=np.full(len(hold), np.nan)), SETTINGS)

    assert "thermocouple" in estimate.rejected


def test_bias_that_does_not_follow_is_rejected():
    hold = made_hold()

    estimate = estimate_hold(replace(hold, bias_V=np.zeros(len(hold))), SETTINGS)

    assert "does not follow" in estimate.rejected


def test_empty_hold_is_rejected():
    hold = made_hold()
    nothing = np.empty(0)

    estimate = estimate_hold(
        replace(
            hold,
            samples=(1000, 1000),
            bias_V=nothing,
            current_A=nothing,
            thermocouple_V=nothing,
            railed=nothing > 0,
        ),
        SETTINGS,
    )

    assert estimate.rejected
    assert estimate.periods == 0


def test_seebeck_coefficient_must_be_positive():
    with pytest.raises(ValueError, match="Seebeck"):
        estimate_hold(made_hold(), EstimatorSettings(-16e-6))
