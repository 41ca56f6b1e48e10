"""The gateway, spoken to through the unmodified pyvisa with pyvisa-py."""

import gc
from collections.abc import Iterator

import numpy as np
import pytest
import pyvisa

from simulators.keithley428.instrument import SimulatedKeithley428
from simulators.parameters import load_parameters
from simulators.wire.vxi11 import Vxi11Gateway
from tests.support.instruments.vxi11_client import Parrot
from tests.support.patience import ANSWER_S


@pytest.fixture(scope="module")
def visa() -> Iterator[pyvisa.ResourceManager]:
    manager = pyvisa.ResourceManager("@py")
    yield manager
    manager.close()


@pytest.fixture
def keithley() -> SimulatedKeithley428:
    return SimulatedKeithley428(load_parameters(), np.random.default_rng(1))


@pytest.fixture
def session(visa: pyvisa.ResourceManager, keithley: SimulatedKeithley428) -> Iterator[pyvisa.Resource]:
    with Vxi11Gateway({22: keithley}) as gateway:
        resource = visa.open_resource(gateway.address(22))
        resource.timeout = 1000 * ANSWER_S
        yield resource
        resource.close()


def test_pyvisa_writes_and_reads(session: pyvisa.Resource) -> None:
    session.write_raw(b"R6U3X")
    assert session.read_raw() == b"1E+06V/A\r\n"
    assert session.query("U0X").startswith("428A0B0C1")
    session.write("R8X", termination="")
    session.read_termination = "\r\n"
    assert session.query("U3X") == "1E+08V/A"
    assert session.read() == "428I+0.000E+00"


@pytest.mark.parametrize(("option", "end"), [(0, "\r\n"), (1, "\n\r"), (2, "\r"), (3, "\n")])
def test_pyvisa_reads_with_every_terminator(session: pyvisa.Resource, option: int, end: str) -> None:
    session.read_termination = end
    session.write(f"Y{option}X")
    for _ in range(3):
        assert session.query("U1X") == "42800000000000"


def test_pyvisa_polls_and_clears(session: pyvisa.Resource, keithley: SimulatedKeithley428) -> None:
    assert session.read_stb() == 16
    session.write("R77X")
    assert session.read_stb() == 16 + 32
    session.write("B1V1X")
    assert keithley.bias_V == 1.0
    session.clear()
    assert keithley.bias_V == 0.0
    assert session.read_stb() == 16


def test_pyvisa_waits_for_ready(session: pyvisa.Resource, keithley: SimulatedKeithley428) -> None:
    session.write("C2X")
    polls = [session.read_stb() & 16 for _ in range(keithley.parameters.polls_until_done)]
    assert polls[-1] == 16
    assert 0 in polls


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_pyvisa_is_refused_at_an_absent_address(visa: pyvisa.ResourceManager, gateway: Vxi11Gateway) -> None:
    with pytest.raises(Exception, match="error creating link: 3"):
        visa.open_resource(gateway.address(8))
    gc.collect()  # pyvisa-py leaves the refused session's socket open until then


def test_pyvisa_sends_more_than_fits_into_one_write(
    visa: pyvisa.ResourceManager, gateway: Vxi11Gateway, parrot: Parrot
) -> None:
    message = bytes(range(256)) * 200
    with visa.open_resource(gateway.address(7)) as resource:
        resource.write_raw(message)
        assert b"".join(parrot.heard) == message
        assert len(parrot.heard) == 4
        resource.chunk_size = 1000
        assert resource.read_raw() == parrot.heard[-1]


def test_without_eoi_a_read_ends_at_the_terminator_or_times_out(session: pyvisa.Resource) -> None:
    session.write("K1X")
    session.read_termination = "\n"
    assert session.query("U1X") == "42800000000000\r"
    session.read_termination = None
    session.timeout = 500
    with pytest.raises(pyvisa.VisaIOError, match="TMO"):
        session.query("U1X")


def test_instrument_that_is_switched_off_times_out(visa: pyvisa.ResourceManager, parrot: Parrot) -> None:
    instruments = {7: parrot}
    with Vxi11Gateway(instruments) as gateway, visa.open_resource(gateway.address(7)) as resource:
        resource.write("here")
        del instruments[7]
        with pytest.raises(pyvisa.VisaIOError, match="TMO"):
            resource.write("gone")
        instruments[7] = parrot
        resource.write("back")
        assert parrot.heard == [b"here\r\n", b"back\r\n"]


def test_many_rounds_without_a_mistake(session: pyvisa.Resource) -> None:
    session.read_termination = "\r\n"
    for number in range(500):
        session.write(f"R{3 + number % 8}X")
        assert session.read_stb() == 16
        assert session.query("U3X") == f"1E+{3 + number % 8:02d}V/A"
