"""The driver on NI-DAQmx of this computer: the library answers as NI's does, where a server would not."""

import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from nidaqmx.errors import DaqWarning

from drivers.errors import InstrumentFault, InstrumentLost, NotFound
from drivers.ni6281 import NI6281
from drivers.pxi import PXIController
from simulators.daqmx.server import DaqServer
from simulators.rig.faults import DeviceLost
from tests.drivers.test_direct import seen_by
from tests.support.instruments.local_daqmx import LocalDaqmx, installed, opened_locally
from tests.support.instruments.loopback import LSB_V, opened, put_out, served
from tests.support.patience import ANSWER_S, free_s


@pytest.fixture
def server() -> Iterator[DaqServer]:
    with served() as server:
        yield server


@pytest.fixture
def library(server: DaqServer) -> Iterator[LocalDaqmx]:
    with installed(server) as library:
        yield library


@pytest.fixture
def card(library: LocalDaqmx) -> Iterator[NI6281]:
    with opened_locally(ANSWER_S) as card:
        card.to_safe({"z": 0.0}, ANSWER_S)
        card.start_acquisition()
        yield card


def test_the_driver_sees_the_same_through_the_library_as_through_a_server() -> None:
    with served() as server, opened(server.port) as card:
        through_the_wire = seen_by(card)
    with served() as server, installed(server), opened_locally(ANSWER_S) as card:
        local = seen_by(card)

    assert local == through_the_wire | {"identity": local["identity"]}
    assert local["identity"].product_type == "PXI-6281"  # type: ignore[attr-defined]


@pytest.mark.parametrize("action", ["ignore", "always", "error"])
def test_a_ramp_is_stopped_whatever_python_does_with_warnings(card: NI6281, action: str) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter(action, DaqWarning)  # type: ignore[arg-type]
        card.start_ramp({"z": np.linspace(0.0, 1.0, 1001)[1:]})
        card.read(301)
        assert card.stop_ramp() in (301, 302)

    assert [w.message.error_code for w in caught] == ([200010] if action == "always" else [])  # type: ignore
    assert card.held["z"] == pytest.approx(0.301, abs=2e-3)


def test_the_driver_itself_silences_the_warning_of_a_stop_and_no_other() -> None:
    told = "import sys, warnings; from nidaqmx.errors import DaqWarning; import drivers.pxi; "
    told += "[warnings.warn(DaqWarning('stopped', int(code))) for code in sys.argv[1:]]"
    command = [sys.executable, "-c", told, "200010", "200015"]  # a traceback may show the program

    said = subprocess.run(command, capture_output=True, text=True, check=True).stderr

    assert "200015" in said
    assert "200010" not in said


@pytest.mark.parametrize("function", ["DAQmxTaskControl", "DAQmxWriteAnalogScalarF64", "DAQmxResetDevice"])
def test_to_safe_ends_in_time_where_the_library_hangs(
    card: NI6281, library: LocalDaqmx, server: DaqServer, function: str
) -> None:
    card.write(bias=0.1, z=3.0)
    library.hanging.add(function)
    if function == "DAQmxResetDevice":
        for session in list(server.card.tasks):
            server.card.clear(session)
    begin = free_s()

    with pytest.raises(InstrumentLost, match="stopped answering"):
        card.to_safe({"z": 0.0}, 0.2)

    assert free_s() - begin < 0.6
    library.hanging.clear()
    library.hang.set()
    card.to_safe({"z": 0.0}, ANSWER_S)
    assert put_out(server) == pytest.approx({"bias": 0.0, "z": 0.0}, abs=LSB_V)


@pytest.mark.parametrize(
    ("function", "call", "says"),
    [
        ("DAQmxTaskControl", lambda card: card.drop("bias"), "abort the waveform: no answer within 1 s"),
        ("DAQmxReadAnalogF64", lambda card: card.read(10, 0.3), "read the inputs: no answer within 1.3 s"),
    ],
)
def test_every_call_of_the_library_has_a_time_limit_beyond_its_own_timeout(
    card: NI6281, library: LocalDaqmx, function: str, call: Callable[[NI6281], object], says: str
) -> None:
    card.controller._library._answer_s = 1.0
    library.hanging.add(function)

    with pytest.raises(InstrumentLost, match=says):
        call(card)
    library.hanging.clear()


def test_a_library_that_hangs_is_told_from_one_that_is_not_installed(library: LocalDaqmx) -> None:
    library.hanging.add("DAQmxGetSystemInfoAttribute")

    with pytest.raises(NotFound, match="NI-DAQmx of this computer does not answer"):
        PXIController("local", 0.2)


def test_a_library_that_is_too_old_is_told(library: LocalDaqmx) -> None:
    with opened_locally(ANSWER_S) as card:
        library.missing.add("DAQmxWriteAnalogScalarF64")
        with pytest.raises(InstrumentFault, match=r"too old.*DAQmxWriteAnalogScalarF64"):
            card.write(bias=0.1)


def test_a_lost_card_is_lost(card: NI6281, server: DaqServer) -> None:
    server.bench.faults.add(DeviceLost())

    with pytest.raises(InstrumentLost, match="-201003"):
        card.read(10)
    server.bench.faults.clear()


def test_threads_of_the_library_end_with_the_connection(library: LocalDaqmx) -> None:
    with opened_locally(ANSWER_S) as card:
        card.to_safe({"z": 0.0}, ANSWER_S)
        working = {thread for thread in threading.enumerate() if thread.name == "NI-DAQmx"}
        assert working

    for thread in working:
        thread.join(ANSWER_S)
        assert not thread.is_alive()
