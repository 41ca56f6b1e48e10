"""Publication of messages to all subscribers with the bench's token. A slow subscriber delays nobody."""

import hmac
import itertools
import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import zmq

from app.server.admission import Admission
from app.server.critical_thread import CriticalThread
from app.server.messages import LogEntry
from app.server.protocol import Frames, Message, published

log = logging.getLogger(__name__)

MOST_WAITING = 1000
"""Maximum number of messages waiting for one subscriber; it loses those beyond and fetches them later."""

SEPARATOR = b"/"
"""Between token and topic in a subscription."""

KEPT = 500
"""Number of log entries kept."""


class Publisher:
    """A socket with a thread that publishes. ``publish`` may be called from any thread and never waits."""

    def __init__(self, context: zmq.Context[Any], host: str, token: str, admission: Admission) -> None:
        self._token = token.encode()
        self._socket = context.socket(zmq.XPUB)
        self._socket.setsockopt(
            zmq.XPUB_MANUAL, 1
        )  # a subscription takes effect once its token has been checked
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.SNDHWM, MOST_WAITING)
        self._socket.setsockopt(zmq.MAXMSGSIZE, 1024)
        admission.protect(self._socket)
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
        self.thread = CriticalThread("publisher", self._work)

    def publish(self, message: Message) -> None:
        """Publish a message; drop and count it if the queue is full."""
        frames = published(message)
        with self._sending:
            if self._outbox.closed:
                return
            try:
                self._outbox.send_multipart(frames, zmq.NOBLOCK)
            except zmq.Again:
                self.dropped += 1

    def publish_snapshot(self, kind: str, take: Callable[[], Mapping[str, Any]]) -> None:
        """Take and publish a snapshot; an earlier snapshot never follows a later one."""
        with self._in_order:
            self.publish(Message(kind, take()))

    def close(self) -> None:
        """Publish the waiting messages, then end."""
        with self._sending:
            self._outbox.send_multipart([b""])
        self.thread.close()
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
            log.exception("Could not process a subscription; publishing continues")

    def _subscription(self, request: bytes) -> None:
        """Begin (first byte 1) or end (0) a subscription: token, separator, topic follow."""
        token, _, topic = request[1:].partition(SEPARATOR)
        if request[:1] == b"\x01" and hmac.compare_digest(token, self._token):
            self._socket.setsockopt(zmq.SUBSCRIBE, topic)
        elif request[:1] == b"\x00" and hmac.compare_digest(token, self._token):
            self._socket.setsockopt(zmq.UNSUBSCRIBE, topic)


class LogTopic(logging.Handler):
    """Log handler that publishes records of hotjunction and all warnings."""

    def __init__(self, publisher: Publisher) -> None:
        super().__init__(logging.INFO)
        self._publisher = publisher
        self._numbers = itertools.count(1)
        self.entries: deque[LogEntry] = deque(maxlen=KEPT)
        """Latest entries, for clients that connect later."""
        self.addFilter(lambda record: record.name.startswith("app.") or record.levelno >= logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        """Publish a log record."""
        fields: LogEntry = {
            "number": next(self._numbers),
            "level": record.levelname.lower(),
            "time_s": record.created,
            "text": record.getMessage(),
        }
        self.entries.append(fields)
        self._publisher.publish(Message("log", fields))
