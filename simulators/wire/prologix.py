"""Prologix GPIB-ETHERNET controller: lines of text to its commands (``++``) or to a GPIB instrument.

Source: Prologix, "GPIB-ETHERNET Controller User Manual". An AR488 obeys the same commands.
"""

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Mapping

from simulators.wire.lifecycle import Serving
from simulators.wire.tcp import TcpService
from simulators.wire.vxi11 import GpibInstrument

ENDS = (b"\r\n", b"\r", b"\n", b"")
"""Characters that ``++eos`` 0 to 3 appends to data for an instrument."""

LONGEST = 4096
SETTINGS = {"addr": 0, "auto": 0, "eoi": 1, "eos": 0, "mode": 1, "read_tmo_ms": 200}
VERSION = b"Prologix GPIB-ETHERNET Controller version 01.06.06.00\r\n"

_LINE = re.compile(rb"((?:\x1b.|[^\x1b\r\n])*)\r?\n", re.DOTALL)
_ESCAPED = re.compile(rb"\x1b(.)", re.DOTALL)


class PrologixController(Serving):
    """Controller on a TCP port, which several clients may use in turn.

    Parameters
    ----------
    instruments : mapping of int to GpibInstrument
        Instruments by primary address.
    lock : context manager, optional
        Held while an instrument is used.
    catch_up : callable, optional
        Called before an instrument is used, under the lock.

    Attributes
    ----------
    settings : dict
        Present values of its commands ("addr", "eos").
    """

    def __init__(
        self,
        instruments: Mapping[int, GpibInstrument],
        lock: contextlib.AbstractContextManager[object] | None = None,
        catch_up: Callable[[], None] = lambda: None,
    ) -> None:
        self.settings = dict(SETTINGS)
        self._instruments = instruments
        self._lock = lock or threading.RLock()
        self._catch_up = catch_up
        self._service = TcpService(self._serve)

    @property
    def address(self) -> str:
        """VISA resource name of the controller; available after ``start``."""
        return f"TCPIP0::{self._service.host}::{self._service.port}::SOCKET"

    def start(self) -> None:
        """Listen on a free port."""
        self._service.start()

    def stop(self) -> None:
        """Break the connections."""
        self._service.stop()

    def _serve(self, connection: socket.socket) -> None:
        waiting = b""
        while data := connection.recv(LONGEST):
            waiting += data
            while line := _LINE.match(waiting):
                waiting = waiting[line.end() :]
                with self._lock:
                    self._catch_up()
                    reply = self._obey(line[1])
                if reply:
                    connection.sendall(reply)

    def _obey(self, line: bytes) -> bytes:
        """Execute one line; return what the client reads."""
        if line.startswith(b"++"):
            name, *options = line[2:].decode("latin-1").split()
            return self._command(name, options)
        if instrument := self._instruments.get(self.settings["addr"]):
            instrument.receive(_ESCAPED.sub(rb"\1", line) + ENDS[self.settings["eos"]])
            return instrument.send() if self.settings["auto"] else b""
        return b""

    def _command(self, name: str, options: list[str]) -> bytes:
        at = int(options[0]) if options and options[0].isdecimal() else self.settings["addr"]
        instrument = self._instruments.get(at)
        match name:
            case "ver":
                return VERSION
            case _ if name in SETTINGS:
                if not options:
                    return f"{self.settings[name]}\r\n".encode()
                self.settings[name] = int(options[0])
                return b""
            case "read":
                return instrument.send() if instrument else b""
            case "spoll":
                return f"{instrument.serial_poll()}\r\n".encode() if instrument else b""
            case "clr":
                if instrument:
                    instrument.device_clear()
                return b""
            case "savecfg" | "ifc" | "loc":
                return b""
        return b"Unrecognized command\r\n"
