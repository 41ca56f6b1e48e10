import numpy as np
import pytest

from analysis.constants import G0_S
from analysis.recording import (
    Calibration,
    RecordedChannel,
    Recording,
    RecordingError,
    RecordingWriter,
    RunHeader,
    TraceEntry,
)
from analysis.records import Block, Event, EventKind
from analysis.reduce import reduce
from analysis.traces.read import calibration_of, traces_of
from analysis.traces.segmenter import Segmenter
from tests.support.physics.iv_junctions import opening_traces

RATE_Hz = 2000.0
GAIN_V_per_A = 1e5
EXTENSION_m_per_V = 8e-9

HEADER = RunHeader(
    "break-junction",
    tuple(RecordedChannel(name) for name in ("current", "thermocouple", "bias", "z")),
    RATE_Hz,
    parameters={"contact_threshold_G0": 5.0},
    settings={
        "current_gain_V_per_A": GAIN_V_per_A,
        "series_resistance_ohm": 100.0,
        "extension_m_per_V": EXTENSION_m_per_V,
    },
    calibrations={"current_gain": Calibration(GAIN_V_per_A, "V/A", 500.0)},
)


def run(rng, n):
    """Blocks and events of a run, and the traces that it was made from."""
    traces = opening_traces(rng, n)
    blocks, events, first = [], [], 0
    for trace in traces:
        bias = np.full(trace.conductance_G0.size, 0.1)
        ampere = bias / (1.0 / (trace.conductance_G0 * G0_S) + 100.0)
        z = 9.0 - trace.displacement_m / EXTENSION_m_per_V
        data = np.stack([GAIN_V_per_A * ampere, rng.standard_normal(z.size), bias, z])
        blocks.append(Block(first, RATE_Hz, HEADER.channel_names, data))
        events.append(Event(first, EventKind.STEP, "withdraw", {"phase": "begin"}))
        first = blocks[-1].stop
        events.append(Event(first, EventKind.STEP, "withdraw", {"phase": "end", "ended": "open"}))
    return blocks, events, traces


def write(path, header, blocks, events=(), entries=()):
    with RecordingWriter(path, header) as writer:
        for event in events:
            writer.add_event(event)
        for block in blocks:
            writer.append(block)
        for entry in entries:
            writer.add_trace(entry)


def test_traces_cut_from_a_recording_are_those_of_the_live_run(tmp_path):
    blocks, events, _ = run(np.random.default_rng(1), 5)
    write(tmp_path / "run.h5", HEADER, blocks, events)

    segmenter = Segmenter(calibration_of(HEADER), EXTENSION_m_per_V)
    live = list(reduce([*events, *blocks], [segmenter]))
    with Recording(tmp_path / "run.h5") as recording:
        stored = list(traces_of(recording))

    assert len(stored) == len(live) == 5
    for one, other in zip(stored, live, strict=True):
        assert (one.number, one.samples, one.ended) == (other.number, other.samples, other.ended)
        assert np.array_equal(one.conductance_G0, other.conductance_G0)
        assert np.array_equal(one.displacement_m, other.displacement_m)


def test_conductance_and_displacement_are_what_the_world_had(tmp_path):
    blocks, events, made = run(np.random.default_rng(2), 3)
    write(tmp_path / "run.h5", HEADER, blocks, events)

    with Recording(tmp_path / "run.h5") as recording:
        found = list(traces_of(recording))

    for one, truth in zip(found, made, strict=True):
        assert one.conductance_G0 == pytest.approx(truth.conductance_G0, rel=1e-9)
        assert one.displacement_m == pytest.approx(truth.displacement_m, abs=1e-18)


def test_imported_traces_come_as_they_were(tmp_path):
    header = RunHeader("import", (RecordedChannel("conductance", "G0"),), provenance="imported")
    blocks = [Block(0, float("nan"), ("conductance",), np.array([[5.0, 1.0, -1e-5, 4.0, 0.9]]))]
    write(
        tmp_path / "in.h5", header, blocks, entries=[TraceEntry(0, 0, 3), TraceEntry(1, 3, 5, flags=("I-V",))]
    )

    with Recording(tmp_path / "in.h5") as recording:
        first, second = traces_of(recording)

    assert first.conductance_G0.tolist() == [5.0, 1.0, -1e-5]
    assert second.conductance_G0.tolist() == [4.0, 0.9]
    assert second.flags == ("I-V",)


def test_recording_of_nothing_that_conducts_is_refused(tmp_path):
    header = RunHeader("import", (RecordedChannel("values", ""),), provenance="imported")
    write(tmp_path / "in.h5", header, [Block(0, float("nan"), ("values",), np.ones((1, 3)))])

    with Recording(tmp_path / "in.h5") as recording, pytest.raises(RecordingError):
        list(traces_of(recording))


def test_header_gives_the_calibration():
    calibration = calibration_of(HEADER)

    assert (calibration.gain_V_per_A, calibration.series_resistance_ohm) == (GAIN_V_per_A, 100.0)
    assert calibration.gain_uncertainty == pytest.approx(0.005)
