"""Recordings: what was written is read, whatever the blocks, while it is written and afterwards."""

import datetime
import json
import math

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
from tests.benchmarks.kill_recordings import start_writer, values, wrong_values
from tests.support.physics.counted import HEADER, NAMES, RATE_Hz, block

# a run as lengths of blocks, each after a gap of so many samples
RUNS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 50), st.booleans()), max_size=20)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(run=RUNS, size=st.integers(1, 70), finished=st.booleans())
def test_what_was_written_reads_back_equal_whatever_the_chunks(tmp_path, run, size, finished):
    path = tmp_path / "run.h5"
    path.unlink(missing_ok=True)
    writer = RecordingWriter(path, HEADER)
    expected: dict[int, float] = {}
    first = 0
    for gap, n, flush in run:
        first += gap
        writer.append(block(first, n))
        expected.update((i, float(i)) for i in range(first, first + n))
        first += n
        if flush:
            assert writer.flush() == len(expected)
    if finished:
        writer.close()
    else:
        writer.flush()
    with Recording(path) as recording:
        assert recording.n_samples == len(expected)
        blocks = list(recording.blocks(size))
        assert all(len(each) <= size for each in blocks)
        read = {each.first + i: value for each in blocks for i, value in enumerate(each.channel("current"))}
        assert read == expected
        if expected:
            whole = recording.samples(recording.first, recording.stop, ["z"])[0]
            missing = {i for start, stop in recording.gaps for i in range(start, stop)}
            assert missing == set(range(recording.first, recording.stop)) - set(expected)
            for i, value in enumerate(whole, recording.first):
                assert math.isnan(value) if i in missing else value == i + 0.5
    writer.close()


def test_header_events_and_traces_survive_writing_and_finishing(tmp_path):
    header = RunHeader(
        "break junction",
        (
            RecordedChannel("current", "V", "output of the current amplifier"),
            RecordedChannel("conductance", "G0", dtype="f4"),
        ),
        RATE_Hz,
        started="2024-05-01T12:00:00+02:00",
        title="BDNC, tip 4",
        sample="BDNC on Au(111)",
        notes="second day",
        parameters={"bias_V": 0.1, "steps": [1, 2], "none": None},
        rig={"piezo": {"extension_m_per_V": 6.2e-8}, "checked": datetime.date(2024, 4, 30)},
        settings={"current_gain_V_per_A": np.float64(1e6)},
        calibrations={"piezo": Calibration(6.2e-8, "m/V", None, "2024-04-30", "steps of the surface")},
        versions={"hotjunction": "0.1.0"},
        seed=7,
        unknowns=("series resistance",),
    )
    events = (
        Event(0, EventKind.STEP, "approach", {"phase": "begin"}),
        Event(3, EventKind.SETTING, "current_gain", {"value": 1e6, "text": 'μ "quoted"\n'}),
    )
    traces = (TraceEntry(0, 0, 4, "open", ("railed", "gap"), bias_V=0.1), TraceEntry(1, 4, 9, "aborted"))
    path = tmp_path / "run.h5"
    writer = RecordingWriter(path, header)
    writer.append(Block(0, RATE_Hz, ("current", "conductance"), np.zeros((2, 10))))
    for event in events:
        writer.add_event(event)
    for trace in traces:
        writer.add_trace(trace)
    writer.flush()

    def looks_right(status: str) -> None:
        with Recording(path) as recording:
            assert recording.status == status
            read = recording.header
            assert read.rig == {"piezo": {"extension_m_per_V": 6.2e-8}, "checked": "2024-04-30"}
            assert RunHeader.from_json(header.to_json()) == read
            assert (read.calibrations, read.channels) == (header.calibrations, header.channels)
            assert recording.events == events
            assert recording.traces[0] == traces[0]
            assert recording.traces[-1].ended == "aborted"
            assert math.isnan(recording.traces[-1].bias_V)

    looks_right("unfinished")
    assert writer.close("aborted") == "compressed"
    looks_right("aborted")


def test_a_later_entry_of_a_trace_replaces_the_earlier(tmp_path):
    path = tmp_path / "run.h5"
    writer = RecordingWriter(path, HEADER)
    first, second = TraceEntry(0, 0, 5), TraceEntry(1, 5, 9)
    writer.add_trace(first)
    writer.add_trace(second)
    writer.close(entries=[first.rejected("starts below 5 G0")])
    with Recording(path) as recording:
        assert [(t.number, t.kept, t.reason) for t in recording.traces] == [
            (0, False, "starts below 5 G0"),
            (1, True, ""),
        ]


def test_unknown_rate_stays_unknown(tmp_path):
    header = RunHeader("import", (RecordedChannel("conductance", "G0", dtype="f4"),), provenance="imported")
    path = tmp_path / "run.h5"
    with RecordingWriter(path, header) as writer:
        writer.append(Block(0, math.nan, ("conductance",), np.array([[1.0, -0.5, 1e-4]])))
        writer.add_trace(TraceEntry(0, 1, 3, bias_V=0.025))
    with Recording(path) as recording:
        assert math.isnan(recording.rate_Hz)
        trace = recording.trace(0)
        assert trace.conductance_G0 == pytest.approx([-0.5, 1e-4], rel=1e-7)
        assert np.isnan(trace.displacement_m).all()
        with pytest.raises(LookupError, match="no trace 4"):
            recording.trace(4)


def test_displacement_follows_from_speed_and_rate(tmp_path):
    header = RunHeader(
        "import",
        (RecordedChannel("conductance", "G0"),),
        40e3,
        settings={"opening_speed_m_per_s": 20e-9},
        provenance="imported",
    )
    path = tmp_path / "run.h5"
    with RecordingWriter(path, header) as writer:
        writer.append(Block(0, 40e3, ("conductance",), np.ones((1, 10))))
        writer.add_trace(TraceEntry(0, 2, 10))
        writer.add_trace(TraceEntry(1, 2, 10, settings={"opening_speed_m_per_s": 40e-9}))
    with Recording(path) as recording:
        assert recording.trace(0).displacement_m == pytest.approx(np.arange(8) * 5e-13)
        assert recording.trace(1).displacement_m == pytest.approx(np.arange(8) * 1e-12)


def test_raw_volts_are_not_mistaken_for_conductance(tmp_path):
    path = tmp_path / "run.h5"
    with RecordingWriter(path, HEADER) as writer:
        writer.append(block(0, 10))
        writer.add_trace(TraceEntry(0, 0, 10))
    with Recording(path) as recording, pytest.raises(LookupError, match="raw samples"):
        recording.trace(0)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (Block(5, RATE_Hz, NAMES, np.zeros((2, 4))), "begins at sample 5"),
        (Block(10, 1000.0, NAMES, np.zeros((2, 4))), "1000.0 samples/s"),
        (Block(10, RATE_Hz, ("current",), np.zeros((1, 4))), "channels"),
    ],
)
def test_a_block_that_does_not_fit_is_refused(tmp_path, wrong, message):
    with RecordingWriter(tmp_path / "run.h5", HEADER) as writer:
        writer.append(block(0, 10))
        with pytest.raises(ValueError, match=message):
            writer.append(wrong)


def test_it_flushes_by_itself_after_half_a_second_of_data(tmp_path):
    writer = RecordingWriter(tmp_path / "run.h5", HEADER)
    writer.append(block(0, 999))
    assert writer.saved == 0
    writer.append(block(999, 1))
    assert writer.saved == 1000
    writer.close()


def test_a_recording_is_never_overwritten(tmp_path):
    path = tmp_path / "run.h5"
    path.write_bytes(b"precious")
    with pytest.raises(FileExistsError, match="never overwritten"):
        RecordingWriter(path, HEADER)
    assert path.read_bytes() == b"precious"
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(RecordingError, match="folder does not exist"):
        RecordingWriter(tmp_path / "nowhere" / "run.h5", HEADER)


def test_nothing_can_be_written_after_closing(tmp_path):
    writer = RecordingWriter(tmp_path / "run.h5", HEADER)
    writer.close()
    assert writer.closed
    assert writer.close() == "closed before"
    with pytest.raises(RecordingError, match="is closed"):
        writer.append(block(0, 1))


def test_an_exception_inside_with_ends_as_aborted(tmp_path):
    path = tmp_path / "run.h5"
    with pytest.raises(ZeroDivisionError), RecordingWriter(path, HEADER) as writer:
        writer.append(block(0, 10))
        raise ZeroDivisionError
    with Recording(path) as recording:
        assert (recording.status, recording.n_samples) == ("aborted", 10)


def test_it_is_readable_while_being_written_and_shows_more_when_opened_again(tmp_path):
    path = tmp_path / "run.h5"
    writer = RecordingWriter(path, HEADER)
    writer.append(block(0, 100))
    writer.flush()
    with Recording(path) as early:
        writer.append(block(100, 5000))
        writer.flush()
        assert (early.status, early.n_samples) == ("unfinished", 100)
        assert np.array_equal(early.samples(0, 100), block(0, 100).data)
    with Recording(path) as late:
        assert late.n_samples == 5100
    with h5py.File(path, "r", swmr=True, locking=False) as plain:  # HDF5 wants equal locking in one process
        assert plain["entry/raw/current"].shape == (5100,)
    writer.close()


def test_header_refuses_what_json_cannot_hold():
    with pytest.raises(TypeError):
        RunHeader("p", (RecordedChannel("current"),), parameters={"f": object()}).to_json()
    with pytest.raises(ValueError, match="different names"):
        RunHeader("p", (RecordedChannel("a"), RecordedChannel("a")))
    with pytest.raises(ValueError, match="rate_Hz"):
        RunHeader("p", (RecordedChannel("a"),), 0.0)
    assert json.dumps(RunHeader("p", (RecordedChannel("a"),)).to_json(), allow_nan=False)


def test_looking_at_a_file_at_any_moment_of_its_writing_disturbs_nobody(tmp_path):
    child = start_writer()
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    path, seed = tmp_path / "run.h5", 11
    child.stdin.write(f"{seed} {path}\n")
    child.stdin.flush()
    opened = 0
    while child.poll() is None:
        if path.exists():
            with Recording(path) as recording:
                opened += 1
                n = min(recording.n_samples, 100)
                assert np.array_equal(recording.samples(0, n), values(0, n))
    assert child.returncode == 0
    child.stdin.close()
    child.stdout.close()
    assert opened > 5
    with Recording(path) as recording:
        assert recording.status == "finished"
        assert wrong_values(recording, seed) == 0
