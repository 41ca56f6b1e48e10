from dataclasses import replace

import numpy as np
import pytest

from analysis.records import Event, EventKind, Trace
from app.viewmodels.current_trace import MOST_COLUMNS, CurrentTrace
from app.viewmodels.signals import SampledSignals, log10_G
from tests.support.physics.iv_junctions import opening_traces

RATE_Hz = 2000.0


def begin(sample=0):
    return Event(sample, EventKind.STEP, "withdraw", {"phase": "begin"})


def signals(trace, first, stop, start=1000):
    g, ext = trace.conductance_G0[first:stop], 5e-8 - trace.displacement_m[first:stop]
    nothing = np.full(g.size, np.nan)
    return SampledSignals(start + first, RATE_Hz, g, nothing, nothing, ext, nothing)


def grown(trace, sizes, upto=None):
    view = CurrentTrace()
    view.event(begin(1000))
    at, i, n = 0, 0, upto or trace.conductance_G0.size
    while at < n:
        stop = min(at + sizes[i % len(sizes)], n)
        view.feed(signals(trace, at, stop))
        at, i = stop, i + 1
    return view.snapshot().under_way


@pytest.fixture(scope="module")
def long_trace():
    trace = opening_traces(np.random.default_rng(3), 1, step_m=2e-13, tail_m=1e-9)[0]
    assert trace.conductance_G0.size > 2 * MOST_COLUMNS
    return trace


def test_the_line_does_not_depend_on_how_samples_came(long_trace):
    whole = grown(long_trace, [10**6])
    for sizes in ([200], [1, 3000, 17], [2049]):
        line = grown(long_trace, sizes)
        np.testing.assert_array_equal(line.x, whole.x)
        np.testing.assert_array_equal(line.log10_G, whole.log10_G)
    assert whole.x.size <= 2 * MOST_COLUMNS
    logs = log10_G(long_trace.conductance_G0)
    assert whole.log10_G.min() == logs.min() and whole.log10_G.max() == logs.max()


def test_zero_is_where_it_broke_or_the_newest_sample_before_that(long_trace):
    breaks = int(np.flatnonzero(long_trace.conductance_G0 >= 0.5)[-1]) + 1
    before, after = grown(long_trace, [200], breaks - 10), grown(long_trace, [200])
    assert not before.broken and after.broken
    assert before.x[-1] == pytest.approx(0.0, abs=1e-2) and (before.x <= 1e-9).all()
    near = np.abs(after.x) < 0.01
    assert after.log10_G[near].max() > np.log10(0.5) > after.log10_G[near].min()
    assert after.x[-1] == pytest.approx(
        (long_trace.displacement_m[-1] - long_trace.displacement_m[breaks]) / 1e-9, abs=1e-2
    )


def test_the_last_traces_stand_behind(long_trace):
    view = CurrentTrace(last=3)
    for number in range(5):
        view.event(begin())
        view.event(Event(10, EventKind.STEP, "withdraw", {"phase": "end", "ended": "open"}))
        view.trace(Trace(number, (0, 1), long_trace.displacement_m, long_trace.conductance_G0, 0.1, "open"))
    shot = view.snapshot()
    assert shot.under_way is None
    assert ([line.number for line in shot.last], shot.traces) == ([2, 3, 4], 5)
    line = shot.last[-1]
    assert (line.axis, line.broken, line.ended) == ("displacement", True, "open")
    grown_line = grown(long_trace, [200])
    assert (line.x.min(), line.x.max()) == pytest.approx((grown_line.x.min(), grown_line.x.max()), abs=1e-2)


def test_without_a_displacement_time_is_the_axis():
    g = np.concatenate([np.full(100, 5.0), np.full(100, 1e-3)])
    view = CurrentTrace()
    view.event(begin())
    nothing = np.full(200, np.nan)
    view.feed(SampledSignals(0, RATE_Hz, g, nothing, nothing, nothing, nothing))
    view.trace(Trace(0, (0, 200), nothing, g, 0.1, "open"), RATE_Hz)
    shot = view.snapshot()
    for line in (shot.under_way, shot.last[0]):
        assert line.axis == "time"
        assert (line.x.min(), line.x.max()) == pytest.approx((-0.05, 99 / RATE_Hz))
    view.trace(Trace(1, (0, 0), np.empty(0), np.empty(0), 0.1, "aborted"))
    assert view.snapshot().last[-1].x.size == 0


def test_other_breaks_align_the_traces_anew(long_trace):
    view, traces = CurrentTrace(last=2), []
    for number in range(3):
        traces.append(
            Trace(number, (0, 1), long_trace.displacement_m, long_trace.conductance_G0, 0.1, "open")
        )
        view.trace(traces[-1])
    view.align(2.5, traces)
    shot = view.snapshot()
    assert shot.break_G0 == 2.5 and [line.number for line in shot.last] == [1, 2]
    line = shot.last[0]
    assert line.log10_G[line.x < -0.02].min() > np.log10(2.5) - 0.05
    assert line.log10_G[line.x > 0.02].max() < np.log10(2.5) + 0.05


def test_a_trace_that_stopped_on_a_plateau_tells_no_noise():
    rng, view = np.random.default_rng(4), CurrentTrace()
    opened = opening_traces(rng, 3, step_m=4e-12)
    for trace in opened:
        view.trace(trace, RATE_Hz)
    noise = view.snapshot().noise_log10_G
    assert np.isfinite(noise)
    held = np.full(2000, 2e-3) + rng.normal(0.0, 1e-6, 2000)
    stopped = replace(opened[0], conductance_G0=held, displacement_m=1e-12 * np.arange(2000), ended="plateau")
    for _ in range(20):
        view.trace(stopped, RATE_Hz)
    assert view.snapshot().noise_log10_G == noise
