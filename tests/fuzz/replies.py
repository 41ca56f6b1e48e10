"""Hostile replies of instruments: of the Keithley 428 on its bus, and of the card's server. An SR560 is never read."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np

from drivers.direct_adapter import DirectAdapter
from drivers.errors import RigError
from drivers.keithley428 import Keithley428
from drivers.ni6281 import NI6281
from drivers.pxi import PXIController
from simulators.daqmx.direct import DirectChannel
from simulators.daqmx.server import DaqServer
from tests.fuzz.files import spoilt_bytes
from tests.fuzz.tally import Doors, Tally
from tests.support.instruments import bare428
from tests.support.instruments.loopback import BIAS, INPUTS, RATE_HZ, Z, served

Rng = np.random.Generator

STRANGE = (
    b"", b"\r\n", b"\x00" * 40, b"\xff\xfe428A0\r\n", b"428", b"428" + b"1" * 5000 + b"\r\n", b"428IOVERFLOW\r\n",
    b"428I+nan\r\n", b"428I+9.9E+9999\r\n", b"428V-inf\r\n", b"1E+99V/A\r\n", b"0E+00V/A\r\n", b"-1E+05V/A\r\n",
    "428\u0663\u0664\r\n".encode(), b"<html>\r\n", b"428A0B0C0N0P0R99S9T9W9Z9\r\n", b"42800000000000\r\n" * 3,
)  # fmt: skip
"""Replies of no instrument, or of a broken one."""

INTS = (0, -1, 1, 2**31 - 1, -(2**31))
FLOATS = (float("nan"), float("inf"), -float("inf"), 1e300, 0.0, -1.0)


class _Spoilt428:
    """A simulated amplifier on the bus, some of whose replies are spoilt."""

    def __init__(self, rng: Rng) -> None:
        self._device = bare428.amplifier()
        self._rng = rng
        self.share = 0.0

    def write(self, data: bytes) -> None:
        self._device.receive(data)

    def read(self) -> bytes:
        reply = self._device.send()
        if self._rng.random() >= self.share:
            return reply
        return (
            STRANGE[self._rng.integers(len(STRANGE))]
            if self._rng.random() < 0.4
            else spoilt_bytes(reply or b"428", self._rng)
        )

    def poll(self) -> int:
        ready = self._device.serial_poll()
        return int(self._rng.integers(256)) if self._rng.random() < self.share / 4 else ready

    def clear(self) -> None:
        self._device.device_clear()


def keithley428(rng: Rng, examples: int) -> Tally:
    """Ask and set an amplifier whose replies are spoilt; no value beyond its ranges may come back."""
    tally = Tally("replies of the Keithley 428")
    asks: list[Callable[[Keithley428], object]] = [
        lambda one: one.status,
        lambda one: one.errors,
        lambda one: one.gain_V_per_A,
        lambda one: one.suppress_A,
        lambda one: one.bias_supply_V,
        lambda one: one.firmware,
        lambda one: setattr(one, "gain_V_per_A", 1e7),
        lambda one: setattr(one, "zero_check", True),
        lambda one: one.report(),
        lambda one: one.to_safe(),
    ]
    for number in range(examples):
        wire = _Spoilt428(rng)
        with tally.case(RigError, what=f"case {number}"):
            amplifier = Keithley428(DirectAdapter(wire), ready_polls=3, pause=lambda seconds: None)
            wire.share = float(rng.choice([0.3, 1.0]))
            seen = asks[rng.integers(len(asks))](amplifier)
            if isinstance(seen, float) and not np.isfinite(seen):
                tally.faults.append(f"case {number}: took {seen}")
    return tally


class _SpoiltChannel(DirectChannel):
    """Channel to the card's service, some of whose answers are spoilt."""

    def __init__(self, channel: DirectChannel, rng: Rng) -> None:
        super().__init__(channel._service)
        self._rng = rng
        self.share = 0.0

    def unary_unary(self, method: str, *coders: Any, **more: Any) -> Callable[..., Any]:
        call = super().unary_unary(method, *coders, **more)

        def answered(request: Any, **options: Any) -> Any:
            answer = call(request, **options)
            if self._rng.random() < self.share:
                spoil_message(answer, self._rng)
            return answer

        return answered


def spoil_message(message: Any, rng: Rng) -> None:
    """Replace a number, a text or a list in a message."""
    fields = [field for field, _ in message.ListFields()]
    if not fields:
        return
    field = fields[rng.integers(len(fields))]
    value = getattr(message, field.name)
    with suppress(ValueError, TypeError):  # not every field takes every value
        if isinstance(value, bool):
            setattr(message, field.name, not value)
        elif isinstance(value, int):
            setattr(message, field.name, int(rng.choice(INTS)))
        elif isinstance(value, float):
            setattr(message, field.name, float(rng.choice(FLOATS)))
        elif isinstance(value, str):
            setattr(message, field.name, str(rng.choice(["", "x" * 300, "\x00", "a\nb", "\u2603"])))
        elif isinstance(value, bytes):
            setattr(message, field.name, rng.bytes(int(rng.integers(40))))
        elif hasattr(value, "ListFields"):
            spoil_message(value, rng)
        elif rng.random() < 0.5:
            del value[int(rng.integers(len(value))) :]
        else:
            value[int(rng.integers(len(value)))] = float(rng.choice(FLOATS))


def _use(card: NI6281) -> None:
    """Use a card as a run does."""
    card.to_safe({"z": 0.0})
    card.start_acquisition()
    card.write(bias=0.1)
    card.read(40)
    card.start_ramp({"z": np.linspace(0.0, 0.5, 100)})
    card.read(60)
    card.stop_ramp()
    card.samples_acquired()
    card.stop_acquisition()
    card.glance()
    card.to_safe({"z": 0.0})


def daq(rng: Rng, examples: int) -> Tally:
    """Open and use a card whose server gives spoilt answers."""
    tally = Tally("replies of the card")
    server: DaqServer
    with served() as server:
        for number in range(examples):
            channel = _SpoiltChannel(server.direct(), rng)
            with (
                tally.case(RigError, what=f"case {number}"),
                PXIController(
                    f"grpc://{server.address}", connect=lambda address, to=channel: to
                ) as controller,
                NI6281(controller, "Dev1", INPUTS, (BIAS, Z), RATE_HZ) as card,
            ):
                channel.share = float(rng.choice([0.02, 0.2, 1.0]))
                try:
                    _use(card)
                finally:
                    channel.share = 0.0
                    with suppress(RigError):
                        card.to_safe({"z": 0.0})
    return tally


DOORS: Doors = {"428": keithley428, "daq": daq}
