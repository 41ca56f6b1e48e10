"""Recordings read in another thread: in their order, one that fails among them, and stopped."""

import threading
from pathlib import Path

import pytest

from analysis.recording import RecordingError
from app.viewmodels.compared import ComparedRecording
from app.viewmodels.recording_loader import RecordingLoader
from tests.support.rig.rigs import PATIENCE_S

PATHS = [Path("folder/a.h5"), Path("folder/b.h5"), Path("folder/c.h5")]


class Gate:
    """Reads a file when it may, and tells that it began."""

    def __init__(self) -> None:
        self.begun, self.may = threading.Semaphore(0), threading.Semaphore(0)
        self.threads: set[int] = set()

    def read(self, path: Path) -> ComparedRecording:
        self.threads.add(threading.get_ident())
        self.begun.release()
        assert self.may.acquire(timeout=PATIENCE_S)
        return ComparedRecording(path)


def test_one_after_the_other_in_another_thread() -> None:
    gate = Gate()
    reading = RecordingLoader(PATHS, gate.read)
    said = []
    for _ in PATHS:
        assert gate.begun.acquire(timeout=PATIENCE_S)
        said.append(reading.words)
        gate.may.release()
    reading.join(PATIENCE_S)
    assert said == ["Reading 1 of 3: a.h5 …", "Reading 2 of 3: b.h5 …", "Reading 3 of 3: c.h5 …"]
    assert reading.over
    assert reading.words == ""
    assert [result.path for result in reading.results if isinstance(result, ComparedRecording)] == PATHS
    assert len(gate.threads) == 1
    assert threading.get_ident() not in gate.threads


def test_after_a_stop_only_the_file_under_way_is_read() -> None:
    gate = Gate()
    reading = RecordingLoader(PATHS, gate.read)
    assert gate.begun.acquire(timeout=PATIENCE_S)
    reading.stop()
    assert not reading.over
    gate.may.release()
    reading.join(PATIENCE_S)
    assert len(reading.results) == 1
    assert not gate.begun.acquire(blocking=False)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            RecordingError(f"{PATHS[1]}: there is no such file"),
            "Cannot compare b.h5: there is no such file.",
        ),
        (ValueError("no R_P."), "Cannot compare b.h5: no R_P."),
        (OSError(5, "Input/output error"), "Cannot compare b.h5: [Errno 5] Input/output error."),
        (KeyError("sweep"), "Cannot compare b.h5 (KeyError: 'sweep')."),
    ],
)
def test_a_file_that_fails_is_a_sentence_and_the_others_are_read(error: Exception, sentence: str) -> None:
    def read(path: Path) -> ComparedRecording:
        if path == PATHS[1]:
            raise error
        return ComparedRecording(path)

    reading = RecordingLoader(PATHS, read)
    reading.join(PATIENCE_S)
    assert reading.results[1] == sentence
    assert [isinstance(result, str) for result in reading.results] == [False, True, False]
