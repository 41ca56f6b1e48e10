"""Real measurements made by others, from their files to a peak, through the commands that a user types."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

import hotjunction
from analysis.traces.copies import copies_between, originals, sketches_of
from app.cli import main
from tests.support.report_words import names_of_the_code

FOLDER = os.environ.get("HOTJUNCTION_RECORDINGS")

pytestmark = pytest.mark.skipif(
    FOLDER is None, reason="HOTJUNCTION_RECORDINGS does not name the folder of real recordings"
)


def run(*words):
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module")
def gold(tmp_path_factory):
    out = tmp_path_factory.mktemp("gold") / "gold.h5"
    run("import", *sorted(Path(FOLDER, "eka-au-stmbj").glob("*Block_*.ibw")), "--out", out)
    return out


def test_two_hundred_traces_of_gold_give_their_peak(gold):
    content = json.loads(run("analyze", gold, "--json"))

    assert content["traces"]["total"] == 200
    assert content["traces"]["kept"] + sum(content["traces"]["rejected"].values()) == 200
    peak = content["histogram"]["peaks"][0]
    assert peak["conductance_G0"] == pytest.approx(0.925, abs=0.02)
    assert peak["background"] == "linear"
    assert 0 < peak["uncertainty_G0"] < 0.02
    assert content["noise_floor_G0"] == pytest.approx(4e-5, rel=0.25)
    assert content["samples"]["negative"] > 100_000
    assert content["histogram"]["log"]["underflow"] >= content["samples"]["negative"]


def test_no_real_trace_is_taken_for_a_copy_of_another(gold):
    """The ups and downs of any two of these traces correlate by 0.06 at most, at whatever shift."""
    traces = [trace.conductance_G0 for trace in hotjunction.open(gold).traces()]
    assert len(traces) == 200
    sketches = sketches_of(traces)
    assert len(originals(sketches)) == 200
    copy = sketches_of([3.0 * traces[150][1000:] + 0.1])
    assert copies_between([sketches, copy])[1] == [0]


@pytest.mark.usefixtures("undrawn")
def test_a_report_of_them_is_written(gold, tmp_path):
    run("report", gold, "-o", tmp_path / "gold.html")

    page = (tmp_path / "gold.html").read_text("utf-8")
    assert "0.92" in page
    assert names_of_the_code(page) == []


@pytest.mark.usefixtures("few_resamples")
def test_rows_of_a_csv_go_through(tmp_path):
    out = tmp_path / "tunnelling.h5"
    run("import", Path(FOLDER, "au-tunnelling"), "--out", out, "--unit", "conductance=G0")

    content = json.loads(run("analyze", out, "--json"))

    assert content["traces"]["total"] == 97
    assert content["histogram"]["peaks"]


@pytest.mark.usefixtures("few_resamples")
def test_a_trace_that_is_there_twice_is_counted_once(tmp_path):
    out = tmp_path / "all.h5"
    run("import", Path(FOLDER, "eka-au-stmbj"), "--out", out, "--unit", "current=A", "--unit", "bias=V")

    content = json.loads(run("analyze", out, "--json"))

    assert content["traces"]["total"] == 202
    assert content["traces"]["rejected"]["rejected on import"] == 1
