"""A card on the wire whose inputs show its own outputs: what a driver's tests need of the simulated rig."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np

from drivers.ni6281 import NI6281, AnalogInput, AnalogOutput
from drivers.pxi import PXIController
from simulators.daqmx.server import DaqServer
from simulators.parameters import load_parameters
from simulators.rig.bench import SimulatedBench
from simulators.rig.clock import Clock, FastClock
from simulators.rig.signal_chain import FloatArray
from tests.support.patience import ANSWER_S

INPUTS = (
    AnalogInput("current", "ai0"),
    AnalogInput("thermocouple", "ai1"),
    AnalogInput("bias", "ai2"),
    AnalogInput("z", "ai3"),
)
BIAS, Z = AnalogOutput("bias", "ao0", -2.0, 2.0), AnalogOutput("z", "ao1", 0.0, 10.0)
RATE_HZ = 2000.0
LSB_V = 10 / 2**15
NOISE_V = 3e-3
"""Largest effect of the card's noise and crosstalk on a loop-back on the 10 V range."""


class Loopback:
    """The current input shows half the bias; the loop-backs show the outputs."""

    world = None

    def advance(
        self,
        bias_V: FloatArray,
        z_V: FloatArray,
        dt: float,
        added_current_A: float,
        at_s: Mapping[str, float],
    ) -> Mapping[str, FloatArray]:
        return {"current": bias_V / 2, "thermocouple": np.zeros_like(bias_V), "bias": bias_V, "z": z_V}


@contextmanager
def served(clock: Clock | None = None, **overrides: object) -> Iterator[DaqServer]:
    """Serve such a card, with other parameters of the card by name."""
    parameters = load_parameters(overrides={f"ni6281.{name}": value for name, value in overrides.items()})
    bench = SimulatedBench(parameters, 1, clock or FastClock(), chain=Loopback())
    with DaqServer(bench) as server:
        yield server


@contextmanager
def opened(port: int, **changes: object) -> Iterator[NI6281]:
    """Open the card's driver on a port of this computer."""
    with PXIController(f"grpc://127.0.0.1:{port}", ANSWER_S) as controller:
        arguments = {"inputs": INPUTS, "outputs": (BIAS, Z), "rate_Hz": RATE_HZ, **changes}
        with NI6281(controller, "Dev1", **arguments) as card:  # type: ignore[arg-type]
            yield card


def put_out(server: DaqServer) -> dict[str, float]:
    """Get what stands at the card's output terminals, in volts."""
    return dict(server.bench.outputs)
