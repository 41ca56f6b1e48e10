"""GPIB instrument without a wire, for a client in the same process."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from simulators.wire.vxi11 import GpibInstrument


class DirectInstrument:
    """Access to one instrument at its primary address, without the gateway's link.

    Parameters
    ----------
    instruments : mapping of int to GpibInstrument
        Instruments by primary address, without those switched off.
    primary : int
    lock : context manager
        Held while the instrument is used.
    catch_up : callable
        Called before it is used, under the lock.
    """

    def __init__(
        self,
        instruments: Mapping[int, GpibInstrument],
        primary: int,
        lock: AbstractContextManager[object],
        catch_up: Callable[[], None],
    ) -> None:
        self._instruments = instruments
        self._primary = primary
        self._lock = lock
        self._catch_up = catch_up

    def write(self, data: bytes) -> None:
        """Send bytes to the instrument."""
        with self._lock:
            self._present().receive(data)

    def read(self) -> bytes:
        """Return the instrument's reply."""
        with self._lock:
            return self._present().send()

    def poll(self) -> int:
        """Return the instrument's status byte."""
        with self._lock:
            return self._present().serial_poll()

    def clear(self) -> None:
        """Send a selected device clear."""
        with self._lock:
            self._present().device_clear()

    def _present(self) -> GpibInstrument:
        self._catch_up()
        instrument = self._instruments.get(self._primary)
        if instrument is None:
            raise TimeoutError("the simulated instrument is silent")
        return instrument
