"""Statistics of the shared traces of gold against reference values calculated independently."""

import numpy as np
import pytest

from analysis.statistics.memory import Memory
from analysis.trace_statistics import (
    alignment,
    clustering,
    conditional,
    correlation,
    drift,
    enough_traces,
    junction_yield,
    temporal,
    tunnelling_slope,
    two_sets,
)
from analysis.trace_statistics.window_peak import peak_centres, resampled_peak, window_axis
from analysis.traces.histogram import histogram
from tests.support.physics.opening_traces import FOLDER, gold_traces

pytestmark = pytest.mark.skipif(
    FOLDER is None, reason="HOTJUNCTION_RECORDINGS does not name the folder of real recordings"
)

YIELDS = {
    (0.5, 1.5): (164, 143, 113, 74, 35),
    (0.7, 1.1): (131, 103, 71, 53, 18),
    (0.8, 1.0): (107, 78, 56, 30, 12),
}


def compute(module, options=None, seed=0):
    return module.STATISTIC.compute(gold_traces(), np.random.default_rng(seed), options=options)


def test_yields():
    result = compute(junction_yield)

    for row, (window, counts) in zip(result.tables[0].rows, YIELDS.items(), strict=True):
        assert row[0] == f"{window[0]:g} to {window[1]:g}"
        assert [cell.value for cell in row[1:]] == [k / 200 for k in counts]
    assert result.data["tau_traces"][1] == pytest.approx(5.76887, abs=1e-5)
    narrow = junction_yield.share_estimate(71, 200)
    wide = result.tables[0].rows[1][3]
    assert np.ptp(wide.interval) > 2 * np.ptp(narrow.interval)  # the root of 5.8


CORRELATIONS = {
    "counts": {(8, 9): 0.4324723325, (8, 17): 0.1896745741, (3, 9): -0.0239125811, (5, 25): 0.0543454439},
    "log1p": {(8, 9): 0.7120954143, (8, 17): 0.1974816203, (9, 17): 0.2997696137, (17, 18): 0.5805906791},
    "ranks": {(8, 9): 0.7203170753, (8, 17): 0.1748420623, (9, 17): 0.3135726996, (5, 25): 0.1115631138},
}
NULL = {"counts": 0.5311628, "log1p": 0.2621184, "ranks": None}


@pytest.fixture(scope="module")
def tenths():
    options = correlation.CorrelationOptions(lowest_G0=0.0, highest_G0=3.0, per_decade=0)
    return np.array([correlation.correlation_row(trace, options)[0] for trace in gold_traces()])


@pytest.mark.parametrize("transform", CORRELATIONS)
def test_correlations(tenths, transform):
    values = correlation.transformed(tenths, transform)
    correlations = correlation.correlation_map(values)

    assert tenths.sum(axis=1).mean() > 0 and tenths[:, 8].mean() == pytest.approx(16.66)
    for (i, j), value in CORRELATIONS[transform].items():
        assert correlations[i, j] == pytest.approx(value, abs=2e-6 if (i, j) == (8, 17) else 1e-9)
    if NULL[transform]:
        threshold = correlation.chance_threshold(values, np.random.default_rng(1))
        assert threshold == pytest.approx(NULL[transform], rel=0.15)


def test_a_few_long_traces_decide_the_correlation_of_raw_counts(tenths):
    kept = np.argsort(tenths[:, 8:10].sum(axis=1), kind="stable")[:-4]

    raw = correlation.correlation_map(tenths[kept].astype(float))

    assert raw[8, 17] == pytest.approx(0.0812619790)


def test_correlations_of_logarithmic_bins():
    options = correlation.CorrelationOptions(lowest_G0=1e-3, highest_G0=10.0, transform="counts")
    rows = np.array([correlation.correlation_row(trace, options)[0] for trace in gold_traces()], dtype=float)

    correlations = correlation.correlation_map(rows)

    expected = {
        (58, 59): 0.4346051034,
        (40, 58): -0.0018881273,
        (20, 40): 0.1832233456,
        (58, 64): 0.1668118354,
    }
    for (i, j), value in expected.items():
        assert correlations[i, j] == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize(
    ("transform", "expected"),
    [
        ("counts", (0.2533851, 0.1242294, 0.2143134, 0.1431807, 0.2501404)),
        ("log1p", (0.1831931, 0.1303041, 0.1619248, 0.0874962, 0.1879741)),
    ],
)
def test_memory_between_traces(transform, expected):
    options = correlation.CorrelationOptions()
    counts = np.array([[correlation.correlation_row(trace, options)[1]] for trace in gold_traces()])
    values = correlation.transformed(counts, transform)[:, 0]

    shifted = [correlation.shifted_correlation(values, shift) for shift in (1, 2, 3, 5, 10)]

    assert shifted == pytest.approx(expected, abs=1e-6)


def test_the_error_of_a_pair_is_wider_than_that_of_single_traces():
    options = correlation.CorrelationOptions(
        lowest_G0=0.0, highest_G0=3.0, per_decade=0, transform="counts", pairs_G0=((0.85, 0.95),)
    )

    (pair,) = compute(correlation, options).numbers

    assert pair.estimate.value == pytest.approx(0.4324723325)
    assert pair.estimate.se == pytest.approx(0.101, rel=0.3)


def test_conditional_histograms():
    result = compute(conditional)

    text, true, false, mean_true, mean_false, ratio, _, _, peak_true, peak_false = result.tables[0].rows[0]
    assert (text, true, false) == ("samples(1.5, 2.0) >= 50", 43, 157)
    assert mean_true == pytest.approx(142.37209302) and mean_false == pytest.approx(44.43949045)
    assert ratio.value == pytest.approx(3.2037291966)
    assert result.data["p_values"][0] == pytest.approx(1.0508825e-6, rel=1e-6)
    assert (peak_true, peak_false) == pytest.approx((0.92576, 0.92593), abs=1e-5)
    assert result.pictures[0].hatched == ((1.5, 2.0),)
    assert any("next to 1.5 to 2 G0" in remark for remark in result.remarks)


def test_the_interval_of_the_ratio_for_single_traces():
    rows = [conditional.conditional_row(trace, conditional.ConditionalOptions()) for trace in gold_traces()]
    counts, holds = np.array([(row.compared, row.holds[0]) for row in rows]).T

    ratio = conditional._ratio(
        counts.astype(float), holds.astype(bool), Memory(200), np.random.default_rng(2)
    )

    low, high = ratio.value - ratio.se, ratio.value + ratio.se
    assert (low, high) == pytest.approx((2.557, 3.942), rel=0.15)


def test_alignment():
    result = compute(alignment)

    assert result.data["last_sample"][:10] == [2038, 2181, 1347, 7350, 2513, 2559, 2715, 2964, 2902, 1726]
    assert result.data["first_sample"][:10] == [2038, 2181, 1313, 7350, 2513, 2559, 2715, 2964, 2876, 1726]
    assert result.numbers[0].estimate.value == 57 / 200
    assert result.numbers[1].estimate.value == pytest.approx(0.6195e-9, rel=0.01)


def test_drift():
    result = compute(drift)

    peak, slope = (number.estimate for number in result.numbers)
    assert peak.value == pytest.approx(0.925533742587, abs=1e-4) and not peak.doubts
    assert peak.se == pytest.approx(0.0093, rel=0.25)
    assert slope.value == pytest.approx(0.020933254905) and slope.n == 109
    assert slope.interval == pytest.approx((-0.00350677, 0.04597142), abs=1e-7)
    assert result.data["spearman_rho"] == pytest.approx(0.1703549254)
    assert result.data["p"] == pytest.approx(0.0765569699)
    assert result.data["running_peak_G0"] == pytest.approx([0.9126100594, 0.9299739384], abs=1e-5)


def test_temporal_counts():
    result = compute(temporal)

    assert result.data["mean_samples"] == pytest.approx([39.18, 48.58, 41.8, 132.42])


def test_the_slopes_of_gold_calibrate_nothing():
    result = compute(tunnelling_slope)

    slope = result.numbers[0].estimate
    assert slope.n == 102 and slope.value == pytest.approx(-12.491329727952)
    assert result.data["quartiles_decades_per_nm"] == pytest.approx([-43.025817, -4.090487], abs=1e-6)
    assert not result.data["one_population"]
    assert any("calibrate no distance" in remark for remark in result.remarks)


def test_the_width_of_the_peak_by_the_number_of_traces():
    axis = window_axis(0.7, 1.2)
    rows = np.array([histogram([trace], axis).traces[0] for trace in gold_traces()])
    expected = {50: (0.90752, 0.01264), 100: (0.91261, 0.01098), 200: (0.92553, 0.00799)}

    for n, (centre, half) in expected.items():
        found, again, _ = resampled_peak(axis, rows[:n], np.random.default_rng(3), 300, Memory(n))
        assert found == pytest.approx(centre, abs=1e-4)
        assert np.subtract(*np.nanpercentile(again, (84.135, 15.865))) / 2 == pytest.approx(half, rel=0.2)
    assert peak_centres(axis, rows.sum(axis=0))[0] == pytest.approx(0.9255337, abs=1e-4)


def test_enough_traces_of_gold():
    result = compute(enough_traces)

    assert [check["n"] for check in result.data["checks"]] == [50, 75, 100, 125, 150, 175, 200]
    assert result.data["enough"] and 75 < result.data["stop_at"] <= 200


def test_the_blocks_of_gold_cannot_be_told_apart_nor_called_equivalent():
    traces = gold_traces()
    options = two_sets.TwoSetsOptions()
    rows = [two_sets.set_rows(part, options) for part in (traces[:100], traces[100:])]
    singles = Memory(100), Memory(100)
    rng = np.random.default_rng(4)

    apart, p = two_sets.permutation_p(rows[0][0], rows[1][0], singles, options, rng)
    difference = two_sets.peak_difference(options.axes[1], rows[0][1], rows[1][1], singles, options, rng)
    (comparison,) = two_sets.compare_sets([traces[:100], traces[100:]], options, rng).values()

    assert apart == pytest.approx(0.10475410633917454)
    assert p == pytest.approx(0.138, abs=0.04)
    assert difference.value == pytest.approx(0.01736387901, abs=1e-5)
    assert difference.interval == pytest.approx((-0.01534, 0.03938), abs=0.012)
    assert comparison.verdict == two_sets.CANNOT_TELL


def test_clusters_of_gold():
    options = clustering.ClusterOptions(smoothing_decades=0.1, lowest_G0=1e-3, highest_G0=10.0)
    rows = [clustering.cluster_row(trace, options) for trace in gold_traces()]

    points, ratios = clustering.reduced(clustering.features_of(rows, options, "1D"), 5)

    assert ratios == pytest.approx([0.449115, 0.195689, 0.082099, 0.070476, 0.049359], abs=1e-6)
    silhouettes = (0.39432235905, 0.41247455145, 0.39460315890, 0.36422496947)
    for k, silhouette in zip((2, 3, 4, 5), silhouettes, strict=True):
        clusters = clustering.clustered(points, k, clustering.K_MEANS)
        assert clusters.silhouette == pytest.approx(silhouette, abs=1e-3 if k > 3 else 1e-6)
        if k == 2:
            assert np.bincount(clusters.labels).tolist() == [104, 96]
            assert clusters.inertia == pytest.approx(28.42682842675)
