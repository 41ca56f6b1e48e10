"""NI's service without a wire: calls of a client in this process go directly to the simulated card.

Any call through gRPC costs about a millisecond of processor time on both sides together, and a procedure on the fast
clock makes fifty thousand calls. Requests, answers, errors and their trailers are those of `DaqServer`. Faults of a
wire are not simulated: no call is lost or late, so time limits have no effect.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, NoReturn

import grpc

from simulators.daqmx.service import DaqService


class Trailer(NamedTuple):
    """Entry of the metadata after an answer."""

    key: str
    value: str


class Refused(grpc.RpcError):
    """Error with a status other than OK, with the interface of gRPC's own error."""

    def __init__(self, code: grpc.StatusCode, details: str, trailers: Sequence[Trailer]) -> None:
        super().__init__(details)
        self._code, self._details, self._trailers = code, details, trailers

    def code(self) -> grpc.StatusCode:
        """Return the status."""
        return self._code

    def details(self) -> str:
        """Return the message of the service."""
        return self._details

    def trailing_metadata(self) -> Sequence[Trailer]:
        """Return the metadata after the answer: NI's error code, and the number of samples read or written."""
        return self._trailers


class _Context:
    """Part of gRPC's context that the service uses; the client waits for the answer, so it is always active."""

    def __init__(self) -> None:
        self._trailers: tuple[Trailer, ...] = ()

    def is_active(self) -> bool:
        return True

    def set_trailing_metadata(self, entries: Sequence[tuple[str, str]]) -> None:
        self._trailers = tuple(Trailer(*entry) for entry in entries)

    def abort(self, code: grpc.StatusCode, details: str) -> NoReturn:
        raise Refused(code, details, self._trailers)


class DirectChannel(grpc.Channel):
    """Channel to a service in the same process, for calls with one answer; events are not supported.

    Parameters
    ----------
    service : DaqService
        Service on the card.
    """

    def __init__(self, service: DaqService) -> None:
        self._service = service

    def unary_unary(self, method: str, *coders: Any, **more: Any) -> Callable[..., Any]:
        """Return the call named at the end of ``method``; messages are passed without encoding."""
        answer = getattr(self._service, method.rpartition("/")[2])

        def call(request: Any, timeout: float | None = None, metadata: Any = None, **unused: Any) -> Any:
            return answer(request, _Context())

        return call

    def unary_stream(self, method: str, *coders: Any, **more: Any) -> Callable[..., Any]:
        """Return a call that always refuses: several answers would need a separate thread."""

        def refuse(request: Any, timeout: float | None = None, metadata: Any = None, **unused: Any) -> Any:
            raise Refused(grpc.StatusCode.UNIMPLEMENTED, f"{method} needs a wire", ())

        return refuse

    stream_unary = stream_stream = unary_stream

    def subscribe(self, callback: Callable[[Any], object], try_to_connect: bool = False) -> None:
        """Report once that the service is ready, which never changes."""
        callback(grpc.ChannelConnectivity.READY)

    def unsubscribe(self, callback: Callable[[Any], object]) -> None:
        """Do nothing: the state never changes."""

    def close(self) -> None:
        """Do nothing: the channel does not own the service."""

    def __enter__(self) -> "DirectChannel":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
