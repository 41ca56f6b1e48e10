"""The PXI controller: connection to NI-DAQmx, its devices, and translation of its errors.

The same code talks to the NI-DAQmx library of this computer ("local") and to an NI gRPC Device Server
("grpc://HOST:PORT"), which NI ships for Windows, desktop Linux and Linux Real-Time.
Source: NI-DAQmx Python API Reference 1.7; NI gRPC Device Server, README.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

import grpc
import nidaqmx
from nidaqmx.error_codes import DAQmxErrors
from nidaqmx.errors import DaqError, DaqNotFoundError, DaqNotSupportedError, RpcError
from nidaqmx.system import Device, System

from drivers.errors import InstrumentFault, InstrumentLost, NotFound, NotNow, OutOfRange, RigError

SERVER_PORT = 31763
"""Port of an NI gRPC Device Server as installed (its ``server_config.json``)."""

ANSWER_S = 2.0
SELF_TEST_S = 20.0
_RETRY_S = 0.02

_CHANNEL_OPTIONS = (
    ("grpc.max_receive_message_length", -1),  # a read of many samples is larger than gRPC's default of 4 MB
    ("grpc.max_send_message_length", -1),
    ("grpc.enable_http_proxy", 0),  # an instrument is never behind the web proxy
    ("grpc.use_local_subchannel_pool", 1),  # a connection of its own, without inherited back-off
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.max_reconnect_backoff_ms", 500),
    # Only during a call, and less often than blocks of samples: servers hang up on frequent pings.
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 5_000),
)

Connect = Callable[[str], grpc.Channel]
"""Makes the channel to the server at an address."""

_until: ContextVar[float | None] = ContextVar("_until", default=None)


@dataclass(frozen=True)
class DeviceIdentity:
    """Identity of one device in NI-DAQmx; ``serial`` is 0 for a device without one."""

    name: str
    product_type: str
    serial: int


@dataclass(frozen=True)
class ControllerIdentity:
    """Identity of the controller at an address."""

    address: str
    driver_version: str
    devices: tuple[DeviceIdentity, ...]


class PXIController:
    """Computer with NI-DAQmx and its devices. Owns the connection; use it in a ``with`` block.

    Parameters
    ----------
    address : str, optional
        "local" (the default) or "grpc://HOST:PORT". The connection is not encrypted.
    answer_s : float
        Longest time for a server to answer, at connection and for each call beyond the call's own timeout.
    connect : callable, optional
        Returns the channel to the server at an address; by default gRPC's own.

    Raises
    ------
    OutOfRange
        If the address has neither form.
    NotFound
        If NI-DAQmx is not installed, or no server answered in time.
    """

    def __init__(
        self,
        address: str | None = None,
        answer_s: float = ANSWER_S,
        connect: Connect | None = None,
    ) -> None:
        self.address = address or "local"
        self.answer_s = answer_s
        connect = connect or _open_channel
        self._channel = None if self.address == "local" else _Limited(connect(self.address), answer_s)
        try:
            with translated("connect"), self.deadline(answer_s):
                self._system = System(self._options())
                version = self._system.driver_version
        except RigError as error:
            self.close()
            if isinstance(error, NotFound) or not isinstance(error, InstrumentLost):
                raise
            raise NotFound(
                f"Nothing answers at {self.address}. Check that the controller is on, that its NI gRPC Device Server "
                f"(or `hotjunction sim`) runs, and that the address and port are those it printed. ({error})"
            ) from error
        self._driver_version = ".".join(map(str, version))

    def close(self) -> None:
        """Close the connection. Close tasks first: open ones continue to run on a server."""
        if self._channel is not None:
            self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @property
    def identity(self) -> ControllerIdentity:
        """Driver version and devices. Raises ``InstrumentLost``."""
        with translated("list the devices"):
            devices = tuple(_identity(device) for device in self._system.devices)
        return ControllerIdentity(self.address, self._driver_version, devices)

    def device(self, name: str) -> DeviceIdentity:
        """Return the identity of one device. Raises ``NotFound`` that lists the devices present."""
        devices = self.identity.devices
        for device in devices:
            if device.name.lower() == name.lower():
                return device
        raise NotFound(f"{self.address} has no device {name!r}; it has {_listed(devices)}")

    def find(self, product: str) -> DeviceIdentity:
        """Find the only device whose product type contains ``product`` ("6281" finds a PXI-6281).

        Raises ``NotFound`` if there is none or more than one.
        """
        devices = self.identity.devices
        matching = [device for device in devices if product.lower() in device.product_type.lower()]
        if len(matching) == 1:
            return matching[0]
        if matching:
            raise NotFound(
                f"{self.address} has {len(matching)} devices of type {product}: {_listed(matching)}; "
                "name one in the rig file"
            )
        raise NotFound(f"{self.address} has no device of type {product}; it has {_listed(devices)}")

    def reset(self, device: str) -> None:
        """Abort every task on the device, of any program, and return it to its initial state."""
        with translated(f"reset {device}"):
            self._system.devices[device].reset_device()

    def self_test(self, device: str) -> None:
        """Run the device's self-test. Raises ``InstrumentFault`` with NI's message if it fails."""
        with translated(f"self-test of {device}"), self.deadline(SELF_TEST_S):
            self._system.devices[device].self_test_device()

    def new_task(self) -> nidaqmx.Task:
        """Create an empty, unnamed task; the caller closes it."""
        return nidaqmx.Task(grpc_options=self._options())

    @contextmanager
    def deadline(self, seconds: float) -> Iterator[None]:
        """Set one time limit for all calls of this thread inside the block; late calls raise ``InstrumentLost``.

        Within the limit, calls to a server wait for a lost connection to return, and a call that fails with the
        connection is sent again, so use only repeatable calls inside. The local library has no such limit: its calls
        don't wait for a connection. A nested limit never exceeds the outer one.
        """
        outer = _until.get()
        until = time.monotonic() + seconds
        token = _until.set(until if outer is None else min(until, outer))
        try:
            yield
        finally:
            _until.reset(token)

    def _options(self) -> nidaqmx.GrpcSessionOptions | None:
        return None if self._channel is None else nidaqmx.GrpcSessionOptions(self._channel, "")


def _open_channel(address: str) -> grpc.Channel:
    parts = urlsplit(address)
    try:
        port = parts.port or SERVER_PORT
    except ValueError:
        port = 0
    if parts.scheme != "grpc" or not parts.hostname or not port or parts.path.strip("/"):
        raise OutOfRange("address of the PXI controller", repr(address), '"local" or "grpc://HOST:PORT"')
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return grpc.insecure_channel(f"{host}:{port}", options=_CHANNEL_OPTIONS)


class _Limited(grpc.Channel):
    """Channel with a time limit for every call; nidaqmx sets none, so a hanging server would block for ever.

    Calls are cached, because nidaqmx requests all four hundred of them for every task.
    """

    def __init__(self, channel: grpc.Channel, answer_s: float) -> None:
        self._channel = channel
        self._answer_s = answer_s
        self._calls: dict[str, Callable[..., Any]] = {}

    def unary_unary(self, method: str, *coders: Any, **more: Any) -> Callable[..., Any]:
        if method not in self._calls:
            self._calls[method] = self._limited(self._channel.unary_unary(method, *coders, **more))
        return self._calls[method]

    def _limited(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def limited(request: Any, metadata: Any = None) -> Any:
            until = _until.get()
            if until is None:
                timeout = self._answer_s + max(0.0, getattr(request, "timeout", 0.0))
                return call(request, timeout=timeout, metadata=metadata)
            while True:
                left_s = max(until - time.monotonic(), 1e-3)
                try:
                    return call(request, timeout=left_s, metadata=metadata, wait_for_ready=True)
                except grpc.RpcError as error:
                    broken = error.code() is grpc.StatusCode.UNAVAILABLE
                    if not broken or time.monotonic() + _RETRY_S >= until:
                        raise
                time.sleep(_RETRY_S)

        return limited

    def unary_stream(self, method: str, *coders: Any, **more: Any) -> Callable[..., Any]:
        call: Callable[..., Any] = self._channel.unary_stream(method, *coders, **more)
        return call

    def stream_unary(self, method: str, *coders: Any, **more: Any) -> Callable[..., Any]:
        call: Callable[..., Any] = self._channel.stream_unary(method, *coders, **more)
        return call

    def stream_stream(self, method: str, *coders: Any, **more: Any) -> Callable[..., Any]:
        call: Callable[..., Any] = self._channel.stream_stream(method, *coders, **more)
        return call

    def subscribe(self, callback: Callable[[Any], object], try_to_connect: bool = False) -> None:
        self._channel.subscribe(callback, try_to_connect)

    def unsubscribe(self, callback: Callable[[Any], object]) -> None:
        self._channel.unsubscribe(callback)

    def close(self) -> None:
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


_ANSWERED = {
    grpc.StatusCode.UNKNOWN,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.UNIMPLEMENTED,
}
"""Status codes of a server that answered with a refusal; any other leaves open whether a server is present."""


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Translate exceptions of NI-DAQmx and gRPC inside the block to the rig's errors.

    Parameters
    ----------
    doing : str
        The action, for the message ("start the ramp").
    """
    try:
        yield
    except DaqError as error:
        raise rig_error(doing, error) from error
    except RpcError as error:
        if error.rpc_code in _ANSWERED:
            raise InstrumentFault(f"Can't {doing}: {error}") from error
        raise InstrumentLost(_unanswered(doing, error.rpc_code, error)) from error
    except grpc.RpcError as error:
        code = error.code() if isinstance(error, grpc.Call) else None
        raise InstrumentLost(_unanswered(doing, code, error)) from error
    except ValueError as error:
        if "closed channel" not in str(error):  # gRPC's only sign of a connection closed on this side
            raise
        raise InstrumentLost(f"The connection to NI-DAQmx was closed; can't {doing}") from error
    except (DaqNotFoundError, DaqNotSupportedError) as error:
        raise NotFound(
            'NI-DAQmx is not installed on this computer. Install it, or give the address "grpc://HOST:PORT" '
            "of a PXI controller that runs the NI gRPC Device Server."
        ) from error


_NO_ANSWER = {
    grpc.StatusCode.DEADLINE_EXCEEDED: "no answer in time",
    grpc.StatusCode.UNAVAILABLE: "nothing answers at its address",
}


def _unanswered(doing: str, code: grpc.StatusCode | None, error: Exception) -> str:
    why = str(error) if code is None else _NO_ANSWER.get(code, str(error))
    return f"NI-DAQmx stopped answering while trying to {doing}: {why}"


_LOST = {
    DAQmxErrors.DEV_CANNOT_BE_ACCESSED,
    DAQmxErrors.DEVICE_REMOVED,
    DAQmxErrors.PAL_COMMUNICATIONS_FAULT,
}
_ABSENT = {DAQmxErrors.INVALID_DEVICE_ID, DAQmxErrors.PHYSICAL_CHAN_DOES_NOT_EXIST}
_RESERVED = {DAQmxErrors.PAL_RESOURCE_RESERVED, DAQmxErrors.RESOURCE_ALREADY_RESERVED}
_REFUSED = {DAQmxErrors.INVALID_ATTRIBUTE_VALUE, DAQmxErrors.INVALID_AO_DATA_WRITE}


def rig_error(doing: str, error: DaqError) -> RigError:
    """Convert an NI-DAQmx error to the rig's error. Codes: NI-DAQmx, ``error_codes.DAQmxErrors``."""
    message = " ".join(str(error).split())
    if error.error_type in _LOST:
        return InstrumentLost(f"The card does not respond; can't {doing}: {message}")
    if error.error_type in _ABSENT:
        return NotFound(f"Can't {doing}: {message}")
    if error.error_type in _RESERVED:
        return NotNow(
            f"Can't {doing}: another program uses the card; close it. If it has crashed, reset the card "
            f"(NI MAX: Reset Device). ({message})"
        )
    if error.error_type in _REFUSED:
        return OutOfRange(f"setting of the card (to {doing})", "a value that NI-DAQmx refused", message)
    return InstrumentFault(f"Can't {doing}: {message}", error.error_code)


def _identity(device: Device) -> DeviceIdentity:
    return DeviceIdentity(device.name, device.product_type, device.serial_num)


def _listed(devices: Iterable[DeviceIdentity]) -> str:
    return ", ".join(f"{device.name} ({device.product_type})" for device in devices) or "none"
