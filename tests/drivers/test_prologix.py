"""The Keithley 428 behind a Prologix controller: PyMeasure's adapter, pyvisa-py, the instrument by its manual."""

import numpy as np
import pytest
from pymeasure.adapters import PrologixAdapter

from drivers import visa_wire
from drivers.errors import InstrumentFault, NotFound
from drivers.keithley428 import Keithley428, Keithley428Keys
from drivers.keithley428_words import StatusByte, Terminator
from drivers.visa_wire import library_for
from simulators.keithley428.instrument import SimulatedKeithley428
from simulators.parameters import load_parameters
from simulators.wire.prologix import PrologixController


@pytest.fixture
def simulated():
    return SimulatedKeithley428(load_parameters(), np.random.default_rng(1))


@pytest.fixture
def controller(simulated, stack):
    return stack.enter_context(PrologixController({22: simulated}))


def test_a_rig_file_reaches_the_amplifier_through_a_prologix(simulated, controller, stack):
    keys = Keithley428Keys(address=controller.address, adapter="prologix", gpib_address=22)
    amplifier = Keithley428.at(keys)
    stack.callback(amplifier.close)

    settings = amplifier.apply(Keithley428Keys(address="", gain_V_per_A=1e7, rise_time_s=1e-3))

    assert (settings.gain_V_per_A, settings.rise_time_s, settings.filter_on) == (1e7, 1e-3, True)
    assert amplifier.state.gain_V_per_A == 1e7
    assert amplifier.overloaded is False
    assert amplifier.via.startswith("Prologix controller, GPIB address 22, pyvisa-py")
    assert Keithley428.place(keys) == f"{controller.address}, GPIB address 22"


class StartsAnew(PrologixController):
    """An AR488 whose Arduino starts when its port is opened: it loses some lines, then says something."""

    lost = 7

    def _obey(self, line):
        if self.lost:
            self.lost -= 1
            return b""
        greeting, self.greeting = self.greeting, b""
        return greeting + super()._obey(line)

    greeting = b"AR488 ready\r\n"


def test_a_controller_that_starts_when_it_is_opened_is_waited_for(simulated, stack):
    controller = stack.enter_context(StartsAnew({22: simulated}))
    controller.settings["auto"] = 1

    amplifier = Keithley428(controller.address, prologix_address=22, timeout_s=0.1)
    stack.callback(amplifier.close)

    assert amplifier.status.gain_V_per_A == 1e3
    assert controller.settings | {"auto": 0, "eoi": 1, "eos": 3} == controller.settings


def test_a_controller_that_never_answers_is_not_found(simulated, stack):
    controller = stack.enter_context(StartsAnew({22: simulated}))
    controller.lost = 1000

    with pytest.raises(NotFound, match="no answer in time"):
        Keithley428(controller.address, prologix_address=22, timeout_s=0.02)


def test_a_port_with_another_instrument_that_never_ends_to_talk_is_refused(simulated, stack):
    controller = stack.enter_context(PrologixController({22: simulated}))
    controller._obey = lambda line: 40 * b"+1.234 V\r\n"

    with pytest.raises(NotFound, match="no Prologix or AR488 controller"):
        Keithley428(controller.address, prologix_address=22, timeout_s=0.1)


def test_slow_commands_wait_for_ready_by_a_serial_poll_of_the_controller(simulated, controller, stack):
    amplifier = Keithley428(controller.address, prologix_address=22, pause=lambda seconds: None)
    stack.callback(amplifier.close)

    assert amplifier.status_byte == StatusByte.READY
    amplifier.zero_correct()
    amplifier.zero_check = False
    with pytest.raises(InstrumentFault, match="illegal command"):
        amplifier._command("Q1")
    with amplifier.batch():
        amplifier.filter_on = True
    amplifier.terminator = Terminator.CR_LF
    assert amplifier.terminator is Terminator.CR_LF


def test_an_adapter_that_is_handed_over_keeps_its_terminations(simulated, controller, stack):
    adapter = PrologixAdapter(
        controller.address, 22, visa_library="@py", write_termination="\n", read_termination="\n"
    )
    amplifier = Keithley428(adapter)
    stack.callback(amplifier.close)

    assert (adapter.connection.write_termination, adapter.connection.read_termination) == ("\n", "\n")
    amplifier.gain_V_per_A = 1e6
    assert amplifier.gain_V_per_A == 1e6
    assert amplifier.via == ""


def test_a_clear_reaches_only_the_amplifier(simulated, controller, stack):
    amplifier = Keithley428(controller.address, prologix_address=22)
    stack.callback(amplifier.close)
    amplifier.zero_check = False

    amplifier.device_clear()

    assert amplifier.zero_check is True, "its power-up state"


def test_no_instrument_at_the_gpib_address_is_said(controller):
    with pytest.raises(NotFound, match="no Keithley 428 answers"):
        Keithley428(controller.address, prologix_address=9, timeout_s=0.2)


@pytest.mark.parametrize(
    ("address", "chosen", "vendors", "library"),
    [
        ("GPIB0::22::INSTR", "", ("/lib/visa.so",), "@ivi"),
        ("GPIB0::22::INSTR", "", (), "@py"),
        ("USB0::1::2::3::INSTR", "", ("/lib/visa.so",), "@ivi"),
        ("TCPIP0::192.0.2.7::gpib0,22::INSTR", "", ("/lib/visa.so",), "@py"),
        ("ASRL3::INSTR", "", ("/lib/visa.so",), "@py"),
        ("GPIB0::22::INSTR", "@py", ("/lib/visa.so",), "@py"),
        ("TCPIP0::192.0.2.7::gpib0,22::INSTR", "/opt/visa.so", (), "/opt/visa.so"),
    ],
)
def test_the_back_end_is_chosen_by_the_address_unless_the_rig_file_names_one(
    monkeypatch, address, chosen, vendors, library
):
    monkeypatch.setattr(visa_wire, "vendor_libraries", lambda: vendors)

    assert library_for(address, chosen) == library


def test_a_gpib_stick_without_a_vendors_library_is_told_what_it_needs(monkeypatch):
    monkeypatch.setattr(visa_wire, "vendor_libraries", tuple)

    with pytest.raises(NotFound, match="needs its vendor's VISA library"):
        Keithley428.at(Keithley428Keys(address="GPIB0::22::INSTR"))
