import numpy as np
import pytest

from analysis.statistics.memory import memory_of
from analysis.statistics.result import RecordSet
from analysis.trace_statistics.plateau import (
    DEFINITIONS,
    STATISTIC,
    PlateauOptions,
    falls_through,
    plateau_row,
)
from analysis.traces.plateaus import plateau_length_m
from tests.support.physics.opening_traces import FOLDER, STEP_M, gold_traces, trace_of

needs_recordings = pytest.mark.skipif(
    FOLDER is None, reason="HOTJUNCTION_RECORDINGS does not name the folder of real recordings"
)

MEDIANS_NM = {  # count, last, first, span, longest run
    (0.5, 1.5): (0.022, 0.01575, 0.014, 0.03225, 0.0185),
    (0.7, 1.2): (0.01375, 0.0075, 0.0065, 0.018, 0.00925),
    (0.6, 1.3): (0.01675, 0.0095, 0.01025, 0.021, 0.0135),
}
MEANS_NM = (0.0580825, 0.062015, 0.03867, 0.3842475, 0.0404025)
ERRORS_NM = (0.00224, 0.00231, 0.00214, 0.00587, 0.00178)


def samples(g, **options):
    return dict(zip(DEFINITIONS, plateau_row(trace_of(g), PlateauOptions(**options)).samples, strict=True))


@needs_recordings
@pytest.mark.parametrize("limits", MEDIANS_NM)
def test_medians_of_gold_by_five_definitions(limits):
    rows = [plateau_row(trace, PlateauOptions(*limits)) for trace in gold_traces()]
    lengths_nm = np.array([row.metres for row in rows]) * 1e9

    assert np.median(lengths_nm, axis=0) == pytest.approx(MEDIANS_NM[limits], abs=1e-9)
    if limits == (0.5, 1.5):
        assert lengths_nm.mean(axis=0) == pytest.approx(MEANS_NM, abs=1e-9)
        assert np.count_nonzero(lengths_nm == 0.0, axis=0).tolist() == [1, 2, 1, 1, 1]
        ours = [plateau_length_m(trace, *limits) * 1e9 for trace in gold_traces()]
        assert lengths_nm[:, 1] == pytest.approx(ours)
    if limits == (0.7, 1.2):
        assert np.count_nonzero(lengths_nm == 0.0, axis=0).tolist() == [4, 9, 6, 4, 4]


@needs_recordings
def test_gold_has_the_names_beside_the_numbers_and_an_error_by_blocks():
    result = STATISTIC.compute(gold_traces(), np.random.default_rng(0), RecordSet(settling_samples=40.0))

    assert [number.name for number in result.numbers] == [f"median length, {name}" for name in DEFINITIONS]
    for number, single in zip(result.numbers, ERRORS_NM, strict=True):
        # errors of single traces are too small by about the root of the autocorrelation time, 8.3 traces here
        assert single < number.estimate.se / 1e-9 < 3.5 * single
        assert number.estimate.method == "bootstrap over blocks of 20 records"
    assert any("57 of 200 traces fall through 0.5 G0 more than once" in remark for remark in result.remarks)
    assert any("44 % of the traces have fewer than 40 samples" in remark for remark in result.remarks)


def test_definitions_of_a_trace_with_a_new_contact():
    g = [3, 3, 1, 1, 1, 0.1, 0.1, 3, 1, 1, 0.1, 0.1]

    assert samples(g) == {"count": 5, "last": 2, "first": 3, "span": 8, "longest run": 3}


def test_a_trace_that_breaks_directly_has_zero_and_one_that_never_starts_has_none():
    assert samples([3, 3, 0.1, 0.1])["last"] == 0
    assert np.isnan(samples([0.1, 0.1, 0.1])["last"])
    assert samples([0.1, 0.1])["count"] == 0


def test_a_trace_that_ends_on_the_plateau_is_censored():
    row = plateau_row(trace_of([3, 3, 1, 1, 1, 1]), PlateauOptions())

    assert row.censored
    assert row.samples.tolist() == [4, 4, 4, 4, 4]
    assert row.metres[1] == pytest.approx(4 * STEP_M)


def test_censored_traces_count_as_lower_bounds():
    rng = np.random.default_rng(1)
    full = [trace_of([3] * 5 + [1] * k + [0.01] * 5) for k in rng.integers(5, 100, 100)]
    cut = [trace_of(trace.conductance_G0[:40]) for trace in full]

    whole, held = (STATISTIC.compute(traces, rng).numbers[1].estimate for traces in (full, cut))
    short = [trace for trace in cut if not plateau_row(trace, PlateauOptions()).censored]
    biased = STATISTIC.compute(short, rng).numbers[1].estimate

    assert np.isnan(held.value) or held.value == pytest.approx(whole.value, rel=0.2)
    assert biased.value < 0.6 * whole.value


def test_noise_at_a_limit_makes_no_fall_if_five_samples_must_be_below():
    g = np.array([3, 1, 1, 0.49, 0.51, 0.48, 0.52, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2])

    assert falls_through(g, 0.5).tolist() == [3, 5, 7]
    assert falls_through(g, 0.5, 5).tolist() == [7]
    assert samples(g)["first"] == 2 and samples(g, samples_below=5)["first"] == 6


def test_snap_back_is_added_by_name_only():
    traces = [trace_of([3] * 5 + [1] * k + [0.01] * 5) for k in range(10, 40)]
    options = PlateauOptions(snap_back_m=5e-10)

    plain, longer = (STATISTIC.compute(traces, np.random.default_rng(0), options=o) for o in (None, options))

    assert longer.numbers[1].estimate.value - plain.numbers[1].estimate.value == pytest.approx(5e-10)
    assert any("snap-back" in remark for remark in longer.remarks)


def test_without_displacement_lengths_are_in_samples():
    traces = [trace_of([3] * 5 + [1] * k + [0.01] * 5, step_m=np.nan) for k in range(10, 40)]

    result = STATISTIC.compute(traces, np.random.default_rng(0))

    assert result.numbers[0].unit == "samples"
    assert result.numbers[0].estimate.value == 24.5


def test_the_interval_of_a_median_covers_it_at_its_rate():
    rng = np.random.default_rng(2)
    inside = 0
    for _ in range(60):
        lengths = 1 + rng.exponential(60.0, 80).astype(int)
        traces = [trace_of([3, 3] + [1] * k + [0.01]) for k in lengths]
        median = STATISTIC.compute(traces, rng).numbers[1].estimate
        inside += median.interval[0] <= (1 + 60.0 * np.log(2.0)) * STEP_M <= median.interval[1]

    assert inside >= 50


def test_rows_of_independent_traces_have_no_memory():
    lengths = np.random.default_rng(3).exponential(60.0, 400)

    assert memory_of(np.log1p(lengths)).block == 1
