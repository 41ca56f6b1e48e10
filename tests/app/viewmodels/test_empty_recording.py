"""A view without data says so."""

import math
import re

import pytest

from analysis.importers.imported import SWEEP
from analysis.recording import RecordedChannel, RunHeader, TraceEntry
from app.viewmodels.empty_recording import EVERYWHERE, in_replay, what_is_missing, why_empty
from procedures.registry import PROCEDURES
from tests.support.recordings.streams import header

TRACES = (TraceEntry(0, 0, 100),)
SWEEPS = (TraceEntry(0, 0, 100, flags=(SWEEP,)),)


def imported(rate_Hz=1000.0, settings=None, **units):
    channels = tuple(RecordedChannel(name, unit) for name, unit in units.items())
    return RunHeader("import", channels, rate_Hz, provenance="imported", settings=settings or {})


@pytest.mark.parametrize(
    ("head", "traces", "words"),
    [
        (imported(values=""), TRACES, "--unit conductance=G0"),
        (imported(values="G0"), TRACES, "--unit conductance=G0"),
        (imported(current="", bias="", time=""), SWEEPS, "--unit bias=V --unit current=A"),
        (imported(current="A", bias=""), SWEEPS, "The unit of bias is unknown"),
        (imported(current="V", bias="V"), TRACES, "--gain-V-per-A"),
        (imported(current="A"), TRACES, "The bias is not recorded"),
    ],
)
def test_what_an_import_lacks_is_said_with_the_option_that_gives_it(head, traces, words):
    assert words in why_empty(head, traces, "au.h5")[EVERYWHERE]


def test_an_import_that_says_enough_lacks_nothing():
    assert what_is_missing(imported(conductance="G0"), TRACES) == ""
    assert EVERYWHERE not in why_empty(imported(conductance="G0"), TRACES, "au.h5")


def test_imported_curves_are_left_to_the_command_that_can():
    assert (
        "hotjunction fit egain.h5"
        in why_empty(imported(current="A", bias="V"), SWEEPS, "egain.h5")[EVERYWHERE]
    )


def test_without_a_rate_there_is_no_spectrum():
    assert "--rate-Hz" in why_empty(imported(math.nan, conductance="G0"), TRACES, "au.h5")["Noise"]


@pytest.mark.parametrize("procedure", [*PROCEDURES, "import"])
@pytest.mark.parametrize("channels", [("current", "thermocouple", "bias", "z"), ("conductance", "extension")])
def test_a_recording_is_played_and_not_run(procedure, channels):
    texts = in_replay(RunHeader(procedure, tuple(RecordedChannel(name) for name in channels), 1000.0))
    assert all(texts.values())
    assert not re.search(r"\b[Rr]un\b|open a recording", " ".join(texts.values()))
    assert ("not in this recording" in texts["noise of the current"]) == ("current" not in channels)


def test_what_a_recording_can_show_it_will():
    assert "hold by hold" in in_replay(header("heating"))["convergence"]
    assert "No heating data" in in_replay(header("break-junction"))["convergence"]
    assert "Press Space" in in_replay(header("iv"))["current-voltage curve"]
    assert "No I-V curves" in in_replay(header("heating"))["current-voltage curve"]


def test_a_rigs_recording_wants_to_be_played():
    found = why_empty(header("heating"), (), "run.h5")
    assert "Space" in found["Strip charts"] and EVERYWHERE not in found
