"""Many recordings as one set: the same numbers as serially, whatever fails, dies or is known already."""

import json
import os
import sqlite3
import subprocess
import sys
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner

import hotjunction as hj
from analysis.recording import Recording, RecordingError, RecordingWriter
from analysis.records import Block
from analysis.statistics.registry import STATISTICS
from analysis.traces.kept import KeptTraces
from analysis.traces.pipeline import analyse_by
from analysis.traces.read import traces_of
from app.cli import main
from app.offline import many, tasks
from app.offline.cluster import Cluster, ClusterError
from app.offline.identity import sha256_of
from app.offline.many import Reading, analyse_files, files_of
from app.offline.measurement import analyse_measurement
from app.offline.result_cache import ResultCache
from app.offline.statistics import SEED, chosen_statistics
from app.offline.tasks import Failure, Task, attempt, identify
from app.offline.traces import BOOTSTRAP_SEED, options_for
from app.offline.workers import Processes, ThisProcess
from tests.app.offline.dying import name_of
from tests.support.physics.held_noise import RATE_Hz as HELD_Hz
from tests.support.physics.held_noise import flicker_hold
from tests.support.recordings.made_recordings import made_checks, made_heating, made_iv
from tests.support.recordings.streams import CHANNELS, RATE_Hz, made_traces


@pytest.fixture(autouse=True)
def few(request):
    """Resample less, except in the test whose other process does not know of it."""
    if "processes" not in request.node.name:
        request.getfixturevalue("few_resamples")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three nights of traces that differ in noise, highest contact and start; a heating, an I-V; and what is broken."""
    folder = tmp_path_factory.mktemp("größe µ")
    for seed, n in ((1, 6), (2, 4), (3, 5)):
        made = made_traces(n, seed)
        if seed == 2:
            made.parts[0][0] += 2e-5  # an offset of the amplifier: other noise, other axes
        made.header = replace(made.header, started=f"2026-11-2{4 - seed}T08:00:00+00:00", sample="Au")
        made.write(folder / f"nächte {seed}.h5")
    rng = np.random.default_rng(1)
    made_iv(folder / "iv.h5", rng, curves=2)
    made_heating(folder / "heat.h5", rng, amplitudes_V=(1.2,), holds=3)
    return folder


@pytest.fixture(scope="module")
def nights(folder):
    return sorted(folder.glob("n*.h5"))


STATISTICS_OF_ALL_KINDS = replace(
    chosen_statistics("plateau,directions,iv-curves,flicker,telegraph"), lenient=True
)


class LastFirst(ThisProcess):
    """Worker that takes the last task first, as a fast process would."""

    def run(self, tasks, done):
        for index in reversed(range(len(tasks))):
            done(index, attempt(tasks[index]))


def text_of(measurement):
    return json.dumps(measurement.to_json())


def of_all_traces(paths):
    """The analysis with all traces in memory, in the order of their start."""
    numbered, header, number = [], None, 0
    for path in paths:
        with Recording(path) as recording:
            header = header or recording.header
            for trace in traces_of(recording):
                numbered.append(replace(trace, number=number))
                number += 1
    return analyse_by(numbered, options_for(header), np.random.default_rng(BOOTSTRAP_SEED))


def test_merged_rows_are_those_of_all_traces_in_memory(nights):
    in_order = nights[::-1]  # by their start
    expected = of_all_traces(in_order)

    found = analyse_files(nights).histogram.analysis

    assert found.to_json() == expected.to_json()
    assert np.array_equal(found.log.rows, expected.log.rows)
    assert np.array_equal(found.map.cells, expected.map.cells)
    for one, other in zip(found.plateaus, expected.plateaus, strict=True):
        assert np.array_equal(one.lengths_m, other.lengths_m, equal_nan=True)
    assert [number.number for number, _ in found.selection.rejected] == [
        number.number for number, _ in expected.selection.rejected
    ]
    for one, other in zip(found.selection.kept, expected.selection.kept, strict=True):
        assert (one.number, one.flags) == (other.number, other.flags)
        assert np.array_equal(one.conductance_G0, other.conductance_G0, equal_nan=True)
    middle = len(found.selection.kept) // 2
    assert found.selection.kept[middle].number == expected.selection.kept[middle].number


def test_each_recording_is_opened_once_for_the_traces_that_are_chosen(nights):
    kept, opened = analyse_files(nights).histogram.analysis.selection.kept, []

    def opening(path):
        def open_part():
            opened.append(path)
            return Recording(path)

        return open_part

    numbers = [trace.number for trace in kept]
    parts = [opening(path) for path in nights[::-1]]  # by their start
    at = [0, 1, len(kept) - 2, len(kept) - 1]
    chosen = list(KeptTraces(parts, kept.places, kept.first_numbers, (0.0, np.inf)).chosen(at))
    assert [trace.number for trace in chosen] == [numbers[i] for i in at]
    assert opened == list(dict.fromkeys(opened))


def test_the_order_in_which_workers_end_changes_nothing(folder):
    paths, _ = files_of([folder])
    serial = text_of(analyse_files(paths, statistics=STATISTICS_OF_ALL_KINDS))

    last_first = analyse_files(paths, reading=Reading(LastFirst()), statistics=STATISTICS_OF_ALL_KINDS)
    assert text_of(last_first) == serial
    assert len(json.loads(serial)["recordings"]) == 5
    assert set(json.loads(serial)["statistics"]) == set(STATISTICS_OF_ALL_KINDS.names) - {
        "flicker",
        "telegraph",
    }


def test_held_junctions_of_several_files_are_told_apart_and_read_once(tmp_path, monkeypatch):
    monkeypatch.setattr("app.offline.result_cache._SETTLED_NS", -1)
    rng = np.random.default_rng(1)
    for name in ("a.h5", "b.h5"):
        levels = 10.0 ** rng.uniform(-4.0, -2.5, 3)
        holds = [flicker_hold(rng, g, 10.0 ** (1.4 * np.log10(g) - 4.5), 0.2) for g in levels]
        made_checks(tmp_path / name, holds, HELD_Hz, rng=rng)
    paths, _ = files_of([tmp_path])
    cache, again = ResultCache(tmp_path / "cache" / "results.sqlite"), Counting()

    serial = text_of(analyse_files(paths, statistics=STATISTICS_OF_ALL_KINDS))
    last_first = Reading(LastFirst(), cache)
    assert text_of(analyse_files(paths, reading=last_first, statistics=STATISTICS_OF_ALL_KINDS)) == serial
    assert json.loads(serial)["statistics"]["flicker"]["n"] == 6
    assert (
        text_of(analyse_files(paths, reading=Reading(again, cache), statistics=STATISTICS_OF_ALL_KINDS))
        == serial
    )
    assert again.asked == []


def test_statistics_number_the_traces_of_all_files(nights):
    measurement = analyse_files(nights, statistics=chosen_statistics("directions,plateau"))

    traces, found = list(measurement.histogram.analysis.selection.kept), measurement.statistics
    together = STATISTICS["plateau"].compute(traces, np.random.default_rng(SEED))
    assert found["plateau"].numbers[0].estimate == together.numbers[0].estimate
    assert found["directions"].n == 15  # of 6, 4 and 5 traces
    assert len({trace.number for trace in traces}) == len(traces)


def test_a_worker_that_dies_costs_its_own_file_only():
    paths = [Path("0.h5"), Path("1.h5")]
    found = {}
    with Processes(1) as workers:
        workers.run([Task(name_of, path, ("0.h5",)) for path in paths], found.__setitem__)

    assert found[1] == "1.h5"
    assert isinstance(found[0], Failure)
    assert found[0].sentence.startswith("0.h5: the process that read it ended without an answer")


class DeadPool:
    """Pool whose process dies of everything."""

    def submit(self, *given):
        raise BrokenProcessPool

    def shutdown(self, **options):
        pass


def test_where_no_process_starts_the_sentence_says_what_to_do(monkeypatch):
    monkeypatch.setattr(Processes, "_started", lambda self: DeadPool())
    paths = [Path(f"{i}.h5") for i in range(9)]
    found = {}
    with Processes(1) as workers, pytest.raises(RuntimeError, match="--workers 1"):
        workers.run([Task(name_of, path) for path in paths], found.__setitem__)


def test_an_interruption_leaves_no_process(monkeypatch):
    workers = Processes(1)

    def interrupted(index, result):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        workers.run([Task(name_of, Path("1.h5")), Task(name_of, Path("2.h5"))], interrupted)
    assert workers._pool is None
    assert not workers._mine


def broken_folder(tmp_path, nights):
    """A folder as it is in life: one good recording twice, an empty, a cut, a foreign and an unreadable file."""
    (tmp_path / "a.h5").write_bytes(nights[0].read_bytes())
    (tmp_path / "copy of a.h5").write_bytes(nights[0].read_bytes())
    (tmp_path / "cut.h5").write_bytes(nights[1].read_bytes()[:5000])
    (tmp_path / "empty.h5").write_bytes(b"")
    (tmp_path / "note.hdf5").write_text("gone fishing", encoding="utf-8")
    (tmp_path / "z.h5").write_bytes(nights[1].read_bytes())
    return tmp_path


def test_what_fails_is_listed_and_the_rest_goes_on(tmp_path, nights):
    folder = broken_folder(tmp_path, nights)

    done = CliRunner().invoke(main, ["analyze", str(folder), "nothing.h5", "--json"])

    assert done.exit_code == 1
    result = json.loads(done.stdout)
    assert [each["file"] for each in result["recordings"]] == ["z.h5", "a.h5"]
    failed = {each["file"]: each["reason"] for each in result["failed"]}
    assert set(failed) == {"cut.h5", "empty.h5", "note.hdf5", "nothing.h5"}
    assert "there is no such file" in failed["nothing.h5"]
    assert all(reason in result["warnings"] for reason in failed.values())
    assert "copy of a.h5: the same recording as a.h5; it counts once." in result["warnings"]
    assert result["traces"] == analyse_measurement([folder / "z.h5", folder / "a.h5"]).to_json()["traces"]


def test_nothing_usable_is_an_error_with_every_reason(tmp_path):
    for name in ("one.h5", "two.h5"):
        (tmp_path / name).write_bytes(b"")

    done = CliRunner().invoke(main, ["analyze", str(tmp_path)])

    assert done.exit_code == 2
    assert "none of the 2 files can be used" in done.stderr
    assert "one.h5" in done.stderr
    assert "two.h5" in done.stderr


@pytest.mark.skipif(
    os.name == "nt" or os.getuid() == 0, reason="permissions bind only ordinary users of POSIX"
)
def test_a_file_without_permission_says_so(tmp_path, nights):
    path = tmp_path / "secret.h5"
    path.write_bytes(nights[0].read_bytes())
    path.chmod(0)

    assert attempt(Task(identify, path)).sentence == f"{path}: can't be read (Permission denied)."


def test_an_error_of_the_system_is_a_sentence(monkeypatch, nights):
    def refused(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(tasks, "sha256_of", refused)

    assert attempt(Task(identify, nights[0])).sentence == f"{nights[0]}: can't be read (Permission denied)."


def test_a_mistake_of_ours_costs_one_file(nights):
    found = attempt(Task(lambda path: 1 // 0, nights[0]))

    assert found.sentence.startswith(f"{nights[0]}: internal error of hotjunction (")


def test_a_list_names_files_relative_to_its_own_folder(folder, tmp_path, monkeypatch):
    text = "# the good nights\n\nnächte 1.h5\nnächte 2.h5\ngone.h5\n"
    (folder / "good.txt").write_text(text, encoding="utf-8-sig")
    monkeypatch.chdir(tmp_path)

    paths, failures = files_of([Path(f"@{folder / 'good.txt'}"), folder / "nächte 1.h5"])

    assert [path.name for path in paths] == ["nächte 1.h5", "nächte 2.h5", "gone.h5"]
    assert failures == []
    assert "no.txt: the list can't be read" in files_of([Path("@no.txt")])[1][0].sentence


class Counting(ThisProcess):
    """Worker that remembers what it was asked."""

    def __init__(self):
        self.asked = []

    def run(self, tasks, done):
        self.asked += [(task.function.__name__, task.path.name) for task in tasks]
        super().run(tasks, done)


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


def test_a_file_that_fails_late_leaves_the_set(nights, monkeypatch):
    """A recording that disappears after it was counted: the others are analysed as if it had never been there."""
    bad = nights[0]

    class Forgetful(ThisProcess):
        def run(self, tasks, done):
            for index, task in enumerate(tasks):
                late = task.function.__name__ in ("plateaus", "count_again") and task.path == bad
                done(index, Failure(bad, f"{bad}: gone") if late else attempt(task))

    found = analyse_files(nights, reading=Reading(Forgetful()))

    assert [failure.path for failure in found.failed] == [bad]
    expected = analyse_measurement([path for path in nights if path != bad])
    assert found.histogram.analysis.to_json() == expected.histogram.analysis.to_json()


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


def test_processes_give_the_same_to_the_last_bit_beside_files_of_our_names(tmp_path, nights):
    """Worker processes run our own code, also where the user has files called analysis.py and app.py."""
    for name in ("analysis.py", "app.py"):
        (tmp_path / name).write_text("raise SystemExit('the wrong file')", encoding="utf-8")
    script = (
        "import json, sys\n"
        "import hotjunction as hj\n"
        "if __name__ == '__main__':\n"
        "    print(json.dumps(hj.analyze(sys.argv[1:], workers=2).to_json()))\n"
    )
    (tmp_path / "script.py").write_text(script, encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "script.py", *map(str, nights[:2])],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(Path(many.__file__).parents[2]), "PYTHONIOENCODING": "utf-8"},
    )

    assert done.stdout, done.stderr
    assert json.loads(done.stdout) == json.loads(text_of(hj.analyze(nights[:2])))


def test_a_cluster_refuses_another_version(monkeypatch):
    distributed = pytest.importorskip("distributed")
    client = SimpleNamespace(run=lambda function: {"tcp://b:1": "hotjunction 0.1"}, close=lambda: None)
    monkeypatch.setattr(distributed, "Client", lambda *given, **options: client)
    with pytest.raises(ClusterError, match=r"worker tcp://b:1 has hotjunction 0\.1"):
        Cluster("tcp://a:1")
    client.run = lambda function: {}
    with pytest.raises(ClusterError, match="has no worker"):
        Cluster("tcp://a:1")


def test_a_cluster_gives_every_result():
    distributed = pytest.importorskip("distributed")
    found = {}
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None, protocol="tcp"
    ) as local:
        cluster = Cluster(local.scheduler_address)
        cluster.run([Task(name_of, Path(f"{i}.h5")) for i in range(3)], found.__setitem__)
        cluster.close()

    assert found == {0: "0.h5", 1: "1.h5", 2: "2.h5"}


def test_where_everything_fails_the_first_reason_is_told(tmp_path):
    (tmp_path / "one.h5").write_bytes(b"")
    with pytest.raises(RecordingError, match="not an HDF5 file"):
        analyse_files([tmp_path / "one.h5"])
