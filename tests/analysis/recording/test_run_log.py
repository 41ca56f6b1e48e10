"""Acknowledged data are read back after any crash, fault of the disk, or act of another program."""

import os
import shutil

import h5py
import numpy as np
import pytest

from analysis.recording import Recording, RecordingError, RecordingWriter, WriteFailed, durable, recover
from analysis.recording.log_frames import MAGIC, Kind, framed
from analysis.recording.run_log import log_of
from analysis.records import Event, EventKind
from tests.benchmarks import crash_states
from tests.support.physics.counted import HEADER, block
from tests.support.windows_files import keep_open_files

N, FLUSHES = 200, 6


def half_a_run(path, stop=FLUSHES):
    """A writer after some flushes, with an event in each."""
    writer = RecordingWriter(path, HEADER)
    for number in range(stop):
        writer.append(block(number * N, N))
        writer.add_event(Event(number * N, EventKind.MARK, "block", {"number": number}))
        writer.flush()
    return writer


@pytest.fixture
def log(tmp_path):
    """The log of a killed run, without its view."""
    path = tmp_path / "run.h5"
    half_a_run(path).abandon()
    path.unlink()
    return log_of(path)


def shown(path):
    """Samples and numbers of events of a recording; each sample must be its own index."""
    with Recording(path) as recording:
        for each in recording.blocks():
            assert np.array_equal(each.data, block(each.first, len(each)).data)
        marks = [e.payload["number"] for e in recording.events if e.kind is EventKind.MARK]
        faults = [e for e in recording.events if e.kind is EventKind.FAULT]
        return recording.n_samples, marks, faults, recording.gaps


def test_no_crash_loses_or_changes_what_was_acknowledged():
    outcome = crash_states.crash(240, seed=7)
    assert (outcome.refused, outcome.lost, outcome.wrong, outcome.bare) == (0, 0, 0, 0)
    assert len(outcome.states) == 4


def test_the_trial_of_crashes_notices_what_is_lost_or_wrong(log):
    path = log.with_suffix("")
    assert crash_states.look(path, 1, (10**6, 0)) in ("wrong", "lost")  # another run's samples, or too few


def test_a_run_leaves_nothing_beside_its_recording_where_open_files_stay(tmp_path, monkeypatch):
    keep_open_files(monkeypatch)
    path = tmp_path / "run.h5"

    writer = half_a_run(path)
    during = sorted(one.name for one in tmp_path.iterdir())
    writer.close()

    assert during == ["run.h5", "run.h5.log"]
    assert [one.name for one in tmp_path.iterdir()] == ["run.h5"]
    assert shown(path)[0] == FLUSHES * N


def test_a_log_counts_and_the_view_beside_it_does_not(tmp_path):
    path = tmp_path / "run.h5"
    half_a_run(path).abandon()
    path.write_bytes(b"rubbish")
    assert shown(path)[:2] == (FLUSHES * N, list(range(FLUSHES)))


@pytest.mark.parametrize("offset", [3, 12, 20, 30, 45, 200])
def test_a_damaged_frame_costs_its_own_samples_and_is_told(log, offset):
    content = bytearray(log.read_bytes())
    starts = [i for i in range(len(content)) if content.startswith(MAGIC, i)]
    frame = starts[3 + 3 * 2]  # two header frames and a commit; then samples, lines, commit of each flush
    content[frame + offset] ^= 16
    log.write_bytes(content)
    samples, marks, faults, gaps = shown(log)
    assert samples == (FLUSHES - 1) * N
    assert marks == list(range(FLUSHES))
    assert gaps == ((2 * N, 3 * N),)
    assert [(e.name, e.payload["start"], e.payload["stop"]) for e in faults] == [
        ("damaged samples left out", 2 * N, 3 * N)
    ]
    with Recording(log) as recording, pytest.raises(RecordingError, match="damaged samples left out"):
        recording.verify()


def test_damaged_events_are_told(log):
    content = bytearray(log.read_bytes())
    place = content.index(b'"number":3')
    content[place] ^= 1
    log.write_bytes(content)
    samples, marks, faults, _ = shown(log)
    assert (samples, marks) == (FLUSHES * N, [0, 1, 2, 4, 5])
    assert [e.name for e in faults] == ["damaged list left out"]


def test_either_copy_of_the_header_is_enough_and_without_both_it_is_refused(log):
    content = bytearray(log.read_bytes())
    first, second = (i for i in range(800) if content.startswith(MAGIC, i) and content[i + 24] == 1)
    content[first + 60] ^= 1
    log.write_bytes(content)
    assert shown(log)[0] == FLUSHES * N
    content[second + 60] ^= 1
    log.write_bytes(content)
    with pytest.raises(RecordingError, match="both copies"):
        Recording(log)


def test_an_end_that_is_cut_off_is_told(log):
    content = log.read_bytes()
    log.write_bytes(content[:-100])
    samples, marks, faults, _ = shown(log)
    assert (samples, marks) == ((FLUSHES - 1) * N, list(range(FLUSHES - 1)))
    assert [e.name for e in faults] == ["the end of the recording was cut off or damaged"]


def test_frames_of_another_run_and_foreign_bytes_count_for_nothing(log, tmp_path):
    other = tmp_path / "other.h5"
    half_a_run(other, 2).abandon()
    whole = log.read_bytes()
    log.write_bytes(whole + log_of(other).read_bytes() + b"\0" * 1000)
    assert shown(log)[:2] == (FLUSHES * N, list(range(FLUSHES)))


def test_frames_that_are_there_twice_count_once(log):
    whole = log.read_bytes()
    log.write_bytes(whole + whole)
    assert shown(log)[:2] == (FLUSHES * N, list(range(FLUSHES)))


@pytest.mark.parametrize("kind", [Kind.SAMPLES, Kind.COMMIT, Kind.HEADER, Kind.END])
def test_a_frame_that_somebody_made_is_refused_in_a_sentence(log, kind):
    whole = log.read_bytes()
    made = framed(whole[8:16], 10**6, kind, b"{")
    commit = framed(whole[8:16], 10**6 + 1, Kind.COMMIT, bytes(24))
    log.write_bytes(whole[:40] + made + commit if kind is Kind.HEADER else whole + made + commit)
    with pytest.raises(RecordingError), Recording(log) as recording:
        recording.verify()


def test_a_growing_log_is_followed_from_where_it_was(tmp_path):
    path = tmp_path / "run.h5"
    writer = half_a_run(path, 2)
    with Recording(path) as before:
        writer.append(block(2 * N, N))
        writer.flush()
        with before.again() as after:
            assert (before.stop, after.stop) == (2 * N, 3 * N)
            assert after.opened.index is before.opened.index
            assert not after.opened.damage
    writer.abandon()


# --- other programs


def delete(path):
    log_of(path).unlink()


def replace(path):
    log_of(path).unlink()
    log_of(path).write_bytes(b"another")


def rename_folder(path):
    path.parent.rename(path.parent.with_name("elsewhere"))


@pytest.mark.skipif(os.name == "nt", reason="Windows refuses to delete, replace or move an open file")
@pytest.mark.parametrize("harm", [delete, replace, rename_folder])
def test_a_log_that_is_taken_away_is_noticed_at_once_and_its_content_saved(tmp_path, monkeypatch, harm):
    folder = tmp_path / "night"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    writer = half_a_run(folder / "run.h5", 3)
    harm(folder / "run.h5")
    writer.append(block(3 * N, N))
    with pytest.raises(WriteFailed, match=r"run\.h5\.log .*everything recorded is in .*recover"):
        writer.flush()
    assert writer.closed
    (rescued,) = tmp_path.rglob("*.rescued.h5.log")
    assert shown(rescued)[0] == 4 * N


@pytest.mark.skipif(os.name == "nt", reason="Windows locks it")
def test_a_log_that_is_cut_by_another_program_is_noticed(tmp_path):
    writer = half_a_run(tmp_path / "run.h5", 3)
    os.truncate(log_of(tmp_path / "run.h5"), 1000)
    writer.append(block(3 * N, N))
    with pytest.raises(WriteFailed, match="was cut to"):
        writer.flush()


@pytest.mark.parametrize("call", ["append", "sync"])
def test_a_refused_write_ends_in_a_sentence_and_the_rest_is_elsewhere(tmp_path, monkeypatch, call):
    path = tmp_path / "run.h5"
    writer = half_a_run(path, 3)
    original = getattr(durable, call)
    failures = iter([True])

    def refused(*arguments):
        if next(failures, False):
            raise OSError(28, "No space left on device")
        return original(*arguments)

    monkeypatch.setattr(durable, call, refused)
    writer.append(block(3 * N, N))
    with pytest.raises(WriteFailed, match=r"No space left.*first 600 samples are saved; the samples after"):
        writer.flush()
    assert shown(path)[0] in (3 * N, 4 * N)  # what was not acknowledged may be there
    (rest,) = tmp_path.glob("*-rest-*.h5.log")
    with Recording(rest) as recording:
        assert (recording.first, recording.stop) == (3 * N, 4 * N)


# --- the end of a run


def test_nothing_but_the_finished_file_is_left(tmp_path):
    path = tmp_path / "run.h5"
    assert half_a_run(path).close() == "compressed"
    assert [p.name for p in tmp_path.iterdir()] == ["run.h5"]
    with h5py.File(path) as file:
        assert {"manifest", "bytes"} == set(file["seal"])


@pytest.mark.parametrize("step", ["replace", "remove"])
def test_a_cut_at_any_step_of_finishing_leaves_log_or_finished_file(tmp_path, monkeypatch, step):
    def cut(*paths):
        raise OSError("cut")

    path = tmp_path / "run.h5"
    writer = half_a_run(path)
    monkeypatch.setattr(durable, step, cut)
    assert writer.close().startswith("plain, as recorded: cut")
    assert shown(path)[:2] == (FLUSHES * N, list(range(FLUSHES)))
    with Recording(path) as recording:
        assert recording.status == "finished"
    out = tmp_path / "out.h5"
    assert recover(path, out) == FLUSHES * N


def test_a_finished_file_beside_its_log_counts_only_if_its_seal_holds(tmp_path, monkeypatch):
    path = tmp_path / "run.h5"
    writer = half_a_run(path)
    monkeypatch.setattr(durable, "remove", lambda path: None)
    writer.close()
    assert log_of(path).is_file()
    with Recording(path) as recording:
        assert recording.storage == "compressed"
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
    with Recording(path) as recording:
        assert recording.opened.path == log_of(path)
    assert shown(path)[0] == FLUSHES * N


def test_a_view_that_cannot_be_written_costs_only_the_view(tmp_path, monkeypatch, caplog):
    path = tmp_path / "run.h5"
    writer = half_a_run(path, 2)

    def refused(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writer._view, "commit", refused)
    for number in (2, 3):
        writer.append(block(number * N, N))
        assert writer.flush() == (number + 1) * N
    assert caplog.text.count("no longer shown") == 1
    writer.close()
    with Recording(path) as recording:
        assert (recording.n_samples, recording.storage) == (4 * N, "compressed")


def test_a_view_that_cannot_be_closed_without_handles_costs_only_the_view(tmp_path, monkeypatch, caplog):
    path = tmp_path / "run.h5"
    writer = half_a_run(path, 2)
    null = os.devnull

    def none_left(*arguments, **more):
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(writer._view, "close", none_left)
    opened = os.open
    monkeypatch.setattr(os, "open", lambda path, *more: none_left() if path == null else opened(path, *more))
    writer.close()

    assert "no longer shown to other programs while it is recorded (" in caplog.text
    with Recording(path) as recording:
        assert (recording.n_samples, recording.status) == (2 * N, "finished")


@pytest.mark.parametrize("letters", [238, 247])
def test_a_name_that_is_too_long_is_refused_in_a_sentence(tmp_path, letters):
    """With the longest of the names that come and go beside it."""
    with pytest.raises(RecordingError, match=r"cannot be created \(.*\): record to another folder or name"):
        RecordingWriter(tmp_path / f"{'x' * letters}.h5", HEADER)
    assert list(tmp_path.iterdir()) == []


def test_a_log_that_is_there_is_never_overwritten(tmp_path):
    path = tmp_path / "run.h5"
    half_a_run(path).abandon()
    path.unlink()
    with pytest.raises(FileExistsError, match="never overwritten"):
        RecordingWriter(path, HEADER)


def test_the_view_alone_is_read_as_before(tmp_path):
    path = tmp_path / "run.h5"
    half_a_run(path).abandon()
    alone = tmp_path / "alone.h5"
    shutil.copy(path, alone)
    assert shown(alone)[:2] == (FLUSHES * N, list(range(FLUSHES)))
