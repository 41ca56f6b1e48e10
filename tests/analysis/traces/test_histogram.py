import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis.records import Trace
from analysis.traces.histogram import (
    BinAxis,
    GrowingHistogram,
    GrowingHistogram2D,
    Scale,
    histogram,
    histogram_2d,
    last_opening,
)

LINEAR = BinAxis.linear(-0.25, 2.0, 0.05)
LOG = BinAxis.log(1e-6, 10.0, 20)
ANY_VALUES = arrays(float, st.integers(0, 80), elements=st.floats(allow_nan=True, allow_infinity=True))


def trace(conductance, displacement=None, number=0):
    g = np.asarray(conductance, dtype=float)
    d = 1e-12 * np.arange(g.size) if displacement is None else np.asarray(displacement, dtype=float)
    return Trace(number, (0, g.size), d, g, 0.1, "open")


def counted(axis, *many):
    growing = GrowingHistogram(axis)
    for values in many:
        growing.add(values)
    return growing.snapshot()


@pytest.mark.parametrize("axis", [LINEAR, LOG])
@given(ANY_VALUES)
def test_no_sample_is_lost_whatever_it_is(axis, values):
    found = counted(axis, values)

    assert found.rows.sum() == values.size
    assert found.undefined == np.isnan(values).sum()
    assert found.counts.sum() + found.underflow + found.overflow + found.undefined == values.size


@given(ANY_VALUES)
def test_negative_and_zero_are_underflow_of_a_log_axis_never_folded(values):
    found = counted(LOG, values)

    positive = values[~(values <= 0.0)]
    assert np.array_equal(found.counts, counted(LOG, positive).counts)
    assert found.underflow == np.count_nonzero(values < LOG.low * (1 - 1e-12))


@given(ANY_VALUES, ANY_VALUES)
def test_sum_of_histograms_is_the_histogram_of_all(a, b):
    both = counted(LOG, a) + counted(LOG, b)

    assert np.array_equal(both.rows, counted(LOG, a, b).rows)
    assert np.array_equal(both.counts, counted(LOG, np.concatenate([a, b])).counts)
    assert both.n_traces == 2


@pytest.mark.parametrize("axis", [LINEAR, LOG])
def test_bins_agree_with_numpy(axis):
    rng = np.random.default_rng(1)
    values = np.concatenate([rng.normal(0.5, 1.0, 100_000), 10.0 ** rng.uniform(-8, 2, 100_000)])

    expected, _ = np.histogram(values, axis.edges)

    assert np.array_equal(counted(axis, values).counts, expected)


def test_log_bins_are_equal_in_decades_and_log_uniform_samples_fill_them_evenly():
    rng = np.random.default_rng(2)
    values = 10.0 ** rng.uniform(-6.0, 1.0, 140_000)

    counts = counted(LOG, values).counts

    assert LOG.bins == 140
    assert np.diff(np.log10(LOG.edges)) == pytest.approx(1.0 / 20.0)
    assert LOG.centres**2 == pytest.approx(LOG.edges[:-1] * LOG.edges[1:])
    # 140 Poisson counts with mean 1000: chi-square of 140 degrees of freedom, five standard deviations.
    assert np.sum((counts - 1000.0) ** 2 / 1000.0) == pytest.approx(140.0, abs=5 * np.sqrt(280.0))


def test_scaling_all_conductances_shifts_a_log_histogram():
    values = 10.0 ** np.random.default_rng(3).uniform(-5.0, -1.0, 5000)

    shifted = counted(LOG, values * 10.0**0.5).counts

    assert np.array_equal(shifted[10:], counted(LOG, values).counts[:-10])


def test_linear_and_log_count_the_same_samples_between_common_edges():
    values = np.random.default_rng(4).uniform(0.1, 1.0, 10_000)

    assert counted(BinAxis.linear(0.1, 1.0, 0.01), values).counts.sum() == 10_000
    assert counted(BinAxis.log(0.1, 1.0, 100), values).counts.sum() == 10_000


def test_long_traces_are_counted_in_chunks_to_the_same_result():
    values = np.random.default_rng(5).normal(0.5, 0.3, 200_001)

    whole = counted(LINEAR, values).rows[0]

    assert np.array_equal(whole, counted(LINEAR, *np.array_split(values, 50)).rows.sum(axis=0))


def test_counts_per_trace_do_not_grow_with_the_number_of_traces():
    values = np.random.default_rng(6).normal(0.5, 0.3, 500)

    assert np.array_equal(counted(LINEAR, *[values] * 7).counts_per_trace, counted(LINEAR, values).counts)


def test_empty_histogram_is_a_histogram():
    empty = counted(LINEAR)

    assert empty.n_traces == 0
    assert not empty.counts_per_trace.any()


def test_different_axes_are_not_added():
    with pytest.raises(ValueError, match="different axes"):
        counted(LINEAR, [1.0]) + counted(LOG, [1.0])


@pytest.mark.parametrize(
    "wrong", [(Scale.LINEAR, 1.0, 1.0, 5), (Scale.LINEAR, 0.0, 1.0, 0), (Scale.LOG, 0.0, 1.0, 5)]
)
def test_impossible_axis_is_refused(wrong):
    with pytest.raises(ValueError, match=r"need some|cannot begin"):
        BinAxis(*wrong)


@given(st.lists(st.sampled_from([0.1, 0.4, 0.5, 0.9, np.nan]), max_size=30))
def test_last_opening_is_the_last_fall_through_the_threshold(levels):
    found = last_opening(np.array(levels), 0.5)

    falls = [i for i in range(1, len(levels)) if levels[i - 1] >= 0.5 and levels[i] < 0.5]
    assert found == (falls[-1] if falls else None)


def test_traces_are_aligned_where_they_last_broke():
    """Two breaks each; whatever happened before the last one, samples after it fall on the same cells."""
    first = trace([3.0, 0.1, 2.0, 2.0, 0.2, 0.1])
    second = trace([2.0, 2.0, 2.0, 2.0, 1.0, 0.2, 0.1])
    displacement = BinAxis.linear(-5.5e-12, 5.5e-12, 1e-12)

    cells = histogram_2d([first, second], displacement, LOG).counts

    at_break, after = cells[5], cells[6]
    assert at_break.sum() == after.sum() == 2
    assert np.count_nonzero(at_break) == np.count_nonzero(after) == 1
    assert cells[0].sum() == 1  # only the second reaches back that far


@given(st.lists(ANY_VALUES, max_size=5))
def test_no_sample_of_an_aligned_trace_is_lost_in_two_dimensions(many):
    traces = [trace(values) for values in many]

    found = histogram_2d(traces, BinAxis.linear(-1e-11, 1e-11, 1e-12), LOG)

    aligned = [t for t in traces if last_opening(t.conductance_G0, 0.5) is not None]
    assert found.cells.sum() == sum(t.conductance_G0.size for t in aligned)
    assert (found.n_traces, found.not_aligned) == (len(aligned), len(traces) - len(aligned))


def test_two_dimensions_project_onto_one():
    rng = np.random.default_rng(7)
    traces = [trace(np.append(rng.uniform(0.6, 2.0, 50), 10.0 ** rng.uniform(-5, -1, 60))) for _ in range(9)]

    flat = histogram_2d(traces, BinAxis.linear(-1e-10, 1e-10, 1e-12), LOG).cells.sum(axis=0)

    assert np.array_equal(flat, histogram(traces, LOG).rows.sum(axis=0))


def test_two_dimensional_histograms_add_up():
    rng = np.random.default_rng(8)
    traces = [trace(np.append(1.0, 10.0 ** rng.uniform(-5, -1, 60))) for _ in range(6)]
    displacement = BinAxis.linear(-1e-11, 1e-10, 1e-12)

    parts = histogram_2d(traces[:2], displacement, LOG) + histogram_2d(traces[2:], displacement, LOG)

    whole = histogram_2d(traces, displacement, LOG)
    assert np.array_equal(parts.cells, whole.cells)
    assert parts.n_traces == whole.n_traces == 6


def test_cells_count_on_where_their_recent_counts_end(monkeypatch):
    rng = np.random.default_rng(9)
    traces = [trace(np.append(1.0, 10.0 ** rng.uniform(-5, -1, 60))) for _ in range(7)]
    displacement = BinAxis.linear(-1e-11, 1e-10, 1e-12)
    whole = histogram_2d(traces, displacement, LOG)
    monkeypatch.setattr("analysis.traces.histogram._MOST_RECENT", 100)

    growing = GrowingHistogram2D(displacement, LOG)
    for some in traces:
        growing.add(some)

    assert np.array_equal(growing.snapshot().cells, whole.cells)


def test_trace_longer_than_a_chunk_is_counted_as_a_whole(monkeypatch):
    rng = np.random.default_rng(10)
    long = trace(np.append(1.0, 10.0 ** rng.uniform(-5, -1, 60)))
    displacement = BinAxis.linear(-1e-11, 1e-10, 1e-12)
    whole = histogram_2d([long], displacement, LOG)
    monkeypatch.setattr("analysis.traces.histogram._CHUNK", 7)

    assert np.array_equal(histogram_2d([long], displacement, LOG).cells, whole.cells)


def test_trace_without_known_displacement_is_counted_as_not_aligned():
    unknown = trace([1.0, 0.1], displacement=[np.nan, np.nan])

    found = histogram_2d([unknown], BinAxis.linear(-1.0, 1.0, 0.1), LOG)

    assert (found.n_traces, found.not_aligned, found.cells.sum()) == (0, 1, 0)


def test_snapshot_does_not_change_when_more_is_added():
    growing = GrowingHistogram2D(BinAxis.linear(-1e-11, 1e-11, 1e-12), LOG)
    growing.add(trace([1.0, 0.1]))
    before = growing.snapshot()
    growing.add(trace([1.0, 0.1]))

    assert (before.cells.sum(), growing.snapshot().cells.sum()) == (2, 4)
