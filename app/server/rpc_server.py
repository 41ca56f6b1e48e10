"""Command server: receives commands, checks their token, runs them and sends the replies."""

import hmac
import logging
import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import zmq
from numpy.typing import NDArray

from app.server.admission import Admission
from app.server.critical_thread import ENDS_WITHIN_S, CriticalThread
from app.server.messages import checked_arguments
from app.server.protocol import Frames, Message, ProtocolError, decode, encode

log = logging.getLogger(__name__)

MOST_COMMAND_BYTES = 2**20
"""A peer that sends a larger frame is disconnected."""

MOST_CHARACTERS = 1500
"""Longest refusal: it may repeat what the peer has sent."""

INTERNAL = "internal error; see the log"

MOST_FRAMES = 8
"""Maximum number of frames of a command, address included."""


@dataclass(frozen=True)
class Reply:
    """Result of a command: JSON fields, and arrays by name."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)


class ServerWorker:
    """Thread that runs tasks one after another, so that callers need not wait."""

    def __init__(self, name: str) -> None:
        self._queue: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self.thread = CriticalThread(name, self._work)

    def do(self, work: Callable[[], None]) -> None:
        """Queue a task."""
        self._queue.put(work)

    def close(self, within_s: float = ENDS_WITHIN_S) -> None:
        """Run the waiting tasks, then end; leave a hanging thread behind."""
        self._queue.put(None)
        self.thread.close(within_s)

    def _work(self) -> None:
        while (work := self._queue.get()) is not None:
            work()


def at_once(work: Callable[[], None]) -> None:
    """Run a task in the server's own thread: for quick tasks that never wait."""
    work()


def apart(work: Callable[[], None]) -> None:
    """Run a task in a thread of its own: for tasks that must proceed whatever else hangs."""
    threading.Thread(target=work, name="apart", daemon=True).start()


@dataclass(frozen=True)
class Command:
    """Handler of a command, and the thread in which it runs."""

    act: Callable[..., Reply]
    where: Callable[[Callable[[], None]], None] = at_once


class CommandServer:
    """Socket with a thread that answers commands. Nothing that a peer sends ends it.

    Parameters
    ----------
    name : str
        For the log.
    context : zmq.Context
    host : str
        Address to bind to, at a free port.
    token : str
        Required in every command.
    commands : mapping of str to Command
    admission : Admission
    """

    def __init__(
        self,
        name: str,
        context: zmq.Context[Any],
        host: str,
        token: str,
        commands: Mapping[str, Command],
        admission: Admission,
    ) -> None:
        self.name = name
        self._token = token.encode()
        self._commands = commands
        self._router = context.socket(zmq.ROUTER)
        self._router.setsockopt(zmq.LINGER, 0)
        self._router.setsockopt(zmq.MAXMSGSIZE, MOST_COMMAND_BYTES)
        self._router.setsockopt(zmq.ROUTER_HANDOVER, 1)
        admission.protect(self._router)
        port = self._router.bind_to_random_port(f"tcp://{host}")
        self.endpoint = f"tcp://{host}:{port}"
        self._inbox = context.socket(zmq.PULL)
        self._outbox = context.socket(zmq.PUSH)
        for end in (self._inbox, self._outbox):
            end.set_hwm(0)  # handing over never waits for the thread
        inside = f"inproc://commands-{port}"
        self._inbox.bind(inside)
        self._outbox.connect(inside)
        self._sending = threading.Lock()
        self._closed = False
        self.thread = CriticalThread(f"{name} server", self._work)

    def close(self) -> bool:
        """Send the pending replies, then end; return False if the thread hangs."""
        self._closed = True
        self._send([])
        ended = self.thread.close()
        with self._sending:
            self._outbox.close(0)
        return ended

    def _send(self, frames: Frames) -> None:
        """Hand frames to the server's thread, which alone may touch the socket; no frames just wake it."""
        if self.thread.is_current:
            self._router.send_multipart(frames)
            return
        with self._sending:
            if not self._outbox.closed:
                self._outbox.send_multipart(frames or [b""])

    def _work(self) -> None:
        poller = zmq.Poller()
        poller.register(self._router, zmq.POLLIN)
        poller.register(self._inbox, zmq.POLLIN)
        while not self._closed or self._inbox in dict(poller.poll(0)):
            try:
                self._do_next(dict(poller.poll()))
            except zmq.ContextTerminated:
                break
        self._router.close(200)
        with self._sending:  # who sends to an inbox that is gone waits for ever
            self._outbox.close(0)
            self._inbox.close(0)

    def _do_next(self, ready: Mapping[Any, int]) -> None:
        if self._inbox in ready:
            frames = self._inbox.recv_multipart()
            if len(frames) > 1:
                self._router.send_multipart(frames)
        if self._router in ready:
            self._take(self._router.recv_multipart())

    def _take(self, frames: Frames) -> None:
        peer, number = frames[0], None
        try:
            if len(frames) > MOST_FRAMES:
                raise ProtocolError("a command with too many frames")
            message = decode(frames[1:])
            number = message.fields.get("number")
            command, arguments = self._checked(message)
        except ProtocolError as error:
            self._send([peer, *encode(_refusal(number, "ProtocolError", str(error)))])
            return
        except Exception:
            log.exception("The %s server could not read a command", self.name)
            self._send([peer, *encode(_refusal(number, "InternalError", INTERNAL))])
            return
        try:
            command.where(lambda: self._act(peer, number, command, arguments))
        except Exception:  # `_act` catches everything else: only a thread that can't start gets here
            log.exception("Could not start a command")

    def _checked(self, message: Message) -> tuple[Command, dict[str, Any]]:
        token, name, arguments = (message.fields.get(key) for key in ("token", "name", "arguments"))
        if not isinstance(token, str) or not self._is_ours(token):
            raise ProtocolError("wrong token: this client does not belong to this bench")
        if message.kind != "command" or not isinstance(name, str) or not isinstance(arguments, dict):
            raise ProtocolError("not a command")
        if name not in self._commands:
            raise ProtocolError(f"no command {name!r} here; there are {', '.join(self._commands)}")
        return self._commands[name], arguments

    def _is_ours(self, token: str) -> bool:
        return hmac.compare_digest(token.encode("utf-8", "surrogatepass"), self._token)

    def _act(self, peer: bytes, number: Any, command: Command, arguments: dict[str, Any]) -> None:
        """Run the command and reply with its result, or with the reason of the refusal in a sentence."""
        try:
            reply = command.act(**checked_arguments(command.act, arguments))
            frames = encode(Message("reply", {"number": number, "result": dict(reply.fields)}, reply.arrays))
        except BaseException as error:  # nothing that a command does may end the thread
            if not str(error) or isinstance(error, (AttributeError, LookupError, AssertionError)):
                log.exception("A command failed")
            frames = encode(_refusal(number, type(error).__name__, str(error) or INTERNAL))
        self._send([peer, *frames])


def _refusal(number: Any, kind: str, text: str) -> Message:
    plain = number if isinstance(number, int) else None
    shown = text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]} ..."
    return Message("reply", {"number": plain, "error": {"kind": kind, "message": shown}})
