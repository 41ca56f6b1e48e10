"""The growing histogram against the analysis of the same traces at once: equal, whatever came in between."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.disk_backed_list import DiskBackedList
from analysis.records import Trace
from analysis.traces.histogram import BinAxis
from analysis.traces.options import AnalysisOptions
from analysis.traces.pipeline import analyse
from analysis.traces.selection import SelectionRules
from app.viewmodels.histogram_view import FIT_EVERY, LEAST_FITTED, HistogramModel
from tests.support.physics import whole_traces
from tests.support.physics.iv_junctions import opening_traces
from tests.support.physics.selecting import noise_floor, rejection, usual_rules

QUICK = AnalysisOptions(resamples=5)


def with_flaws(traces):
    """The same, some of them railed, wild, cut, short, or flagged."""
    flawed = list(traces)
    g = flawed[2].conductance_G0.copy()
    g[:3], g[40:45] = np.inf, -3.0
    flawed[2] = replace(flawed[2], conductance_G0=g)
    g = flawed[4].conductance_G0.copy()
    g[0], g[100] = np.nan, 50.0
    flawed[4] = replace(flawed[4], conductance_G0=g)
    flawed[5] = replace(flawed[5], flags=("gap",))
    flawed[6] = replace(flawed[6], ended="not broken")
    cut = flawed[7]
    flawed[7] = replace(cut, conductance_G0=cut.conductance_G0[:12], displacement_m=cut.displacement_m[:12])
    flawed[8] = replace(flawed[8], conductance_G0=flawed[8].conductance_G0 * 0.1)
    flawed[9] = replace(flawed[9], displacement_m=np.full(flawed[9].displacement_m.size, np.nan))
    flawed[10] = replace(flawed[10], conductance_G0=np.empty(0), displacement_m=np.empty(0))
    return flawed


@pytest.fixture(scope="module")
def traces():
    rng = np.random.default_rng(4)
    made = opening_traces(rng, 40, molecule_G0=2e-3, probability=0.6, noise_G0=2e-5, step_m=4e-12)
    return with_flaws(made)


def grown(traces, options=QUICK, thorough=True):
    shelf = DiskBackedList[Trace]()
    view = HistogramModel(shelf, lambda usual: options)
    for trace in traces:
        shelf.add(trace)
        view.work()
    if thorough:
        view.work(thorough=True)
    return view


def test_summaries_decide_as_the_samples_do(traces):
    noise = noise_floor(traces)
    assert noise == whole_traces.noise_floor(traces)
    for contact_G0 in (None, 5.0):
        rules = usual_rules(traces, noise, contact_G0)
        assert rules == whole_traces.usual_rules(traces, noise, contact_G0)
    for chosen in (rules, SelectionRules(7.0, 1e-5), SelectionRules(opens_below_G0=1e-4, shortest=300)):
        reasons = [rejection(trace, chosen) for trace in traces]
        assert reasons == [whole_traces.rejection(trace, chosen) for trace in traces]
    assert noise_floor([]).samples == 0


def test_in_the_end_it_is_the_analysis(traces):
    expected = analyse(traces, QUICK, np.random.default_rng(0))
    view = grown(traces)
    found = view.analysis()
    assert found.to_json() == expected.to_json()
    np.testing.assert_array_equal(found.linear.rows, expected.linear.rows)
    np.testing.assert_array_equal(found.log.rows, expected.log.rows)
    np.testing.assert_array_equal(found.map.cells, expected.map.cells)
    for one, other in zip(found.selection.kept, expected.selection.kept, strict=True):
        np.testing.assert_array_equal(one.conductance_G0, other.conductance_G0)
    shot = view.snapshot()
    np.testing.assert_allclose(shot.linear_counts, expected.linear.counts_per_trace, rtol=1e-15)
    np.testing.assert_allclose(shot.log_counts, expected.log.counts_per_trace, rtol=1e-15)
    np.testing.assert_array_equal(shot.map.counts, expected.map.counts)
    assert (shot.kept, shot.rejected) == (len(expected.selection.kept), len(expected.selection.rejected))
    assert shot.reasons == expected.selection.reasons
    assert [p.conductance_G0 for p in shot.peaks] == [p.conductance_G0 for p in expected.peaks]
    assert shot.fitted_traces == shot.kept


def test_at_every_step_the_sums_are_those_of_the_traces_so_far(traces):
    """Rules, axes and wild samples change on the way; what was counted before must follow."""
    shelf = DiskBackedList[Trace]()
    view = HistogramModel(shelf, lambda usual: AnalysisOptions(resamples=2))
    for n, trace in enumerate(traces[:25], 1):
        shelf.add(trace)
        view.work()
        shot = view.snapshot()
        noise = whole_traces.noise_floor(traces[:n])
        assert shot.rules == whole_traces.usual_rules(traces[:n], noise, None)
        kept = [t for t in traces[:n] if not whole_traces.rejection(t, shot.rules)]
        assert shot.kept == len(kept)
        low, high = shot.rules.plausible_G0
        counted = sum(
            np.count_nonzero((g >= -0.25) & (g < 10.0) & (g >= low) & (g <= high))
            for g in (t.conductance_G0 for t in kept)
        )
        assert round(float(shot.linear_counts.sum()) * max(len(kept), 1)) == counted


@pytest.mark.parametrize(
    "options",
    [
        replace(QUICK, linear_axis=BinAxis.linear(-0.5, 8.0, 0.05), log_axis=BinAxis.log(1e-5, 10.0, 40)),
        replace(QUICK, rules=SelectionRules(6.0, 0.001, (-0.01, 9.0))),
        replace(QUICK, break_G0=0.2, contact_G0=9.0),
    ],
    ids=["axes", "rules", "break"],
)
def test_other_options_give_what_they_would_have_given_from_the_start(traces, options):
    view = grown(traces[:20])
    view.decide(lambda usual: options)
    fresh = analyse(traces[:20], options, np.random.default_rng(0))
    assert view.analysis().to_json() == fresh.to_json()
    assert view.snapshot().kept == len(fresh.selection.kept)


def test_peaks_are_fitted_now_and_then(traces):
    shelf, fitted = DiskBackedList[Trace](), []
    view = HistogramModel(shelf, lambda usual: AnalysisOptions(resamples=2))
    for trace in traces:
        shelf.add(trace)
        view.work()
        if not fitted or fitted[-1] != view.snapshot().fitted_traces:
            fitted.append(view.snapshot().fitted_traces)
    assert fitted[0] == 0 and fitted[1] >= LEAST_FITTED
    assert min(np.diff(fitted[1:])) >= FIT_EVERY
    peak = view.snapshot().peaks[0]
    assert peak.scale == "linear" and 0.9 < peak.conductance_G0 < 1.05
    assert peak.x[0] < peak.conductance_G0 < peak.x[-1]
    assert abs(peak.x[np.argmax(peak.fit - peak.background)] - peak.conductance_G0) < 0.02


def test_traces_that_are_no_fair_sample_are_not_counted(traces):
    shelf = DiskBackedList[Trace]()
    view = HistogramModel(shelf, lambda usual: QUICK)
    assert view.analysis() is None
    shelf.add(traces[0])
    view.fair = False
    view.work()
    assert "stop on plateaus" in view.snapshot().problem and not view.snapshot().log10_G.size
