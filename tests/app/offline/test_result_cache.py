"""What is known already is not read again, unless it has changed."""

import sqlite3
from dataclasses import replace

import pytest

from analysis.recording import RecordingWriter
from analysis.records import Block
from app.offline import tasks
from app.offline.identity import sha256_of
from app.offline.many import Reading, analyse_files, files_of
from app.offline.result_cache import ResultCache
from app.offline.tasks import Task, attempt, identify
from tests.app.offline.comparing import Counting, text_of
from tests.support.recordings.streams import CHANNELS, RATE_Hz, made_traces

pytestmark = pytest.mark.usefixtures("few_resamples")


def test_a_second_time_only_what_changed_is_read(tmp_path, nights, monkeypatch):
    monkeypatch.setattr("app.offline.result_cache._SETTLED_NS", -1)
    for path in nights:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    paths, _ = files_of([tmp_path])
    cache = ResultCache(tmp_path / "cache" / "results.sqlite")

    first = text_of(analyse_files(paths, reading=Reading(cache=cache)))
    again = Counting()
    assert text_of(analyse_files(paths, reading=Reading(again, cache))) == first
    assert again.asked == []

    moved = paths[0].rename(tmp_path / "moved.h5")
    paths[1].write_bytes(nights[0].read_bytes())  # the same content as the moved one: a copy of it
    again.asked.clear()
    changed = analyse_files([moved, *paths[1:]], reading=Reading(again, cache))
    assert {name for _, name in again.asked if _ == "identify"} == {"moved.h5", paths[1].name}
    assert len(changed.parts) == 2
    assert changed.to_json()["failed"] == []


def test_a_cache_that_is_broken_or_in_use_costs_time_only(tmp_path, nights):
    path = tmp_path / "results.sqlite"
    path.write_bytes(b"no database at all" * 100)
    cache = ResultCache(path)
    found = identify(nights[0])
    cache.put("abc", "x", 1)
    assert cache.get("abc", "x") == 1
    assert cache.get("abc", "y") is None
    with sqlite3.connect(path) as database:
        database.execute("UPDATE results SET content = x'00'")
    database.close()
    assert cache.get("abc", "x") is None
    cache.remember(nights[0], replace(found.stamp, inode=0), found.sha256)
    assert cache.sha256(nights[0]) == ""  # another file of that name

    small = ResultCache(path, largest=200)
    for i in range(20):
        small.put(f"{i}", "x", bytes(range(50)))
    small.trim()
    assert sum(small.get(f"{i}", "x") is not None for i in range(20)) in (1, 2, 3)
    assert ResultCache(nights[0] / "under a file" / "x.sqlite").get("abc", "x") is None


def test_a_file_that_changes_between_hash_and_read_is_read_again(tmp_path, nights, monkeypatch):
    path = tmp_path / "night.h5"
    path.write_bytes(nights[0].read_bytes())
    seen = []

    def hashed(file):
        digest = sha256_of(file)
        if not seen:
            seen.append(file)
            file.write_bytes(nights[1].read_bytes())
        return digest

    monkeypatch.setattr(tasks, "sha256_of", hashed)
    found = identify(path)
    assert found.sha256 == sha256_of(nights[1])
    assert found.part.header.started == identify(nights[1]).part.header.started

    path.write_bytes(nights[2].read_bytes())
    failed = attempt(Task(tasks.sweeps, path, (), found))
    assert "changed while it was read" in failed.sentence
    monkeypatch.setattr(tasks, "sha256_of", lambda file: path.write_bytes(path.read_bytes() + b"x") and "no")
    assert "changed while it was read" in attempt(Task(identify, path)).sentence


def test_a_recording_whose_run_goes_on_is_analysed_and_not_kept(tmp_path, nights):
    made = made_traces(6, 5)
    writer = RecordingWriter(tmp_path / "live.h5", made.header)
    for event in made.events:
        writer.add_event(event)
    writer.append(Block(0, RATE_Hz, CHANNELS, made.data))
    cache = ResultCache(tmp_path / "c" / "results.sqlite")
    try:
        found = analyse_files([tmp_path / "live.h5", nights[0]], reading=Reading(cache=cache))
    finally:
        writer.close()

    assert {part.status for part in found.parts} == {"finished", "unfinished"}
    assert not found.failed
    assert identify(nights[0]).sha256
    with sqlite3.connect(cache._path) as database:
        assert database.execute("SELECT COUNT(*) FROM stamps").fetchone()[0] <= 1
    database.close()
