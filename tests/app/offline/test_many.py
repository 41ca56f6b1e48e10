"""Many recordings as one set: the same numbers as serially."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.recording import Recording
from analysis.statistics.registry import STATISTICS
from analysis.traces.kept import KeptTraces
from analysis.traces.pipeline import analyse_by
from analysis.traces.read import traces_of
from app.offline.many import Reading, analyse_files, files_of
from app.offline.result_cache import ResultCache
from app.offline.statistics import SEED, chosen_statistics
from app.offline.traces import BOOTSTRAP_SEED, options_for
from tests.app.offline.comparing import STATISTICS_OF_ALL_KINDS, Counting, LastFirst, text_of
from tests.support.physics.held_noise import RATE_Hz as HELD_Hz
from tests.support.physics.held_noise import flicker_hold
from tests.support.recordings.made_recordings import made_checks

pytestmark = pytest.mark.usefixtures("few_resamples")


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


def test_a_list_names_files_relative_to_its_own_folder(folder, tmp_path, monkeypatch):
    text = "# the good nights\n\nnächte 1.h5\nnächte 2.h5\ngone.h5\n"
    (folder / "good.txt").write_text(text, encoding="utf-8-sig")
    monkeypatch.chdir(tmp_path)

    paths, failures = files_of([Path(f"@{folder / 'good.txt'}"), folder / "nächte 1.h5"])

    assert [path.name for path in paths] == ["nächte 1.h5", "nächte 2.h5", "gone.h5"]
    assert failures == []
    assert "no.txt: the list can't be read" in files_of([Path("@no.txt")])[1][0].sentence
