from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.conductance import CurrentCalibration, conductance_G0
from analysis.records import Block, Event, EventKind
from analysis.reduce import reduce
from analysis.traces.segmenter import Segmenter

N = 400
CHANNELS = ("current", "bias", "z")


def samples(seed=1):
    rng = np.random.default_rng(seed)
    current = rng.normal(0.5, 0.2, N)
    bias = rng.normal(0.1, 1e-4, N)
    z = np.linspace(5.0, 2.0, N)
    return np.stack([current, bias, z])


def blocks(data, cuts=(), channels=CHANNELS):
    edges = sorted({0, data.shape[1], *cuts})
    return [Block(a, 2000.0, channels, data[:, a:b].copy()) for a, b in pairwise(edges)]


def step(sample, phase, **payload):
    return Event(sample, EventKind.STEP, "withdraw", {"phase": phase, **payload})


def setting(sample, name, value):
    return Event(sample, EventKind.SETTING, name, {"value": value})


def traces(stream, **options):
    return list(reduce(stream, [Segmenter(CurrentCalibration(1e5), **options)]))


def same(a, b):
    return (
        (a.number, a.samples, a.ended, a.flags) == (b.number, b.samples, b.ended, b.flags)
        and np.array_equal(a.conductance_G0, b.conductance_G0, equal_nan=True)
        and np.array_equal(a.displacement_m, b.displacement_m, equal_nan=True)
        and a.bias_V == b.bias_V
    )


EVENTS = [
    step(20, "begin"),
    setting(100, "current_gain_V_per_A", 2e5),
    step(150, "end", ended="open"),
    setting(160, "current_offset_V", 0.01),
    step(200, "begin"),
    step(390, "end", ended="distance"),
]


@given(st.lists(st.integers(1, N - 1), max_size=12))
def test_any_cut_into_blocks_yields_equal_traces(cuts):
    whole = traces([*EVENTS, *blocks(samples())], extension_m_per_V=8e-9)
    cut = traces([*EVENTS, *blocks(samples(), cuts)], extension_m_per_V=8e-9)

    assert len(whole) == len(cut) == 2
    assert all(map(same, whole, cut))


def test_trace_lies_exactly_between_its_events_and_knows_why_it_ended():
    first, second = traces([*EVENTS, *blocks(samples())], extension_m_per_V=8e-9)

    assert (first.number, first.samples, first.ended, first.flags) == (0, (20, 150), "open", ())
    assert (second.number, second.samples, second.ended) == (1, (200, 390), "distance")
    assert len(first.conductance_G0) == len(first.displacement_m) == 130
    assert first.bias_V == pytest.approx(0.1, abs=1e-4)


def test_gain_and_offset_act_from_their_sample_on():
    data = samples()
    first, second = traces([*EVENTS, *blocks(data)])

    current, bias = data[:2]
    expected = np.concatenate(
        [
            conductance_G0(current[20:100], bias[20:100], CurrentCalibration(1e5)),
            conductance_G0(current[100:150], bias[100:150], CurrentCalibration(2e5)),
        ]
    )
    assert np.array_equal(first.conductance_G0, expected)
    with_offset = conductance_G0(current[200:390], bias[200:390], CurrentCalibration(2e5, 0.01))
    assert np.array_equal(second.conductance_G0, with_offset)


def test_displacement_grows_as_the_tip_retracts():
    (trace, _) = traces([*EVENTS, *blocks(samples())], extension_m_per_V=8e-9)

    assert trace.displacement_m[0] == 0.0
    assert np.all(np.diff(trace.displacement_m) > 0.0)
    assert trace.displacement_m[-1] == pytest.approx(8e-9 * 3.0 * 129 / (N - 1))


def test_without_z_channel_the_displacement_is_unknown_not_invented():
    (trace, _) = traces([*EVENTS, *blocks(samples()[:2], channels=CHANNELS[:2])], extension_m_per_V=8e-9)

    assert np.isnan(trace.displacement_m).all()


def test_commanded_bias_serves_where_none_is_recorded():
    stream = [*EVENTS, setting(180, "bias_V", -0.2), *blocks(samples()[:1], channels=CHANNELS[:1])]

    first, second = traces(stream, bias_V=0.1)

    assert (first.bias_V, second.bias_V) == (0.1, -0.2)
    assert np.sign(np.median(second.conductance_G0)) == -1.0


def test_railed_trace_is_flagged():
    data = samples()
    data[0, 30] = 9.99

    first, second = traces([*EVENTS, *blocks(data)])

    assert first.flags == ("railed",)
    assert np.isposinf(first.conductance_G0[10])
    assert second.flags == ()


@pytest.mark.parametrize(
    ("missing", "flagged"), [((20, 30), 0), ((60, 70), 0), ((140, 150), 0), ((250, 300), 1)]
)
def test_missing_samples_flag_the_trace_that_lost_them(missing, flagged):
    parts = [b for b in blocks(samples(), missing) if b.first != missing[0]]

    found = traces([*EVENTS, *parts])

    assert [("gap" in trace.flags) for trace in found] == [flagged == 0, flagged == 1]


@given(st.lists(st.integers(1, N - 1), max_size=8))
def test_gap_flag_does_not_depend_on_the_cut(cuts):
    parts = [b for b in blocks(samples(), [*cuts, 60, 70]) if not 60 <= b.first < 70]

    first, second = traces([*EVENTS, *parts])

    assert first.flags == ("gap",)
    assert second.flags == ()
    assert len(first.conductance_G0) == 120


def test_gap_between_traces_flags_none():
    parts = [b for b in blocks(samples(), (150, 200)) if b.first != 150]

    assert [trace.flags for trace in traces([*EVENTS, *parts])] == [(), ()]


def test_recording_that_stops_within_a_trace_yields_it_as_aborted():
    (trace,) = traces([step(100, "begin"), *blocks(samples())])

    assert (trace.samples, trace.ended, trace.flags) == ((100, N), "aborted", ("aborted",))


def test_second_beginning_aborts_the_first_trace():
    first, second = traces(
        [step(100, "begin"), step(200, "begin"), step(300, "end", ended="open"), *blocks(samples())]
    )

    assert (first.samples, first.ended) == ((100, 200), "aborted")
    assert (second.samples, second.ended) == ((200, 300), "open")


def test_end_without_beginning_is_no_trace():
    assert traces([step(100, "end", ended="open"), *blocks(samples())]) == []


def test_empty_withdrawal_is_still_a_trace():
    (trace,) = traces([step(100, "begin"), step(100, "end", ended="open"), *blocks(samples())])

    assert trace.samples == (100, 100)
    assert trace.conductance_G0.shape == trace.displacement_m.shape == (0,)
