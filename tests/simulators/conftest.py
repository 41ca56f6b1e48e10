"""Benches with a resistor for a junction, and the unmodified nidaqmx package as their client."""

from collections.abc import Iterator

import pytest

from simulators.bench import SimulatedBench
from simulators.clock import FastClock
from tests.simulators.daq_client import Client, serving
from tests.simulators.stand_ins import HandClock, quiet_bench


@pytest.fixture
def bench() -> SimulatedBench:
    """On the fast clock."""
    return quiet_bench(FastClock())


@pytest.fixture
def daq(bench: SimulatedBench) -> Iterator[Client]:
    with serving(bench) as client:
        yield client


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def wall_bench(clock: HandClock) -> SimulatedBench:
    """On a wall clock that the test moves by hand."""
    return quiet_bench(clock)


@pytest.fixture
def wall_daq(wall_bench: SimulatedBench) -> Iterator[Client]:
    with serving(wall_bench) as client:
        yield client
