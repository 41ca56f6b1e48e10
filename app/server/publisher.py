"""What the bench tells: messages to all who subscribed and gave its token. Nobody who is slow holds it up."""

import hmac
import itertools
import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import zmq

from app.server.admission import DOMAIN
from app.server.protocol import Frames, Message, published

log = logging.getLogger(__name__)

MOST_WAITING = 1000
"""Messages that wait for one subscriber; those beyond are dropped for it, and it asks for them later."""

ENDS_WITHIN_S = 5.0

SEPARATOR = b"/"
"""Between token and topic in a subscription."""

KEPT = 500
"""Sentences of the log."""


class Publisher:
    """A socket with a thread that publishes. ``publish`` may be called from any thread and never waits."""

    def __init__(self, context: zmq.Context[Any], host: str, token: str) -> None:
        self._token = token.encode()
        self._socket = context.socket(zmq.XPUB)
        self._socket.setsockopt(zmq.XPUB_MANUAL, 1)  # a subscription counts once its token was looked at
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.SNDHWM, MOST_WAITING)
        self._socket.setsockopt(zmq.MAXMSGSIZE, 1024)
        self._socket.setsockopt(zmq.ZAP_DOMAIN, DOMAIN)
        port = self._socket.bind_to_random_port(f"tcp://{host}")
        self.endpoint = f"tcp://{host}:{port}"
        self._inbox = context.socket(zmq.PULL)
        self._outbox = context.socket(zmq.PUSH)
        self._inbox.setsockopt(zmq.RCVHWM, MOST_WAITING)
        self._outbox.setsockopt(zmq.SNDHWM, MOST_WAITING)
        inside = f"inproc://publisher-{port}"
        self._inbox.bind(inside)
        self._outbox.connect(inside)
        self._sending, self._in_order = threading.Lock(), threading.RLock()
        self.dropped = 0
        self._thread = threading.Thread(target=self._work, name="publisher", daemon=True)
        self._thread.start()

    def publish(self, message: Message) -> None:
        """Publish; a message for which there is no room is dropped and counted."""
        frames = published(message)
        with self._sending:
            if self._outbox.closed:
                return
            try:
                self._outbox.send_multipart(frames, zmq.NOBLOCK)
            except zmq.Again:
                self.dropped += 1

    def publish_snapshot(self, kind: str, take: Callable[[], Mapping[str, Any]]) -> None:
        """Publish a snapshot, taken here and now: one that was taken earlier never follows it."""
        with self._in_order:
            self.publish(Message(kind, take()))

    def close(self) -> None:
        """Publish what waits, and end."""
        with self._sending:
            self._outbox.send_multipart([b""])
        self._thread.join(ENDS_WITHIN_S)
        with self._sending:
            self._outbox.close(0)

    def _work(self) -> None:
        poller = zmq.Poller()
        poller.register(self._socket, zmq.POLLIN)
        poller.register(self._inbox, zmq.POLLIN)
        while True:
            ready = dict(poller.poll())
            if self._socket in ready:
                self._take(self._socket.recv_multipart())
            if self._inbox in ready:
                frames = self._inbox.recv_multipart()
                if len(frames) == 1:
                    break
                self._socket.send_multipart(frames)
        self._socket.close(200)
        self._inbox.close(0)

    def _take(self, frames: Frames) -> None:
        try:
            self._subscription(frames[0])
        except Exception:
            log.exception("A subscription could not be taken; publishing goes on")

    def _subscription(self, request: bytes) -> None:
        """Token, separator, topic, after a byte that says whether it begins or ends."""
        token, _, topic = request[1:].partition(SEPARATOR)
        if request[:1] == b"\x01" and hmac.compare_digest(token, self._token):
            self._socket.setsockopt(zmq.SUBSCRIBE, topic)
        elif request[:1] == b"\x00" and hmac.compare_digest(token, self._token):
            self._socket.setsockopt(zmq.UNSUBSCRIBE, topic)


class LogTopic(logging.Handler):
    """Log records of hotjunction, and warnings of everybody, as messages."""

    def __init__(self, publisher: Publisher) -> None:
        super().__init__(logging.INFO)
        self._publisher = publisher
        self._numbers = itertools.count(1)
        self.entries: deque[dict[str, Any]] = deque(maxlen=KEPT)
        """The latest, for those who come later."""
        self.addFilter(lambda record: record.name.startswith("app.") or record.levelno >= logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        """Publish."""
        fields = {
            "number": next(self._numbers),
            "level": record.levelname.lower(),
            "time_s": record.created,
            "text": record.getMessage(),
        }
        self.entries.append(fields)
        self._publisher.publish(Message("log", fields))
