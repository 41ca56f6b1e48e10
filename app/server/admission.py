"""Admission of peers: refuse older ZeroMQ protocols, and with them an HTTP POST from a web page.

libzmq takes whatever opens a connection with other bytes than ours for a peer of ZMTP 1 or 2, unless the socket has
a ZAP domain. Source: ZeroMQ RFC 27 (ZAP), RFC 23 (ZMTP 3.0).
"""

import logging
import threading
from typing import Any

import zmq

log = logging.getLogger(__name__)

DOMAIN = b"hotjunction"
"""`zmq.ZAP_DOMAIN` of every socket that others connect to, set before the socket is bound."""

PAUSE_S = 0.1

_ENDPOINT = "inproc://zeromq.zap.01"


class Admission:
    """Admit every peer that completes the ZMTP 3 handshake; each command's token is checked later.

    Parameters
    ----------
    context : zmq.Context
        Its sockets with the `DOMAIN` refuse every peer while no `Admission` runs.
    """

    def __init__(self, context: zmq.Context[Any]) -> None:
        self._socket = context.socket(zmq.REP)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.bind(_ENDPOINT)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work, name="admission", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop admitting peers."""
        self._ending.set()
        self._thread.join(5)

    def _work(self) -> None:
        while not self._ending.is_set():
            try:
                if self._socket.poll(round(1000 * PAUSE_S)):
                    version, number = [*self._socket.recv_multipart(), b"", b""][:2]
                    self._socket.send_multipart([version, number, b"200", b"OK", b"", b""])
            except Exception:
                log.exception("Could not admit a peer")
                self._ending.wait(PAUSE_S)
        self._socket.close()
