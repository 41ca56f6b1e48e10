"""NI's service without a wire: the calls of a client in this process go straight to the simulated card.

A call through gRPC costs a millisecond of processor on both sides together, whatever it does; a procedure on the
fast clock makes fifty thousand. Requests, answers, errors and their trailers are those of `DaqServer`. What only a
wire can do is left out: no call is lost or late, so a time limit has no effect.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, NoReturn

import grpc

from simulators.daq_rpc import DaqService


class Trailer(NamedTuple):
    """An entry of the metadata after an answer."""

    key: str
    value: str


class Refused(grpc.RpcError):
    """Status other than OK; looks to a client as gRPC's own error does."""

    def __init__(self, code: grpc.StatusCode, details: str, trailers: Sequence[Trailer]) -> None:
        super().__init__(details)
        self._code, self._details, self._trailers = code, details, trailers

    def code(self) -> grpc.StatusCode:
        """Get the status."""
        return self._code

    def details(self) -> str:
        """Get what the service said of it."""
        return self._details

    def trailing_metadata(self) -> Sequence[Trailer]:
        """Get the metadata after the answer: NI's error code, and how many samples were on their way."""
        return self._trailers


class _Context:
    """What a call of the service needs of gRPC; the client, which waits for the answer, is always there."""

    def __init__(self) -> None:
        self._trailers: tuple[Trailer, ...] = ()

    def is_active(self) -> bool:
        return True

    def set_trailing_metadata(self, entries: Sequence[tuple[str, str]]) -> None:
        self._trailers = tuple(Trailer(*entry) for entry in entries)

    def abort(self, code: grpc.StatusCode, details: str) -> NoReturn:
        raise Refused(code, details, self._trailers)


class DirectChannel(grpc.Channel):
    """A channel to a service in the same process; for calls with one answer, which events have not.

    Parameters
    ----------
    service : DaqService
        On the card that is to be used.
    """

    def __init__(self, service: DaqService) -> None:
        self._service = service

    def unary_unary(self, method: str, *coders: Any, **more: Any) -> Callable[..., Any]:
        """Return the call named at the end of ``method``; messages are handed over as they are."""
        answer = getattr(self._service, method.rpartition("/")[2])

        def call(request: Any, timeout: float | None = None, metadata: Any = None, **unused: Any) -> Any:
            return answer(request, _Context())

        return call

    def unary_stream(self, method: str, *coders: Any, **more: Any) -> Callable[..., Any]:
        """Return a call that refuses: its answers would have to come from a thread of their own."""

        def refuse(request: Any, timeout: float | None = None, metadata: Any = None, **unused: Any) -> Any:
            raise Refused(grpc.StatusCode.UNIMPLEMENTED, f"{method} needs a wire", ())

        return refuse

    stream_unary = stream_stream = unary_stream

    def subscribe(self, callback: Callable[[Any], object], try_to_connect: bool = False) -> None:
        """Tell once that the service is there; that never changes."""
        callback(grpc.ChannelConnectivity.READY)

    def unsubscribe(self, callback: Callable[[Any], object]) -> None:
        """Nothing more is told anyway."""

    def close(self) -> None:
        """Leave the service as it is: it is not the channel's."""

    def __enter__(self) -> "DirectChannel":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
