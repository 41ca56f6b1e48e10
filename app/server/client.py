"""Client of a bench: commands, and the stream of a run from its start. Needs neither Qt nor a rig.

Everything may be called from any thread; callbacks come from the thread of their subscription.
"""

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Self

import zmq

from analysis.records import Block, Event
from app.server.admission import secure_client
from app.server.connection import Connection
from app.server.errors import NoAnswer, Refused
from app.server.messages import REPLIES, TOPICS, Answer, structured
from app.server.protocol import Message, ProtocolError, decode, encode
from app.server.publisher import MOST_WAITING, SEPARATOR
from app.server.stream import Callback, Follower, History, StreamSubscription

TIMEOUT_S = 5.0
LONGEST_S = {
    "set_instrument": 20.0,
    "read_instruments": 20.0,
    "queue_add": 10.0,
    "run_now": 10.0,
    "check": 10.0,
}
"""Timeouts of commands that query instruments or import modules first."""


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
        """End all subscriptions. The bench keeps running."""
        for subscription in self._subscriptions:
            subscription.close()
        self._context.term()

    def command(self, name: str, *, timeout_s: float | None = None, **arguments: Any) -> dict[str, Any]:
        """Send a command and return its result.

        Raises
        ------
        NoAnswer
            The bench did not answer in time; the outcome of the command is unknown.
        Refused
            The bench refused the command; the message gives the reason.
        """
        return dict(self.ask(name, arguments, timeout_s).fields)

    def ask(self, name: str, arguments: Mapping[str, Any], timeout_s: float | None = None) -> Message:
        """Send a command and return its result with its arrays. Raises as `command`."""
        number = next(self._numbers)
        fields = {"token": self.connection.token, "name": name, "arguments": arguments, "number": number}
        endpoint = self.connection.retract if name == "retract" else self.connection.commands
        wait_s = timeout_s or LONGEST_S.get(name, TIMEOUT_S)
        # one socket per command: no command waits for another, and a late answer is discarded
        with self._context.socket(zmq.DEALER) as socket:
            socket.setsockopt(zmq.LINGER, 0)
            socket.setsockopt(zmq.SNDTIMEO, int(wait_s * 1000))  # a refused peer has nowhere to send to
            self._secure(socket)
            socket.connect(endpoint)
            try:
                socket.send_multipart(encode(Message("command", fields)))
                answered = socket.poll(int(wait_s * 1000))
            except zmq.Again:
                answered = 0
            if not answered:
                raise NoAnswer(f"The bench did not answer {name!r} within {wait_s:g} s")
            frames = socket.recv_multipart()
        try:
            reply = decode(frames)
            answer = structured("reply", reply.fields, Answer)
            if "error" not in answer:
                result = structured(f"reply to {name!r}", answer.get("result"), REPLIES.get(name, dict))
                return replace(reply, fields=result)
        except ProtocolError as error:  # the outcome of the command is then unknown
            raise NoAnswer(f"The answer did not come from a bench: {error}") from None
        raise Refused(answer["error"]["kind"], answer["error"]["message"])

    def retract(self) -> str:
        """Set the bias to 0 V and retract the tip at once; return a description.

        Raises as `command`; then make the rig safe by hand.
        """
        return str(self.command("retract", timeout_s=self.connection.retract_s)["done"])

    def history(self, job: int, first: int = 0, first_event: int = 0) -> History:
        """Return one page of a run: samples from ``first`` on, events from number ``first_event`` on."""
        reply = self.ask("history", {"job": job, "first": first, "first_event": first_event})
        page = reply.fields
        blocks = [
            structured("block", {**fields, "data": reply.arrays.get(str(i))}, Block)
            for i, fields in enumerate(page["blocks"])
        ]
        events = structured("history", page["events"], list[Event])
        return History(blocks, events, page["first_event"], page["stop"], page["all_events"], page["over"])

    def subscribe(self, callback: Callback, topics: Iterable[str] = TOPICS) -> StreamSubscription:
        """Pass on all messages of the bench from now on, as ``callback(topic, what)``.

        ``what`` is a `RunInfo` ("run"), `Block`, `Event`, `Trace`, or a dict. A slow callback misses messages. When
        the bench is gone, the last call is "lost" with a message.
        """
        return self._begun(StreamSubscription(self, callback, tuple(topics)))

    def follow(self, callback: Callback, topics: Iterable[str] = TOPICS) -> StreamSubscription:
        """Follow the present run (else the last) from its start without missing anything.

        The callback gets "run", then every "block" and "event" once and in order, first from the history, then live,
        however slow it is. An event comes before the samples that follow it. During the catch-up, "behind" with a
        `Behind` reports the progress. "complete" with the job's number ends the run. Other topics come live.
        """
        return self._begun(Follower(self, callback, tuple({*topics, "run", "block", "event", "job"})))

    def _begun(self, subscription: StreamSubscription) -> StreamSubscription:
        self._subscriptions.append(subscription)
        subscription.start()
        return subscription

    def new_subscriber(self, topics: Iterable[str]) -> "zmq.Socket[bytes]":
        """Return a socket that receives the topics."""
        socket: zmq.Socket[bytes] = self._context.socket(zmq.XSUB)
        socket.setsockopt(zmq.LINGER, 0)
        socket.setsockopt(zmq.RCVHWM, MOST_WAITING)
        self._secure(socket)
        socket.connect(self.connection.topics)
        for topic in topics:
            socket.send(b"\x01" + self.connection.token.encode() + SEPARATOR + topic.encode())
        return socket

    def _secure(self, socket: "zmq.Socket[bytes]") -> None:
        secure_client(socket, self.connection.keys, self.connection.token)

    def new_pair(self) -> "tuple[zmq.Socket[bytes], zmq.Socket[bytes]]":
        """Return two sockets with which one thread wakes another."""
        ours, theirs = self._context.socket(zmq.PAIR), self._context.socket(zmq.PAIR)
        name = f"inproc://wake-{next(self._numbers)}"
        ours.bind(name)
        theirs.connect(name)
        return ours, theirs
