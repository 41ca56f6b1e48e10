"""Drift, time, correlation, directions, alignment, full scale, slope: known truth, and controls with nothing."""

import sys

import numpy as np
import pytest
from scipy.special import ndtri

from analysis.statistics.censored import fit_censored
from analysis.statistics.statistic import StatisticError
from analysis.trace_statistics import (
    alignment,
    correlation,
    drift,
    enough_traces,
    full_scale,
    opening_closing,
    temporal,
    tunnelling_slope,
)
from analysis.traces.direction import CLOSING, OPENING, UNKNOWN, direction_of
from tests.support.physics.opening_traces import molecular_traces, remembering, trace_of, weyl


def contacts(n, rng, centre=lambda i: 1.0, length=60.0):
    return [
        trace_of(
            np.concatenate(
                [[5.0] * 5, centre(i) + 0.05 * rng.standard_normal() + 0.05 * rng.standard_normal(
                    25 + int(rng.exponential(length))), np.full(40, 1e-5)]
            ),
            i,
        )
        for i in range(n)
    ]  # fmt: skip


# ---- drift ----


@pytest.mark.parametrize("memory", [0.0, 0.8])
def test_a_series_without_drift_has_one_at_the_stated_rate(memory):
    rng = np.random.default_rng(0)
    numbers = np.arange(120.0)
    p_values = [drift.trend(numbers, remembering(120, memory, rng)).p for _ in range(60)]

    # with a correlation of 0.8 from trace to trace the plain test would find a drift in more than 40 % of the series
    assert np.mean(np.array(p_values) < 0.05) <= (0.13 if not memory else 0.2)


def test_a_drift_is_found_with_its_size():
    traces = contacts(120, np.random.default_rng(1), lambda i: 0.95 + 0.001 * i)

    result = drift.STATISTIC.compute(traces, np.random.default_rng(0))

    peak, slope = (number.estimate for number in result.numbers)
    assert slope.interval[0] < 0.1 < slope.interval[1] and result.data["p"] < 1e-6
    assert any("the halves of the traces differ" in doubt for doubt in peak.doubts)
    assert peak.method == "scatter of blocks of traces" and peak.se > 0.01


def test_change_points_are_found_and_noise_has_none():
    pytest.importorskip("ruptures")
    rng = np.random.default_rng(2)
    step = np.append(np.zeros(80), np.full(80, 2.0)) + 0.5 * rng.standard_normal(160)

    found = [drift.change_points(rng.standard_normal(150)) for _ in range(40)]
    remembered = [drift.change_points(remembering(150, 0.7, rng)) for _ in range(20)]

    assert sum(map(bool, found)) <= 3 and sum(map(bool, remembered)) <= 4
    assert drift.change_points(step, penalty=0.5) == pytest.approx([80], abs=3)


# ---- time ----


def test_a_change_in_time_is_found_and_chance_is_not():
    rng = np.random.default_rng(3)
    members = np.array_split(np.arange(120), 4)

    quiet = [temporal.change_p_values(np.exp(remembering(120, 0.7, rng)), members, rng) for _ in range(15)]
    loud = temporal.change_p_values(
        np.exp(rng.standard_normal(120) + 3.0 * (np.arange(120) >= 90)), members, rng
    )

    assert sum(min(p) < 0.05 for p in quiet) <= 4
    assert loud[3] < 0.05


def test_windows_of_time_and_white_ones():
    traces = contacts(33, np.random.default_rng(4))
    row = temporal.temporal_row(traces[0], temporal.TemporalOptions())
    rows = [temporal.TemporalRow(i * 1000, row.counts, i) for i in range(33)]
    options = temporal.TemporalOptions(window_s=1.0)

    assert temporal.windows_of(rows, options, 10_000.0).tolist() == [i // 10 for i in range(33)]
    with pytest.raises(StatisticError, match="windows of time need a sample rate"):
        temporal.windows_of(rows, options, float("nan"))
    short = temporal.TemporalOptions(window_traces=10)
    result = temporal.STATISTIC.compute(traces, np.random.default_rng(0), options=short)
    assert np.isnan(result.pictures[0].values[3]).all() and np.isfinite(result.pictures[0].values[:3]).all()


# ---- correlation ----


def test_permuted_traces_exceed_the_threshold_at_its_rate():
    rng = np.random.default_rng(5)
    exceeded = 0
    for _ in range(40):
        counts = np.log1p(rng.poisson(rng.exponential(20.0, (60, 12))))
        threshold = correlation.chance_threshold(counts, rng, 60)
        correlations = correlation.correlation_map(counts) - np.eye(12)
        exceeded += bool(np.abs(correlations).max() > threshold)

    assert exceeded <= 7


def test_a_bin_without_variance_is_blank():
    counts = np.random.default_rng(6).random((20, 3))
    counts[:, 1] = 4.0

    correlations = correlation.correlation_map(counts)

    assert np.isnan(correlations[1]).all() and np.isnan(correlations[:, 1]).all()
    assert correlations[0, 0] == pytest.approx(1.0)
    assert correlation.correlation_map(counts, covariance=True)[0, 0] == pytest.approx(counts[:, 0].var())


# ---- directions ----


def test_correlation_of_opening_and_closing():
    k = np.arange(1, 101)
    opening = np.floor(20 * weyl(k, np.sqrt(2)))[:, None]
    closing = np.floor(10 * weyl(k, np.sqrt(2)) + 10 * weyl(k, np.sqrt(3)))[:, None]

    assert opening_closing.shifted_pairs(opening, closing)[0, 0] == pytest.approx(0.6892007265)
    assert opening_closing.shifted_pairs(opening, closing, 1)[0, 0] == pytest.approx(-0.2778684811)


def both_ways(n, rng):
    traces = []
    for i in range(n):
        plateau = np.full(10 + int(rng.exponential(40)), 1.0)
        g = np.concatenate([np.full(20, 6.0), plateau, np.full(60, 1e-5)])
        back = np.concatenate([np.full(60, 1e-5), np.full(plateau.size // 2, 0.9), np.full(20, 6.0)])
        opening = trace_of(g, 2 * i)
        x = opening.displacement_m[-1] - np.arange(back.size) * 5e-13 * g.size / back.size
        traces += [opening, trace_of(back, 2 * i + 1)]
        object.__setattr__(traces[-1], "displacement_m", x)
    return traces


def test_pairs_and_hysteresis():
    result = opening_closing.STATISTIC.compute(
        both_ways(30, np.random.default_rng(7)), np.random.default_rng(0)
    )

    assert result.tables[0].rows == [(OPENING, 30), (CLOSING, 30), (UNKNOWN, 0)]
    assert result.data["pairs"] == 30
    assert result.numbers[0].estimate.value > 0.0
    assert len(result.pictures) == 2


@pytest.mark.parametrize(
    ("g", "displaced", "direction"),
    [
        ([5.0] * 30 + [1e-4] * 30, False, OPENING),
        ([1e-4] * 30 + [5.0] * 30, False, CLOSING),
        ([1.0] * 60, False, UNKNOWN),
        ([1.0] * 60, True, OPENING),
        ([-1e-5] * 3 + [1e-4] * 30, False, UNKNOWN),
    ],
)
def test_directions_are_not_guessed(g, displaced, direction):
    assert direction_of(trace_of(g, step_m=5e-13 if displaced else np.nan)) == direction


def test_unknown_directions_are_refused_in_a_sentence():
    with pytest.raises(StatisticError, match="the direction of no trace is known"):
        opening_closing.STATISTIC.compute([trace_of([1.0] * 50, step_m=np.nan)], np.random.default_rng(0))


# ---- alignment ----


def test_a_fall_is_interpolated_between_samples():
    trace = trace_of([3.0, 1.0, 0.25, 0.1], step_m=1e-10)

    assert alignment.crossing_m(trace, 2, 0.5) == pytest.approx((1 + (1.0 - 0.5) / 0.75) * 1e-10)


def test_shifts_are_found_by_cross_correlation():
    rng = np.random.default_rng(8)
    true = rng.integers(-5, 6, 40)
    step = np.where(np.arange(60) < 30, 0.0, -4.0)
    profiles = np.stack([np.roll(step, shift) + 0.1 * rng.standard_normal(60) for shift in true])
    profiles[:, :3] = np.nan

    found = alignment.best_shifts(profiles, 10)

    assert np.ptp(found - true) == 0


def test_traces_that_fall_once_do_not_depend_on_the_choice():
    traces = contacts(30, np.random.default_rng(9))

    first, last = (
        alignment.STATISTIC.compute(
            traces, np.random.default_rng(0), options=alignment.AlignmentOptions(by=by)
        )
        for by in ("first", "last")
    )

    assert first.numbers[0].estimate.value == 0.0 and len(first.numbers) == 1
    np.testing.assert_array_equal(first.pictures[0].values, last.pictures[0].values)


# ---- full scale ----


def test_the_mean_of_censored_levels():
    z = -2.7 + 0.5 * ndtri(weyl(np.arange(1, 401), np.sqrt(2)))
    known = z[z <= -2.4]

    fit = fit_censored(known, np.full(400 - known.size, -2.4))

    assert fit.censored == 109
    assert (known.mean(), known.std(ddof=1)) == pytest.approx((-2.927309935, 0.35682), abs=5e-4)
    assert (fit.mean, fit.sigma) == pytest.approx((-2.700613486, 0.496406029), abs=1e-6)


def test_the_interval_of_a_censored_mean_covers_it():
    rng = np.random.default_rng(10)
    inside = 0
    for _ in range(40):
        z = rng.normal(-2.7, 0.5, 80)
        fit = fit_censored(z[z < -2.4], np.full(np.count_nonzero(z >= -2.4), -2.4))
        inside += abs(fit.mean + 2.7) < 1.96 * fit.mean_se

    assert inside >= 33


def at_full_scale(n, rng, rail_G0=0.01):
    traces = []
    for i in range(n):
        level = 10 ** (-2.2 + 0.4 * rng.standard_normal())
        g = np.concatenate([[5.0] * 10, level * (1 + 0.02 * rng.standard_normal(60)), [1e-6] * 40])
        traces.append(trace_of(np.minimum(g, rail_G0), i))
    return traces


def test_the_rail_is_found_and_bins_above_it_are_unmeasured():
    traces = at_full_scale(120, np.random.default_rng(11))
    options = full_scale.FullScaleOptions(level_G0=(1e-4, 0.01))

    result = full_scale.STATISTIC.compute(traces, np.random.default_rng(0), options=options)

    assert result.data["rail_G0"] == pytest.approx(0.01)
    assert result.data["traces_at_rail"] == 120
    assert result.pictures[0].hatched == [(0.01, 100.0)]
    mean = result.numbers[1].estimate
    assert mean.interval[0] < -2.2 < mean.interval[1]


def test_noise_has_no_rail():
    rng = np.random.default_rng(12)
    for _ in range(20):
        traces = [trace_of(5.0 + rng.standard_normal(100), i) for i in range(40)]
        result = full_scale.STATISTIC.compute(traces, rng)
        assert result.data["rail_G0"] is None


def test_a_trace_that_never_leaves_the_rail_is_in_contact():
    traces = [
        *at_full_scale(40, np.random.default_rng(13)),
        *(trace_of(np.full(100, 0.01)) for _ in range(5)),
    ]

    result = full_scale.STATISTIC.compute(traces, np.random.default_rng(0))

    assert "5 traces never left full scale: they were in contact throughout." in result.remarks


# ---- slope ----


def test_a_known_slope_calibrates_the_distance():
    rng = np.random.default_rng(14)
    x = np.arange(400) * 2e-12
    traces = [
        trace_of(np.append([5.0] * 5, 0.3 * 10 ** (-(8.0 + 0.5 * rng.standard_normal()) * x * 1e9)), i, 2e-12)
        for i in range(60)
    ]
    options = tunnelling_slope.SlopeOptions(known_beta_per_nm=20.0)

    result = tunnelling_slope.STATISTIC.compute(traces, np.random.default_rng(0), options=options)

    slope, beta, calibration = (number.estimate for number in result.numbers)
    assert slope.value == pytest.approx(-8.0, abs=0.3) and not slope.doubts
    assert beta.value == pytest.approx(-np.log(10) * slope.value)
    assert calibration.value == pytest.approx(beta.value / 20.0)


def test_traces_without_tunnelling_have_no_slope():
    with pytest.raises(StatisticError, match="0 of 30 traces have 10 samples between"):
        tunnelling_slope.STATISTIC.compute(contacts(30, np.random.default_rng(15)), np.random.default_rng(0))


# ---- enough ----


def checks(widths, first=50, every=25, target=0.02):
    return [
        enough_traces.Check(first + every * i, 100.0, 1.0, width, (0.0, 2.0), width <= target)
        for i, width in enumerate(widths)
    ]


def test_two_successive_checks_must_reach_the_target():
    reached = [one.reached for one in checks([0.03, 0.019, 0.021, 0.018, 0.017, 0.03])]

    assert enough_traces.stop_at(reached, 2) == 4
    assert enough_traces.stop_at([True, False] * 3, 2) is None


def test_the_number_of_traces_is_predicted():
    n = np.arange(50, 301, 25)

    assert enough_traces.predicted_n(checks(0.5 / np.sqrt(n)), enough_traces.EnoughOptions()) == 625


def test_a_width_that_does_not_fall_says_that_more_traces_do_not_help():
    options = enough_traces.EnoughOptions()
    flat = checks([0.03] * 10)

    (sentence,) = enough_traces._remarks([flat], flat[-1:], False, 100, options, "G0")

    assert "more traces will not help" in sentence.replace("\n", " ")


def test_enough_traces_of_a_molecule():
    traces = molecular_traces(200, np.random.default_rng(16))
    options = enough_traces.EnoughOptions(((1e-4, 3e-2),), log=True)

    result = enough_traces.STATISTIC.compute(traces, np.random.default_rng(0), options=options)

    assert result.data["enough"]
    assert result.numbers[0].estimate.value == pytest.approx(-2.7, abs=0.3)  # its coverage is a study
    with pytest.raises(StatisticError, match="the first check is at 50 traces; there are 20"):
        enough_traces.STATISTIC.compute(traces[:20], np.random.default_rng(0))


def test_without_ruptures_the_drift_is_still_given(monkeypatch):
    monkeypatch.setitem(sys.modules, "ruptures", None)

    result = drift.STATISTIC.compute(contacts(40, np.random.default_rng(17)), np.random.default_rng(0))

    assert any("pip install 'hotjunction[analysis]'" in remark for remark in result.remarks)
    assert result.numbers[0].estimate.is_known
