"""Level of open junctions: the shared traces of gold, a drifting offset, and no offset."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.statistics.statistic import StatisticError
from analysis.trace_statistics.open_level import (
    AXIS,
    STATISTIC,
    OpenLevelOptions,
    open_level_row,
    running_level,
    subtracted,
)
from tests.support.physics.opening_traces import FOLDER, gold_traces, molecular_traces, trace_of

OPTIONS = OpenLevelOptions(end_samples=60, resamples=15)
LEVEL_G0 = 10.0**-2.7


@pytest.fixture(scope="module")
def traces():
    return molecular_traces(100, np.random.default_rng(1), share=0.8, samples=500)


def computed(traces, offset_G0=0.0, options=OPTIONS):
    """Return the statistic of traces with an offset that drifts to twice its mean."""
    drift = np.linspace(0.0, 2.0, len(traces)) * offset_G0
    moved = [replace(t, conductance_G0=t.conductance_G0 + d) for t, d in zip(traces, drift, strict=True)]
    return STATISTIC.compute(moved, np.random.default_rng(2), options=options)


def nearest(result):
    return min(result.tables[1].rows, key=lambda row: abs(np.log(row[1] / LEVEL_G0)))


def test_a_drifting_offset_is_subtracted(traces):
    """An offset of a fifth of the peak, from nothing to twice that; the running median brings the peak back."""
    without, moved = nearest(computed(traces)), computed(traces, 0.2 * LEVEL_G0)
    peak = nearest(moved)
    assert peak[1] == pytest.approx(without[1], rel=0.05)
    assert peak[3] == pytest.approx(peak[1] - peak[0])
    assert any("zero the amplifier with the circuit open" in remark for remark in moved.remarks)
    assert moved.data["rank_correlation"] > 0.99


def test_counts_move_back_by_the_level_of_their_trace():
    levels_G0 = np.array([0.0, 2e-4, -1e-3])
    moved = [trace_of(np.full(100, 2e-3) + level) for level in levels_G0]
    rows = [open_level_row(trace, OPTIONS) for trace in moved]
    counts = subtracted(rows, levels_G0).rows
    assert counts.sum(axis=1) == pytest.approx([100.0] * 3)
    place = int(AXIS.place([2e-3])[0])
    assert counts[:, place - 1 : place + 2].sum(axis=1) == pytest.approx([100.0] * 3)


def test_without_an_offset_nothing_changes(traces):
    result = computed(traces)
    assert abs(result.numbers[0].estimate.value) < 1e-6
    _, _, error, change = nearest(result)
    assert abs(change) < 0.1 * error
    assert not result.remarks


def test_traces_that_never_open_are_refused(traces):
    closed = [replace(t, conductance_G0=t.conductance_G0 + 1.0) for t in traces[:20]]
    with pytest.raises(StatisticError, match="open the junctions further"):
        computed(closed)


def test_the_running_median_ignores_traces_that_are_not_open():
    levels = np.array([1.0, np.nan, 3.0, 5.0, np.nan])
    median, error = running_level(levels, 3)
    assert np.isnan(median[0]) and np.isnan(median[4])
    assert median[1:4].tolist() == [2.0, 4.0, 4.0]
    assert (error[1:4] > 0).all()


@pytest.mark.skipif(
    FOLDER is None, reason="HOTJUNCTION_RECORDINGS does not name the folder of real recordings"
)
def test_the_shared_traces_of_gold():
    options = OpenLevelOptions(resamples=2)
    result = STATISTIC.compute(gold_traces(), np.random.default_rng(0), options=options)
    assert result.tables[0].rows[0][1] == 186
    assert result.numbers[0].estimate.value == pytest.approx(-1.8172874661104288e-05, rel=1e-9)
    assert result.data["mad_of_levels_G0"] == pytest.approx(0.00010704466421884717, rel=1e-9)
    assert result.data["noise_mad_G0"] == pytest.approx(3.5183134059479926e-05, rel=1e-9)
    assert result.data["rank_correlation"] == pytest.approx(0.015406850700968347, rel=1e-9)
