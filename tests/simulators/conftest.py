"""Instruments without a junction, served on their wires, and clients of them."""

from collections.abc import Iterator

import pytest

from simulators.rig.bench import SimulatedBench
from simulators.rig.clock import FastClock
from simulators.wire.vxi11 import Vxi11Gateway
from tests.support.instruments import daq_client, vxi11_client
from tests.support.instruments.stand_ins import HandClock, quiet_bench


@pytest.fixture
def bench() -> SimulatedBench:
    """On the fast clock."""
    return quiet_bench(FastClock())


@pytest.fixture
def daq(bench: SimulatedBench) -> Iterator[daq_client.Client]:
    with daq_client.serving(bench) as client:
        yield client


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def wall_bench(clock: HandClock) -> SimulatedBench:
    """On a wall clock that the test moves by hand."""
    return quiet_bench(clock)


@pytest.fixture
def wall_daq(wall_bench: SimulatedBench) -> Iterator[daq_client.Client]:
    with daq_client.serving(wall_bench) as client:
        yield client


@pytest.fixture
def parrot() -> vxi11_client.Parrot:
    return vxi11_client.Parrot()


@pytest.fixture
def gateway(parrot: vxi11_client.Parrot) -> Iterator[Vxi11Gateway]:
    with Vxi11Gateway({7: parrot}) as running:
        yield running


@pytest.fixture
def client(gateway: Vxi11Gateway) -> Iterator[vxi11_client.Client]:
    connected = vxi11_client.Client(gateway.port)
    yield connected
    connected.close()
