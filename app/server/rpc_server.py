"""A door of the bench: takes commands, checks their token, has them done, and sends the replies."""

import hmac
import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import zmq
from numpy.typing import NDArray

from app.server.admission import DOMAIN
from app.server.protocol import Frames, Message, ProtocolError, decode, encode

log = logging.getLogger(__name__)

MOST_COMMAND_BYTES = 2**20
"""A peer that sends a larger frame is disconnected."""

ENDS_WITHIN_S = 5.0
AFTER_ERROR_S = 0.05

INTERNAL = "internal error; see the log"

MOST_FRAMES = 8
"""A command is one frame and its address; more are no command."""


@dataclass(frozen=True)
class Reply:
    """What a command gives back: what JSON can hold, and arrays by name."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)


class ServerWorker:
    """A thread that does one thing after another, so that who asks for it need not wait."""

    def __init__(self, name: str) -> None:
        self._queue: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def do(self, work: Callable[[], None]) -> None:
        """Do it when its turn comes."""
        self._queue.put(work)

    def close(self, timeout_s: float = 5.0) -> None:
        """Do what waits, and end; a thread that hangs is left behind."""
        self._queue.put(None)
        self._thread.join(timeout_s)

    def _work(self) -> None:
        while (work := self._queue.get()) is not None:
            try:
                work()
            except Exception:  # what comes next must find somebody
                log.exception("A task of the %s failed", self._thread.name)


def at_once(work: Callable[[], None]) -> None:
    """In the door's own thread: for what is quick and waits for nobody."""
    work()


def apart(work: Callable[[], None]) -> None:
    """In a thread of its own: for what must go on whatever else hangs."""
    threading.Thread(target=work, name="apart", daemon=True).start()


@dataclass(frozen=True)
class Command:
    """What a command does, and who does it."""

    act: Callable[..., Reply]
    where: Callable[[Callable[[], None]], None] = at_once


class CommandServer:
    """A socket with a thread that answers commands. Nothing that a peer sends ends it.

    Parameters
    ----------
    name : str
        For the log.
    context : zmq.Context
    host : str
        Address to bind to, at a free port.
    token : str
        What every command must carry.
    commands : mapping of str to Command
    """

    def __init__(
        self, name: str, context: zmq.Context[Any], host: str, token: str, commands: Mapping[str, Command]
    ) -> None:
        self.name = name
        self._token = token.encode()
        self._commands = commands
        self._router = context.socket(zmq.ROUTER)
        self._router.setsockopt(zmq.LINGER, 0)
        self._router.setsockopt(zmq.MAXMSGSIZE, MOST_COMMAND_BYTES)
        self._router.setsockopt(zmq.ROUTER_HANDOVER, 1)
        self._router.setsockopt(zmq.ZAP_DOMAIN, DOMAIN)
        port = self._router.bind_to_random_port(f"tcp://{host}")
        self.endpoint = f"tcp://{host}:{port}"
        self._inbox = context.socket(zmq.PULL)
        self._outbox = context.socket(zmq.PUSH)
        inside = f"inproc://door-{port}"
        self._inbox.bind(inside)
        self._outbox.connect(inside)
        self._sending = threading.Lock()
        self._closed = False
        self._open()

    def _open(self) -> None:
        self._thread = threading.Thread(target=self._work, name=f"door {self.name}", daemon=True)
        self._thread.start()

    def reopen_if_dead(self) -> bool:
        """Open it again where its thread has died, for whatever reason; tells whether that was so."""
        if self._closed or self._thread.is_alive():
            return False
        self._open()
        return True

    def close(self) -> bool:
        """Send what was answered, and end; tells whether it has ended."""
        self._closed = True
        self._send([])
        self._thread.join(ENDS_WITHIN_S)
        with self._sending:
            self._outbox.close(0)
        return not self._thread.is_alive()

    def _send(self, frames: Frames) -> None:
        """Hand frames to the door's thread, which alone may touch the socket and never waits; none wake it."""
        if threading.current_thread() is self._thread:
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
            except Exception:
                log.exception("The %s door could not do something; it goes on", self.name)
                time.sleep(AFTER_ERROR_S)
        self._router.close(200)
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
                raise ProtocolError("a command has no such number of frames")
            message = decode(frames[1:])
            number = message.fields.get("number")
            command, arguments = self._checked(message)
        except ProtocolError as error:
            self._send([peer, *encode(_refusal(number, "ProtocolError", str(error)))])
            return
        except Exception:
            log.exception("The %s door could not read a command", self.name)
            self._send([peer, *encode(_refusal(number, "InternalError", INTERNAL))])
            return
        try:
            command.where(lambda: self._act(peer, number, command, arguments))
        except Exception:  # as `_act` catches all, only a thread that can't start comes here
            log.exception("A command could not be begun")

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
        """Do it, and reply: what it gave, or why not, in a sentence."""
        try:
            reply = command.act(**arguments)
            frames = encode(Message("reply", {"number": number, "result": dict(reply.fields)}, reply.arrays))
        except Exception as error:
            if not str(error) or isinstance(error, (AttributeError, LookupError, AssertionError)):
                log.exception("A command failed")
            frames = encode(_refusal(number, type(error).__name__, str(error) or INTERNAL))
        self._send([peer, *frames])


def _refusal(number: Any, kind: str, text: str) -> Message:
    plain = number if isinstance(number, int) else None
    return Message("reply", {"number": plain, "error": {"kind": kind, "message": text}})
