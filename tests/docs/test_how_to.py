"""The code in the guides is code: each example is executed, and used for what its guide is about."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from analysis.importers.assemble import assemble
from analysis.importers.imported import ForeignFile, ImportOptions
from analysis.importers.options import Layout
from analysis.importers.registry import IMPORTERS
from analysis.recording import Recording
from app.cli import main
from app.viewmodels.status_view import StatusView
from procedures.registry import PROCEDURES
from tests.docs.pages import definition
from tests.support.plugins import plugins
from tests.support.rig.rigs import served_rig


def example(page, number=0):
    """Execute the nth Python block of a guide that defines something; give its names."""
    names = {"__name__": f"example.{page}"}
    exec(compile(definition(page, number), page, "exec"), names)
    return names


def test_the_importer_reads_traces_and_refuses_the_rest(tmp_path):
    with plugins(tmp_path / "mine", {}, IMPORTERS):
        read = example("how-to/add-an-importer.md")["read_json_lines"]
    traces = [{"distance_nm": [0.0, 0.1, 0.2], "current_nA": [900.0, 500.0, 1.0], "bias_V": 0.1}] * 2
    (tmp_path / "good.jsonl").write_text("\n".join(map(json.dumps, traces)), encoding="utf-8")
    (tmp_path / "bad.jsonl").write_text("[1, 2]\n", encoding="utf-8")

    found = assemble(read(tmp_path / "good.jsonl", Layout()), ImportOptions())

    current = next(q for q in found.traces[0].quantities if q.name == "current")
    np.testing.assert_allclose(current.values, [900e-9, 500e-9, 1e-9])
    assert len(found.traces) == 2
    with pytest.raises(ForeignFile, match=r"bad\.jsonl: line 1"):
        read(tmp_path / "bad.jsonl", Layout())


PROCEDURE = "how-to/add-a-procedure.md"


@pytest.fixture
def procedure_plugin(tmp_path):
    with plugins(tmp_path / "plugins", {"open_noise.py": definition(PROCEDURE)}, PROCEDURES):
        yield


def run(*words):
    return CliRunner().invoke(main, ["run", *map(str, words)])


def test_the_procedure_runs_from_the_command_line_and_refuses_a_bias_beyond_the_rig(
    tmp_path, procedure_plugin
):
    with served_rig(tmp_path) as rig:
        words = ("open-noise", "--rig", rig.file, "--time", 0.1, "--out", tmp_path / "noise.h5")
        refused = run(*words, "--biases", "5000")
        done = run(*words, "--biases", "0 50")

    assert refused.exit_code == 2 and "5000 mV is outside" in refused.output
    assert done.exit_code == 0, done.output
    assert "finished, 2 stretches" in done.output
    with Recording(tmp_path / "noise.h5") as recording:
        assert recording.header.procedure == "open-noise"
        assert [event.name for event in recording.events].count(
            "noise"
        ) == 2 * 3  # begin and end of a step, and the note
        assert StatusView(recording.header).snapshot().cycle_name == "noise"


def test_contacts_open_beside_bias_levels(tmp_path):
    with (
        plugins(tmp_path / "plugins", {"level_opening.py": definition(PROCEDURE, 1)}, PROCEDURES),
        served_rig(tmp_path) as rig,
    ):
        words = ("--traces", 2, "--approach-speed", 50, "--withdraw-speed", 5, "--past-break", 0.5)
        done = run("level-opening", "--rig", rig.file, *words, "--out", tmp_path / "levels.h5")
    assert done.exit_code == 0, done.output
    with Recording(tmp_path / "levels.h5") as recording:
        steps = [event for event in recording.events if event.name == "level withdrawal"]
        assert len(steps) == 4 and {event.payload["ended"] for event in steps[1::2]} == {"open"}
        start, stop = steps[0].payload["start"], steps[1].sample
        bias_V, current_V = recording.samples(start, stop, ("bias", "current"))
    shares = [np.mean(np.abs(bias_V - level_V) < 2e-3) for level_V in (0.1, 0.0, -0.1)]
    assert min(shares) > 0.2 and sum(shares) > 0.95
    assert current_V.max() > 1.0, "it began in contact"


def test_the_procedure_is_listed_with_its_sentence(procedure_plugin):
    assert "open-noise" in run("--help").output
    assert "Record the noise of an open junction at several biases." in " ".join(run("--help").output.split())


def test_a_procedure_cannot_take_the_name_of_another(tmp_path):
    text = definition(PROCEDURE).replace('"open-noise"', '"control gold"')
    with plugins(tmp_path / "plugins", {"open_noise.py": text}, PROCEDURES):
        done = run("iv", "--help")

    assert done.exit_code == 2
    assert "the procedure 'control-gold' is built in; choose another name" in done.output


def test_the_driver_sets_what_the_instrument_has(tmp_path):
    from pymeasure.adapters import ProtocolAdapter

    from drivers.errors import OutOfRange

    driver = example("how-to/add-a-driver.md", 2)["VA100"]
    amplifier = driver(ProtocolAdapter([(b"GAIN 2", None), (b"GAIN?", b"2")]))

    amplifier.gain = 100
    assert amplifier.gain == 100.0
    with pytest.raises(OutOfRange):
        amplifier.gain = 7
    with pytest.raises(AttributeError):
        amplifier.gian = 10
