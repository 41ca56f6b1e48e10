"""The catalogue finds recordings by what they hold, wherever they are moved."""

import json
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from app.catalogue.add import add
from app.catalogue.database import Catalogue, CatalogueError, Query
from app.catalogue.entry import PEAK, RISE, TRACES, Entry, Number, entry_of
from app.cli import main
from app.offline.analyse import analyse_measurement
from app.offline.many import Reading
from app.offline.result_cache import ResultCache
from app.offline.tasks import attempt
from app.offline.workers import ThisProcess
from tests.support.recordings.made_recordings import made_heating
from tests.support.recordings.streams import made_traces

RIG = {"name": "rig of the cellar", "probe": {"id": "Spitze 7 µ"}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    (folder / "2026" / "mai").mkdir(parents=True)
    made = made_traces(8, 1)
    made.header = replace(
        made.header,
        started="2026-05-03T08:00:00+00:00",
        sample="BDNC in Dürre",
        rig=RIG,
        notes="after annealing",
    )
    made.write(folder / "2026" / "mai" / "traces.h5")
    made_heating(folder / "heat.h5", np.random.default_rng(1), amplitudes_V=(1.2,), holds=4)
    return folder


@pytest.fixture(scope="module")
def filled(folder, tmp_path_factory):
    catalogue = Catalogue(tmp_path_factory.mktemp("catalogue") / "lab.sqlite")
    assert add(catalogue, [folder], Reading()).taken == 2
    return catalogue


def names(found):
    return [path.name for each in found for path in each.paths]


def test_the_numbers_are_those_of_the_analysis(folder, filled):
    (found,) = filled.show("traces.h5")
    analysis = analyse_measurement([folder / "2026" / "mai" / "traces.h5"]).histogram.analysis

    numbers = [(n["name"], n["value"]) for n in found.entry["numbers"]]
    assert numbers == [
        (TRACES, len(analysis.selection.kept)),
        *((PEAK, peak.conductance_G0) for peak in analysis.peaks if peak.trusted),
    ]
    assert (found.entry["tip"], found.entry["molecule"]) == ("Spitze 7 µ", "BDNC in Dürre")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query(), ["heat.h5", "traces.h5"]),
        (Query(("ANNEALING", "spitze")), ["traces.h5"]),
        (Query(("annealing", "nowhere")), []),
        (Query(molecule="bdnc in dürre"), ["traces.h5"]),
        (Query(tip="spitze 7"), ["traces.h5"]),
        (Query(procedure="heat"), ["heat.h5"]),
        (Query(since="2026-05-04"), ["heat.h5"]),
        (Query(until="2026-05-03"), ["traces.h5"]),
        (Query(since="2026-05-03", until="2026-05-03"), ["traces.h5"]),
        (Query(ranges={TRACES: (1, 8)}), ["traces.h5"]),
        (Query(ranges={TRACES: (9, np.inf)}), []),
        (Query(ranges={RISE: (1e-6, 10.0)}), ["heat.h5"]),
        (Query(ranges={RISE: (10.0, 20.0)}), []),
        (Query(("' OR 1=1 --",)), []),
    ],
)
def test_search(filled, query, expected):
    assert names(filled.search(query)) == expected


def test_moved_copied_changed_and_deleted_files(folder, tmp_path):
    lab = tmp_path / "lab"
    shutil.copytree(folder, lab)
    (lab / "heat.h5").unlink()
    catalogue = Catalogue(tmp_path / "c.sqlite")
    old, new = lab / "2026" / "mai" / "traces.h5", lab / "größer.h5"
    reading = Reading(cache=ResultCache(tmp_path / "cache" / "results.sqlite"))
    add(catalogue, [lab], reading)

    old.rename(new)
    assert add(catalogue, [lab], reading).removed == 0  # known by its content
    (found,) = catalogue.search(Query())
    assert found.paths == (new,)
    shutil.copy(new, old)
    add(catalogue, [lab], reading)
    (found,) = catalogue.search(Query())
    assert found.paths == (old, new)
    made_heating(lab / "other.h5", np.random.default_rng(2), amplitudes_V=(1.2,), holds=2)
    (lab / "other.h5").replace(new)
    old.unlink()
    assert add(catalogue, [lab], reading).removed == 1
    (found,) = catalogue.search(Query())
    assert (found.paths, found.entry["procedure"]) == ((new,), "heating")


def test_many_files_at_once_and_those_that_were_deleted(tmp_path):
    entry = Entry("2026-01-01", "traces", "p", "finished", "m", "t", "r", "", "", 1.0, (Number(PEAK, 1.0),))
    files = [tmp_path / "lab" / f"{i:03}.h5" for i in range(450)]
    files[0].parent.mkdir()
    for path in files:
        path.touch()
    catalogue = Catalogue(tmp_path / "c.sqlite")
    contents = [f"{i // 2:064x}" for i in range(450)]  # each content twice
    catalogue.put_all([(path, content, entry) for path, content in zip(files, contents, strict=True)])
    found = {each.sha256: each.paths for each in catalogue.search(Query())}
    assert found == {contents[i]: (files[i], files[i + 1]) for i in range(0, 450, 2)}

    files[1].unlink()
    shown = CliRunner().invoke(main, ["catalogue", "search", "--catalogue", str(catalogue.path)]).output
    assert f"{files[1]} (not found)" in shown
    assert shown.count("(not found)") == 1
    moved = tmp_path / "lab" / "moved.h5"
    files[0].rename(moved)
    catalogue.put_all([(moved, contents[0], entry)])
    assert catalogue.search(Query(words=("finished",)))[0].paths == (moved,)

    refused = CliRunner().invoke(main, ["catalogue", "add", str(tmp_path / "gone")])
    assert refused.exit_code == 2
    assert "to take out what was deleted with it, add the folder above" in " ".join(refused.stderr.split())


class InterruptedAfter(ThisProcess):
    """Works on some files, then is interrupted by Ctrl-C."""

    def __init__(self, files):
        self.left = files

    def run(self, tasks, done):
        for index, task in enumerate(tasks):
            if not self.left:
                raise KeyboardInterrupt
            self.left -= 1
            done(index, attempt(task))


def test_an_interruption_loses_nothing_and_the_next_time_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr("app.catalogue.add._AT_ONCE", 2)
    monkeypatch.setattr("app.offline.result_cache._SETTLED_NS", 0)
    lab = tmp_path / "lab"
    lab.mkdir()
    for i in range(5):
        made_traces(1, i).write(lab / f"{i}.h5")
    catalogue = Catalogue(tmp_path / "c.sqlite")
    cache = ResultCache(tmp_path / "cache" / "results.sqlite")

    with pytest.raises(KeyboardInterrupt):  # while the files are looked at
        add(catalogue, [lab], Reading(InterruptedAfter(2), cache))
    assert catalogue.search(Query()) == []
    with pytest.raises(KeyboardInterrupt):  # 3 files are looked at, 3 of 5 analysed
        add(catalogue, [lab], Reading(InterruptedAfter(6), cache))
    assert len(catalogue.search(Query())) == 3

    class Counting(ThisProcess):
        files = 0

        def run(self, tasks, done):
            self.files += len(tasks)
            super().run(tasks, done)

    counting = Counting()
    assert add(catalogue, [lab], Reading(counting, cache)).taken == 5
    assert counting.files == 2
    assert len(catalogue.search(Query())) == 5


def test_a_folder_without_recordings_and_an_interrupted_run_are_named(tmp_path):
    (tmp_path / "foreign.ibw").write_bytes(b"wave")
    where = ["--catalogue", str(tmp_path / "c.sqlite")]
    nothing = CliRunner().invoke(main, ["catalogue", "add", str(tmp_path), *where])
    assert nothing.exit_code == 2
    assert "no recording (a file that ends in .h5, .hdf5, .nxs) in" in " ".join(nothing.stderr.split())

    (tmp_path / "night.h5.log").write_bytes(b"cut off")
    live = CliRunner().invoke(main, ["catalogue", "add", str(tmp_path), *where])
    assert live.exit_code == 1
    assert "its run goes on, or was interrupted" in live.stderr


def test_two_windows_at_once(tmp_path):
    path = tmp_path / "c.sqlite"
    entry = Entry("2026-01-01", "traces", "p", "finished", "m", "t", "r", "", "", 1.0, (Number(PEAK, 1.0),))

    def window(number):
        catalogue = Catalogue(path)
        for i in range(15):
            catalogue.put(tmp_path / f"{number} {i}.h5", f"{i:064x}", entry)
        return len(catalogue.search(Query(ranges={PEAK: (0.5, 1.5)})))

    with ThreadPoolExecutor(2) as windows:
        assert list(windows.map(window, (1, 2))) == [15, 15]
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT COUNT(*) FROM numbers").fetchone() == (15,)
    database.close()


def test_what_is_no_recording_and_no_catalogue(tmp_path):
    (tmp_path / "broken.h5").write_bytes(b"")
    (tmp_path / "c.sqlite").write_bytes(b"not a database, " * 100)
    done = CliRunner().invoke(
        main, ["catalogue", "add", str(tmp_path), "--catalogue", str(tmp_path / "new.sqlite")]
    )
    assert done.exit_code == 1
    assert "broken.h5" in done.stderr
    with pytest.raises(CatalogueError, match="delete it, and add their folders again"):
        Catalogue(tmp_path / "c.sqlite")
    with pytest.raises(CatalogueError, match=r"can't be opened or written .*; name another with --catalogue"):
        Catalogue(tmp_path)  # a folder; one that is read-only gives the same error


def test_the_command(folder, filled):
    def run(*words):
        return CliRunner().invoke(main, ["catalogue", *words, "--catalogue", str(filled.path)])

    table = run("search", "--molecule", "BDNC", "--since", "2026-05-01")
    assert "2026-05-03" in table.output
    assert "Spitze 7 µ" in table.output
    assert table.output.endswith("2 recordings\n")
    found = json.loads(run("search", "--rise", "0.001:10000", "--json").output)
    assert [each["procedure"] for each in found] == ["heating"]
    assert json.loads(run("show", found[0]["sha256"][:8]).output) == found
    assert run("show", "nowhere.h5").exit_code == 2
    assert "is not LOW:HIGH" in run("search", "--peak", "3").output


def test_a_recording_that_cannot_be_analysed_is_found_all_the_same(tmp_path):
    made = made_traces(2, 1)
    made.header = replace(made.header, settings={})
    made.write(tmp_path / "no gain.h5")

    entry = entry_of(tmp_path / "no gain.h5")

    assert entry.numbers == ()
    assert "no gain for its current channel" in entry.result
