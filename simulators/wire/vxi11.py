"""LAN/GPIB gateway: instruments at their GPIB addresses, served over VXI-11 (TCP/IP Instrument Protocol).

Unmodified pyvisa reaches them, without a port mapper, as ``TCPIP0::HOST,PORT::gpib0,22::INSTR``.
"""

import contextlib
import itertools
import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from simulators.wire.device_locks import DeviceError, DeviceLocks
from simulators.wire.lifecycle import Serving
from simulators.wire.onc_rpc import XdrReader, pack_opaque, pack_uints, serve
from simulators.wire.tcp import TcpService

CORE_PROGRAM, ABORT_PROGRAM, VERSION = 0x0607AF, 0x0607B0, 1

NO_ERROR, NOT_ACCESSIBLE, INVALID_LINK, NOT_SUPPORTED, OUT_OF_RESOURCES, IO_TIMEOUT = 0, 3, 4, 8, 9, 15
WAIT_FOR_LOCK, TERMINATOR_GIVEN = 1, 128
COUNT_REACHED, TERMINATOR_SEEN, END_SEEN = 1, 2, 4

LONGEST_WRITE = 16384
MOST_LINKS = 256


class GpibInstrument(Protocol):
    """Interface of an instrument on a GPIB bus."""

    @property
    def eoi(self) -> bool:
        """True if the last byte of a reply comes with END."""

    def receive(self, data: bytes) -> None:
        """Receive bytes."""

    def send(self) -> bytes:
        """Return one reply when addressed to talk; empty if there is none."""

    def serial_poll(self) -> int:
        """Return the status byte."""

    def device_clear(self) -> None:
        """Execute a selected device clear."""


class Vxi11Gateway(Serving):
    """Server of instruments at their primary addresses on bus ``gpib0``, for several clients at once.

    A link to an instrument that is no longer in ``instruments`` times out at once, like one that is switched off.
    Interrupts (service requests) and bus commands (docmd) are answered "not supported"; clients poll for service
    requests.

    Parameters
    ----------
    instruments : mapping of int to GpibInstrument
        Instruments by primary address. The mapping may change while the gateway runs.
    host : str
        Address to listen on.
    port : int
        0 for any free port.
    lock : lock, optional
        Held while an instrument is used.
    catch_up : callable, optional
        Called before an instrument is used, under the lock.
    """

    def __init__(
        self,
        instruments: Mapping[int, GpibInstrument],
        host: str = "127.0.0.1",
        port: int = 0,
        lock: contextlib.AbstractContextManager[object] | None = None,
        catch_up: Callable[[], None] | None = None,
    ) -> None:
        self.instruments = instruments
        self.lock = lock or threading.RLock()
        self.catch_up = catch_up
        self.unread: dict[int, bytes] = {}
        self.link_numbers = itertools.count(1)
        self.links: dict[int, int] = {}
        self.locks = DeviceLocks()
        self._core = TcpService(self._serve_core, host, port)
        self._abort = TcpService(self._serve_abort, host)

    @property
    def port(self) -> int:
        """Port of the core channel."""
        return self._core.port

    @property
    def abort_port(self) -> int:
        """Port of the abort channel."""
        return self._abort.port

    def address(self, primary: int) -> str:
        """Return the VISA resource name of the instrument at a primary address."""
        return f"TCPIP0::{self._core.host},{self.port}::gpib0,{primary}::INSTR"

    def start(self) -> None:
        """Start to serve. Raises ``OSError`` if the port is in use."""
        self.locks = DeviceLocks()
        self._abort.start()
        try:
            self._core.start()
        except OSError:
            self._abort.stop()
            raise

    def stop(self) -> None:
        """Break all connections and end all threads."""
        self.locks.close()
        self._core.stop()
        self._abort.stop()

    def drop_clients(self) -> None:
        """Break all connections, but continue to accept new ones."""
        self.locks.close()
        self._core.drop_clients()
        self.locks = DeviceLocks()

    def _serve_core(self, connection: socket.socket) -> None:
        channel = CoreChannel(self)
        try:
            serve(connection, CORE_PROGRAM, VERSION, channel.procedures)
        finally:
            channel.close()

    def _serve_abort(self, connection: socket.socket) -> None:
        serve(connection, ABORT_PROGRAM, VERSION, {1: self._device_abort})

    def _device_abort(self, arguments: XdrReader) -> bytes:
        link = arguments.uint()
        self.locks.abort(link)
        return pack_uints(NO_ERROR if link in self.links else INVALID_LINK)


class CoreChannel:
    """Core channel of one client, with the links that it created; they end with it."""

    def __init__(self, gateway: Vxi11Gateway) -> None:
        self._gateway = gateway
        self._mine: set[int] = set()
        nothing, number, data = b"", pack_uints(0), pack_opaque(b"")
        self.procedures = {
            10: self._failing_with(pack_uints(0, 0, 0), self._create_link),
            11: self._failing_with(number, self._device_write),
            12: self._failing_with(number + data, self._device_read),
            13: self._failing_with(number, self._device_readstb),
            14: self._failing_with(nothing, self._device_address),  # trigger
            15: self._failing_with(nothing, self._device_clear),
            16: self._failing_with(nothing, self._device_address),  # remote
            17: self._failing_with(nothing, self._device_address),  # local
            18: self._failing_with(nothing, self._device_lock),
            19: self._failing_with(nothing, self._device_unlock),
            20: self._failing_with(nothing, self._not_supported),  # enable_srq
            22: self._failing_with(data, self._not_supported),  # docmd
            23: self._failing_with(nothing, self._destroy_link),
            25: self._failing_with(nothing, self._not_supported),  # create_intr_chan
            26: self._failing_with(nothing, self._not_supported),  # destroy_intr_chan
        }

    def close(self) -> None:
        """Destroy the links."""
        for link in self._mine:
            del self._gateway.links[link]
            self._gateway.locks.forget(link)
        self._mine.clear()

    @staticmethod
    def _failing_with(
        results: bytes, procedure: Callable[[XdrReader], bytes]
    ) -> Callable[[XdrReader], bytes]:
        """Return the procedure with the error code before its results; ``results`` are placeholders after an error."""

        def answered(arguments: XdrReader) -> bytes:
            try:
                return pack_uints(NO_ERROR) + procedure(arguments)
            except DeviceError as error:
                return pack_uints(error.code) + results

        return answered

    # --- links and locks

    def _create_link(self, arguments: XdrReader) -> bytes:
        _client, lock_device, lock_timeout_ms = arguments.uint(), arguments.uint(), arguments.uint()
        name = re.fullmatch(rb"gpib0,([0-9]{1,2})", arguments.opaque(), re.IGNORECASE)
        gateway = self._gateway
        if name is None or int(name[1]) not in gateway.instruments:
            raise DeviceError(NOT_ACCESSIBLE)
        if len(gateway.links) >= MOST_LINKS:
            raise DeviceError(OUT_OF_RESOURCES)
        primary, link = int(name[1]), next(gateway.link_numbers)
        if lock_device:
            gateway.locks.acquire(primary, link, lock_timeout_ms / 1000)
        gateway.links[link] = primary
        self._mine.add(link)
        return pack_uints(link, gateway.abort_port, LONGEST_WRITE)

    def _destroy_link(self, arguments: XdrReader) -> bytes:
        link = arguments.uint()
        if link not in self._mine:
            raise DeviceError(INVALID_LINK)
        self._mine.remove(link)
        del self._gateway.links[link]
        self._gateway.locks.forget(link)
        return b""

    def _device_lock(self, arguments: XdrReader) -> bytes:
        link, flags, lock_timeout_ms = arguments.uint(), arguments.uint(), arguments.uint()
        wait_s = lock_timeout_ms / 1000 if flags & WAIT_FOR_LOCK else 0.0
        self._gateway.locks.acquire(self._primary(link), link, wait_s)
        return b""

    def _device_unlock(self, arguments: XdrReader) -> bytes:
        link = arguments.uint()
        self._gateway.locks.release(self._primary(link), link)
        return b""

    def _primary(self, link: int) -> int:
        if link not in self._mine:
            raise DeviceError(INVALID_LINK)
        return self._gateway.links[link]

    @contextlib.contextmanager
    def _instrument(self, link: int, flags: int, lock_timeout_ms: int) -> Iterator[GpibInstrument]:
        """Provide the link's instrument, caught up with the bench, under the bench's lock."""
        gateway, primary = self._gateway, self._primary(link)
        gateway.locks.check(primary, link, lock_timeout_ms / 1000 if flags & WAIT_FOR_LOCK else 0.0)
        with gateway.lock:
            if gateway.catch_up is not None:
                gateway.catch_up()
            instrument = gateway.instruments.get(primary)
            if instrument is None:
                raise DeviceError(IO_TIMEOUT)
            yield instrument

    # --- the instrument

    def _device_write(self, arguments: XdrReader) -> bytes:
        link, _io_timeout, lock_timeout_ms, flags = (arguments.uint() for _ in range(4))
        data = arguments.opaque()
        with self._instrument(link, flags, lock_timeout_ms) as instrument:
            self._gateway.unread.pop(self._primary(link), None)
            instrument.receive(data)
        return pack_uints(len(data))

    def _device_read(self, arguments: XdrReader) -> bytes:
        link, size, _io_timeout, lock_timeout_ms, flags, terminator = (arguments.uint() for _ in range(6))
        with self._instrument(link, flags, lock_timeout_ms) as instrument:
            primary = self._primary(link)
            reply = self._gateway.unread.pop(primary, b"") or (instrument.send() if size else b"")
            data = reply[:size]
            reason = 0
            if flags & TERMINATOR_GIVEN and (end := data.find(terminator & 0xFF) + 1):
                data, reason = data[:end], TERMINATOR_SEEN
            rest = reply[len(data) :]
            if rest:
                self._gateway.unread[primary] = rest
            elif reply and instrument.eoi:
                reason |= END_SEEN
            if len(data) == size:
                reason |= COUNT_REACHED
        if not reason:
            raise DeviceError(IO_TIMEOUT)
        return pack_uints(reason) + pack_opaque(data)

    def _device_readstb(self, arguments: XdrReader) -> bytes:
        link, flags, lock_timeout_ms, _io_timeout = (arguments.uint() for _ in range(4))
        with self._instrument(link, flags, lock_timeout_ms) as instrument:
            return pack_uints(instrument.serial_poll())

    def _device_clear(self, arguments: XdrReader) -> bytes:
        link, flags, lock_timeout_ms, _io_timeout = (arguments.uint() for _ in range(4))
        with self._instrument(link, flags, lock_timeout_ms) as instrument:
            self._gateway.unread.pop(self._primary(link), None)
            instrument.device_clear()
        return b""

    def _device_address(self, arguments: XdrReader) -> bytes:
        """Answer trigger, remote or local, which have no effect on the instrument."""
        link, flags, lock_timeout_ms, _io_timeout = (arguments.uint() for _ in range(4))
        with self._instrument(link, flags, lock_timeout_ms):
            return b""

    def _not_supported(self, arguments: XdrReader) -> bytes:
        raise DeviceError(NOT_SUPPORTED)
