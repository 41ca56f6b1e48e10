"""A network cable that a test can pull or hold: a TCP relay on loopback."""

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

from tests.support.patience import PATIENCE_S


class Cable:
    """Relays every connection made to ``port`` to ``target_port``.

    Parameters
    ----------
    target_port : int
        Port on loopback where the cable leads; None for one that leads nowhere, so that nothing ever answers.
    """

    def __init__(self, target_port: int | None) -> None:
        self._target_port = target_port
        self._ends: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._flowing = threading.Event()
        self._flowing.set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        self._run(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join(PATIENCE_S)

    def hold(self) -> None:
        """Let nothing through from now on; both ends stay connected."""
        self._flowing.clear()

    def let_go(self) -> None:
        """Let through again, what was held first."""
        self._flowing.set()

    def cut(self) -> None:
        """Close all connections; new ones may be made."""
        ends, self._ends = self._ends, []
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._flowing.set()

    def _run(self, work: object, *args: object) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                self._ends.append(near)
                if self._target_port is not None:
                    far = socket.create_connection(("127.0.0.1", self._target_port))
                    self._ends.append(far)
                    self._run(self._relay, near, far)
                    self._run(self._relay, far, near)

    def _relay(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self._flowing.wait()
                sink.sendall(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
