"""The statistics of a window are those of `hotjunction analyze`, however the traces came."""

import json
from dataclasses import replace

import numpy as np
import pytest

from analysis.disk_backed_list import DiskBackedList
from analysis.junction_noise.stretches import stretches_of
from analysis.recording import RecordedChannel, Recording, RunHeader
from analysis.statistics.registry import STATISTICS
from analysis.statistics.statistic import TRACES, StatisticError
from analysis.traces.options import AnalysisOptions
from app.offline.statistics import SEED
from app.viewmodels.histogram_view import HistogramModel
from app.viewmodels.session import Session
from app.viewmodels.statistics_view import StatisticsModel
from tests.support.physics.held_noise import RATE_Hz as HELD_Hz
from tests.support.physics.held_noise import flicker_hold
from tests.support.physics.opening_traces import molecular_traces, trace_of
from tests.support.recordings.made_recordings import made_checks

HEADER = RunHeader("break-junction", (RecordedChannel("current"),), 40_000.0)


@pytest.fixture
def traces():
    with_wild = trace_of(np.concatenate([[6.0] * 5, [500.0, -3.0], [1.0] * 60, [0.0] * 60]), 40)
    rejected = trace_of(np.full(100, 0.2), 41)
    return [*molecular_traces(55, np.random.default_rng(0)), with_wild, rejected]


def models():
    kept = DiskBackedList()
    histogram = HistogramModel(kept, lambda usual: AnalysisOptions(resamples=2))
    return kept, histogram, StatisticsModel(kept, DiskBackedList(), histogram, HEADER, "made.h5")


def decide(histogram):
    """Select the traces so far, without the fits of peaks that `work` would make."""
    histogram.selection.look()
    histogram.selection.decide()
    histogram.selection.select()


def plain(results):
    return json.loads(
        json.dumps({name: result.to_json() for name, result in results.items()}, sort_keys=True)
    )


def test_live_results_are_those_of_all_traces_at_once(traces):
    kept, histogram, view = models()
    for trace in traces:
        kept.add(trace)
        decide(histogram)
        view.work()
    decide(histogram)
    view.work(thorough=True)

    selected = histogram.selection.selection().kept
    results = view.snapshot().results
    assert view.snapshot().traces == len(selected) == len(traces) - 1
    assert {"temporal", "yield", "plateau", "enough"} <= set(results)
    for name, result in results.items():
        statistic = STATISTICS[name]
        assert statistic.live and statistic.of == TRACES
        some = [selected[i] for i in range(len(selected))] if statistic.selected else traces
        try:
            again = statistic.compute(some, np.random.default_rng(SEED), result.made_of)
        except StatisticError as error:
            assert str(error)[1:] in result.remarks[0]
        else:
            assert plain({name: again}) == plain({name: result})


def test_an_unchanged_view_keeps_its_snapshot(traces):
    kept, histogram, view = models()
    for trace in traces:
        kept.add(trace)
    decide(histogram)
    view.work(thorough=True)

    before = view.snapshot()
    view.work(thorough=True)

    assert view.snapshot() is before


def test_biased_traces_have_no_statistics(traces):
    kept, histogram, view = models()
    histogram.fair = False
    kept.add(traces[0])
    view.work()

    assert "stop on plateaus" in view.snapshot().problem and not view.snapshot().results


def test_a_statistic_that_fails_does_not_stop_the_others(traces, caplog):
    def broken(*_):
        raise RuntimeError("broken")

    kept, histogram, view = models()
    view.statistics["yield"] = replace(view.statistics["yield"], conclude=broken)
    view.statistics["plateau"] = replace(view.statistics["plateau"], reduce=broken)
    for trace in traces:
        kept.add(trace)
    decide(histogram)
    view.work(thorough=True)

    assert {"temporal", "enough"} <= set(view.snapshot().results)
    assert not {"yield", "plateau"} & set(view.snapshot().results)
    assert "The statistic plateau failed" in caplog.text


def test_held_noise_is_that_of_the_recording_however_the_stream_is_cut(tmp_path):
    rng = np.random.default_rng(1)
    levels = 10.0 ** rng.uniform(-4.0, -2.5, 6)
    holds = [flicker_hold(rng, g, 10.0 ** (1.4 * np.log10(g) - 4.5), 0.2) for g in levels]
    path = made_checks(tmp_path / "checks.h5", holds, HELD_Hz, rng=rng)
    with Recording(path) as recording:
        stretches = list(stretches_of(recording))
        blocks = list(recording.blocks())
        session = Session(recording.header, name=path.name)
        for event in recording.events:
            session.feed(event)
        for block in blocks:
            for start in range(block.first, block.stop, 777):
                session.feed(block.part(start, min(start + 777, block.stop)))
    session.close()
    session.settle()

    shown = session.statistics.snapshot()
    assert {"flicker", "telegraph"} <= set(shown.results) and not shown.problem
    for name in ("flicker", "telegraph"):
        again = STATISTICS[name].compute(stretches, np.random.default_rng(SEED), shown.results[name].made_of)
        assert plain({name: again}) == plain({name: shown.results[name]})
    session.dispose()
