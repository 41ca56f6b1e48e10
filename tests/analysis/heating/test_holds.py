from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.conductance import CurrentCalibration
from analysis.heating.holds import HoldSegmenter, holds_of
from analysis.heating.programme import three_level
from analysis.iv.sweeps import SweepSegmenter, sweeps_of
from analysis.recording import RecordedChannel, Recording, RecordingError, RecordingWriter, RunHeader
from analysis.records import Block, Event, EventKind
from analysis.reduce import reduce

N = 1000
CHANNELS = ("current", "thermocouple", "bias", "z")
PROGRAMME = three_level(1.27)
GAIN = 1e4
SETTINGS = {"current_gain_V_per_A": 1e5, "thermocouple_gain": GAIN}


def samples(n=N, seed=1):
    rng = np.random.default_rng(seed)
    return rng.normal([[0.04], [0.3], [0.5], [4.0]], [[0.01], [0.1], [0.5], [0.1]], (4, n))


def blocks(data, cuts=(), lost=()):
    """Blocks of the samples, cut somewhere; those within ``lost`` (pairs) are missing."""
    edges = sorted({0, data.shape[1], *cuts, *(edge for pair in lost for edge in pair)})
    return [
        Block(a, 2000.0, CHANNELS, data[:, a:b].copy())
        for a, b in pairwise(edges)
        if not any(lo <= a < hi for lo, hi in lost)
    ]


def step(sample, phase, name="modulate", **payload):
    if phase == "begin" and name == "modulate":
        payload = {"programme": PROGRAMME.to_json(), "amplitude_V": 1.27, **payload}
    return Event(sample, EventKind.STEP, name, {"phase": phase, **payload})


def mark(sample, name="hold", **payload):
    return Event(sample, EventKind.MARK, name, payload)


def setting(sample, name, value):
    return Event(sample, EventKind.SETTING, name, {"value": value})


EVENTS = [
    step(100, "begin", start=99, hold=4, expected_A=4e-7, order="-0+"),
    setting(150, "thermocouple_gain", -2e4),
    step(300, "end", ended="finished"),
    setting(310, "current_offset_V", 0.01),
    mark(
        340, number=4, before_G0=0.002, after_G0=None, window_G0=[0.0018, 0.0022], kind="whole", control=None
    ),
    step(500, "begin", start=500, hold=5, expected_A=None),
    step(620, "end", ended="overcurrent"),
    mark(650, number=5, before_G0=0.002, after_G0=1.1, kind="tripped", control="reversed"),
]


def holds(stream):
    return list(reduce(stream, [HoldSegmenter(CurrentCalibration(1e5), GAIN)]))


def same(a, b):
    arrays = ("bias_V", "current_A", "thermocouple_V", "railed")
    plain = (
        "number",
        "samples",
        "rate_Hz",
        "programme",
        "start",
        "kind",
        "control",
        "ended",
        "order",
        "flags",
    )
    numbers = ("amplitude_V", "before_G0", "after_G0", "expected_A", "window_G0")
    return (
        all(np.array_equal(getattr(a, n), getattr(b, n), equal_nan=n != "railed") for n in arrays)
        and all(getattr(a, n) == getattr(b, n) for n in plain)
        and all(np.array_equal(getattr(a, n), getattr(b, n), equal_nan=True) for n in numbers)
    )


@given(st.lists(st.integers(1, N - 1), max_size=12))
def test_any_cut_into_blocks_yields_equal_holds(cuts):
    whole, cut = holds([*EVENTS, *blocks(samples())]), holds([*EVENTS, *blocks(samples(), cuts)])

    assert len(whole) == len(cut) == 2
    assert all(map(same, whole, cut))


@given(st.lists(st.integers(1, N - 1), max_size=8))
def test_gaps_do_not_depend_on_the_cut(cuts):
    first, second = holds([*EVENTS, *blocks(samples(), cuts, [(200, 210), (610, 700)])])

    assert first.flags == second.flags == ("gap",)
    assert np.flatnonzero(np.isnan(first.current_A)).tolist() == list(range(100, 110))
    assert np.flatnonzero(np.isnan(second.bias_V)).tolist() == list(range(110, 120))


def test_hold_says_what_the_events_said():
    first, second = holds([*EVENTS, *blocks(samples())])

    assert (first.number, first.samples, first.start, first.order) == (4, (100, 300), 99, "-0+")
    assert (first.kind, first.control, first.ended, first.flags) == ("whole", None, "finished", ())
    assert (first.before_G0, first.window_G0, first.expected_A) == (0.002, (0.0018, 0.0022), 4e-7)
    assert np.isnan(first.after_G0)
    assert (second.kind, second.control, second.ended) == ("tripped", "reversed", "overcurrent")
    assert np.isnan(second.expected_A)
    assert np.isnan(second.window_G0).all()
    assert first.programme == PROGRAMME


def test_volts_become_amperes_and_volts_at_the_input_with_what_held_at_each_sample():
    data = samples()
    first, second = holds([*EVENTS, *blocks(data)])

    gain = np.where(np.arange(100, 300) < 150, GAIN, -2e4)
    assert np.array_equal(first.thermocouple_V, data[1, 100:300] / gain)
    assert np.array_equal(first.current_A, data[0, 100:300] / 1e5)
    assert np.array_equal(second.current_A, (data[0, 500:620] - 0.01) / 1e5)
    assert np.array_equal(first.bias_V, data[2, 100:300])


def test_railed_samples_are_marked():
    data = samples()
    data[0, 120] = -9.99

    first, second = holds([*EVENTS, *blocks(data)])

    assert np.flatnonzero(first.railed).tolist() == [20]
    assert (first.flags, second.flags) == (("railed",), ())


def test_hold_comes_as_soon_as_its_mark_has():
    segmenter = HoldSegmenter(CurrentCalibration(1e5), GAIN)
    found = []
    for item in (
        blocks(samples())[0].part(0, 100),
        EVENTS[0],
        blocks(samples())[0].part(100, 300),
        EVENTS[2],
    ):
        found += segmenter.feed(item) if isinstance(item, Block) else segmenter.event(item)
    assert found == []

    assert [hold.number for hold in segmenter.event(EVENTS[4])] == [4]


def test_hold_without_a_mark_comes_with_the_next_or_at_the_end():
    unmarked = [event for event in EVENTS if event.kind is not EventKind.MARK]

    first, second = holds([*unmarked, *blocks(samples())])

    assert (first.number, first.kind, second.number, second.kind) == (4, "unknown", 5, "unknown")


def test_recording_that_stops_within_a_hold_yields_it_as_aborted():
    first, second = holds([*EVENTS[:6], *blocks(samples())])

    assert (second.samples, second.ended, second.flags) == ((500, N), "aborted", ("aborted",))
    assert first.ended == "finished"


def test_second_beginning_aborts_the_first_hold():
    first, second = holds(
        [step(100, "begin"), step(200, "begin"), step(300, "end", ended="finished"), *blocks(samples())]
    )

    assert (first.samples, first.ended, second.samples) == ((100, 200), "aborted", (200, 300))
    assert (first.number, second.number) == (0, 1)


def test_mark_without_a_hold_is_nothing():
    assert holds([mark(10, number=0), *blocks(samples())]) == []


def test_unknown_gain_of_the_thermocouple_leaves_no_number():
    stream = [EVENTS[0], *EVENTS[2:], *blocks(samples())]
    (first, _) = reduce(stream, [HoldSegmenter(CurrentCalibration(1e5))])

    assert np.isnan(first.thermocouple_V).all()
    assert np.isfinite(first.current_A).all()


# ---- sweeps


SWEEP_EVENTS = [
    step(100, "begin", "sweep", start=100, peak_V=1.3, curve=2),
    step(401, "end", "sweep", ended="finished"),
    mark(430, "curve", number=2, before_G0=0.002, after_G0=0.0019, kind="whole"),
    step(600, "begin", "sweep", start=600, peak_V=1.3, curve=3),
]


@given(st.lists(st.integers(1, N - 1), max_size=8))
def test_sweeps_are_cut_the_same_however_the_samples_come(cuts):
    data = samples()
    first, second = reduce([*SWEEP_EVENTS, *blocks(data, cuts)], [SweepSegmenter(CurrentCalibration(1e5))])

    assert (first.number, first.samples, first.kind, first.ended) == (2, (100, 401), "whole", "finished")
    assert (first.before_G0, first.after_G0, first.peak_V) == (0.002, 0.0019, 1.3)
    assert np.array_equal(first.bias_V, data[2, 100:401])
    assert np.array_equal(first.current_A, data[0, 100:401] / 1e5)
    assert (second.number, second.samples, second.flags) == (3, (600, N), ("aborted",))


# ---- recordings


def header(**changes):
    return RunHeader(
        "heating", tuple(RecordedChannel(name) for name in CHANNELS), 2000.0, settings={**SETTINGS, **changes}
    )


def write(path, head, events, parts):
    with RecordingWriter(path, head) as writer:
        for event in events:
            writer.add_event(event)
        for block in parts:
            writer.append(block)


@pytest.mark.parametrize("lost", [[], [(200, 210), (610, 700)], [(50, 350)]])
def test_holds_of_a_recording_are_those_of_the_live_run(tmp_path, lost):
    parts = blocks(samples(), lost=lost)
    write(tmp_path / "run.h5", header(), EVENTS, parts)

    with Recording(tmp_path / "run.h5") as recording:
        stored = list(holds_of(recording))

    live = holds([*EVENTS, *parts])
    assert len(stored) == len(live) == 2
    assert all(map(same, stored, live))


def test_sweeps_of_a_recording_are_those_of_the_live_run(tmp_path):
    parts = blocks(samples(), lost=[(300, 320)])
    write(tmp_path / "run.h5", header(), SWEEP_EVENTS, parts)

    with Recording(tmp_path / "run.h5") as recording:
        stored = list(sweeps_of(recording))

    live = list(reduce([*SWEEP_EVENTS, *parts], [SweepSegmenter(CurrentCalibration(1e5))]))
    assert [s.samples for s in stored] == [s.samples for s in live] == [(100, 401), (600, N)]
    for one, other in zip(stored, live, strict=True):
        assert np.array_equal(one.current_A, other.current_A, equal_nan=True)
        assert one.flags == other.flags


def test_only_the_samples_of_holds_are_read(tmp_path, monkeypatch):
    write(tmp_path / "run.h5", header(), EVENTS, blocks(samples()))
    read = []
    whole = Recording.samples

    def watched(self, start, stop, channels=None):
        read.append((start, stop, channels))
        return whole(self, start, stop, channels)

    with Recording(tmp_path / "run.h5") as recording:
        monkeypatch.setattr(Recording, "samples", watched)
        monkeypatch.setattr(Recording, "blocks", None)
        assert len(list(holds_of(recording))) == 2

    assert [(start, stop) for start, stop, _ in read] == [(100, 300), (500, 620)]
    assert set(read[0][2]) == {"current", "bias", "thermocouple"}


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (header(thermocouple_gain=None), "thermocouple_gain"),
        (header(current_gain_V_per_A=None), "no gain for its current channel"),
        (
            RunHeader("iv", (RecordedChannel("current"), RecordedChannel("bias")), 2000.0, settings=SETTINGS),
            "no channel thermocouple",
        ),
    ],
)
def test_recording_that_lacks_what_it_takes_is_refused(tmp_path, head, said):
    names = head.channel_names
    parts = [Block(0, 2000.0, names, samples()[: len(names)])]
    write(tmp_path / "run.h5", head, EVENTS, parts)

    with Recording(tmp_path / "run.h5") as recording, pytest.raises(RecordingError, match=said):
        list(holds_of(recording))
