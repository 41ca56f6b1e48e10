"""TCP service with a thread for each client and a clean stop."""

import contextlib
import os
import select
import socket
import struct
import threading
from collections.abc import Callable

from simulators.wire.lifecycle import Serving

RESET_ON_CLOSE = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
"""Value of SO_LINGER with which closing sends a reset."""


class TcpService(Serving):
    """TCP service that runs ``serve(connection)`` in a thread for each client.

    ``stop`` breaks all connections at once, like an instrument that loses its power: clients see a reset. It ends all
    threads. A restarted service keeps its port.

    Parameters
    ----------
    serve : callable
        Called with the connected socket; returns when the peer is gone. An ``OSError`` from it ends the connection
        too.
    host : str
        Address to listen on.
    port : int
        0 for any free port, which is ``port`` after ``start``.
    """

    def __init__(
        self, serve: Callable[[socket.socket], None], host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self.host = host
        self.port = port
        self._serve = serve
        self._clients: dict[socket.socket, threading.Thread] = {}
        self._guard = threading.Lock()
        self._acceptor: threading.Thread | None = None

    def start(self) -> None:
        """Start to listen. Raises ``OSError`` if the port is in use."""
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((self.host, self.port))
            listener.listen()
        except OSError:
            listener.close()
            raise
        self.port = listener.getsockname()[1]
        listener.setblocking(False)
        self._listener = listener
        self._wake, woken = socket.socketpair()
        self._acceptor = threading.Thread(target=self._accept, args=(woken,), daemon=True)
        self._acceptor.start()

    def stop(self) -> None:
        """Break all connections and wait for their threads. Does nothing if it is not running.

        The caller must not hold a lock that ``serve`` takes.
        """
        if self._acceptor is None:
            return
        self._wake.close()
        self._acceptor.join()
        self._acceptor = None
        self.drop_clients()

    def drop_clients(self) -> None:
        """Break all connections, wait for their threads, and continue to listen."""
        with self._guard:
            clients = self._clients
            self._clients = {}
        for connection in clients:
            with contextlib.suppress(OSError):  # it is closed already
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
                connection.shutdown(socket.SHUT_RDWR)
        for thread in clients.values():
            thread.join()

    @property
    def running(self) -> bool:
        """True while it listens."""
        return self._acceptor is not None

    @property
    def clients(self) -> list[socket.socket]:
        """Open connections."""
        with self._guard:
            return [connection for connection in self._clients if connection.fileno() >= 0]

    def accept_pending(self) -> None:
        """Accept all pending clients at once, in the calling thread."""
        with self._guard, contextlib.suppress(OSError):  # no client is left
            while True:
                try:
                    connection, _ = self._listener.accept()
                except ConnectionError:  # disconnected already
                    continue
                connection.setblocking(True)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                thread = threading.Thread(target=self._run, args=(connection,), daemon=True)
                self._clients = {known: other for known, other in self._clients.items() if other.is_alive()}
                self._clients[connection] = thread
                thread.start()

    def _accept(self, woken: socket.socket) -> None:
        with self._listener, woken:
            while True:
                ready, _, _ = select.select([self._listener, woken], [], [])
                if woken in ready:
                    return
                self.accept_pending()

    def _run(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            self._serve(connection)
