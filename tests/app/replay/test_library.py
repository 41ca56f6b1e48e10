"""A folder's recordings as rows: everything that is there, also what is broken, each looked into once."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from analysis.recording import RecordedChannel, RecordingWriter, RunHeader, TraceEntry
from analysis.records import Block, Event, EventKind
from app.replay import library as module
from app.replay.library import CACHE, Library
from app.replay.saved_analysis import SavedAnalysis, save

RATE_Hz = 1000.0


def writer_of(path: Path, procedure: str = "heating", sample: str = "Au-BDNC-Au", **more) -> RecordingWriter:
    header = RunHeader(procedure, (RecordedChannel("current"),), RATE_Hz, sample=sample, **more)
    writer = RecordingWriter(path, header)
    writer.append(Block(0, RATE_Hz, ("current",), np.zeros((1, 90_000))))
    steps = [("withdraw", 3), ("modulate", 2), ("sweep", 1), ("approach", 4)]
    for name, count in steps:
        for i in range(count):
            writer.add_event(Event(100 * i, EventKind.STEP, name, {"phase": "begin"}))
            writer.add_event(Event(100 * i + 50, EventKind.STEP, name, {"phase": "end", "ended": "open"}))
    writer.add_event(Event(500, EventKind.MARK, "modulate", {}))
    for number in range(3):
        entry = TraceEntry(number, 100 * number, 100 * number + 50)
        writer.add_trace(entry if number else entry.rejected("too short"))
    return writer


def write(path: Path, **more) -> Path:
    writer_of(path, **more).close()
    return path


@pytest.fixture(scope="module")
def recordings(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("recordings")
    write(folder / "a.h5", started="2026-11-20T10:00:00+00:00", notes="sharp tip")
    write(
        folder / "b.h5", started="2026-11-21T10:00:00+00:00", procedure="break-junction", sample="Au-BDA-Au"
    )
    return folder


@pytest.fixture
def folder(recordings, tmp_path) -> Path:
    return shutil.copytree(recordings, tmp_path, dirs_exist_ok=True)


def looks(monkeypatch) -> list[str]:
    """Names of the files that are looked into from now on."""
    seen = []

    def counted(path, glance=module.glance):
        seen.append(path.name)
        return glance(path)

    monkeypatch.setattr(module, "glance", counted)
    return seen


def test_a_row_says_what_is_in_a_recording(folder):
    latest, first = Library(folder).refresh()
    assert (latest.file, first.file) == ("b.h5", "a.h5")
    assert (first.sample, first.procedure, first.notes) == ("Au-BDNC-Au", "heating", "sharp tip")
    assert (first.samples, first.duration_s, first.status) == (90_000, 90.0, "finished")
    assert (first.traces, first.kept, first.holds, first.sweeps) == (3, 2, 2, 1)


def test_a_running_and_a_killed_run_have_rows(tmp_path):
    writer = writer_of(tmp_path / "running.h5")
    writer.flush()
    (row,) = Library(tmp_path).refresh()
    assert (row.status, row.samples, row.traces, row.kept, row.holds) == ("unfinished", 90_000, 3, 2, 2)
    writer.append(Block(90_000, RATE_Hz, ("current",), np.zeros((1, 1000))))
    writer.flush()
    (row,) = Library(tmp_path).refresh()
    assert row.samples == 91_000
    writer.abandon()
    (row,) = Library(tmp_path).refresh()
    assert (row.status, row.samples) == ("unfinished", 91_000)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not an HDF5 file"),
        (b"hello", "not an HDF5 file"),
        (b"\x89HDF\r\n\x1a\n" + bytes(1000), "not an HDF5 file"),
    ],
)
def test_a_broken_file_has_a_row_with_the_reason(folder, content, reason):
    (folder / "broken.h5").write_bytes(content)
    library = Library(folder)
    rows = {row.file: row for row in library.refresh()}
    assert len(rows) == 3
    assert rows["broken.h5"].status == "broken"
    assert reason in rows["broken.h5"].reason
    assert [row.file for row in library.matching("not an hdf5")] == ["broken.h5"]


def test_a_recording_cut_short_has_a_row(folder):
    content = (folder / "a.h5").read_bytes()
    for share in range(1, 10):
        (folder / f"cut{share}.h5").write_bytes(content[: len(content) * share // 10])
    rows = {row.file: row for row in Library(folder).refresh()}
    assert len(rows) == 11
    assert all(rows[f"cut{share}.h5"].status == "broken" for share in range(1, 10))


def test_a_foreign_hdf5_file_has_a_row(folder):
    import h5py

    with h5py.File(folder / "foreign.h5", "w") as file:
        file["x"] = 1
    rows = {row.file: row for row in Library(folder).refresh()}
    assert rows["foreign.h5"].reason == "an HDF5 file, but not a recording of hotjunction"


def test_each_file_is_looked_into_once_also_by_the_next_program(folder, monkeypatch):
    seen = looks(monkeypatch)
    library = Library(folder)
    library.refresh()
    assert sorted(seen) == ["a.h5", "b.h5"]
    library.refresh()
    rows = Library(folder).refresh()
    assert sorted(seen) == ["a.h5", "b.h5"]
    assert rows == library.rows
    write(folder / "c.h5")
    (folder / "a.h5").unlink()
    assert {row.file for row in library.refresh()} == {"b.h5", "c.h5"}
    assert sorted(seen) == ["a.h5", "b.h5", "c.h5"]


@pytest.mark.parametrize(
    "content", ["", "[]", '{"version": 1, "rows": [{"file": "a.h5"}]}', '{"version": 99}']
)
def test_a_broken_cache_is_made_anew(folder, content, monkeypatch):
    (folder / CACHE).write_text(content)
    seen = looks(monkeypatch)
    assert len(Library(folder).refresh()) == 2
    assert sorted(seen) == ["a.h5", "b.h5"]


def test_a_cache_that_cannot_be_written_is_done_without(folder):
    library = Library(folder, folder / "nowhere" / "cache.json")
    assert len(library.refresh()) == 2
    assert not (folder / CACHE).exists()


def test_the_newest_saved_analysis_is_the_result(folder):
    library = Library(folder)
    save(folder / "a.h5", SavedAnalysis(summary="0.00207 ± 0.00004 G0"))
    results = {row.file: row.result for row in library.refresh()}
    assert results == {"a.h5": "0.00207 ± 0.00004 G0", "b.h5": ""}
    (folder / "b.analysis.json").write_text("not JSON")
    assert {row.file: row.result for row in library.refresh()} == results


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("", ["b.h5", "a.h5"]),
        ("bdnc", ["a.h5"]),
        ("SHARP heating", ["a.h5"]),
        ("au 2026-11-21", ["b.h5"]),
        ("bdnc break", []),
    ],
)
def test_rows_are_found_by_all_words_of_a_text(folder, text, files):
    library = Library(folder)
    library.refresh()
    assert [row.file for row in library.matching(text)] == files


def test_what_a_run_was_closed_with_is_its_result_until_an_analysis_says_otherwise(tmp_path):
    path = tmp_path / "c.h5"
    writer_of(path).close(result="0.00207 ± 0.00004 G0")
    library = Library(tmp_path)
    (row,) = library.refresh()
    assert row.result == "0.00207 ± 0.00004 G0"
    assert library.matching("0.00207") == (row,)

    save(path, SavedAnalysis(options={}, results={}, summary="0.0021 ± 0.0001 G0"))
    assert library.refresh()[0].result == "0.0021 ± 0.0001 G0"


def test_the_log_of_a_run_that_lost_its_view_is_in_the_list_and_one_beside_its_view_is_not(tmp_path):
    for name in ("both.h5", "alone.h5"):
        writer_of(tmp_path / name).abandon()
    (tmp_path / "alone.h5").unlink()
    rows = Library(tmp_path).refresh()
    assert sorted(row.file for row in rows) == ["alone.h5.log", "both.h5"]
    assert all(not row.reason for row in rows)
