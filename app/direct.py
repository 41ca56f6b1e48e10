"""Ways to the instruments of a simulated rig that is served from this process: straight, by no wire."""

from typing import TYPE_CHECKING

from pymeasure.adapters import Adapter

from app.station import Wires

if TYPE_CHECKING:
    from simulators.direct_instrument import DirectInstrument
    from simulators.rig import SimulatedRig


def direct_wires(rig: "SimulatedRig") -> Wires:
    """Return the ways to the card and to the current amplifier. Those by address stay open beside them."""
    return Wires(lambda address: rig.direct_daq(), lambda address: DirectAdapter(rig.direct_amplifier()))


class _Connection:
    """What a driver sets and asks of a VISA resource."""

    def __init__(self, instrument: "DirectInstrument") -> None:
        self.write_termination = ""
        self.read_termination = ""
        self.read_stb = instrument.poll
        self.clear = instrument.clear

    def close(self) -> None:
        """Leave the instrument as it is."""


class DirectAdapter(Adapter):
    """PyMeasure's way to an instrument that needs none: each write and read is a call.

    Raises ``TimeoutError`` where it is silent or has nothing to say.
    """

    def __init__(self, instrument: "DirectInstrument") -> None:
        super().__init__()
        self.connection = _Connection(instrument)
        self._instrument = instrument

    def _write(self, command: str, **kwargs: object) -> None:
        self._instrument.write((command + self.connection.write_termination).encode("ascii"))

    def _read(self, **kwargs: object) -> str:
        reply = self._instrument.read().decode("ascii")
        if not reply:
            raise TimeoutError("no reply")
        return reply.removesuffix(self.connection.read_termination)
