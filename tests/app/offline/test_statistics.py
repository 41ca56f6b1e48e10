import io
import json
import shutil
from math import nan
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from rich.console import Console

from analysis.recording import RecordedChannel, RecordingWriter, RunHeader, TraceEntry
from analysis.records import Block
from analysis.statistics.registry import STATISTICS
from analysis.statistics.result import UNKNOWN_SET, RecordSet
from analysis.statistics.statistic import StatisticError
from app.cli import main
from app.offline.measurement import Measurement
from app.offline.statistics import ChosenStatistics, chosen_statistics, conclude_statistics
from app.report.statistic_sections import statistic_sections
from app.report.statistic_tables import print_statistic
from tests.docs.pages import definition
from tests.support.physics.opening_traces import molecular_traces, trace_of
from tests.support.plugins import plugins

TRACES_WITH_PLATEAUS = [trace_of([3] * 5 + [1] * k + [0.001] * 20) for k in range(10, 60)]


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    return written(tmp_path_factory.mktemp("statistics") / "traces.h5")


def written(path, seed=0):
    header = RunHeader("import", (RecordedChannel("conductance", "G0"),), nan, provenance="imported")
    with RecordingWriter(path, header) as writer:
        first = 0
        for trace in molecular_traces(30, np.random.default_rng(seed)):
            g = trace.conductance_G0
            writer.append(Block(first, nan, ("conductance",), g[None, :].copy()))
            writer.add_trace(TraceEntry(trace.number, first, first + g.size))
            first += g.size
    return path


def computed(chosen, traces=TRACES_WITH_PLATEAUS, made_of=UNKNOWN_SET):
    """Statistics over traces in memory."""
    rows = {
        name: [STATISTICS[name].reduce(trace, chosen.options_of(name)) for trace in traces]
        for name in chosen.names
    }
    return conclude_statistics(chosen, rows, made_of)


def run(*words, code=0):
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == code, result.output
    return result.output if code else result.stdout


def test_names_all_and_usual_choose():
    assert chosen_statistics("yield, plateau,yield").names == ("yield", "plateau")
    assert set(chosen_statistics("all").names) == set(STATISTICS)
    assert "plateau" in chosen_statistics("usual").names
    assert chosen_statistics("").names == ()


@pytest.mark.parametrize(
    ("text", "options", "sentence"),
    [
        ("yeild", {}, "there is no statistic 'yeild'; there are plateau"),
        ("yield", {"plateau": {"low_G0": 1}}, "options of 'plateau' are given, but not the statistic itself"),
        ("plateau", {"plateau": {"lowest": 1}}, "plateau: there is no option 'lowest'; there are low_G0"),
        ("plateau", {"plateau": {"low_G0": "a"}}, "plateau: low_G0: is 'a', not a number"),
    ],
)
def test_a_wrong_choice_is_refused(text, options, sentence):
    with pytest.raises(StatisticError, match=sentence):
        chosen_statistics(text, options)


def test_options_reach_the_statistic():
    chosen = ChosenStatistics(("plateau", "yield"), {"plateau": {"low_G0": 0.7}})
    results = computed(chosen, made_of=RecordSet(("file.h5",)))

    assert results["plateau"].options.low_G0 == 0.7
    assert results["plateau"].to_json()["made_of"]["recordings"] == ["file.h5"]


def test_the_same_records_give_the_same_errors():
    first, second = (
        json.dumps(computed(ChosenStatistics(("plateau",)))["plateau"].to_json()) for _ in range(2)
    )

    assert first == second


def test_without_records_a_named_statistic_is_refused_and_one_of_all_left_out():
    with pytest.raises(StatisticError, match="yield: there are no traces in these recordings"):
        computed(chosen_statistics("yield"), [])
    assert computed(chosen_statistics("all"), []) == {}


def test_a_statistic_that_cannot_be_computed_says_so():
    chosen = ChosenStatistics(("plateau",), {"plateau": {"low_G0": 2.0}})

    result = computed(chosen)["plateau"]

    assert result.remarks == ["The plateau from 2.0 to 1.5 G0 is empty."]


def test_tables_for_a_terminal():
    result = computed(chosen_statistics("plateau"))["plateau"]
    console = Console(record=True, width=120, file=io.StringIO())

    print_statistic(console, result)

    text = console.export_text()
    assert (
        "median length, last (nm)" in text
        and "n_eff" in text
        and "bootstrap over blocks of 33 records" in text
    )


@pytest.mark.usefixtures("few_resamples")
def test_the_command_gives_them_as_json(recording):
    words = ("--statistics", "plateau,yield", "--option", "yield.windows_G0=[[0.5, 1.5]]")

    content = json.loads(run("analyze", recording, *words, "--json"))

    assert content["statistics"]["yield"]["options"]["windows_G0"] == [[0.5, 1.5]]
    share = content["statistics"]["yield"]["tables"][0]["rows"][0][1]
    assert share["interval"][0] <= share["value"] <= share["interval"][1]
    assert content["statistics"]["plateau"]["made_of"]["recordings"] == ["traces.h5"]


def test_the_command_refuses_in_a_sentence(recording):
    assert "there is no statistic 'yeild'" in run("analyze", recording, "--statistics", "yeild", code=2)
    assert "such as plateau.low_G0=0.7" in run("analyze", recording, "--option", "low=1", code=2)
    assert "plateau.low_G0 = 0.5" in run("analyze", "--list-statistics")


def test_the_report_has_a_section_for_each():
    results = computed(chosen_statistics("plateau,correlation"))

    sections = statistic_sections(Measurement((), statistics=results))

    assert [section.heading for section in sections] == ["Plateau lengths", "Correlation histogram"]
    assert all(section.figures and section.tables for section in sections)


def test_sets_are_compared_by_the_command(recording):
    other = written(recording.with_name("other.h5"), seed=1)
    content = json.loads(run("compare", recording, other, "--json", "--margin", "0.3"))

    assert content["pairs"][0]["p"] > 0.05
    assert content["pairs"][0]["verdict"] in ("equivalent", "cannot tell")
    again = written(recording.with_name("again.h5"))
    assert "30 traces of set 2 are copies of traces of set 1" in run("compare", recording, again, code=2)
    assert "at least two" in run("compare", recording, code=2)
    copied = Path(shutil.copy(recording, recording.with_name("copied.h5")))
    for twice in (recording, copied):
        assert "are the same recording, in two sets" in run("compare", recording, twice, code=2)


def test_the_statistic_of_the_how_to_guide_is_computed_like_the_others(tmp_path):
    files = {"trace_length.py": definition("how-to/add-a-statistic.md")}
    with plugins(tmp_path / "plugins", files, STATISTICS, load=True):
        chosen = chosen_statistics("trace-length", {"trace-length": {"skipped": 20}})
        result = computed(chosen)["trace-length"]

    lengths = [trace.conductance_G0.size for trace in TRACES_WITH_PLATEAUS]
    assert result.numbers[0].estimate.value == pytest.approx(np.mean(lengths) - 20)
    assert "trace-length" not in STATISTICS
