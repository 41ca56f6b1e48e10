"""The recorder waits for the disk in its own thread; a disk that does not answer ends the run."""

import threading

import pytest

from analysis.recording import RecordingWriter
from app.acquisition.recorder import SLOW_S, STUCK_S, Recorder, RecorderFailed
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
    assert begun.wait(60)
    clock.now += STUCK_S / 2
    recorder.feed(block(200, 100))
    clock.now += STUCK_S
    with pytest.raises(RecorderFailed, match=r"has not answered for 10 s"):
        recorder.feed(block(300, 100))
    go.set()
    wait_until(lambda: writer.saved >= 100)
    recorder.finish()
    assert writer.saved == 300


def test_a_slow_disk_is_logged(slow_disk, caplog):
    writer, begun, go = slow_disk
    clock = Clock()
    recorder = Recorder(writer, clock)
    recorder.feed(block(0, 100))
    clock.now = 1.0
    recorder.feed(block(100, 100))
    assert begun.wait(60)
    clock.now += 2 * SLOW_S
    go.set()
    recorder.finish()
    assert "Saving took 4.0 s: the disk is slow" in caplog.text
