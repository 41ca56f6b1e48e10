"""Recordings on full disks, and files that are damaged or none."""

import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from analysis.recording import DiskAlmostFull, Recording, RecordingError, RecordingWriter
from analysis.records import Event, EventKind
from tests.support.physics.counted import HEADER, block, write

# --- the disk


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
writer = RecordingWriter(sys.argv[1], RunHeader("p", (RecordedChannel("current"),), 2000.0))
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
        [sys.executable, "-c", FULL_DISK, path], capture_output=True, text=True, cwd=Path(__file__).parents[3]
    )
    assert done.returncode == 0
    assert done.stderr.count("\n") <= 1  # that other programs no longer see it grow
    said = done.stdout.split()
    assert "File too large" in done.stdout
    assert "Free space" in done.stdout
    with Recording(path) as recording:
        recording.verify()
        assert recording.n_samples == int(said[0]) > 0
        assert np.array_equal(recording.samples(0, recording.stop)[0], np.arange(recording.n_samples))


# --- other files


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
        (cut, "or damaged"),
        (tmp_path / "absent.h5", "no such file"),
        (tmp_path, "a folder, not a recording"),
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
