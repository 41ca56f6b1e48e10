"""The PXI controller: connection to NI-DAQmx, its devices, and translation of its errors.

The same code talks to the NI-DAQmx library of this computer ("local") and to an NI gRPC Device Server
("grpc://HOST:PORT"), which NI ships for Windows, desktop Linux and Linux Real-Time.
Source: NI-DAQmx Python API Reference 1.7; NI gRPC Device Server, README.
"""

import warnings
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

import grpc
import nidaqmx
from nidaqmx.constants import TerminalConfiguration
from nidaqmx.errors import DaqWarning, RpcError
from nidaqmx.grpc_session_options import SessionInitializationBehavior
from nidaqmx.system import Device, System

from drivers.card_properties import CardProperties
from drivers.errors import InstrumentLost, NotFound, NotNow, OutOfRange, RigError
from drivers.ni_errors import rig_error, translated
from drivers.time_limits import Limited, LimitedCalls, LimitedChannel, deadline

__all__ = ["Connect", "ControllerIdentity", "DeviceIdentity", "PXIController", "rig_error", "translated"]

warnings.filterwarnings("ignore", r"\s*Warning 200010 ", DaqWarning)
"""NI-DAQmx warns of every ramp that is stopped before its end, which is the purpose of a stop. The filter is set once,
as nidaqmx sets its own: outputs are used from several threads, and filters belong to all of them."""

SERVER_PORT = 31763
"""Port of an NI gRPC Device Server as installed (its ``server_config.json``)."""

ANSWER_S = 2.0
SELF_TEST_S = 20.0

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

PRODUCT_NUMBERS = {"6281": 0x70BF}
"""Numbers of products (comedi, ``ni_pcimio.c``; pci.ids)."""

_OTHERWISE = {
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.NOT_FOUND,
}
"""Answers to a request for a session that exists, to a new one, or that does not, to an old one."""

Connect = Callable[[str], grpc.Channel]
"""Makes the channel to the server at an address."""


@dataclass(frozen=True)
class DeviceIdentity:
    """Identity of one device in NI-DAQmx; ``serial`` is 0 for a device without one."""

    name: str
    product_type: str
    serial: int
    product_number: int = 0


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
    sessions : str
        Beginning of the names of named tasks. On a server, another client can find and end them by their names.

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
        sessions: str = "",
    ) -> None:
        self.address = address or "local"
        self._sessions = sessions
        self.answer_s = answer_s
        connect = connect or _open_channel
        self._library = LimitedCalls(answer_s)
        self._channel = None if self.address == "local" else LimitedChannel(connect(self.address), answer_s)
        try:
            with translated("connect"), self.deadline(answer_s):
                self._system = self._made(System)
                version = self._system.driver_version
        except RigError as error:
            self.close()
            if isinstance(error, NotFound) or not isinstance(error, InstrumentLost):
                raise
            raise NotFound(f"{self._no_answer()} ({error})") from error
        self._driver_version = ".".join(map(str, version))

    def _no_answer(self) -> str:
        if self._channel is None:
            return (
                "NI-DAQmx of this computer does not answer. Check that the card's chassis is on, and restart the "
                "computer if NI MAX does not answer either."
            )
        return (
            f"Nothing answers at {self.address}. Check that the controller is on, that its NI gRPC Device Server "
            "(or `hotjunction sim`) runs, and that the address and port are those it printed."
        )

    def close(self) -> None:
        """Close the connection. Close tasks first: open ones continue to run on a server."""
        if self._channel is not None:
            self._channel.close()
        self._library.close()

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

    def properties(self, device: str) -> CardProperties:
        """Return the ranges and rates of a device.

        Raises ``InstrumentLost``, and ``NotFound`` for one that does not exist, or in NI MAX alone.
        """
        with translated(f"ask for the properties of {device}"):
            if self._system.devices[device].is_simulated:
                raise NotFound(
                    f"{device} is a device that NI MAX only simulates: nothing is wired to it. Write the name of the "
                    "real card, as NI MAX lists it, as daq.device in the rig file"
                )
            return CardProperties.of(self._system.devices[device])

    def find(self, product: str) -> DeviceIdentity:
        """Find the only device of a product: "6281" by its product number, others by a part of their type.

        Raises ``NotFound`` if there is none or more than one.
        """
        devices = self.identity.devices
        number = PRODUCT_NUMBERS.get(product)
        matching = [
            device
            for device in devices
            if (device.product_number == number if number else product.lower() in device.product_type.lower())
        ]
        if len(matching) == 1:
            return matching[0]
        if matching:
            raise NotFound(
                f"{self.address} has {len(matching)} devices of type {product}: {_listed(matching)}; "
                "name one in the rig file"
            )
        raise NotFound(f"{self.address} has no device of type {product}; it has {_listed(devices)}")

    def nidaqmx_device(self, name: str) -> Device:
        """Return NI-DAQmx's own object of a device, for its properties."""
        return self._system.devices[name]

    def differential_inputs(self, device: str) -> tuple[str, ...]:
        """Return the terminals of a device that can be read differentially ("ai0"). Raises ``InstrumentLost``."""
        with translated("list the inputs"):
            return tuple(
                terminal.name.rpartition("/")[2]
                for terminal in self._system.devices[device].ai_physical_chans
                if TerminalConfiguration.DIFF in terminal.ai_term_cfgs
            )

    def reset(self, device: str) -> None:
        """Abort every task on the device, of any program, and return it to its initial state."""
        with translated(f"reset {device}"):
            self._system.devices[device].reset_device()

    def self_test(self, device: str) -> None:
        """Run the device's self-test. Raises ``InstrumentFault`` with NI's message if it fails."""
        with translated(f"self-test of {device}"), self.deadline(SELF_TEST_S):
            self._system.devices[device].self_test_device()

    def new_task(self, part: str = "") -> Any:
        """Create an empty ``nidaqmx.Task`` whose calls have a time limit; the caller closes it.

        Parameters
        ----------
        part : str
            Its name after that of the sessions; without either, and for the local library, it has no name.

        Raises
        ------
        NotNow
            If the server has a task of that name, so that another program is at work.
        """
        if not (part and self._sessions) or self._channel is None:
            return self._made(lambda options: nidaqmx.Task(grpc_options=options))
        name = f"{self._sessions}.{part}"
        task = self.new_session(name)
        if task is None:
            raise NotNow(
                f"Can't open the rig: another program uses the card ({self.address} has its task {name})"
            )
        return task

    def new_session(self, name: str) -> Any:
        """Create an empty task of this name on a server; return None if there is one already, or no server.

        This is the server's own test-and-set: of two clients, one gets the task.
        """
        return self._session(name, SessionInitializationBehavior.INITIALIZE_SERVER_SESSION)

    def attached(self, name: str) -> Any:
        """Return the task of this name that another client made on a server; None if there is none."""
        return self._session(name, SessionInitializationBehavior.ATTACH_TO_SERVER_SESSION)

    def _session(self, name: str, behaviour: SessionInitializationBehavior) -> Any:
        if self._channel is None:
            return None
        options = nidaqmx.GrpcSessionOptions(self._channel, name, initialization_behavior=behaviour)
        with translated(f"open the task {name}"):
            try:
                return nidaqmx.Task(name, grpc_options=options)
            except RpcError as error:
                if error.rpc_code in _OTHERWISE:
                    return None
                raise

    def clear_session(self, name: str) -> bool:
        """Abort and delete the named task of another client; return True if there was one.

        Raises ``InstrumentLost``.
        """
        task = self.attached(name)
        if task is not None:
            with translated(f"clear the task {name}"):
                task.close()
        return task is not None

    def deadline(self, seconds: float) -> AbstractContextManager[None]:
        """Set one time limit for all calls of this thread inside the block; late calls raise ``InstrumentLost``.

        A nested limit never exceeds the outer one. Within the limit, calls to a server wait for a lost connection to
        return, and a call that fails with the connection is sent again, so use only repeatable calls inside. A call
        of the local library that is late is left to itself in a thread of its own, as on a server.
        """
        return deadline(seconds)

    def _made(self, make: Callable[[nidaqmx.GrpcSessionOptions | None], Any]) -> Any:
        """Return an object of nidaqmx that talks to this controller within its time limits."""
        if self._channel is not None:
            return make(nidaqmx.GrpcSessionOptions(self._channel, ""))
        return Limited(self._library.run(lambda: make(None)), self._library)


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


def _identity(device: Device) -> DeviceIdentity:
    return DeviceIdentity(device.name, device.product_type, device.serial_num, device.product_num)


def _listed(devices: Iterable[DeviceIdentity]) -> str:
    return ", ".join(f"{device.name} ({device.product_type})" for device in devices) or "none"
