"""`hotjunction check`: with drivers on scripted wires, so that also what fails can be shown."""

import json
import re
import socket
from datetime import UTC, datetime
from functools import reduce
from importlib.metadata import version
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner
from pymeasure.adapters import ProtocolAdapter

from app.commands.check import command
from drivers import pxi, visa
from drivers.card_properties import CardProperties
from drivers.errors import NotFound
from drivers.pxi import ControllerIdentity, DeviceIdentity
from simulators.keithley428.instrument import SimulatedKeithley428
from simulators.parameters import load_parameters
from simulators.rig.signal_chain import SignalChain
from simulators.simulated_rig import SimulatedRig
from simulators.sr560.instrument import SimulatedSR560

PYVISA_PY = f"pyvisa-py {version('pyvisa-py')}"
AMPLIFIER = "TCPIP0::127.0.0.1,1111::gpib0,22::INSTR"
PREAMPLIFIER = "ASRL1::INSTR"
RIG = f"""
[daq]
controller = "grpc://127.0.0.1:31763"
device = "Dev1"
[daq.inputs]
current = {{ channel = "ai0" }}
thermocouple = {{ channel = "ai1" }}
bias = {{ channel = "ai2" }}
z = {{ channel = "ai3" }}
[daq.outputs]
bias = {{ channel = "ao0", min_V = -2.0, max_V = 2.0 }}
z = {{ channel = "ao1", min_V = 0.0, max_V = 10.0 }}
[current_amplifier]
address = "{AMPLIFIER}"
[voltage_preamplifier]
address = "{PREAMPLIFIER}"
line_address = 2
[piezo]
extension_nm_per_V = 20.0
"""
CLEAN = "42800000000000"


def amplifier_talk(status="428A0B0C1D0J0K0M00N0P1R05S00T3W0Y3Z0", errors=CLEAN):
    """All that the check may say to the amplifier: its terminator, and questions."""
    return [
        ("Y3X", None), ("U1X", errors), ("U0X", status), ("U3X", "1E+05V/A"), (None, "428I+0.000E+00"),
        ("U2X", "428V+5.0000E-01"), ("U4X", "428B02"), ("U1X", CLEAN),
    ]  # fmt: skip


@pytest.fixture
def rig(tmp_path, monkeypatch):
    """A rig file, and its instruments as scripts that a test can change."""
    wires = {
        AMPLIFIER: ProtocolAdapter(amplifier_talk()),
        PREAMPLIFIER: ProtocolAdapter([("UNLS", None), ("LISN 2", None)]),
    }

    def open_wire(address, *args, **kwargs):
        if address not in wires:
            raise OSError("no route to host")
        return wires[address]

    class Controller:
        card = CardProperties("PXI-6281", (5.0, 10.0), (10.0,), 625e3, 500e3, False, False)
        devices = (DeviceIdentity("Dev1", "PXI-6281", 0x1A2B3C),)
        answers = True

        def __init__(self, address, answer_s=2.0):
            if not self.answers:
                raise NotFound(f"Nothing answers at {address}.")
            self.identity = ControllerIdentity(address, "23.8.0", self.devices)

        def __enter__(self):
            return self

        def __exit__(self, *exc):
            pass

        def device(self, name):
            for device in self.devices:
                if device.name == name:
                    return device
            raise NotFound(f"it has no device {name!r}")

        def properties(self, name):
            return self.card

    monkeypatch.setattr(visa, "VISAAdapter", open_wire)
    monkeypatch.setattr(pxi, "PXIController", Controller)
    path = tmp_path / "rig.toml"
    path.write_text(RIG, encoding="utf-8")

    class Rig:
        file = path
        controller = Controller

        @staticmethod
        def check(*options):
            return CliRunner().invoke(command, [str(path), *options])

        @staticmethod
        def report(code):
            result = CliRunner().invoke(command, [str(path), "--json"])
            assert result.exit_code == code, result.output
            report = json.loads(result.output)
            assert report["all_answer"] is (code == 0)
            return {found["instrument"]: found for found in report["instruments"]}

    Rig.wires = wires
    return Rig


def test_a_rig_that_answers(rig):
    found = rig.report(0)

    assert list(found) == [
        "PXI controller",
        "DAQ card",
        "Keithley 428",
        "SR560",
        "watchdog",
        "probe",
        "commissioning",
    ]
    assert [one["answers"] for one in found.values()] == [True, True, True, None, None, None, None]
    assert found["PXI controller"]["said"] == "NI-DAQmx 23.8.0: Dev1 (PXI-6281)"
    assert found["DAQ card"]["said"] == "PXI-6281, serial number 1A2B3C"
    assert found["Keithley 428"]["said"] == (
        "gain 100 kV/A, enlarge off, rise time 300 us, filter on, auto filter off, zero check on, suppress off, "
        "suppress 0 A, bias supply off, bias supply 500 mV, display normal, firmware B02"
        f"; through {PYVISA_PY}"
    )
    assert found["SR560"]["address"] == "ASRL1::INSTR, unit 2"
    assert [name for name, one in found.items() if one["advice"]] == ["SR560", "probe", "commissioning"]
    assert "names no probe" in found["probe"]["advice"]


def test_only_questions_are_asked(rig):
    rig.report(0)

    for wire in rig.wires.values():
        assert wire._index == len(wire.comm_pairs)
        assert not wire.connection.clear.called
        assert wire.connection.close.called


def test_the_table_shows_all_of_it(rig):
    result = rig.check()

    assert result.exit_code == 0
    for words in (
        "PXI controller",
        "Keithley 428",
        "SR560",
        AMPLIFIER[:20],
        "PXI-6281",
        "zero check on",
        "cannot",
        "limits.tip_speed_nm_per_s",
        "-2 to 2 V",
    ):
        assert words in result.output


@pytest.mark.parametrize(("address", "instrument"), [(AMPLIFIER, "Keithley 428"), (PREAMPLIFIER, "SR560")])
def test_an_instrument_that_does_not_answer_is_named_with_what_to_do_and_the_rest_is_asked(
    rig, address, instrument
):
    del rig.wires[address]

    found = rig.report(1)

    assert found[instrument]["answers"] is False
    assert "no route to host" in found[instrument]["advice"]
    assert "Check that the instrument is on" in found[instrument]["advice"]
    assert [name for name, one in found.items() if one["answers"] is False] == [instrument]


def test_an_amplifier_that_falls_silent_half_way_does_not_answer(rig):
    rig.wires[AMPLIFIER] = ProtocolAdapter([*amplifier_talk()[:2], ("U0X", "428I+0.000E+00")])

    assert "in place of its machine status word" in rig.report(1)["Keithley 428"]["advice"]


def test_a_controller_that_does_not_answer(rig):
    rig.controller.answers = False

    found = rig.report(1)

    assert "Nothing answers at grpc://127.0.0.1:31763." in found["PXI controller"]["advice"]
    assert found["DAQ card"]["answers"] is False
    assert found["Keithley 428"]["answers"] is True


def test_a_card_that_is_not_there(rig):
    rig.controller.devices = (DeviceIdentity("Dev2", "PXI-6281", 1),)

    found = rig.report(1)

    assert found["PXI controller"]["answers"] is True
    assert "it has no device 'Dev1'. Write a name that NI MAX shows" in found["DAQ card"]["advice"]


def test_a_card_that_only_ni_max_simulates_is_not_there_but_its_controller_is(rig, monkeypatch):
    def refuse(self, name):
        raise NotFound(f"{name} is a device that NI MAX only simulates")

    monkeypatch.setattr(rig.controller, "properties", refuse)

    found = rig.report(1)

    assert found["PXI controller"]["answers"] is True
    assert found["DAQ card"]["answers"] is False
    assert "only simulates" in found["DAQ card"]["advice"]


def test_a_card_that_does_not_have_what_the_rig_file_states_is_pointed_out(rig):
    rig.controller.card = CardProperties("USB-6009", (1.0, 5.0), (2.5,), 48e3, 4000.0, False, False)

    advice = rig.report(0)["DAQ card"]["advice"]

    assert "range of input 'bias' (V): 10.0" in advice
    assert "limits of output 'z' (V at the card)" in advice
    assert "daq.rate_Hz = 2000: at most 1000 with 4 inputs" in advice


def test_the_steppers_card_is_looked_for_too(rig):
    coarse = '[coarse]\ndevice = "Dev2"\nstep_line = "port0/line0"\ndirection_line = "port0/line1"\nstep_nm = 50.0\n'
    rig.file.write_text(RIG + coarse, encoding="utf-8")

    assert rig.report(1)["coarse stepper's card"]["answers"] is False


def test_a_bias_supply_that_is_on_and_old_errors_are_pointed_out(rig):
    status = "428A0B1C0D0J0K0M00N1P0R05S00T3W0Y3Z0"
    rig.wires[AMPLIFIER] = ProtocolAdapter(amplifier_talk(status, errors="42800000000010"))

    found = rig.report(0)["Keithley 428"]

    for words in ("filter off", "suppress on", "bias supply on", "bias supply 500 mV", "reported: overload"):
        assert words in found["said"]
    assert "overloaded: reduce the current or the gain" in found["advice"]
    assert "Its own bias supply adds" in found["advice"]


def test_a_rig_with_nothing_behind_its_addresses(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    text = (
        RIG.replace("31763", str(port)).replace("1111", str(port)).replace("ASRL1", "ASRL/dev/no-such-line")
    )
    path = tmp_path / "rig.toml"
    path.write_text(text, encoding="utf-8")

    result = CliRunner().invoke(command, [str(path), "--json"])

    assert result.exit_code == 1
    *instruments, watchdog, probe, commissioning = json.loads(result.output)["instruments"]
    assert {found["answers"] for found in instruments} == {False}
    assert watchdog["answers"] is probe["answers"] is None
    assert "never commissioned" in commissioning["said"]


class NoJunction:
    """A world in which no current flows."""

    def advance(self, bias_V, z_V, dt, ammeter_ohm):
        nothing = np.zeros_like(bias_V)
        return SimpleNamespace(
            current_A=nothing,
            thermocouple_V=nothing,
            current_noise_A2_per_Hz=nothing,
            thermocouple_noise_V2_per_Hz=0.0,
        )


def test_on_a_whole_simulated_rig_all_answer_and_nothing_changes(tmp_path):
    parameters = load_parameters()
    amplifier = SimulatedKeithley428(parameters, np.random.default_rng(1))
    amplifier.receive(b"C0R7P1T4V0.25B1X")
    preamplifier = SimulatedSR560(parameters, np.random.default_rng(2))
    with SimulatedRig(parameters, 1, "fast", chain=SignalChain(NoJunction(), amplifier, preamplifier)) as rig:
        addresses = {
            "127.0.0.1:31763": rig.addresses["daq"],
            AMPLIFIER: rig.addresses["current_amplifier"],
            PREAMPLIFIER: rig.addresses["voltage_preamplifier"],
            "line_address = 2": "line_address = 0",
        }
        path = tmp_path / "rig.toml"
        path.write_text(
            reduce(lambda text, pair: text.replace(*pair), addresses.items(), RIG), encoding="utf-8"
        )
        rig.bench.hold("bias", 0.05)
        rig.bench.hold("z", 4.0)

        result = CliRunner().invoke(command, [str(path), "--json"])

        assert result.exit_code == 0, result.output
        assert rig.bench.outputs == {"bias": 0.05, "z": 4.0}

    found = {one["instrument"]: one for one in json.loads(result.output)["instruments"]}
    assert [one["answers"] for one in found.values()] == [True, True, True, None, None, None, None]
    assert "6281" in found["DAQ card"]["said"]
    assert found["Keithley 428"]["said"] == (
        "gain 10 MV/A, enlarge off, rise time 1 ms, filter on, auto filter off, zero check off, suppress off, "
        "suppress 0 A, bias supply on, bias supply 250 mV, display normal, firmware B02"
        f"; through {PYVISA_PY}"
    )
    assert amplifier.bias_V == pytest.approx(0.25)
    amplifier.receive(b"U0X")
    assert re.match(rb"428A0B1C0.*P1R07.*T4", amplifier.send())


def test_a_rig_file_that_is_missing_is_one_clear_line(tmp_path):
    result = CliRunner().invoke(command, [str(tmp_path / "none.toml")])

    assert result.exit_code == 2
    assert "no such file" in result.output


CALIBRATED = """[probe]
id = "N7"
thermal_resistance_K_per_W = 72800.0
thermal_resistance_uncertainty_K_per_W = 500.0
seebeck_V_per_K = 16.3e-6
seebeck_uncertainty_V_per_K = 0.2e-6
calibrated = "{date}"
"""


@pytest.mark.parametrize(
    ("section", "advice"),
    [
        (CALIBRATED.format(date=datetime.now(UTC).date()), ""),
        (CALIBRATED.format(date="2019-05-01"), r"days old: calibrate again"),
        (CALIBRATED.format(date="by a friend"), r"The date of its calibration is unknown"),
        ('[probe]\nid = "N8"', r"Probe 'N8' has no calibration; known: none"),
    ],
)
def test_the_probe_s_calibration_is_looked_at(rig, section, advice):
    rig.file.write_text(RIG + section, encoding="utf-8")

    assert re.search(advice or "^$", rig.report(0)["probe"]["advice"])
