"""What a wire refuses is said in plain words, with what to do."""

import socket

import pytest
from pyvisa.constants import StatusCode
from pyvisa.errors import VisaIOError
from serial import SerialException

from drivers import visa
from drivers.errors import NotFound
from drivers.sr560 import SR560

REFUSALS = {
    "GPIB, nothing there": (
        VisaIOError(StatusCode.error_no_listeners),
        "nothing listens at this GPIB address",
    ),
    "GPIB, locked": (VisaIOError(StatusCode.error_resource_locked), "another program has it; end that first"),
    "GPIB, two controllers": (VisaIOError(StatusCode.error_not_cic), "controls the GPIB bus"),
    "Windows, port in use": (
        SerialException("could not open port 'COM3': PermissionError(13, 'Zugriff verweigert', None, 5)"),
        "another program has this port open",
    ),
    "Linux, not in the group": (SerialException(13, "could not open port /dev/ttyUSB0"), "its group"),
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_port_that_is_refused_is_said_with_its_cause(monkeypatch, refusal):
    error, said = REFUSALS[refusal]

    def refuse(*arguments, **options):
        raise error

    monkeypatch.setattr(visa, "VISAAdapter", refuse)

    with pytest.raises(NotFound, match=said):
        SR560("ASRL3::INSTR")


def test_a_gateway_that_does_not_answer_is_not_called_empty(monkeypatch):
    monkeypatch.setattr(visa, "OPEN_TIMEOUT_ms", 100)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"TCPIP0::127.0.0.1,{silent.getsockname()[1]}::gpib0,22::INSTR"
        with pytest.raises(NotFound, match="no answer in time"):
            SR560(address)
