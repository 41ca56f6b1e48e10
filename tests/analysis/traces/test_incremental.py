"""The same recording fed whole or in blocks, with rules changed on the way: equal numbers to the last bit."""

from dataclasses import replace
from itertools import chain

import numpy as np
import pytest

from analysis.conductance import CurrentCalibration
from analysis.constants import G0_S
from analysis.disk_backed_list import DiskBackedList
from analysis.records import Block, Event, EventKind, Trace
from analysis.reduce import reduce
from analysis.traces.incremental import IncrementalSelection
from analysis.traces.options import AnalysisOptions
from analysis.traces.pipeline import analyse, analysis_of, peaks_of
from analysis.traces.segmenter import Segmenter
from analysis.traces.selection import SelectionRules
from app.viewmodels.histogram_view import HistogramModel
from tests.support.physics import whole_traces
from tests.support.physics.iv_junctions import opening_traces

QUICK = AnalysisOptions(resamples=8)
BIAS_V, RATE_Hz = 0.1, 2000.0
CALIBRATION = CurrentCalibration(gain_V_per_A=1e5)


def recorded_run(count=24):
    """Events and one block of a run of openings: an offset, railed and wild samples, an abort, a late opening."""
    rng = np.random.default_rng(11)
    traces = opening_traces(rng, count, molecule_G0=2e-3, probability=0.6, offset_G0=4e-4, step_m=8e-12)
    events, volts, z, at = [], [], [], 0
    for number, trace in enumerate(traces):
        g = trace.conductance_G0.copy()
        if number == 3:
            g[60:64] = -7.0
        if number == 5:
            g[:4] = 5e3
        if number == 7:
            g = g[g > 0.5]
        ended = "aborted" if number == 9 else "open"
        events.append(Event(at, EventKind.STEP, "withdraw", {"phase": "begin"}))
        volts.append(CALIBRATION.gain_V_per_A * g * G0_S * BIAS_V)
        z.append(-trace.displacement_m[: g.size] / 1e-9)
        at += g.size
        events.append(Event(at, EventKind.STEP, "withdraw", {"phase": "end", "ended": ended}))
    rows = np.stack([np.concatenate(volts), np.full(at, BIAS_V), np.concatenate(z)])
    rows[0] = np.clip(rows[0], -10.0, 10.0)
    return events, Block(0, RATE_Hz, ("current", "bias", "z"), rows)


@pytest.fixture(scope="module")
def run():
    return recorded_run()


def cut(block: Block, size: int):
    return (block.part(at, at + size) for at in range(block.first, block.stop, size))


def traces_in_blocks(run, size: int):
    events, block = run
    return reduce(chain(events, cut(block, size)), [Segmenter(CALIBRATION, 1e-9)])


def same(analysis, expected):
    assert analysis.to_json() == expected.to_json()
    assert analysis.noise == expected.noise
    assert analysis.remarks == expected.remarks
    assert analysis.selection.reasons == expected.selection.reasons
    np.testing.assert_array_equal(analysis.linear.rows, expected.linear.rows)
    np.testing.assert_array_equal(analysis.log.rows, expected.log.rows)
    np.testing.assert_array_equal(analysis.map.cells, expected.map.cells)
    kept = zip(analysis.selection.kept, expected.selection.kept, strict=True)
    for trace, other in kept:
        np.testing.assert_array_equal(trace.conductance_G0, other.conductance_G0)
        np.testing.assert_array_equal(trace.displacement_m, other.displacement_m)


@pytest.fixture(scope="module")
def expected(run):
    return analyse(traces_in_blocks(run, run[1].stop), QUICK, np.random.default_rng(0))


def test_offline_numbers_are_those_of_the_samples(run, expected):
    traces = list(traces_in_blocks(run, run[1].stop))
    assert expected.noise == whole_traces.noise_floor(traces)
    rules = whole_traces.usual_rules(traces, expected.noise, None)
    assert expected.selection.rules == rules
    assert [summary.number for summary, _ in expected.selection.rejected] == [
        trace.number for trace in traces if whole_traces.rejection(trace, rules)
    ]
    for name, count in whole_traces.sample_counts(traces, rules).items():
        assert getattr(expected.selection, name) == count, name
    assert expected.selection.railed_samples and expected.selection.wild_samples
    assert {"aborted", "does not open"} <= set(expected.selection.reasons)
    assert len(expected.remarks) == 1


@pytest.mark.parametrize("size", [1, 7, 1000], ids="blocks of {}".format)
def test_blocks_of_any_size_and_rules_changed_in_the_middle_give_the_offline_result(run, expected, size):
    """Strict rules take most traces back half-way; a narrow plausible range counts samples again."""
    strict = AnalysisOptions(rules=SelectionRules(9.5, 1e-5, (-0.05, 3.0)), resamples=2)
    shelf: DiskBackedList[Trace] = DiskBackedList()
    growing = IncrementalSelection(shelf, lambda usual: strict)
    taken_back = 0
    for number, trace in enumerate(traces_in_blocks(run, size)):
        shelf.add(trace)
        growing.look()
        if number == 8:
            growing.begin(lambda usual: QUICK)
        if number % 3 == 0 or number == 8:
            before = set(growing.kept)
            growing.decide()
            growing.select()
            taken_back += len(before - set(growing.kept))
        else:
            growing.select()
    growing.decide()
    growing.select()
    same(analysis_of(growing, peaks_of(growing, np.random.default_rng(0))), expected)


def test_traces_taken_back_leave_no_count_behind(run):
    """The rules of one list go back and forth: the sums are those of the kept traces alone, then those from before."""
    limits = {"starts_above_G0": 2.0, "plausible_G0": (-0.1, 100.0)}
    axes = analyse([], QUICK, np.random.default_rng(0))
    options = replace(QUICK, linear_axis=axes.linear.axis, log_axis=axes.log.axis)
    traces = list(traces_in_blocks(run, 1000))
    growing = IncrementalSelection(traces, lambda usual: replace(options, rules=SelectionRules(**limits)))
    growing.look()
    results = []
    for start_G0, high_G0 in ((2.0, 100.0), (9.0, 0.7), (np.inf, 100.0), (2.0, 100.0)):
        limits |= {"starts_above_G0": start_G0, "plausible_G0": (-0.1, high_G0)}
        growing.decide()
        growing.select()
        fresh = analyse(traces, replace(options, rules=SelectionRules(**limits)), np.random.default_rng(0))
        np.testing.assert_array_equal(growing.map.cells, fresh.map.cells)
        np.testing.assert_array_equal(growing.counted.linear, fresh.linear.rows.sum(axis=0))
        np.testing.assert_array_equal(growing.counted.log, fresh.log.rows.sum(axis=0))
        results.append((len(growing.kept), growing.counted.linear.sum(), growing.map.cells.sum()))
    assert results[2] == (0, 0, 0)
    assert results[0] == results[3]
    assert results[1] != results[0]


def test_a_peak_does_not_outlive_its_traces(run):
    """A decision that keeps no trace leaves no peak, live as offline."""
    shelf: DiskBackedList[Trace] = DiskBackedList()
    view = HistogramModel(shelf, lambda usual: QUICK)
    for trace in traces_in_blocks(run, 1000):
        shelf.add(trace)
    view.work(thorough=True)
    assert view.snapshot().peaks
    none = replace(QUICK, rules=SelectionRules(starts_above_G0=1e9))
    view.decide(lambda usual: none)
    assert view.snapshot().peaks == () and view.analysis().peaks == ()
