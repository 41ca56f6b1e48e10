import re

import pytest

from app.rig import load_rig
from app.toml_file import FileError

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
        ("range_V = 5.0", "range_V = 3.0", r"daq\.inputs\.thermocouple\.range_V = 3\.0: .*one of 0\.1, 0\.2"),
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
    ],
)
def test_an_error_names_file_key_and_bound(write, old, new, said):
    with pytest.raises(FileError) as caught:
        load_rig(write(RIG.replace(old, new, 1)))

    assert "rig.toml" in caught.value.message
    assert re.search(said, caught.value.message), caught.value.message


def test_a_missing_file_is_a_sentence(tmp_path):
    with pytest.raises(FileError, match=r"nothing\.toml: no such file"):
        load_rig(tmp_path / "nothing.toml")


def test_every_fault_of_a_file_is_listed(write):
    text = RIG.replace("rate_Hz = 2000.0", "rate_Hz = 0.0").replace("range_V = 5.0", "range_V = 4.0")

    with pytest.raises(FileError) as caught:
        load_rig(write(text))

    assert len(caught.value.message.splitlines()) == 2
