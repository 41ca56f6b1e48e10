"""Time limits for calls of NI-DAQmx, which sets none of its own and would wait for a dead card for ever.

Calls to a server are limited by gRPC. Calls of the library of this computer can't be interrupted, so they run in
threads of their own: a caller leaves one that is late, and what it does when it ends at last is no longer awaited, as
with a server.
"""

import inspect
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum
from functools import cache, partial
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Self

import grpc

_RETRY_S = 0.02
_LEAST_S = 1e-3
"""Time for a call after the deadline: closing a task is worth a try."""

_until: ContextVar[float | None] = ContextVar("_until", default=None)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Set one time limit for all calls of this thread inside the block; a nested one never exceeds the outer one."""
    outer = _until.get()
    until = time.perf_counter() + seconds
    token = _until.set(until if outer is None else min(until, outer))
    try:
        yield
    finally:
        _until.reset(token)


def _limit_s(until: float | None, answer_s: float, timeout_s: float) -> float:
    if until is None:
        return answer_s + max(0.0, timeout_s)
    return max(until - time.perf_counter(), _LEAST_S)


class LimitedChannel(grpc.Channel):
    """Channel with a time limit for every call.

    Within a deadline, calls wait for a lost connection to return, and are sent again if they fail with it. They are
    kept, because nidaqmx requests all four hundred of them for every task, and made when first used.

    Parameters
    ----------
    channel : grpc.Channel
        Channel to the server.
    answer_s : float
        Limit of each call beyond its own timeout, where no deadline is set.
    """

    def __init__(self, channel: grpc.Channel, answer_s: float) -> None:
        self._channel = channel
        self._answer_s = answer_s
        self._calls: dict[str, Callable[..., Any]] = {}

    def unary_unary(self, method: str, *coders: Any, **more: Any) -> Callable[..., Any]:
        """Return the call of a method, with a time limit."""
        if method not in self._calls:
            make = partial(self._channel.unary_unary, method, *coders, **more)
            self._calls[method] = _LimitedCall(make, self._answer_s)
        return self._calls[method]

    def unary_stream(self, method: str, *coders: Any, **more: Any) -> Callable[..., Any]:
        """Return the channel's own call."""
        call: Callable[..., Any] = self._channel.unary_stream(method, *coders, **more)
        return call

    def stream_unary(self, method: str, *coders: Any, **more: Any) -> Callable[..., Any]:
        """Return the channel's own call."""
        call: Callable[..., Any] = self._channel.stream_unary(method, *coders, **more)
        return call

    def stream_stream(self, method: str, *coders: Any, **more: Any) -> Callable[..., Any]:
        """Return the channel's own call."""
        call: Callable[..., Any] = self._channel.stream_stream(method, *coders, **more)
        return call

    def subscribe(self, callback: Callable[[Any], object], try_to_connect: bool = False) -> None:
        """Subscribe to the state of the connection."""
        self._channel.subscribe(callback, try_to_connect)

    def unsubscribe(self, callback: Callable[[Any], object]) -> None:
        """End a subscription."""
        self._channel.unsubscribe(callback)

    def close(self) -> None:
        """Close the channel."""
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class _LimitedCall:
    """Call of a server with a time limit; ``make`` returns the channel's own call when it is first needed."""

    __slots__ = ("_answer_s", "_call", "_make")

    def __init__(self, make: Callable[[], Callable[..., Any]], answer_s: float) -> None:
        self._make, self._answer_s = make, answer_s
        self._call: Callable[..., Any] | None = None

    def __call__(self, request: Any, metadata: Any = None) -> Any:
        if self._call is None:
            self._call = self._make()
        until = _until.get()
        if until is None:
            timeout = _limit_s(None, self._answer_s, getattr(request, "timeout", 0.0))
            return self._call(request, timeout=timeout, metadata=metadata)
        while True:
            left_s = _limit_s(until, self._answer_s, 0.0)
            try:
                return self._call(request, timeout=left_s, metadata=metadata, wait_for_ready=True)
            except grpc.RpcError as error:
                broken = error.code() is grpc.StatusCode.UNAVAILABLE
                if not broken or time.perf_counter() + _RETRY_S >= until:
                    raise
            time.sleep(_RETRY_S)


class LimitedCalls:
    """Calls of the local library with a time limit, each in a thread that is not awaited longer.

    Parameters
    ----------
    answer_s : float
        Limit of each call beyond its own timeout, where no deadline is set.
    """

    def __init__(self, answer_s: float) -> None:
        self._answer_s = answer_s
        self._idle: SimpleQueue[_Caller] = SimpleQueue()
        self._closed = False

    def run(self, call: Callable[[], Any], timeout_s: float = 0.0) -> Any:
        """Return the result of a call.

        Parameters
        ----------
        call : callable
            Call of NI-DAQmx.
        timeout_s : float
            The call's own timeout; below 0 for none, which only a deadline lengthens.

        Raises
        ------
        TimeoutError
            If it did not return in time; it continues in its thread.
        """
        try:
            caller = self._idle.get_nowait()
        except Empty:
            caller = _Caller(self._release)
        return caller.run(call, _limit_s(_until.get(), self._answer_s, timeout_s))

    def _release(self, caller: "_Caller") -> None:
        if self._closed:
            caller.end()
        else:
            self._idle.put(caller)

    def close(self) -> None:
        """End the threads that are idle, and the others when their calls return."""
        self._closed = True
        while not self._idle.empty():
            self._idle.get().end()


class _Caller:
    """Thread that runs one call after another; it does not keep the program from ending."""

    def __init__(self, release: Callable[["_Caller"], None]) -> None:
        self._release = release
        self._calls: SimpleQueue[tuple[Callable[[], Any], SimpleQueue[Callable[[], Any]]] | None] = (
            SimpleQueue()
        )
        Thread(target=self._work, name="NI-DAQmx", daemon=True).start()

    def run(self, call: Callable[[], Any], within_s: float) -> Any:
        answer: SimpleQueue[Callable[[], Any]] = SimpleQueue()
        self._calls.put((call, answer))
        try:
            result = answer.get(timeout=within_s)
        except Empty:
            raise TimeoutError(f"no answer within {within_s:.3g} s") from None
        return result()

    def end(self) -> None:
        self._calls.put(None)

    def _work(self) -> None:
        while (work := self._calls.get()) is not None:
            call, answer = work
            try:
                result = partial(_returned, call())
            except BaseException as error:
                result = partial(_raised, error)
            self._release(self)
            answer.put(result)
            del work, call, answer, result  # an idle thread keeps no task alive


def _returned(value: Any) -> Any:
    return value


def _raised(error: BaseException) -> Any:
    raise error


class Limited:
    """Object of nidaqmx whose calls and properties, and those of the objects in it, have a time limit.

    Parameters
    ----------
    target : object
        Task, system, device ...
    calls : LimitedCalls
        Runs its calls.
    """

    __slots__ = ("_calls", "_target")

    def __init__(self, target: Any, calls: LimitedCalls) -> None:
        object.__setattr__(self, "_target", target)
        object.__setattr__(self, "_calls", calls)

    def __getattr__(self, name: str) -> Any:
        target = self._target
        if inspect.isroutine(getattr(type(target), name, None)):
            return partial(self._call, getattr(target, name))
        return self._wrapped(self._calls.run(lambda: getattr(target, name)))

    def __setattr__(self, name: str, value: Any) -> None:
        self._calls.run(lambda: setattr(self._target, name, value))

    def __getitem__(self, key: Any) -> Any:
        return self._wrapped(self._calls.run(lambda: self._target[key]))

    def __iter__(self) -> Iterator[Any]:
        return map(self._wrapped, self._calls.run(lambda: list(self._target)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _call(self, method: Callable[..., Any], *values: Any, **named: Any) -> Any:
        timeout_s = _timeout_s(method, values, named)
        return self._wrapped(self._calls.run(lambda: method(*values, **named), timeout_s))

    def _wrapped(self, value: Any) -> Any:
        of_nidaqmx = type(value).__module__.partition(".")[0] == "nidaqmx"
        return Limited(value, self._calls) if of_nidaqmx and not isinstance(value, (Enum, tuple)) else value


def _timeout_s(method: Callable[..., Any], values: tuple[Any, ...], named: dict[str, Any]) -> float:
    """Return the timeout among the arguments of a call, 0 if it has none."""
    place = _place_of_timeout(getattr(method, "__func__", method))
    if place is None:
        return 0.0
    return float(values[place] if place < len(values) else named.get("timeout", 0.0))


@cache
def _place_of_timeout(function: Callable[..., Any]) -> int | None:
    names = list(inspect.signature(function).parameters)
    return names.index("timeout") - 1 if "timeout" in names else None  # not counting self
