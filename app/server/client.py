"""What a client does with a bench: commands, and the stream of a run from its start. No Qt, no rig.

Everything may be called from any thread; callbacks come from the thread of their subscription.
"""

import itertools
from collections.abc import Iterable, Mapping
from typing import Any, Self

import zmq

from app.server.connection import Connection
from app.server.errors import NoAnswer, Refused
from app.server.protocol import (
    Message,
    ProtocolError,
    block_of,
    decode,
    encode,
    event_of,
)
from app.server.publisher import MOST_WAITING, SEPARATOR
from app.server.stream import TOPICS, Callback, Follower, History, StreamSubscription

TIMEOUT_S = 5.0
LONGEST_S = {
    "set_instrument": 20.0,
    "read_instruments": 20.0,
    "queue_add": 10.0,
    "run_now": 10.0,
    "check": 10.0,
}
"""Of commands that ask instruments or import what they need."""


class BenchClient:
    """A client of one bench; a context manager.

    Parameters
    ----------
    connection : Connection
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._context: zmq.Context[Any] = zmq.Context()
        self._numbers = itertools.count(1)
        self._subscriptions: list[StreamSubscription] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """End all subscriptions. The bench goes on."""
        for subscription in self._subscriptions:
            subscription.close()
        self._context.term()

    def command(self, name: str, *, timeout_s: float | None = None, **arguments: Any) -> dict[str, Any]:
        """Have a command done and wait for its result.

        Raises
        ------
        NoAnswer
            The bench did not answer in time; what became of the command is unknown.
        Refused
            The bench said why not.
        """
        return dict(self.ask(name, arguments, timeout_s).fields["result"])

    def ask(self, name: str, arguments: Mapping[str, Any], timeout_s: float | None = None) -> Message:
        """As `command`, with the arrays of the reply."""
        number = next(self._numbers)
        fields = {"token": self.connection.token, "name": name, "arguments": arguments, "number": number}
        endpoint = self.connection.retract if name == "retract" else self.connection.commands
        wait_s = timeout_s or LONGEST_S.get(name, TIMEOUT_S)
        # a socket for each command: nobody waits for another's answer, and a late one meets nobody
        with self._context.socket(zmq.DEALER) as socket:
            socket.setsockopt(zmq.LINGER, 0)
            socket.connect(endpoint)
            socket.send_multipart(encode(Message("command", fields)))
            if not socket.poll(int(wait_s * 1000)):
                raise NoAnswer(f"The bench did not answer {name!r} within {wait_s:g} s")
            reply = _decoded(socket.recv_multipart())
        error = reply.fields.get("error")
        if error is not None:
            raise Refused(str(error.get("kind")), str(error.get("message")))
        return reply

    def retract(self) -> str:
        """Bias 0 V and the tip back, now. Returns what was done. Raises as `command`: then see to it by hand."""
        return str(self.command("retract", timeout_s=self.connection.retract_s)["done"])

    def history(self, job: int, first: int = 0, first_event: int = 0) -> History:
        """One page of the present or last run: samples from ``first`` on, events from number ``first_event`` on."""
        reply = self.ask("history", {"job": job, "first": first, "first_event": first_event})
        result = reply.fields["result"]
        described = enumerate(result["blocks"])
        blocks = [
            block_of(Message("block", fields, {"data": reply.arrays[str(i)]})) for i, fields in described
        ]
        events = [event_of(fields) for fields in result["events"]]
        return History(
            blocks, events, result["first_event"], result["stop"], result["all_events"], result["over"]
        )

    def subscribe(self, callback: Callback, topics: Iterable[str] = TOPICS) -> StreamSubscription:
        """What the bench tells from now on, as ``callback(topic, what)``.

        ``what`` is a `RunInfo` ("run"), `Block`, `Event`, `Trace`, or a dict. A slow callback misses messages. When
        the bench is gone, "lost" with a message, and that was the last.
        """
        return self._begun(StreamSubscription(self, callback, tuple(topics)))

    def follow(self, callback: Callback, topics: Iterable[str] = TOPICS) -> StreamSubscription:
        """As `subscribe`, but of the run under way (or else the last) from its start, and nothing missed.

        "run", then every "block" and "event" once and in order: what was, and without a seam what comes; however
        slow the callback is. An event comes before the samples that follow it. While it catches up with what was,
        "behind" with a `Behind` says how far it is. When the run is complete, "complete" with its job's number. The
        other topics as they come, beside the history.
        """
        return self._begun(Follower(self, callback, tuple({*topics, "run", "block", "event", "job"})))

    def _begun(self, subscription: StreamSubscription) -> StreamSubscription:
        self._subscriptions.append(subscription)
        subscription.start()
        return subscription

    def new_subscriber(self, topics: Iterable[str]) -> "zmq.Socket[bytes]":
        """A socket on which the topics come."""
        socket: zmq.Socket[bytes] = self._context.socket(zmq.XSUB)
        socket.setsockopt(zmq.LINGER, 0)
        socket.setsockopt(zmq.RCVHWM, MOST_WAITING)
        socket.connect(self.connection.topics)
        for topic in topics:
            socket.send(b"\x01" + self.connection.token.encode() + SEPARATOR + topic.encode())
        return socket

    def new_pair(self) -> "tuple[zmq.Socket[bytes], zmq.Socket[bytes]]":
        """Two sockets with which one thread wakes another."""
        ours, theirs = self._context.socket(zmq.PAIR), self._context.socket(zmq.PAIR)
        name = f"inproc://wake-{next(self._numbers)}"
        ours.bind(name)
        theirs.connect(name)
        return ours, theirs


def _decoded(frames: list[bytes]) -> Message:
    """A reply. Raises ``NoAnswer`` for what is none: then nobody knows what became of the command."""
    try:
        return decode(frames)
    except ProtocolError as error:
        raise NoAnswer(f"What answered is no bench: {error}") from None
