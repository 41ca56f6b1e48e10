"""A VISA instrument that needs no wire: one in the same process, such as a simulated one."""

from typing import Protocol

from pymeasure.adapters import Adapter


class Talker(Protocol):
    """Interface of an instrument on a bus. Raises ``TimeoutError`` if it does not answer."""

    def write(self, data: bytes) -> None:
        """Send it bytes."""

    def read(self) -> bytes:
        """Take its reply; empty where it has nothing to say."""

    def poll(self) -> int:
        """Get its status byte."""

    def clear(self) -> None:
        """Send a selected device clear."""


class _Connection:
    """Queries of a VISA resource that a driver uses."""

    def __init__(self, instrument: Talker) -> None:
        self.read_stb = instrument.poll
        self.clear = instrument.clear

    def close(self) -> None:
        """Leave the instrument as it is."""


class DirectAdapter(Adapter):
    """PyMeasure's way to such an instrument: each write and read is a call.

    Raises ``TimeoutError`` where the instrument is silent or has nothing to say.
    """

    def __init__(self, instrument: Talker) -> None:
        super().__init__()
        self.connection = _Connection(instrument)
        self._instrument = instrument

    def _write(self, command: str, **kwargs: object) -> None:
        self._instrument.write(command.encode("ascii"))

    def _read(self, **kwargs: object) -> str:
        reply = self._instrument.read().decode("ascii")
        if not reply:
            raise TimeoutError("no reply")
        return reply
