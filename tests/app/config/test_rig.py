import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest
from click.testing import CliRunner
from pydantic import BaseModel

from analysis.recording import RecordedChannel, RunHeader
from app.acquisition.playback_rig import playback_rig, rig_toml
from app.acquisition.simulated_rig import SimulationSettings, rig_file_text
from app.cli import main
from app.config.rig import Rig, load_rig
from app.config.toml import FileError, validate
from app.config.unusual import Usual, _section
from simulators.parameters import load_parameters

RIG = """
name = "test rig"
[daq]
controller = "grpc://127.0.0.1:31763"
rate_Hz = 2000.0
[daq.inputs]
current = { channel = "ai0" }
thermocouple = { channel = "ai1", range_V = 5.0 }
bias = { channel = "ai2" }
z = { channel = "ai3" }
[daq.outputs]
bias = { channel = "ao0", min_V = -2.0, max_V = 2.0 }
z = { channel = "ao1", min_V = 0.0, max_V = 10.0 }
[current_amplifier]
address = "TCPIP0::127.0.0.1,1111::gpib0,22::INSTR"
[voltage_preamplifier]
address = "ASRL1::INSTR"
[piezo]
extension_nm_per_V = 20.0
"""


@pytest.fixture
def write(tmp_path):
    def write_rig(text):
        path = tmp_path / "rig.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write_rig


def test_a_mark_of_a_windows_editor_and_a_date_without_quotes_are_read(write):
    rig = load_rig(write("\ufeff" + RIG + "calibrated = 2026-11-21\n"))

    assert rig.piezo.calibrated == "2026-11-21"


def test_reads_a_rig_file_with_defaults(write):
    rig = load_rig(write(RIG))

    assert rig.name == "test rig"
    assert rig.daq.device == "Dev1"
    assert rig.daq.inputs.thermocouple.range_V == 5.0
    assert rig.current_amplifier.gain_V_per_A == 1e5
    assert rig.coarse is None
    assert rig.safe.z_V == 0.0


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("rate_Hz = 2000.0", "rate_Hz = -1.0", r"daq\.rate_Hz = -1\.0: must be greater than 0"),
        ("rate_Hz = 2000.0", "rate_hz = 2000.0", r"daq\.rate_hz: unknown key; did you mean 'rate_Hz'\?"),
        ("[piezo]\nextension_nm_per_V = 20.0", "", r"piezo: is missing"),
        (
            "range_V = 5.0",
            "range_V = 300.0",
            r"daq\.inputs\.thermocouple\.range_V = 300\.0: must be less than",
        ),
        ('channel = "ai2"', 'channel = "ai0"', r"daq\.inputs: ai0 is given twice"),
        (
            'z = { channel = "ai3" }',
            'z = { channel = "ai3" }\nHeat = { channel = "ai4" }',
            r"Heat: a channel's name has small letters",
        ),
        (
            'z = { channel = "ai3" }',
            'z = { channel = "ai3" }\nheat = { channel = "ai4", uint = "W" }',
            r"daq\.inputs\.heat\.uint: unknown key; did you mean 'unit'\?",
        ),
        (
            "max_V = 10.0 }",
            'max_V = 10.0 }\nheater = { channel = "ao2", min = 0, max = 5, safe = -1 }',
            r"safe = -1 V must lie within 0 to 5",
        ),
        ("min_V = -2.0", "min_V = 3.0", r"min_V = 3\.0 must lie below max_V = 2\.0"),
        ("min_V = -2.0", "min_V = 0.5", r"daq\.outputs\.bias must allow 0 V"),
        ('channel = "ai0"', 'channel = "Dev1/ai0"', r"daq\.inputs\.current\.channel = 'Dev1/ai0'"),
        ("grpc://127.0.0.1:31763", "http://x", r"daq\.controller = 'http://x'"),
        (
            "[piezo]",
            "[coarse]\nstep_nn = 20.0\n[piezo]",
            r"coarse\.step_nn: unknown key; did you mean 'step_nm'\?",
        ),
        (
            "[piezo]",
            '[coarse]\nstep_line = "port0/line0"\ndirection_line = "port0/line0"\nstep_nm = 20.0\n[piezo]',
            r"coarse: .*must differ",
        ),
        ("name =", "name", r"not TOML"),
        ("name =", r'calibrations = "C:\temp\new"' + "\nname =", "a backslash is written twice"),
        ("name =", r'calibrations = "C:\new"' + "\nname =", "a backslash is written twice"),
        (
            "extension_nm_per_V = 20.0",
            "extension_nm_per_V = 10,0",
            r"line \d+, `extension_nm_per_V = 10,0`: a comma in a number; write a point",
        ),
        (
            "extension_nm_per_V = 20.0",
            "extension_nm_per_V = true",
            r"extension_nm_per_V = true: must be a number",
        ),
        ("extension_nm_per_V = 20.0", 'extension_nm_per_V = "ten"', r"= 'ten': must be a number"),
        ("extension_nm_per_V = 20.0", "extension_nm_per_V = 9\nextension_nm_per_V = 8", "is there twice"),
        (
            'bias = { channel = "ai2" }',
            "bias = 2",
            r"daq\.inputs\.bias = 2: must be a table with channel, range_V",
        ),
        ("grpc://127.0.0.1:31763", "", r'must be "local", or the address of a controller'),
        (
            "max_V = 10.0 }",
            "max_V = 10.0 }\n[safe]\nz_V = 10.0",
            r"safe\.z_V = 10\.0 is not the end .*Write z_V = 0\.0",
        ),
        (
            "max_V = 10.0 }",
            "max_V = 10.0 }\n[safe]\nz_V = 0.5",
            r"safe\.z_V = 0\.5 is not the end away from the sample",
        ),
        ("min_V = 0.0", "min_V = -10.0", r"safe\.z_V = 0\.0 is not the end .*Write z_V = -10\.0 in \[safe\]"),
        (
            '22::INSTR"',
            '22::INSTR"\ngain_V_per_A = 3e5',
            r"gain_V_per_A = 300000\.0: must be one of 1000, 10000, 100000, 1e\+06",
        ),
        (
            '22::INSTR"',
            '22::INSTR"\nrise_time_s = 5e-4',
            r"rise_time_s = 0\.0005: must be one of 1e-05, 3e-05",
        ),
        ('ASRL1::INSTR"', 'ASRL1::INSTR"\ngain = 30000', r"gain = 30000.*: must be one of 1, 2, 5"),
        (
            'ASRL1::INSTR"',
            'ASRL1::INSTR"\nlowpass_Hz = 500.0',
            r"lowpass_Hz = 500\.0: must be one of 0\.03, 0\.1",
        ),
        (
            "extension_nm_per_V = 20.0",
            "extension_nm_per_V = 20000.0",
            r"piezo\.extension_nm_per_V = 20000\.0; usual is 0\.2 to 500 nm/V\. Correct it or, .*repeat it in the "
            r"table \[unusual\] at the end of the file: piezo\.extension_nm_per_V = 20000\.0",
        ),
        (
            "extension_nm_per_V = 20.0",
            "extension_nm_per_V = 20.0\n[unusual]\npiezo.extension_nm_per_V = 20000.0",
            r"unusual\.piezo\.extension_nm_per_V = 20000\.0 must repeat piezo\.extension_nm_per_V, which is 20\.0",
        ),
        (
            "extension_nm_per_V = 20.0",
            "extension_nm_per_V = 20.0\n[unusual]\npiezo.extension = 20.0",
            r"unusual\.piezo\.extension = 20\.0 must repeat piezo\.extension, which is not there",
        ),
    ],
)
def test_an_error_names_file_key_and_bound(write, old, new, said):
    with pytest.raises(FileError) as caught:
        load_rig(write(RIG.replace(old, new, 1)))

    assert "rig.toml" in str(caught.value)
    assert re.search(said, str(caught.value)), str(caught.value)


def test_a_missing_file_is_a_sentence(tmp_path):
    with pytest.raises(FileError, match=r"nothing\.toml: no such file"):
        load_rig(tmp_path / "nothing.toml")


def test_every_fault_of_a_file_is_listed(write):
    text = RIG.replace("rate_Hz = 2000.0", "rate_Hz = 0.0").replace("range_V = 5.0", "range_V = -4.0")

    with pytest.raises(FileError) as caught:
        load_rig(write(text))

    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize("table", ["piezo.extension_nm_per_V = 20000.0", "piezo = { extension_nm_per_V = 20000.0 }",
                                   '"piezo.extension_nm_per_V" = 2e4'])  # fmt: skip
def test_an_unusual_number_that_is_written_twice_is_taken(write, table):
    rig = load_rig(write(RIG.replace("= 20.0", "= 20000.0") + f"[unusual]\n{table}\n"))
    assert rig.piezo.extension_nm_per_V == 20_000


def test_a_gain_within_a_part_in_a_million_is_the_instrument_s_own(write):
    text = RIG.replace('22::INSTR"', '22::INSTR"\ngain_V_per_A = 100000.05')
    assert load_rig(write(text)).current_amplifier.gain_V_per_A == 1e5


FULL = (
    RIG
    + """
[probe]
id = "p1"
thermal_resistance_K_per_W = 72800.0
thermal_resistance_uncertainty_K_per_W = 500.0
seebeck_V_per_K = 16.3e-6
seebeck_uncertainty_V_per_K = 2e-7
[coarse]
step_line = "port0/line0"
direction_line = "port0/line1"
step_nm = 20.0
"""
)


def kinds(annotation):
    """The types in an annotation."""
    yield annotation
    for inside in get_args(annotation):
        yield from kinds(inside)


def numbers(model, path=()):
    """Every number of the model: its path and its field."""
    for name, field in model.model_fields.items():
        section = _section(field.annotation)
        if section and issubclass(section, BaseModel):
            yield from numbers(section, (*path, name))
        elif {int, float} & set(kinds(field.annotation)):
            yield (*path, name), field


@pytest.mark.parametrize(("path", "field"), [pytest.param(*one, id=".".join(one[0])) for one in numbers(Rig)])
def test_every_number_of_a_rig_file_has_bounds_on_both_sides(path, field):
    """A number that is absurd by orders of magnitude is refused, whichever it is."""
    content = tomllib.loads(FULL)
    content["current_amplifier"]["measured_gain_V_per_A"] = 1e5
    validate(content, Rig, "rig.toml")
    for absurd in (1e15, -1e15):
        table = content
        for part in path[:-1]:
            table = table.setdefault(part, {})
        before = table.get(path[-1])
        table[path[-1]] = int(absurd) if field.annotation is int else absurd
        with pytest.raises(FileError):
            validate(content, Rig, "rig.toml")
        if before is None:
            del table[path[-1]]
        else:
            table[path[-1]] = before


def test_the_table_in_the_docs_names_every_unusual_number():
    text = Path("docs/reference/rig-file.md").read_text("utf-8").partition("## Unusual numbers")[2]
    named = [path for path, field in numbers(Rig) if any(isinstance(one, Usual) for one in field.metadata)]
    missing = [
        ".".join(path) for path in named if ".".join(path) not in text and "uncertainty" not in path[-1]
    ]
    assert missing == []
    assert len(named) > 12


def test_the_rig_file_of_an_unusual_simulated_world_can_be_used(tmp_path):
    parameters = load_parameters(overrides={"piezo.extension_nm_per_V": 900.0})
    addresses = {
        "daq": "127.0.0.1:1",
        "current_amplifier": "GPIB0::22::INSTR",
        "voltage_preamplifier": "ASRL1::INSTR",
    }
    (tmp_path / "rig.toml").write_text(
        rig_file_text(SimulationSettings("fast", 1), parameters, addresses), "utf-8"
    )

    assert load_rig(tmp_path / "rig.toml").piezo.extension_nm_per_V == 900


def test_a_recording_of_an_unusual_rig_can_be_played_back():
    usual = RIG + '[probe]\nid = "p1"\n[junction]\n'
    settings = {"extension_m_per_V": 2e-6, "current_gain_V_per_A": 3e4}
    header = RunHeader("iv", (RecordedChannel("current"),), rate_Hz=10.0, settings=settings)
    usual = usual.replace('channel = "ao0"', 'channel = "ao0", inverting = true')
    usual = usual.replace('channel = "ao1"', 'channel = "ao1", inverting = true')
    addresses = {
        "daq": "127.0.0.1:1",
        "current_amplifier": "GPIB0::22::INSTR",
        "voltage_preamplifier": "ASRL1::INSTR",
    }

    rig = playback_rig(header, usual, "Dev1", addresses, 1.0)

    again = validate(tomllib.loads(rig_toml(rig, "")), Rig, "rig.toml")
    assert (again.piezo.extension_nm_per_V, again.daq.rate_Hz) == (pytest.approx(2000), 10.0)
    assert (again.daq.outputs.z.sign, again.daq.outputs.bias.sign) == (1.0, 1.0), "volts as they are recorded"


@pytest.mark.parametrize(("kind", "options", "said"), [
    ("noise", [], "the rig file names no probe"),
    ("thermometer", ["--heater", "1e4"], "the rig file names no probe"),
])  # fmt: skip
def test_a_calibration_that_could_not_be_evaluated_is_refused_before_the_run(write, kind, options, said):
    path = write(RIG)
    out = path.with_name("a.h5")
    result = CliRunner().invoke(main, ["calibrate", kind, "--rig", str(path), "--out", str(out), *options])
    assert result.exit_code == 2
    assert said in result.output
    assert not out.exists()


def test_a_seebeck_coefficient_without_its_uncertainty_is_refused_before_the_run(write):
    path = write(RIG + '[probe]\nid = "p1"\n')
    options = ["--heater", "1e4", "--seebeck", "16.3", "--out", str(path.with_name("a.h5"))]
    result = CliRunner().invoke(main, ["calibrate", "thermometer", "--rig", str(path), *options])
    assert result.exit_code == 2
    assert "give --seebeck and --seebeck-uncertainty" in result.output
