import socket
import time
from ctypes.util import find_library

import pytest

from drivers.errors import NotFound, OutOfRange
from drivers.pxi import PXIController
from tests.drivers.cable import Cable


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1:31763", "tcp://host:1", "grpc://", "grpc://:5", "grpc://host:port", "grpc://host:99999"],
)
def test_an_address_of_no_known_form_is_refused(address: str) -> None:
    with pytest.raises(OutOfRange, match="grpc://HOST:PORT"):
        PXIController(address)


def test_a_closed_port_is_not_found_within_two_seconds_with_advice() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    begin = time.monotonic()

    with pytest.raises(NotFound, match=f"Nothing answers at grpc://127.0.0.1:{port}.*Is the controller on"):
        PXIController(f"grpc://127.0.0.1:{port}")

    assert time.monotonic() - begin < 2.5


def test_a_port_that_never_answers_is_not_found_within_two_seconds() -> None:
    with Cable(None) as nowhere:
        begin = time.monotonic()
        with pytest.raises(NotFound):
            PXIController(f"grpc://127.0.0.1:{nowhere.port}")

        assert time.monotonic() - begin < 2.5


@pytest.mark.skipif(find_library("nidaqmx") or find_library("nicaiu"), reason="NI-DAQmx is installed here")
def test_a_computer_without_ni_daqmx_is_told_what_to_do() -> None:
    with pytest.raises(NotFound, match=r"not installed.*grpc://HOST:PORT"):
        PXIController("local")
