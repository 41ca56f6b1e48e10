"""Complete simulated rig: one bench, and its three wires as in a laboratory."""

import contextlib
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Literal

from simulators.daqmx.direct import DirectChannel
from simulators.daqmx.server import DaqServer
from simulators.parameters import Parameters
from simulators.rig.bench import SimulatedBench
from simulators.rig.clock import Clock, FastClock, WallClock
from simulators.rig.faults import Faults
from simulators.rig.signal_chain import STANDARD, AmplifierModels, Chain
from simulators.wire.direct_instrument import DirectInstrument
from simulators.wire.lifecycle import Serving
from simulators.wire.serial_line import SerialLine
from simulators.wire.vxi11 import GpibInstrument, Vxi11Gateway

ROLES = ("current_amplifier", "voltage_preamplifier")


class SwitchedOff(Mapping[int, GpibInstrument]):
    """Instruments by GPIB address, except those silenced by a fault."""

    def __init__(self, bench: SimulatedBench, instruments: Mapping[int, tuple[str, GpibInstrument]]) -> None:
        self._bench = bench
        self._instruments = instruments

    def __getitem__(self, primary: int) -> GpibInstrument:
        name, instrument = self._instruments[primary]
        if self._bench.faults.silent(name, self._bench.acquired):
            raise KeyError(primary)
        return instrument

    def __iter__(self) -> Iterator[int]:
        return (primary for primary in self._instruments if primary in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class SimulatedRig(Serving):
    """Rig that serves its instruments on their wires during its ``with`` block.

    Parameters
    ----------
    parameters : Parameters
        Parameters of all parts.
    seed : int
        Seed of all randomness: the same seed and calls give the same samples (on the fast clock, byte for byte).
    clock : "fast", "wall" or Clock
        Clock of the rig.
    host : str
        Address to which all wires bind.
    chain : Chain, optional
        Signal chain between the card's outputs and inputs, in place of the simulated junction and its amplifiers,
        such as a recording to play back. It also has a ``current_amplifier`` and a ``voltage_preamplifier`` for the
        wires.
    models : AmplifierModels
        Simulated amplifiers.

    Attributes
    ----------
    bench : SimulatedBench
        Gives tests access to the world itself: ``bench.world.truth``, ``bench.outputs``.
    """

    def __init__(
        self,
        parameters: Parameters,
        seed: int,
        clock: Literal["fast", "wall"] | Clock = "wall",
        host: str = "127.0.0.1",
        chain: Chain | None = None,
        models: AmplifierModels = STANDARD,
    ) -> None:
        self.bench = SimulatedBench(parameters, seed, _clock(clock), chain, models)
        bench = self.bench
        self._amplifiers = {role: getattr(bench.chain, role) for role in ROLES}
        gpib = {
            bench.parameters.gpib_address + place: (role, amplifier)
            for place, (role, amplifier) in enumerate(self._amplifiers.items())
            if amplifier.wire == "gpib"
        }
        self._primary = {role: primary for primary, (role, _) in gpib.items()}
        self._daq = DaqServer(bench, host)
        self._gpib = SwitchedOff(bench, gpib)
        self._gateway = Vxi11Gateway(self._gpib, host, lock=bench.lock, catch_up=bench.catch_up)
        self._lines = {
            role: SerialLine(partial(self._on_line, role), lock=bench.lock, catch_up=bench.catch_up)
            for role, amplifier in self._amplifiers.items()
            if amplifier.wire == "serial"
        }
        self._open = contextlib.ExitStack()

    @property
    def faults(self) -> Faults:
        """Injected faults."""
        return self.bench.faults

    @property
    def addresses(self) -> dict[str, str]:
        """Addresses of the card, "daq", and of each amplifier that has a wire; available in the ``with`` block."""
        gpib = {role: self._gateway.address(primary) for role, primary in self._primary.items()}
        serial = {role: line.address for role, line in self._lines.items()}
        return {"daq": self._daq.address, **gpib, **serial}

    def direct_daq(self) -> DirectChannel:
        """Return a channel to the card for a client in this process, beside the wire for all others."""
        return self._daq.direct()

    @property
    def amplifier_on_gpib(self) -> bool:
        """True if the current amplifier is a GPIB instrument."""
        return "current_amplifier" in self._primary

    def direct_amplifier(self) -> DirectInstrument:
        """Return the current amplifier as a GPIB instrument for a client in this process."""
        bench = self.bench
        return DirectInstrument(self._gpib, self._primary["current_amplifier"], bench.lock, bench.catch_up)

    def start(self) -> None:
        """Open all wires. Raises ``OSError`` if one can't be opened; none is open then."""
        with contextlib.ExitStack() as opened:
            opened.callback(self.bench.close)
            for wire in (self._daq, self._gateway, *self._lines.values()):
                opened.enter_context(wire)
            for line in self._lines.values():
                self.bench.listeners.append(line.drain)
                opened.callback(self.bench.listeners.remove, line.drain)
            self._open = opened.pop_all()

    def stop(self) -> None:
        """Close the wires and end every thread."""
        self._open.close()

    def _on_line(self, role: str, data: bytes) -> None:
        self.bench.settle()
        if not self.faults.silent(role, self.bench.acquired):
            self._amplifiers[role].receive(data)


def _clock(kind: Literal["fast", "wall"] | Clock) -> Clock:
    if kind == "fast":
        return FastClock()
    return WallClock() if kind == "wall" else kind
