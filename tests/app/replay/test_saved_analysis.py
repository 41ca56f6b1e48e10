"""Analyses beside their recording: whole or not at all, and never in the raw data."""

import json
import math

import numpy as np
import pytest

from analysis.recording import RecordedChannel, RecordingWriter, RunHeader
from analysis.records import Block
from app.replay.saved_analysis import (
    AnalysisFileError,
    SavedAnalysis,
    analyses_in,
    files_of,
    load,
    path_of,
    save,
)

OPTIONS = {"starts_above_G0": 2.5, "molecular_G0": [1e-4, 1e-1]}
RESULTS = {"peaks": [{"conductance_G0": 0.00207}], "kept": 480}


def make(path, samples=1000):
    with RecordingWriter(
        path, RunHeader("test", (RecordedChannel("current"),), 1000.0, started="2026-11-21")
    ) as writer:
        writer.append(Block(0, 1000.0, ("current",), np.zeros((1, samples))))
    return path


@pytest.fixture
def recording(tmp_path):
    return make(tmp_path / "night.h5")


def test_what_is_saved_is_loaded_and_the_recording_is_as_it_was(recording):
    before = recording.read_bytes()

    path = save(recording, SavedAnalysis(OPTIONS, RESULTS, "0.00207 G0", notes="good tip"))

    assert path.name == "night.analysis.json"
    found = load(path)
    assert (found.options, found.results, found.summary, found.notes) == (
        OPTIONS,
        RESULTS,
        "0.00207 G0",
        "good tip",
    )
    assert found.recording == {
        "file": "night.h5",
        "samples": 1000,
        "started": "2026-11-21",
        "status": "finished",
    }
    assert found.program.startswith("hotjunction ")
    assert recording.read_bytes() == before
    assert sorted(x.name for x in recording.parent.iterdir()) == ["night.analysis.json", "night.h5"]


def test_several_by_name_the_newest_first(recording):
    make(recording.with_name("night.2.h5"))
    for name in ("", "strict window", "wide"):
        save(recording, SavedAnalysis(name=name))
    save(recording.with_name("night.2.h5"), SavedAnalysis())
    assert {file.name for file in files_of(recording)} == {
        "night.analysis.json",
        "night.strict window.analysis.json",
        "night.wide.analysis.json",
    }
    assert [file.name for file in analyses_in(recording.parent)["night.2"]] == ["night.2.analysis.json"]
    assert load(path_of(recording, "wide")).name == "wide"


def test_the_same_name_is_written_over_in_one_step(recording):
    save(recording, SavedAnalysis(OPTIONS, RESULTS))
    with pytest.raises(AnalysisFileError, match="cannot write"):
        save(recording, SavedAnalysis({"not for JSON": object()}))
    assert load(path_of(recording)).options == OPTIONS
    save(recording, SavedAnalysis({}, {"kept": 1}))
    assert load(path_of(recording)).results == {"kept": 1}
    assert len(list(recording.parent.iterdir())) == 2


def test_numbers_of_numpy_and_what_is_not_finite(recording):
    results = {"G0": np.array([1.0, math.nan]), "n": np.int64(3), "inf": math.inf, "pair": (1, 2)}
    content = load(save(recording, SavedAnalysis(results=results))).results
    assert content == {"G0": [1.0, None], "n": 3, "inf": None, "pair": [1, 2]}


def test_an_analysis_of_other_samples_is_known_as_such(recording):
    found = load(save(recording, SavedAnalysis()))
    assert not found.of_other_samples(recording)
    recording.unlink()
    make(recording, 2000)
    assert found.of_other_samples(recording)


@pytest.mark.parametrize("name", ["../elsewhere", "a/b", "a.b", "x\0", "C:"])
def test_a_name_that_leads_elsewhere_is_refused(recording, name):
    with pytest.raises(AnalysisFileError, match="name of an analysis"):
        save(recording, SavedAnalysis(name=name))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no JSON", "cannot read"),
        ("[]", "not a saved analysis"),
        (json.dumps({"format": "other"}), "not a saved analysis"),
        (
            json.dumps({"format": "hotjunction analysis", "format_version": 99}),
            "by a newer version of hotjunction",
        ),
    ],
)
def test_a_file_that_is_none_is_refused_in_words(tmp_path, text, message):
    (tmp_path / "x.analysis.json").write_text(text)
    with pytest.raises(AnalysisFileError, match=message):
        load(tmp_path / "x.analysis.json")
