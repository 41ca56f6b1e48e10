"""A current amplifier that a plug-in adds: the one of the guide, and some that are wrong."""

import re
import tomllib

import pytest
from click.testing import CliRunner
from PyQt6.QtCore import QSettings

from analysis.recording import Recording
from app.acquisition.bench import Bench
from app.acquisition.direct import direct_wires
from app.acquisition.simulated_rig import SimulationSettings, served
from app.cli import main
from app.config.amplifiers import CURRENT_AMPLIFIER, REGISTRIES
from app.config.rig import load_rig
from app.config.toml import FileError
from app.gui.panels.rig import RigPanel, state_of
from app.gui.widgets.theme import Theme
from app.plugins import PluginError, load_plugins
from app.server.instruments import Instruments
from drivers.errors import InstrumentFault
from tests.docs.pages import blocks
from tests.support.plugins import plugins
from tests.support.rig.rigs import QUICK, quick

pytestmark = pytest.mark.usefixtures("unanalysed")

LINE = 'register(CURRENT_AMPLIFIER, "hand-set", HandSet, SimulatedHandSet)\n'


def hand_set():
    """Return the plug-in of the guide: driver, simulated instrument and line in one file."""
    driver, simulator, line, *_ = (text for _, text in blocks("how-to/add-a-driver.md", "python"))
    return driver + simulator + line.partition("\nregister(")[0] + "\n" + LINE


def replaced(*pairs):
    text = hand_set()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


@pytest.fixture
def plugged(tmp_path):
    def load(text=None, name="hand_set.py"):
        return plugins(tmp_path / "plugins", {name: text or hand_set()}, REGISTRIES[CURRENT_AMPLIFIER])

    return load


@pytest.fixture
def theme(qapp, tmp_path):
    return Theme(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))


@pytest.fixture
def serve(tmp_path):
    """Serve the simulated rig with the amplifier of the guide; give its rig file."""

    def make():
        settings = SimulationSettings(
            "fast", 1, overrides=("sample.species=Au",), current_amplifier="hand-set"
        )
        return served(settings)

    return make


def written(tmp_path, text):
    file = tmp_path / "rig.toml"
    file.write_text(text, encoding="utf-8")
    return file


def run(*words):
    return CliRunner().invoke(main, list(map(str, words)))


def test_the_amplifier_of_the_guide_is_checked_measured_with_recorded_and_shown(
    tmp_path, plugged, serve, theme
):
    with plugged(), serve() as (_, text):
        rig_file = written(tmp_path, text)
        assert tomllib.loads(text)["current_amplifier"] == {
            "model": "hand-set",
            "gain_V_per_A": 1e5,
            "rise_time_s": 3e-4,
        }
        told = run("check", rig_file)
        assert told.exit_code == 0, told.output
        assert "hand-set amplifier" in told.output
        assert "Compare the switches" in told.output

        values = [word for name, value in QUICK.items() for word in (f"--{name.replace('_', '-')}", value)]
        out = tmp_path / "run.h5"
        done = run("run", "break-junction", "--rig", rig_file, "--yes", "--traces", 2, *values, "--out", out)
        assert done.exit_code == 0, done.output

        panel = RigPanel(theme)
        instruments = Instruments(rig_file)
        try:
            instruments.look()
            panel.show_instruments(instruments.to_json())
        finally:
            instruments.close()

    with Recording(out) as recording:
        assert recording.header.rig["current_amplifier"]["model"] == "hand-set"
        assert recording.header.settings["current_amplifier"] == {
            "provenance": "declared, not read back",
            "gain_V_per_A": 1e5,
            "rise_time_s": 3e-4,
        }
    section = panel.sections["current_amplifier"]
    assert (section.title.text(), section.state.text()) == ("hand-set amplifier", "declared")
    assert "is set by hand" in section.state.toolTip()
    assert section.choices == {}
    assert {name: label.text() for name, label in section.readings.items()} == {
        "gain_V_per_A": "10⁵ V/A",
        "rise_time_s": "300 µs",
    }
    panel.close()


def test_its_gain_is_that_of_the_samples(tmp_path, plugged, serve):
    """A contact of a gold wire conducts one quantum: were the gain another one, it would not."""
    with plugged(), serve() as (rig, text):
        out = tmp_path / "run.h5"
        bench = Bench(written(tmp_path, text), wires=direct_wires(rig))
        summary = bench.run(quick(3), out)
        assert summary.end.status == "finished", summary.end.reason
        assert summary.traces == 3
        assert rig.bench.chain.current_amplifier.gain_V_per_A == 1e5


def test_a_driver_that_reads_another_gain_than_it_set_is_refused_before_the_run(tmp_path, plugged, serve):
    lie = ("        return keys\n", "        return HandSetKeys(1e6, keys.rise_time_s)\n")
    with plugged(replaced(lie)), serve() as (_, text):
        bench = Bench(written(tmp_path, text))
        with pytest.raises(InstrumentFault, match=r"gain is 1 MV/A, was set to 100 kV/A"):
            bench.run(quick(1), tmp_path / "run.h5")
    assert not (tmp_path / "run.h5").exists()


def test_a_driver_whose_gain_is_another_one_during_the_run_ends_it(tmp_path, plugged, serve):
    lie = ("        return self._keys\n", "        return HandSetKeys(1e6, self._keys.rise_time_s)\n")
    with plugged(replaced(lie)), serve() as (_, text):
        summary = Bench(written(tmp_path, text)).run(quick(1), tmp_path / "run.h5")
    assert (summary.end.status, summary.end.safe) == ("fault", True)
    assert "changed during the run: gain is 1 MV/A, was set to 100 kV/A" in summary.end.reason


def test_a_driver_that_cannot_say_its_rise_time_is_refused(tmp_path, plugged):
    key = re.search(r"    rise_time_s: float = key.*\n", hand_set())[0]
    with plugged(replaced((key, "")), "no_rise_time.py"):
        refused = run("check", written(tmp_path, RIG.format('model = "hand-set"')))
    assert refused.exit_code == 2
    assert "HandSetKeys" not in refused.output
    assert "'hand-set': HandSet.Keys has no rise_time_s, which every current amplifier needs" in " ".join(
        refused.output.split()
    )


RIG = """
[daq]
controller = "grpc://127.0.0.1:31763"
[daq.inputs]
current = {{ channel = "ai0" }}
thermocouple = {{ channel = "ai1" }}
bias = {{ channel = "ai2" }}
z = {{ channel = "ai3" }}
[daq.outputs]
bias = {{ channel = "ao0", min_V = -2.0, max_V = 2.0 }}
z = {{ channel = "ao1", min_V = 0.0, max_V = 10.0 }}
[current_amplifier]
{}
[voltage_preamplifier]
address = "ASRL1::INSTR"
[piezo]
extension_nm_per_V = 20.0
"""


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('model = "hand-sett"', "unknown current amplifier; did you mean 'hand-set'?"),
        ('model = "zzz"', "unknown current amplifier; known: dlpca200, hand-set, keithley428, manual, sr570"),
        ('model = "sr560"', "unknown current amplifier; did you mean 'sr570'?"),
        ('model = "hand-set"\naddress = "GPIB0::22::INSTR"', "current_amplifier.address: unknown key"),
        ('model = "hand-set"\ngain_V_per_a = 1e6', "unknown key; did you mean 'gain_V_per_A'?"),
        ('model = "hand-set"\ngain_V_per_A = 2e6', "must be one of 1000, 10000"),
        ('model = "hand-set"\nrise_time_s = 0', "current_amplifier.rise_time_s = 0: must be greater than 0"),
        ('model = "hand-set"\nmeasured_gain_V_per_A = 1e3', "usual is 20000 to 500000 V/A"),
        ("gain_V_per_A = 1e5", "current_amplifier.address: is missing"),
    ],
)  # fmt: skip
def test_a_table_is_checked_by_the_keys_of_its_model(tmp_path, plugged, table, said):
    with plugged(), pytest.raises(FileError) as refused:
        load_rig(written(tmp_path, RIG.format(table)))
    assert said in str(refused.value)


def test_a_rig_file_that_names_no_model_has_those_of_always(tmp_path):
    rig = load_rig(written(tmp_path, RIG.format('address = "GPIB0::22::INSTR"')))
    assert (rig.current_amplifier.model, rig.voltage_preamplifier.model) == ("keithley428", "sr560")
    assert (rig.current_amplifier.gain_V_per_A, rig.voltage_preamplifier.gain) == (1e5, 1e4)


def test_a_name_that_is_taken_is_refused(plugged):
    text = hand_set().replace('"hand-set", HandSet', '"keithley428", HandSet')
    with plugged(text, "taken.py"), pytest.raises(PluginError, match="'keithley428' is built in"):
        load_plugins()


def test_what_is_declared_is_said_in_a_word():
    row = {
        "name": "x",
        "answers": None,
        "settings": {"gain": 1.0},
        "provenance": "declared",
        "message": "",
        "at": "",
    }
    assert state_of(row)[:2] == ("declared", "warning")
