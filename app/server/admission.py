"""Admission of peers: encrypt every connection, and refuse who does not know the keys of the connection file.

CURVE (ZeroMQ RFC 26) needs a key of the bench and one of its clients, so that neither another user of the computer nor
a web page gets further than the greeting. Where libzmq lacks it, PLAIN (RFC 24) asks for the token, unencrypted.
Source: ZeroMQ RFC 27 (ZAP), RFC 23 (ZMTP 3.0).
"""

import hmac
import threading
from dataclasses import dataclass
from typing import Any

import zmq
from zmq.utils import z85

from app.server.critical_thread import CriticalThread

DOMAIN = b"hotjunction"
PAUSE_S = 0.1
KEY_LENGTH = 40

_USER = b"hotjunction"
_ENDPOINT = "inproc://zeromq.zap.01"
_MOST_FRAMES = 32


@dataclass(frozen=True)
class ClientKeys:
    """Keys of a bench's clients, as printable text (Z85): the bench's public key, and both of their own."""

    bench: str
    public: str
    secret: str

    def __post_init__(self) -> None:
        if any(len(key) != KEY_LENGTH or not key.isascii() for key in (self.bench, self.public, self.secret)):
            raise ValueError("its keys are not of CURVE")


def secure_client(socket: "zmq.Socket[Any]", keys: ClientKeys | None, token: str) -> None:
    """Set up a socket to be admitted by a bench; without keys the token is its password."""
    if keys is None:
        socket.plain_username, socket.plain_password = _USER, token.encode() or b"-"
        return
    socket.curve_serverkey, socket.curve_publickey = keys.bench.encode(), keys.public.encode()
    socket.curve_secretkey = keys.secret.encode()


class Admission:
    """Admit the peers of one bench that have its keys; each command's token is checked later.

    Parameters
    ----------
    context : zmq.Context
        Its protected sockets refuse every peer while no `Admission` runs.
    token : str
        Password where there is no CURVE.
    encrypted : bool
        True for CURVE, by default where libzmq has it.
    """

    def __init__(self, context: zmq.Context[Any], token: str, *, encrypted: bool | None = None) -> None:
        self.client_keys: ClientKeys | None = None
        """Keys for the connection file; None without CURVE."""
        self._credentials = b"\0".join([b"PLAIN", _USER, token.encode()])
        self._secret = b""
        if zmq.has("curve") if encrypted is None else encrypted:
            (public, self._secret), (client, secret) = zmq.curve_keypair(), zmq.curve_keypair()
            self.client_keys = ClientKeys(public.decode(), client.decode(), secret.decode())
            self._credentials = b"\0".join([b"CURVE", z85.decode(client)])
        self._socket = context.socket(zmq.ROUTER)  # unlike REP it needs no answer before the next request
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.bind(_ENDPOINT)
        self._ending = threading.Event()
        self.thread = CriticalThread("admission", self._work)

    def protect(self, socket: "zmq.Socket[Any]") -> None:
        """Let only admitted peers connect to a socket; call it before the socket is bound."""
        socket.setsockopt(zmq.ZAP_DOMAIN, DOMAIN)
        if self._secret:
            socket.curve_secretkey, socket.curve_server = self._secret, True
        else:
            socket.plain_server = True

    def close(self) -> None:
        """Stop admitting peers."""
        self._ending.set()
        self.thread.close()
        self._socket.close()

    def _work(self) -> None:
        while not self._ending.is_set():
            if self._socket.poll(round(1000 * PAUSE_S)):
                frames = self._socket.recv_multipart()  # the way back, an empty frame, the request
                self._socket.send_multipart([*frames[:2], *self._judged(frames[2:])])

    def _judged(self, request: list[bytes]) -> list[bytes]:
        """Return the reply to a request: version, its number, status, text, user, metadata."""
        version, number = [*request, b"", b""][:2]
        given = request[5:] if len(request) <= _MOST_FRAMES else []
        known = hmac.compare_digest(b"\0".join(given), self._credentials)
        return [version, number, *((b"200", b"OK") if known else (b"400", b"refused")), b"", b""]
