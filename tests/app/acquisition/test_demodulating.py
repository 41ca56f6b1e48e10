"""Points in place of samples: odd blocks, gaps, missing numbers, rails, faults, and a kill."""

from fractions import Fraction

import numpy as np
import pytest

from analysis.recording import RecordedChannel, Recording, RecordingWriter, RunHeader
from analysis.recording.run_log import log_of
from analysis.records import Block, Event, EventKind
from analysis.spectra.demodulated import PEAK, Demodulator, Points, amplitudes
from analysis.spectra.sine import Sine
from app.acquisition.demodulating import BEFORE_FAULT_S, EVERY, DemodulatingSink, RawKeeper
from app.acquisition.recorder import Recorder

RATE_Hz = 50_000.0
CHANNELS = ("current", "bias", "thermocouple", "z")
POINTS = Points.of(Sine(0.01, Fraction(3125)), RATE_Hz, 0.016)
G_S, LATE_RAD = 2e-6, 0.3


def samples(n, first=0):
    """Block of a junction of 2 uS behind an amplifier of 1e6 V/A that is late."""
    phase = 2 * np.pi * 3125.0 / RATE_Hz * np.arange(first, first + n)
    bias_V, current_V = 0.01 * np.sin(phase), 1e6 * G_S * 0.01 * np.sin(phase - LATE_RAD)
    return Block(first, RATE_Hz, CHANNELS, np.stack([current_V, bias_V, np.full(n, 1e-3), phase]))


def pieces(block, rng):
    """Cut a block at random."""
    edges = np.sort(rng.integers(0, len(block), 40))
    for start, stop in zip([0, *edges], [*edges, len(block)], strict=True):
        yield block.part(block.first + start, block.first + stop)


class Kept:
    """Sink that keeps all."""

    def __init__(self):
        self.blocks, self.events = [], []

    def feed(self, block):
        self.blocks.append(block)

    def on_event(self, event):
        self.events.append(event)


@pytest.mark.parametrize(
    ("frequency", "average_s", "length"),
    [("3125", 0.016, 16), ("6250", 0.016, 16), ("1000", 0.016, 50), ("6250", 16e-5, 8), ("250", 0.02, 200)],
)
def test_a_point_is_of_whole_periods_and_divides_a_boxcar(frequency, average_s, length):
    """6250 Hz: three periods a point would be 2083 Hz, but 100 periods a boxcar are not a multiple of three."""
    sine = Sine(0.01, Fraction(frequency))
    points = Points.of(sine, RATE_Hz, average_s)
    assert points.length % sine.period_samples(RATE_Hz) == 0
    assert sine.boxcar_samples(RATE_Hz, average_s) % points.length == 0
    assert points.length == length


def test_points_do_not_depend_on_the_blocks():
    block = samples(5003, first=7)
    whole = Demodulator(POINTS).feed(block)
    demodulator, rng = Demodulator(POINTS), np.random.default_rng(1)
    parts = [found for piece in pieces(block, rng) if (found := demodulator.feed(piece)) is not None]
    assert parts[0].first == whole.first == 1 and parts[-1].stop == whole.stop == 5010 // 16
    joined = np.concatenate([part.data for part in parts], axis=1)
    assert np.allclose(joined, whole.data, rtol=1e-6, atol=1e-15)


def test_the_amplitude_is_that_of_the_junction():
    found = Demodulator(POINTS).feed(samples(1600))
    points = amplitudes(dict(zip(found.channels, found.data, strict=True)), 1e6)
    assert np.allclose(points.current_A / points.bias_V, G_S * np.exp(-1j * LATE_RAD), rtol=1e-5)


def test_a_gap_leaves_out_the_points_that_are_not_whole():
    demodulator = Demodulator(POINTS)
    found = [demodulator.feed(block) for block in (samples(100), samples(100, first=130))]
    assert [(one.first, one.stop) for one in found] == [(0, 6), (9, 14)]


def test_a_rail_within_a_point_and_a_missing_sample_show():
    block = samples(160)
    data = block.data.copy()
    data[0, 20], data[0, 50] = -9.99, np.nan
    found = Demodulator(POINTS).feed(Block(0, RATE_Hz, CHANNELS, data))
    assert found.channel(PEAK)[1] == pytest.approx(9.99)
    assert np.isnan(found.channel("current")[3]) and np.isnan(found.channel(PEAK)[3])
    assert np.isfinite(np.delete(found.data, 3, axis=1)).all()


def test_indices_in_events_are_those_of_points():
    event = Event(
        33, EventKind.STEP, "withdraw", {"phase": "end", "start": 16, "fired_at": 31, "ended": "open"}
    )
    found = POINTS.event(event)
    assert found.sample == 3
    assert found.payload == {"phase": "end", "start": 1, "fired_at": 2, "ended": "open"}


def step(sample, phase):
    return Event(sample, EventKind.STEP, "withdraw", {"phase": phase})


def test_samples_of_every_fiftieth_trace_are_kept():
    kept = Kept()
    keeper = RawKeeper(kept)
    for number in range(2 * EVERY + 1):
        at = 1000 * number
        keeper.feed(samples(200, at))
        keeper.on_event(step(at + 100, "begin"))
        keeper.feed(samples(300, at + 200))
        keeper.on_event(step(at + 500, "end"))
        keeper.feed(samples(500, at + 500))
    spans = [(block.first, block.stop) for block in kept.blocks]
    starts = [1000 * number for number in (0, EVERY, 2 * EVERY)]
    assert spans == [span for at in starts for span in ((at + 100, at + 200), (at + 200, at + 500))]
    assert [event.payload["trace"] for event in kept.events] == [0, EVERY, 2 * EVERY]
    assert not keeper.faulty


def test_samples_before_a_fault_are_kept():
    kept = Kept()
    keeper = RawKeeper(kept)
    long = round(1.5 * BEFORE_FAULT_S * RATE_Hz)
    for first in range(0, long, 5000):
        keeper.feed(samples(5000, first))
    keeper.on_event(Event(long, EventKind.FAULT, "LoopBackFault", {}))
    assert kept.blocks[-1].stop == long
    assert BEFORE_FAULT_S <= (long - kept.blocks[0].first) / RATE_Hz <= BEFORE_FAULT_S + 0.1
    assert keeper.faulty and [event.name for event in kept.events] == ["LoopBackFault"]


def test_a_killed_run_has_all_points_but_the_last(tmp_path):
    """As a whole recording: what was flushed is there. The file is left as a kill leaves it."""
    header = RunHeader("ac-break-junction", tuple(RecordedChannel(name) for name in CHANNELS), RATE_Hz)
    writer = RecordingWriter(tmp_path / "a.h5", POINTS.header(header), save_every_s=float("inf"))
    recorder = Recorder(writer)
    sink = DemodulatingSink(POINTS, recorder, RawKeeper(Kept()))
    for piece in pieces(samples(8005), np.random.default_rng(2)):
        sink.feed(piece)
    recorder.finish()
    writer.abandon()
    assert log_of(tmp_path / "a.h5").exists()
    with Recording(tmp_path / "a.h5") as recording:
        assert recording.status == "unfinished" and recording.header.demodulated
        assert (recording.first, recording.stop) == (0, 8005 // 16)
