"""Listen-only serial line: a pseudo-terminal, or a TCP socket on systems without one.

Bytes are delivered under the bench's lock. ``drain`` delivers at once all bytes that clients have written; the bench
calls it before time advances, so that on the fast clock a command is never late.
"""

import contextlib
import os
import select
import socket
import threading
from abc import abstractmethod
from collections.abc import Callable

from simulators.wire.lifecycle import Serving
from simulators.wire.tcp import TcpService

try:
    import termios
    import tty
except ImportError:  # a system without pseudo-terminals
    HAS_TERMINALS = False
else:
    HAS_TERMINALS = hasattr(os, "openpty")

CHUNK = 4096


class ListenOnlyLine(Serving):
    """Base of both kinds of line.

    Parameters
    ----------
    receive : callable
        Gets the bytes.
    lock : lock, optional
        Held while ``receive`` runs.
    catch_up : callable, optional
        Called under the lock before ``receive``, except from ``drain``. It may call ``drain``.
    """

    def __init__(
        self,
        receive: Callable[[bytes], None],
        lock: contextlib.AbstractContextManager[object] | None = None,
        catch_up: Callable[[], None] | None = None,
    ) -> None:
        self._receive = receive
        self._lock = lock or threading.RLock()
        self._catch_up = catch_up

    @property
    @abstractmethod
    def address(self) -> str:
        """VISA resource name; available after ``start``."""

    @abstractmethod
    def start(self) -> None:
        """Open the line. Raises ``OSError`` if that fails."""

    @abstractmethod
    def stop(self) -> None:
        """Close the line and end its thread. Does nothing if it is not open."""

    @abstractmethod
    def drain(self) -> None:
        """Deliver all bytes that clients have written so far."""


class TerminalLine(ListenOnlyLine):
    """Pseudo-terminal. Its far end stays open between clients, so that they may follow one another."""

    _thread: threading.Thread | None = None

    @property
    def address(self) -> str:
        """VISA resource name, ``ASRL/dev/pts/3::INSTR``."""
        return f"ASRL{os.ttyname(self._slave)}::INSTR"

    @property
    def settings(self) -> tuple[int, int]:
        """Baud rate and stop bits set by the last client (Linux keeps no other format on a pseudo-terminal)."""
        _, _, control, _, _, speed, _ = termios.tcgetattr(self._slave)
        speeds = {getattr(termios, name): int(name[1:]) for name in dir(termios) if _is_speed(name)}
        return speeds.get(speed, 0), 2 if control & termios.CSTOPB else 1

    def start(self) -> None:
        """Open the pseudo-terminal in raw mode and listen in a thread."""
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self._wake, self._woken = socket.socketpair()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread and close the pseudo-terminal."""
        if self._thread is None:
            return
        self._wake.close()
        self._thread.join()
        with self._lock:
            self._thread = None
            os.close(self._master)
            os.close(self._slave)
        self._woken.close()

    def drain(self) -> None:
        """Deliver all bytes that clients have written so far."""
        with self._lock:
            # Unlike select, a read makes the kernel deliver pending bytes first.
            while self._thread is not None and self._read():
                pass

    def _listen(self) -> None:
        woken = self._woken.fileno()
        while True:
            ready, _, _ = select.select([self._master, woken], [], [])
            if woken in ready:
                return
            with self._lock:
                if self._catch_up is not None:
                    self._catch_up()
                self._read()

    def _read(self) -> bool:
        try:
            data = os.read(self._master, CHUNK)
        except BlockingIOError:
            return False
        self._receive(data)
        return True


class SocketLine(ListenOnlyLine):
    """Loopback TCP port that carries the same bytes; several clients may share it."""

    def __init__(
        self,
        receive: Callable[[bytes], None],
        lock: contextlib.AbstractContextManager[object] | None = None,
        catch_up: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(receive, lock, catch_up)
        self._service = TcpService(self._serve)

    @property
    def address(self) -> str:
        """VISA resource name, ``TCPIP::127.0.0.1::50123::SOCKET``."""
        return f"TCPIP::{self._service.host}::{self._service.port}::SOCKET"

    def start(self) -> None:
        """Listen on a free port."""
        self._service.start()

    def stop(self) -> None:
        """Break the connections."""
        self._service.stop()

    def drain(self) -> None:
        """Deliver all bytes that clients have written so far."""
        with self._lock:
            if not self._service.running:
                return
            self._service.accept_pending()
            for connection in self._service.clients:
                with contextlib.suppress(OSError, ValueError):  # closed meanwhile
                    while _has_something(connection) and self._read(connection):
                        pass

    def _serve(self, connection: socket.socket) -> None:
        peer_is_there = True
        while peer_is_there:
            select.select([connection], [], [])
            with self._lock:
                if self._catch_up is not None:
                    self._catch_up()
                if _has_something(connection):  # else drained meanwhile
                    peer_is_there = self._read(connection)

    def _read(self, connection: socket.socket) -> bool:
        data = connection.recv(CHUNK)
        if data:
            self._receive(data)
        return bool(data)


def _has_something(connection: socket.socket) -> bool:
    return bool(select.select([connection], [], [], 0)[0])


def _is_speed(name: str) -> bool:
    return name[0] == "B" and name[1:].isdecimal()


SerialLine: type[TerminalLine] | type[SocketLine] = TerminalLine if HAS_TERMINALS else SocketLine
"""Kind of line available on this computer."""
