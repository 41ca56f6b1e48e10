"""Streams of a bench's messages: live, or a run from its start without gaps."""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Protocol

import zmq

from analysis.recording import RunHeader
from analysis.records import Block, Event, Trace
from app.console.terminal import join
from app.server.errors import BenchError, Refused
from app.server.latest_snapshots import Newest
from app.server.messages import TOPICS, record_of, structured
from app.server.protocol import Message, decode

log = logging.getLogger(__name__)

LOOK_AGAIN_S = 0.1
"""Time to wait for samples that are being written to the file."""

SILENCE_S = 1.0
"""Silence after which to check for missed messages."""

Callback = Callable[[str, Any], None]


@dataclass(frozen=True)
class RunInfo:
    """Header of the run that a stream is about to deliver."""

    job: int
    header: RunHeader
    recording: str


@dataclass(frozen=True)
class Behind:
    """Progress of a stream: samples passed on, and samples available."""

    shown: int
    stop: int


@dataclass(frozen=True)
class History:
    """Page of a run: ``events`` precede ``blocks``; ``stop`` and ``all_events`` count the run's samples and events."""

    blocks: list[Block]
    events: list[Event]
    first_event: int
    stop: int
    all_events: int
    over: bool


class RunSource(Protocol):
    """Source of a stream and of missed messages: the client of a bench."""

    def command(self, name: str, *, timeout_s: float | None = None, **arguments: Any) -> dict[str, Any]:
        """Send a command and return its result. Raises `BenchError`."""

    def history(self, job: int, first: int = 0, first_event: int = 0) -> History:
        """Return one page of a run. Raises `BenchError`."""

    def new_subscriber(self, topics: Iterable[str]) -> "zmq.Socket[bytes]":
        """Return a socket that receives the topics."""

    def new_pair(self) -> "tuple[zmq.Socket[bytes], zmq.Socket[bytes]]":
        """Return two sockets with which one thread wakes another."""


class StreamSubscription:
    """Thread that passes on the bench's messages. ``failure`` is the error that ended it, if any."""

    def __init__(self, client: RunSource, callback: Callback, topics: tuple[str, ...]) -> None:
        self.failure: BaseException | None = None
        self._client = client
        self._callback = callback
        self._topics = topics
        self._newest = Newest()
        self._wake, self._woken = client.new_pair()
        self._thread = threading.Thread(target=self._work, name="subscription", daemon=True)
        self._ending = threading.Event()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self) -> None:
        """End; no callback comes after this."""
        if not self._ending.is_set():
            self._ending.set()
            with suppress(zmq.Again):  # it has already ended
                self._wake.send(b"", zmq.NOBLOCK)
        if threading.current_thread() is not self._thread:
            join(self._thread)
            self._wake.close(0)

    def _work(self) -> None:
        socket = self._client.new_subscriber(self._topics)
        try:
            self._begin()
            while not self._ending.is_set():
                message = self._next(socket)
                if message is None:
                    self._quiet()
                else:
                    self._take(message)
        except BenchError as error:
            self._lose(error, str(error))
        except Exception as error:
            log.exception("A subscription has ended")
            self._lose(error, f"A message of the bench could not be processed ({error!r})")
        finally:
            socket.close(0)
            self._woken.close(0)

    def _lose(self, error: Exception, message: str) -> None:
        self.failure = error
        with suppress(Exception):  # the callback may be what has failed
            self._callback("lost", {"message": message})

    def _next(self, socket: "zmq.Socket[bytes]") -> Message | None:
        """Return the next message; None after a silence, or at the end."""
        poller = zmq.Poller()
        poller.register(socket, zmq.POLLIN)
        poller.register(self._woken, zmq.POLLIN)
        ready = dict(poller.poll(int(SILENCE_S * 1000)))
        if socket not in ready:
            return None
        message = decode(socket.recv_multipart()[1:])
        content = TOPICS.get(message.kind, dict)
        return replace(message, fields=structured(message.kind, message.fields, content))

    def _begin(self) -> None:
        """Prepare for the first message."""

    def _quiet(self) -> None:
        """Check after a silence that the bench still answers."""
        if not self._ending.is_set():
            self._client.command("ping")

    def _take(self, message: Message) -> None:
        if self._newest.accepts(message.kind, message.fields):
            self._callback(message.kind, _what(message))


class Follower(StreamSubscription):
    """Subscription that fetches missed parts of a run, from its start on."""

    def __init__(self, client: RunSource, callback: Callback, topics: tuple[str, ...]) -> None:
        super().__init__(client, callback, topics)
        self._job: int | None = None
        self._next_sample = 0
        self._next_event = 0

    def _begin(self) -> None:
        state = self._client.command("state")
        run = state["run"]
        if run is not None:
            self._start(run)
            self._catch_up()
            if state["job"] != run["job"]:
                self._finish()

    def _start(self, run: Mapping[str, Any]) -> None:
        if run["job"] != self._job:
            self._job, self._next_sample, self._next_event = run["job"], 0, 0
            self._callback("run", _run_info(run))

    def _take(self, message: Message) -> None:
        kind, fields = message.kind, message.fields
        if kind == "run":
            self._finish()
            self._start(fields)
        elif kind == "block" and fields["job"] == self._job:
            self._live_block(record_of(message, Block), fields["events"])
        elif kind == "event" and fields["job"] == self._job:
            self._live_event(message)
        elif kind not in ("block", "event"):
            super()._take(message)
            if (
                kind == "job"
                and fields["id"] == self._job
                and fields["status"] in ("finished", "aborted", "fault")
            ):
                self._finish()

    def _live_block(self, block: Block, events: int) -> None:
        """Pass on samples, after all events before them: one of these may have been lost alone."""
        if block.first > self._next_sample or events > self._next_event:
            self._catch_up(block.first)
        if block.stop > self._next_sample:
            self._give(block.part(self._next_sample, block.stop))

    def _live_event(self, message: Message) -> None:
        number = message.fields["number"]
        if number > self._next_event:
            self._catch_up()
        if number == self._next_event:
            self._next_event += 1
            self._callback("event", record_of(message, Event))

    def _quiet(self) -> None:
        """Check the bench, and fetch messages missed at the end of a run."""
        super()._quiet()
        self._catch_up()

    def _finish(self) -> None:
        """Pass on the rest of the present run, then report it complete."""
        if self._job is None:
            return
        while not self._ending.is_set() and self._page() is not None:
            pass
        self._callback("complete", {"job": self._job})
        self._job = None

    def _catch_up(self, wanted: int | None = None) -> None:
        """Fetch pages up to the newest sample, and at least to sample ``wanted``."""
        while not self._ending.is_set():
            page = self._page()
            if page is None or self._next_sample >= (page.stop if wanted is None else wanted):
                return

    def _page(self) -> History | None:
        """Fetch and pass on the next page; None if the run is complete or no longer in memory."""
        if self._job is None:
            return None
        try:
            page = self._client.history(self._job, self._next_sample, self._next_event)
        except Refused:
            return None
        for event in page.events:
            self._next_event += 1
            self._callback("event", event)
        for block in page.blocks:
            self._give(block)
        self._callback("behind", Behind(min(self._next_sample, page.stop), page.stop))
        if page.over and not page.blocks and not page.events:
            return None
        if not page.blocks and self._next_sample < page.stop:
            self._ending.wait(LOOK_AGAIN_S)  # the missing samples are being written to the file
        return page

    def _give(self, block: Block) -> None:
        self._next_sample = block.stop
        self._callback("block", block)


def _what(message: Message) -> RunInfo | Block | Event | Trace | dict[str, Any]:
    match message.kind:
        case "run":
            return _run_info(message.fields)
        case "block":
            return record_of(message, Block)
        case "event":
            return record_of(message, Event)
        case "trace":
            return record_of(message, Trace)
    return dict(message.fields)


def _run_info(fields: Mapping[str, Any]) -> RunInfo:
    return structured("run", fields, RunInfo)
