"""The card without a wire between: the driver must not see a difference."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import numpy as np
import pytest

from drivers.errors import InstrumentLost, NotNow, OutOfRange, ReadTimeout, RigError, SamplesLost
from drivers.ni6281 import NI6281
from drivers.pxi import PXIController
from simulators.daqmx.direct import Refused
from simulators.daqmx.server import DaqServer
from simulators.rig.faults import ConnectionLost, DeviceLost, Overrun, Stall
from tests.support.instruments.loopback import BIAS, INPUTS, RATE_HZ, Z, opened, served


@contextmanager
def opened_directly(server: DaqServer) -> Iterator[NI6281]:
    """Open the card's driver in the process of the simulated card."""
    with (
        PXIController(f"grpc://{server.address}", connect=lambda address: server.direct()) as controller,
        NI6281(controller, "Dev1", INPUTS, (BIAS, Z), RATE_HZ) as card,
    ):
        yield card


def seen_by(card: NI6281) -> dict[str, object]:
    """Drive the outputs in every way, and say what the driver saw."""
    card.to_safe({"z": 0.0})
    card.start_acquisition()
    card.write(bias=0.1, z=3.0)
    first = card.read(40).data
    begun = card.start_ramp({"z": np.linspace(3.0, 2.0, 1000)})
    ramp = card.read(300).data
    generated = card.stop_ramp()
    held = dict(card.held)
    modulated = card.start_modulation({"bias": np.repeat([0.2, 0.0, -0.2, 0.0], 20)})
    waves = card.read(400).data
    card.drop("bias")
    return {
        "samples": np.concatenate([first, ramp, waves, card.read(20).data], axis=1).tolist(),
        "counts": (begun, generated, modulated, card.samples_acquired()),
        "held": (held, dict(card.held)),
        "done": card.to_safe({"z": 0.0}),
        "identity": card.identity,
    }


def test_the_driver_sees_the_same_with_and_without_a_wire() -> None:
    with served() as server, opened(server.port) as card:
        through_the_wire = seen_by(card)
    with served() as server, opened_directly(server) as card:
        assert seen_by(card) == through_the_wire


@pytest.fixture
def server() -> Iterator[DaqServer]:
    with served() as server:
        yield server


@pytest.fixture
def card(server: DaqServer) -> Iterator[NI6281]:
    with opened_directly(server) as card:
        card.to_safe({"z": 0.0})
        card.start_acquisition()
        yield card


def test_a_read_that_runs_out_of_time_gives_what_there_was(server: DaqServer, card: NI6281) -> None:
    server.bench.faults.add(Stall(from_sample=30))

    with pytest.raises(ReadTimeout) as stalled:
        card.read(100, 0.1)

    assert stalled.value.partial.data.shape == (4, 30)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Overrun(), SamplesLost),
        (DeviceLost(), InstrumentLost),
        (ConnectionLost(), InstrumentLost),
    ],
)
def test_faults_have_their_names(
    server: DaqServer, card: NI6281, fault: object, error: type[RigError]
) -> None:
    server.bench.faults.add(fault)  # type: ignore[arg-type]

    with pytest.raises(error):
        card.read(100)

    server.bench.faults.clear()


def test_who_else_holds_the_card_is_told(server: DaqServer, card: NI6281) -> None:
    with opened(server.port) as other:
        other.write(bias=0.1)
        with pytest.raises(NotNow, match="another program"):
            other.start_acquisition()


@pytest.mark.parametrize("wrong", [lambda card: card.write(bias=3.0), lambda card: card.write(y=0.0)])
def test_what_may_not_be_put_out_is_refused(card: NI6281, wrong: Callable[[NI6281], None]) -> None:
    with pytest.raises(OutOfRange):
        wrong(card)


def test_a_deadline_bounds_the_calls_to_a_lost_card(server: DaqServer, card: NI6281) -> None:
    server.bench.faults.add(ConnectionLost())

    with pytest.raises(InstrumentLost):
        card.to_safe({"z": 0.0}, within_s=0.1)

    server.bench.faults.clear()


def test_events_need_a_wire(server: DaqServer) -> None:
    with ExitStack() as stack:
        channel = stack.enter_context(server.direct())
        with pytest.raises(Refused, match="needs a wire"):
            channel.unary_stream("/nidaqmx_grpc.NiDAQmx/RegisterDoneEvent")(None)
