"""The recorder waits for the disk in its own thread; a disk that does not answer ends the run."""

import threading

import numpy as np
import pytest

from analysis.recording import Recording, RecordingWriter
from analysis.recording.errors import WriteFailed
from analysis.records import NOTE, Event, EventKind
from app.acquisition.recorder import SLOW_S, STUCK_S, Recorder, RecorderFailed, Reducers
from tests.support.patience import PATIENCE_S
from tests.support.physics.counted import HEADER, block
from tests.support.rig.rigs import wait_until


class Clock:
    """Time that passes when the test says so."""

    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def slow_disk(tmp_path, monkeypatch):
    """A writer whose flush waits for `go`, and the events that say so."""
    writer = RecordingWriter(tmp_path / "run.h5", HEADER, save_every_s=float("inf"))
    begun, go, flush = threading.Event(), threading.Event(), writer.flush

    def waiting():
        begun.set()
        go.wait()
        return flush()

    monkeypatch.setattr(writer, "flush", waiting)
    yield writer, begun, go
    go.set()
    writer.close()


def test_a_disk_that_does_not_answer_ends_the_run_and_nothing_is_lost(slow_disk):
    writer, begun, go = slow_disk
    clock = Clock()
    recorder = Recorder(writer, clock)
    recorder.feed(block(0, 100))
    clock.now = 1.0  # time to save
    recorder.feed(block(100, 100))
    assert begun.wait(PATIENCE_S)
    clock.now += STUCK_S / 2
    recorder.feed(block(200, 100))
    clock.now += STUCK_S
    with pytest.raises(RecorderFailed, match=r"has not answered for 10 s"):
        recorder.feed(block(300, 100))
    go.set()
    wait_until(lambda: writer.saved >= 100)
    recorder.finish()
    assert writer.saved == 400, "also the samples whose feeding said that the disk hangs"


def test_a_note_is_saved_at_once(tmp_path):
    writer = RecordingWriter(tmp_path / "run.h5", HEADER, save_every_s=float("inf"))
    recorder = Recorder(writer, Clock())  # it is never time to save
    recorder.feed(block(0, 100))
    recorder.on_event(Event(100, EventKind.MARK, NOTE, {"text": "The pump was switched off."}))
    wait_until(lambda: writer.saved == 100)
    recorder.finish()
    writer.close()


def test_a_disk_that_fails_at_the_last_flush_is_told_and_hangs_nothing(tmp_path, monkeypatch):
    writer = RecordingWriter(tmp_path / "run.h5", HEADER, save_every_s=float("inf"))

    def full():
        raise WriteFailed("run.h5: writing failed", 0)

    monkeypatch.setattr(writer, "flush", full)
    recorder = Recorder(writer)
    recorder.feed(block(0, 100))

    with pytest.raises(RecorderFailed, match=r"run\.h5: writing failed"):
        recorder.finish()
    writer.abandon()


def test_a_failure_without_words_gets_some(tmp_path, monkeypatch):
    writer = RecordingWriter(tmp_path / "run.h5", HEADER, save_every_s=float("inf"))

    def no_memory(block):
        raise MemoryError

    monkeypatch.setattr(writer, "append", no_memory)
    recorder = Recorder(writer)
    recorder.feed(block(0, 100))

    with pytest.raises(
        RecorderFailed, match=r"Recording failed \(no memory is left\); what was saved before is safe"
    ):
        recorder.finish()
    writer.abandon()


@pytest.mark.parametrize("failing", ["append", "flush"])
def test_samples_that_wait_while_the_recorder_fails_are_in_another_file(tmp_path, monkeypatch, failing):
    writer = RecordingWriter(tmp_path / "run.h5", HEADER, save_every_s=float("inf"))
    begun, go = threading.Event(), threading.Event()

    def failing_later(*_):
        begun.set()
        go.wait()
        raise MemoryError

    clock = Clock()
    recorder = Recorder(writer, clock)
    recorder.feed(block(0, 100))
    wait_until(lambda: writer._blocks)
    monkeypatch.setattr(writer, failing, failing_later)
    clock.now = 1.0
    recorder.feed(block(100, 100))
    assert begun.wait(PATIENCE_S)
    recorder.feed(block(200, 100))
    recorder.on_event(Event(300, EventKind.MARK, "last"))
    go.set()
    with pytest.raises(
        RecorderFailed, match=r"What was read after that is in .*run-rest-.*`hotjunction recover`"
    ):
        recorder.finish()
    writer.abandon()
    (rest,) = tmp_path.glob("run-rest-*.h5.log")
    with Recording(rest) as recording:
        assert np.array_equal(recording.samples(0, 300), block(0, 300).data)
        assert [event.name for event in recording.events] == ["last"]


def test_samples_after_a_refused_write_are_in_a_second_file(tmp_path, monkeypatch):
    writer = RecordingWriter(tmp_path / "run.h5", HEADER, save_every_s=float("inf"))
    recorder = Recorder(writer)
    begun, go = threading.Event(), threading.Event()

    def refused(*_):
        begun.set()
        go.wait()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writer._log, "commit", refused)
    recorder.feed(block(0, 100))
    assert begun.wait(PATIENCE_S)
    recorder.feed(block(100, 100))
    go.set()
    with pytest.raises(RecorderFailed, match=r"samples after them are in .*What was read after that is in "):
        recorder.finish()
    found = {}
    for rest in tmp_path.glob("run-rest-*.h5.log"):
        with Recording(rest) as recording:
            found[recording.first] = recording.n_samples
    assert found == {0: 100, 100: 100}


def test_reducers_that_fail_at_the_end_of_their_items_hang_nothing():
    class Failing:
        def feed(self, block):
            return ()

        def close(self):
            raise MemoryError

    reducers = Reducers(Failing(), lambda trace: None)
    reducers.feed(block(0, 100))
    reducers.finish()

    assert isinstance(reducers.failure, MemoryError)


def test_a_slow_disk_is_logged(slow_disk, caplog):
    writer, begun, go = slow_disk
    clock = Clock()
    recorder = Recorder(writer, clock)
    recorder.feed(block(0, 100))
    clock.now = 1.0
    recorder.feed(block(100, 100))
    assert begun.wait(PATIENCE_S)
    clock.now += 2 * SLOW_S
    go.set()
    recorder.finish()
    assert "Saving took 4.0 s: the disk is slow" in caplog.text
