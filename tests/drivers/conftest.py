"""Instruments on their wires, for the tests of their drivers."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from drivers.ni6281 import NI6281
from simulators.daqmx.server import DaqServer
from tests.support.instruments.loopback import opened, served


@pytest.fixture
def server() -> Iterator[DaqServer]:
    with served() as server:
        yield server


@pytest.fixture
def card(server: DaqServer) -> Iterator[NI6281]:
    """The card, reading, with 0.1 V bias and z at 3 V."""
    with opened(server.port) as card:
        card.write(bias=0.1, z=3.0)
        card.start_acquisition()
        yield card


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Stack whose contents are closed after the test."""
    with ExitStack() as stack:
        yield stack
