import socket
import time
from ctypes.util import find_library

import grpc
import pytest
from nidaqmx.errors import DaqError, RpcError

from drivers.errors import InstrumentFault, InstrumentLost, NotFound, NotNow, OutOfRange
from drivers.pxi import PXIController, translated
from simulators.rig.faults import DeviceLost
from tests.support.instruments.cable import Cable
from tests.support.instruments.loopback import served
from tests.support.patience import ANSWER_S, free_s


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
    begin = free_s()

    with pytest.raises(
        NotFound, match=f"Nothing answers at grpc://127.0.0.1:{port}.*Check that the controller is on"
    ):
        PXIController(f"grpc://127.0.0.1:{port}")

    assert free_s() - begin < 2.5


def test_a_port_that_never_answers_is_not_found_within_two_seconds() -> None:
    with Cable(None) as nowhere:
        begin = free_s()
        with pytest.raises(NotFound):
            PXIController(f"grpc://127.0.0.1:{nowhere.port}")

        assert free_s() - begin < 2.5


@pytest.mark.skipif(find_library("nidaqmx") or find_library("nicaiu"), reason="NI-DAQmx is installed here")
def test_a_computer_without_ni_daqmx_is_told_what_to_do() -> None:
    with pytest.raises(NotFound, match=r"not installed.*grpc://HOST:PORT"):
        PXIController("local")


def test_the_controller_says_who_it_is_and_what_it_has() -> None:
    with served() as server, PXIController(f"grpc://127.0.0.1:{server.port}", ANSWER_S) as controller:
        identity = controller.identity

    assert identity.address == f"grpc://127.0.0.1:{server.port}"
    assert identity.driver_version == "25.5.0"
    assert [(device.name, device.product_type) for device in identity.devices] == [("Dev1", "PXI-6281")]


def test_a_card_is_found_by_its_type() -> None:
    with served() as server, PXIController(f"grpc://127.0.0.1:{server.port}", ANSWER_S) as controller:
        assert controller.find("6281").name == "Dev1"
        with pytest.raises(NotFound, match=r"no device of type 6363; it has Dev1 \(PXI-6281\)"):
            controller.find("6363")
        with pytest.raises(NotFound, match=r"no device 'Dev2'; it has Dev1"):
            controller.device("Dev2")


def test_a_reset_powers_the_card_up_again() -> None:
    with served() as server, PXIController(f"grpc://127.0.0.1:{server.port}", ANSWER_S) as controller:
        server.bench.hold("bias", 1.0)

        controller.reset("Dev1")

        assert dict(server.bench.outputs) == {"bias": 0.0, "z": 0.0}
        with pytest.raises(NotFound, match="-200220"):
            controller.reset("Dev9")


def test_a_self_test_passes_on_a_card_that_is_there_only() -> None:
    with served() as server, PXIController(f"grpc://127.0.0.1:{server.port}", ANSWER_S) as controller:
        controller.self_test("Dev1")
        server.bench.faults.add(DeviceLost())
        with pytest.raises(InstrumentLost, match="-201003"):
            controller.self_test("Dev1")


def test_calls_inside_a_deadline_end_with_it_and_an_inner_one_never_exceeds_it() -> None:
    with (
        served() as server,
        Cable(server.port) as cable,
        PXIController(f"grpc://127.0.0.1:{cable.port}", ANSWER_S) as controller,
    ):
        cable.hold()
        began_s, begin = time.monotonic(), free_s()
        with pytest.raises(InstrumentLost), controller.deadline(0.2), controller.deadline(5.0):
            controller.reset("Dev1")

        assert time.monotonic() - began_s >= 0.2
        assert free_s() - begin < 0.4


@pytest.mark.parametrize(
    ("status", "becomes", "says"),
    [
        (grpc.StatusCode.UNAVAILABLE, InstrumentLost, "start the ramp: nothing answers at its address"),
        (grpc.StatusCode.DEADLINE_EXCEEDED, InstrumentLost, "start the ramp: no answer in time"),
        (grpc.StatusCode.UNIMPLEMENTED, InstrumentFault, "start the ramp"),
        (grpc.StatusCode.UNKNOWN, InstrumentFault, "start the ramp"),
    ],
)
def test_a_server_that_refuses_is_told_from_one_that_is_not_there(
    status: grpc.StatusCode, becomes: type[Exception], says: str
) -> None:
    with pytest.raises(becomes, match=says), translated("start the ramp"):
        raise RpcError(status, "said so")


@pytest.mark.parametrize(
    ("code", "becomes", "says"),
    [
        (-201003, InstrumentLost, "does not respond"),
        (-200175, InstrumentLost, "does not respond"),
        (-200324, InstrumentLost, "does not respond"),
        (-89130, InstrumentLost, "does not respond"),
        (-200834, InstrumentFault, "the card was reset, by another program"),
        (-200983, InstrumentFault, "the card was reset, by another program"),
        (-200220, NotFound, "-200220"),
        (-50103, NotNow, "another program uses the card; end it there"),
        (-200077, OutOfRange, "-200077"),
        (-200621, InstrumentFault, "-200621"),
    ],
)
def test_what_ni_daqmx_says_becomes_the_rig_s_own_error(
    code: int, becomes: type[Exception], says: str
) -> None:
    with pytest.raises(becomes, match=says), translated("start the ramp"):
        raise DaqError("", code)
