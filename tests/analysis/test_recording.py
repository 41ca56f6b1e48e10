import datetime
import json
import math
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.recording import (
    Axis,
    Calibration,
    Channel,
    DiskAlmostFull,
    Plot,
    Recording,
    RecordingError,
    RecordingWriter,
    RunHeader,
    TraceEntry,
)
from analysis.records import Block, Event, EventKind
from tests.benchmarks.kill_recordings import start_writer, values, wrong_values

RATE_Hz = 2000.0
NAMES = ("current", "z")
HEADER = RunHeader("break junction", tuple(Channel(name) for name in NAMES), RATE_Hz)


def block(first: int, n: int) -> Block:
    """Samples that tell their own index and channel."""
    index = np.arange(first, first + n, dtype=float)
    return Block(first, RATE_Hz, NAMES, np.stack([index, index + 0.5]))


def write(path: Path, blocks: list[Block], header: RunHeader = HEADER) -> None:
    with RecordingWriter(path, header) as writer:
        for each in blocks:
            writer.append(each)


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
            Channel("current", "V", "output of the current amplifier"),
            Channel("conductance", "G0", dtype="f4"),
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
    header = RunHeader("import", (Channel("conductance", "G0", dtype="f4"),), provenance="imported")
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
        (Channel("conductance", "G0"),),
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


# --- the disk ---------------------------------------------------------------------------------------------


def test_it_stops_with_everything_saved_before_the_disk_is_full(tmp_path):
    free = [10**9]
    path = tmp_path / "run.h5"
    writer = RecordingWriter(path, HEADER, reserve_bytes=10**8, free_bytes=lambda _: free[0])
    writer.append(block(0, 100))
    free[0] = 10**8 - 1
    with pytest.raises(DiskAlmostFull, match="delete or move files") as caught:
        writer.flush()
    assert caught.value.saved == 100
    writer.append(block(100, 50))
    writer.close("aborted")
    with Recording(path) as recording:
        assert (recording.n_samples, recording.status) == (150, "aborted")


def test_it_does_not_begin_on_a_full_disk(tmp_path):
    with pytest.raises(DiskAlmostFull):
        RecordingWriter(tmp_path / "run.h5", HEADER, free_bytes=lambda _: 1000)
    assert not list(tmp_path.iterdir())


def test_without_room_for_a_copy_it_stays_uncompressed_and_says_so(tmp_path):
    path = tmp_path / "run.h5"
    writer = RecordingWriter(path, HEADER, reserve_bytes=1000, free_bytes=lambda _: 1200)
    writer.append(block(0, 3000))
    writer.add_event(Event(5, EventKind.MARK, "here"))
    stored = writer.close()
    with Recording(path) as recording:
        recording.verify()
        assert (recording.status, recording.storage) == ("finished", stored)
        assert stored.startswith("plain, as recorded: a copy needs")
        assert np.array_equal(recording.samples(0, 3000), block(0, 3000).data)
        assert recording.events[0].name == "here"


FULL_DISK = """
import resource, signal, sys
import numpy as np
from analysis.recording import *
from analysis.records import Block
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
writer = RecordingWriter(sys.argv[1], RunHeader("p", (Channel("current"),), 2000.0))
try:
    for i in range(1000):
        writer.append(Block(i * 1000, 2000.0, ("current",), i * 1000 + np.arange(1000.0)[None]))
except WriteFailed as error:
    print(error.saved, writer.close(), error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the limit on the size of a file is set the POSIX way")
def test_a_refused_write_ends_in_a_readable_file_and_a_clean_exit(tmp_path):
    path = tmp_path / "run.h5"
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, path], capture_output=True, text=True, cwd=Path(__file__).parents[2]
    )
    assert (done.returncode, done.stderr) == (0, "")
    said = done.stdout.split()
    assert "File too large" in done.stdout
    assert "Make room" in done.stdout
    with Recording(path) as recording:
        recording.verify()
        assert recording.n_samples == int(said[0]) > 0
        assert np.array_equal(recording.samples(0, recording.stop)[0], np.arange(recording.n_samples))


# --- other files ------------------------------------------------------------------------------------------


def test_foreign_files_give_one_sentence(tmp_path):
    text, foreign, cut = tmp_path / "a.h5", tmp_path / "b.h5", tmp_path / "c.h5"
    text.write_text("hello")
    with h5py.File(foreign, "w") as file:
        file["x"] = 1
    write(tmp_path / "whole.h5", [block(0, 100)])
    cut.write_bytes((tmp_path / "whole.h5").read_bytes()[:3000])
    for path, sentence in [
        (text, "not an HDF5 file"),
        (foreign, "not a recording of hotjunction"),
        (cut, "a damaged one"),
        (tmp_path / "absent.h5", "no such file"),
        (tmp_path, "no such file"),
    ]:
        with pytest.raises(RecordingError, match=sentence) as caught:
            Recording(path)
        assert "\n" not in str(caught.value)


def test_a_file_of_a_newer_format_is_refused(tmp_path):
    path = tmp_path / "run.h5"
    write(path, [block(0, 10)])
    with h5py.File(path, "r+") as file:
        file.attrs["format_version"] = 99
    with pytest.raises(RecordingError, match="newer hotjunction"):
        Recording(path)


def test_a_damaged_chunk_of_a_finished_file_is_found(tmp_path):
    path = tmp_path / "run.h5"
    write(path, [block(0, 30000)])
    with h5py.File(path) as file:
        place = file["entry/raw/z"].id.get_chunk_info(1).byte_offset
    content = bytearray(path.read_bytes())
    content[place + 100] ^= 1
    path.write_bytes(content)
    with Recording(path) as recording:
        assert np.array_equal(recording.samples(0, 100), block(0, 100).data)
        with pytest.raises(RecordingError, match="rows 16384 to 30000 are damaged"):
            recording.verify()


def test_samples_outside_the_recording_are_not_invented(tmp_path):
    path = tmp_path / "run.h5"
    write(path, [block(10, 10)])
    with Recording(path) as recording:
        assert (recording.first, recording.stop) == (10, 20)
        with pytest.raises(IndexError, match="not within 10 to 20"):
            recording.samples(5, 15)
        with pytest.raises(KeyError, match="this recording has current, z"):
            recording.samples(10, 20, ["bias"])


# --- viewers ----------------------------------------------------------------------------------------------


def default_plot(path: Path) -> h5py.Group:
    """What a NeXus viewer opens by itself: follow ``default`` from the root to an NXdata."""
    file = h5py.File(path)
    group: h5py.Group = file
    while group.attrs["NX_class"] != "NXdata":
        group = group[group.attrs["default"]]
    return group


def test_a_viewer_finds_the_histogram_and_a_trace(tmp_path):
    path = tmp_path / "run.h5"
    conductance, counts = np.linspace(0, 5, 100), np.arange(100.0)
    plots = [
        Plot(
            "histogram",
            "Conductance of 3 traces",
            Axis("counts", counts),
            (Axis("g", conductance, "G0", "G"),),
        ),
        Plot(
            "map", "2D", Axis("counts", np.ones((3, 2))), (Axis("x", np.arange(3.0)), Axis("y", np.zeros(2)))
        ),
    ]
    with RecordingWriter(path, HEADER) as writer:
        writer.append(block(0, 10))
        writer.close(plots=plots)
    group = default_plot(path)
    assert group.name == "/entry/histogram"
    signal = group[group.attrs["signal"]]
    (axis,) = group.attrs["axes"]
    assert np.array_equal(signal[:], counts)
    assert np.array_equal(group[axis][:], conductance)
    assert group[axis].attrs["units"] == "G0"
    assert signal.dims[0][0].name == "/entry/histogram/g"
    assert group.file["entry/map/counts"].dims[1][0].name == "/entry/map/y"
    group.file.close()


def test_without_plots_a_viewer_shows_the_first_channel(tmp_path):
    path = tmp_path / "run.h5"
    write(path, [block(0, 10)])
    group = default_plot(path)
    assert group.name == "/entry/raw"
    assert np.array_equal(group[group.attrs["signal"]][:], np.arange(10.0))
    group.file.close()


def test_axes_must_fit_the_signal():
    with pytest.raises(ValueError, match=r"axes of lengths \(4,\)"):
        Plot("p", "t", Axis("y", np.zeros(3)), (Axis("x", np.zeros(4)),))


def test_the_example_of_the_documentation_reads_a_recording(tmp_path, monkeypatch, capsys):
    page = (Path(__file__).parents[2] / "docs" / "file-format.md").read_text()
    example = page.split("```python\n")[1].split("```")[0]
    write(tmp_path / "run.h5", [block(0, 10)])
    monkeypatch.chdir(tmp_path)
    exec(example, {})
    assert "break junction" in capsys.readouterr().out


def test_header_refuses_what_json_cannot_hold():
    with pytest.raises(TypeError):
        RunHeader("p", (Channel("current"),), parameters={"f": object()}).to_json()
    with pytest.raises(ValueError, match="different names"):
        RunHeader("p", (Channel("a"), Channel("a")))
    with pytest.raises(ValueError, match="rate_Hz"):
        RunHeader("p", (Channel("a"),), 0.0)
    assert json.dumps(RunHeader("p", (Channel("a"),)).to_json(), allow_nan=False)


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
