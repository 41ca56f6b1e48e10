"""The PXI controller: where NI-DAQmx runs, which devices it has, and what its errors mean to us.

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
    ("grpc.use_local_subchannel_pool", 1),  # one connection each: no inherited back-off
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.max_reconnect_backoff_ms", 500),
    # Only while a call is open, and rarer than the blocks that flow: servers hang up on eager pings.
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 5_000),
)

Connect = Callable[[str], grpc.Channel]
"""Makes the channel to the server at an address."""

_until: ContextVar[float | None] = ContextVar("_until", default=None)


@dataclass(frozen=True)
class DeviceIdentity:
    """One device as NI-DAQmx names it; ``serial`` is 0 for a device that has none."""

    name: str
    product_type: str
    serial: int


@dataclass(frozen=True)
class ControllerIdentity:
    """Who answered at the address."""

    address: str
    driver_version: str
    devices: tuple[DeviceIdentity, ...]


class PXIController:
    """A computer with NI-DAQmx and its devices. Owns the connection; use it in a ``with`` block.

    Parameters
    ----------
    address : str, optional
        "local" (the default) or "grpc://HOST:PORT". The connection is not encrypted.
    answer_s : float
        How long a server may take to answer: at first, and then each call beyond what it was asked to wait.
    connect : callable, optional
        Makes the channel to the server at an address; gRPC's own to that host, if not given.

    Raises
    ------
    OutOfRange
        The address has neither form.
    NotFound
        NI-DAQmx is not installed, or no server answered in time.
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
                f"Nothing answers at {self.address}. Is the controller on, does its NI gRPC Device Server "
                f"(or `hotjunction sim`) run, and is this the address and port that it printed? ({error})"
            ) from error
        self._driver_version = ".".join(map(str, version))

    def close(self) -> None:
        """Close the connection. Tasks that were left open on a server go on there: close them first."""
        if self._channel is not None:
            self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @property
    def identity(self) -> ControllerIdentity:
        """Get the driver's version and the devices. Raises ``InstrumentLost``."""
        with translated("list the devices"):
            devices = tuple(_identity(device) for device in self._system.devices)
        return ControllerIdentity(self.address, self._driver_version, devices)

    def device(self, name: str) -> DeviceIdentity:
        """Get the identity of one device. Raises ``NotFound`` (which lists those that are there)."""
        devices = self.identity.devices
        for device in devices:
            if device.name.lower() == name.lower():
                return device
        raise NotFound(f"{self.address} has no device {name!r}; it has {_listed(devices)}")

    def find(self, product: str) -> DeviceIdentity:
        """Find the one device whose product type contains ``product`` ("6281" finds a PXI-6281).

        Raises ``NotFound`` when there is none, or more than one to choose from.
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
        """Abort every task on the device, whoever started it, and return it to its initial state."""
        with translated(f"reset {device}"):
            self._system.devices[device].reset_device()

    def self_test(self, device: str) -> None:
        """Run the device's self-test. Raises ``InstrumentFault`` with NI's words when it fails."""
        with translated(f"self-test of {device}"), self.deadline(SELF_TEST_S):
            self._system.devices[device].self_test_device()

    def new_task(self) -> nidaqmx.Task:
        """Create an empty, unnamed task; whoever asks for it closes it."""
        return nidaqmx.Task(grpc_options=self._options())

    @contextmanager
    def deadline(self, seconds: float) -> Iterator[None]:
        """Bound all calls of this thread inside the block by one time limit; they raise ``InstrumentLost``.

        Calls to a server wait for a lost connection to come back, but not past the limit, and are sent again
        if it broke under them: only calls that may be repeated belong inside. The local library has no such
        limit: its calls don't wait for anything that could vanish. A limit inside another never exceeds the
        outer one.
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
    """A channel each of whose calls has a time limit: nidaqmx sets none, so a server that hangs would hang us too.

    The calls are kept: nidaqmx asks for all four hundred of them with every task.
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
"""A server is there and refused; with any other status nobody knows whether one is."""


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn what NI-DAQmx and gRPC raise inside the block into the rig's errors.

    Parameters
    ----------
    doing : str
        What is being done, for the message ("start the ramp").
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
        if "closed channel" not in str(error):  # gRPC has no other word for a connection that we closed
            raise
        raise InstrumentLost(f"The connection to NI-DAQmx was closed; can't {doing}") from error
    except (DaqNotFoundError, DaqNotSupportedError) as error:
        raise NotFound(
            'NI-DAQmx is not installed on this computer. Install it, or give the address "grpc://HOST:PORT" '
            "of a PXI controller that runs the NI gRPC Device Server."
        ) from error


_NO_WORD = {
    grpc.StatusCode.DEADLINE_EXCEEDED: "no answer in time",
    grpc.StatusCode.UNAVAILABLE: "nothing answers at its address",
}


def _unanswered(doing: str, code: grpc.StatusCode | None, error: Exception) -> str:
    why = str(error) if code is None else _NO_WORD.get(code, str(error))
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
    """Get the rig's error that says what NI-DAQmx said. Codes: NI-DAQmx, ``error_codes.DAQmxErrors``."""
    said = " ".join(str(error).split())
    if error.error_type in _LOST:
        return InstrumentLost(f"The card is gone; it can't {doing}: {said}")
    if error.error_type in _ABSENT:
        return NotFound(f"Can't {doing}: {said}")
    if error.error_type in _RESERVED:
        return NotNow(
            f"Can't {doing}: another program holds the card; close it. If it is dead, reset the card "
            f"(NI MAX: Reset Device). ({said})"
        )
    if error.error_type in _REFUSED:
        return OutOfRange(f"setting of the card (to {doing})", "a value that NI-DAQmx refused", said)
    return InstrumentFault(f"Can't {doing}: {said}", error.error_code)


def _identity(device: Device) -> DeviceIdentity:
    return DeviceIdentity(device.name, device.product_type, device.serial_num)


def _listed(devices: Iterable[DeviceIdentity]) -> str:
    return ", ".join(f"{device.name} ({device.product_type})" for device in devices) or "none"
