from pathlib import Path

import h5py
import numpy as np
import pytest

from analysis.recording import (
    Plot,
    PlotAxis,
    RecordedChannel,
    Recording,
    RecordingError,
    RecordingWriter,
    RunHeader,
    TraceEntry,
    recover,
)
from analysis.recording.run_log import log_of
from analysis.recording.unfinished import lookup3
from analysis.records import Block, Event, EventKind
from tests.benchmarks.kill_recordings import kill_recordings

HEADER = RunHeader("break junction", (RecordedChannel("current"), RecordedChannel("z")), 2000.0, seed=3)


def samples(first: int, n: int) -> Block:
    index = np.arange(first, first + n, dtype=float)
    return Block(first, 2000.0, ("current", "z"), np.stack([index, -index]))


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """A file as a killed process leaves it: three commits of 500, 500 and 300 samples, a gap before the last."""
    path = tmp_path / "killed.h5"
    writer = RecordingWriter(path, HEADER)
    for number, (first, n) in enumerate([(0, 500), (500, 500), (2000, 300)]):
        writer.append(samples(first, n))
        writer.add_event(Event(first, EventKind.MARK, "block", {"number": number}))
        writer.add_trace(TraceEntry(number, first, first + n))
        writer.flush()
    writer.append(samples(2300, 100))  # never flushed
    writer.abandon()
    return path


def damage(path: Path, dataset: str, element: int, item_bytes: int = 8) -> None:
    """Flip a bit of one element in a copy of the file's bytes; without a log, the view is all there is."""
    log_of(path).unlink()
    with Recording(path) as recording:
        place = recording._opened.entry[dataset].id.get_chunk_info(0).byte_offset
    content = bytearray(path.read_bytes())
    content[place + element * item_bytes] ^= 4
    path.write_bytes(content)


def test_hdf5_itself_refuses_it_and_we_do_not(killed):
    with pytest.raises(OSError, match="already open for write"):
        h5py.File(killed)
    with Recording(killed) as recording:
        assert recording.status == "unfinished"
        assert recording.n_samples == 1300
        assert recording.gaps == ((1000, 2000),)
        assert [event.payload["number"] for event in recording.events] == [0, 1, 2]


def test_recover_makes_a_finished_file_and_never_touches_the_original(killed, tmp_path):
    before = killed.read_bytes(), log_of(killed).read_bytes()
    out = tmp_path / "out.h5"
    plot = Plot("histogram", "h", PlotAxis("counts", np.ones(4)), (PlotAxis("g", np.arange(4.0), "G0"),))
    assert recover(killed, out, [plot]) == 1300
    assert (killed.read_bytes(), log_of(killed).read_bytes()) == before
    with Recording(killed) as old, Recording(out) as new:
        assert (new.status, new.header) == ("recovered", old.header)
        assert (new.events, new.gaps) == (old.events, old.gaps)
        assert [t.to_json() for t in new.traces] == [t.to_json() for t in old.traces]
        assert np.array_equal(new.samples(0, 2300), old.samples(0, 2300), equal_nan=True)
    with h5py.File(out) as file:
        assert file["entry"].attrs["default"] == "histogram"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["killed.h5", "killed.h5.log", "out.h5"]


def test_recover_never_overwrites(killed, tmp_path):
    out = tmp_path / "out.h5"
    out.write_text("precious")
    with pytest.raises(FileExistsError, match="never overwritten"):
        recover(killed, out)
    assert out.read_text() == "precious"


def test_recover_of_a_hopeless_file_leaves_nothing_behind(tmp_path):
    path = tmp_path / "text.h5"
    path.write_text("hello")
    with pytest.raises(RecordingError):
        recover(path, tmp_path / "out.h5")
    assert [p.name for p in tmp_path.iterdir()] == ["text.h5"]


def test_what_was_written_without_a_commit_does_not_count(killed):
    damage(killed, "/entry/journal/commits", 2, 32)  # the last commit is torn
    with Recording(killed) as recording:
        assert recording.n_samples == 1000
        assert recording.gaps == ()
        assert len(recording.traces) == 2
        recording.verify()


def test_a_damaged_last_commit_is_not_believed(killed):
    damage(killed, "/entry/raw/z", 1200)
    with Recording(killed) as recording:
        assert recording.n_samples == 1000


def test_damaged_samples_become_a_gap_that_is_told(killed, tmp_path):
    damage(killed, "/entry/raw/current", 700)
    with Recording(killed) as recording, pytest.raises(RecordingError, match="rows 500 to 1000 are damaged"):
        recording.verify()
    out = tmp_path / "out.h5"
    assert recover(killed, out) == 800
    with Recording(out) as recording:
        assert recording.gaps == ((500, 2000),)
        assert np.array_equal(recording.samples(0, 500), samples(0, 500).data)
        assert np.array_equal(recording.samples(2000, 2300), samples(2000, 300).data)
        assert [event.kind for event in recording.events] == [EventKind.MARK, EventKind.MARK, EventKind.FAULT]
        assert recording.events[-1].payload == {"start": 500, "stop": 1000}


def test_a_run_killed_before_its_first_sample_opens_empty(tmp_path):
    path = tmp_path / "run.h5"
    RecordingWriter(path, HEADER).abandon()
    with Recording(path) as recording:
        assert (recording.n_samples, recording.first, recording.stop) == (0, 0, 0)
        assert list(recording.blocks()) == []
        assert recording.samples(0, 0).shape == (2, 0)
    assert recover(path, tmp_path / "out.h5") == 0


def test_our_check_sum_is_that_of_hdf5(tmp_path):
    path = tmp_path / "new.h5"
    with h5py.File(path, "w", libver=("v110", "v110")) as file:
        file["x"] = 1
    superblock = path.read_bytes()[:48]
    assert lookup3(superblock[:44]) == int.from_bytes(superblock[44:], "little")
    # published in the source of lookup3.c (driver5): the hash of this text with initial values 0
    assert lookup3(b"Four score and seven years ago") == 0x17770551


def test_killed_writers_leave_nothing_wrong():
    outcome = kill_recordings(6, seed=5)
    assert (outcome.unopened, outcome.lost, outcome.wrong, outcome.unrecovered) == (0, 0, 0, 0)
    assert outcome.samples > 0
    assert outcome.slowest_open_s < 10
