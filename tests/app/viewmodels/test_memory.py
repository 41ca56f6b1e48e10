"""Memory of the views of thousands of traces: what stays with the window, and what it takes for a moment."""

import tracemalloc

import numpy as np

from analysis.disk_backed_list import DiskBackedList
from analysis.traces.options import AnalysisOptions
from app.viewmodels.histogram_view import HistogramModel
from app.viewmodels.statistics_view import StatisticsModel
from tests.support.physics.iv_junctions import opening_traces
from tests.support.recordings.streams import header

FEW, MANY = 300, 1200
KEPT_BYTES, MOST_BYTES = 1600, 20_000
"""Memory of a trace that stays, and that its results take for a moment: had been 3300 and, of 3200, 107 000."""


def test_a_trace_takes_little_memory_and_results_do_not_grow_with_the_square_of_their_number():
    rng = np.random.default_rng(2)
    made = opening_traces(rng, 100, molecule_G0=2e-3, probability=0.6, step_m=2e-12)
    traces = DiskBackedList()
    histogram = HistogramModel(traces, lambda usual: AnalysisOptions(resamples=2))
    statistics = StatisticsModel(traces, DiskBackedList(), histogram, header("break-junction"))
    seen = []
    tracemalloc.start(1)
    for n in (FEW, MANY):
        while len(traces) < n:
            traces.add(made[rng.integers(len(made))])
        tracemalloc.reset_peak()
        for view in (histogram, statistics):
            view.work(thorough=True)
        seen.append(tracemalloc.get_traced_memory())
    tracemalloc.stop()
    (kept, most), (kept_later, most_later) = seen
    assert kept_later - kept < KEPT_BYTES * (MANY - FEW)
    assert most_later - most < MOST_BYTES * (MANY - FEW)
