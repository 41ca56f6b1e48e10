import os
import socket
import threading
from collections.abc import Callable

import numpy as np
import pytest
import pyvisa
import serial

from simulators.parameters import load_parameters
from simulators.sr560.instrument import SimulatedSR560
from simulators.wire import serial_line
from simulators.wire.serial_line import ListenOnlyLine, SerialLine, SocketLine
from tests.support.patience import PATIENCE_S

needs_terminals = pytest.mark.skipif(not serial_line.HAS_TERMINALS, reason="no pseudo-terminals here")
TerminalLine = serial_line.TerminalLine
KINDS = [pytest.param(TerminalLine, marks=needs_terminals), SocketLine]
EVERYTHING = bytes(range(256))


class Listener:
    """Takes bytes and can wait for them."""

    def __init__(self) -> None:
        self.heard = b""
        self.changed = threading.Condition()

    def __call__(self, data: bytes) -> None:
        with self.changed:
            self.heard += data
            self.changed.notify_all()

    def wait_for(self, expected: bytes) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.heard) >= len(expected), PATIENCE_S), self.heard
        assert self.heard == expected


def writer(line: ListenOnlyLine) -> tuple[Callable[[bytes], object], Callable[[], None]]:
    """Functions that write to the line's far end and close it."""
    if isinstance(line, SocketLine):
        _, host, port, _ = line.address.split("::")
        client = socket.create_connection((host, int(port)))
        return client.sendall, client.close
    descriptor = os.open(line.address.removeprefix("ASRL").removesuffix("::INSTR"), os.O_WRONLY | os.O_NOCTTY)
    return lambda data: os.write(descriptor, data), lambda: os.close(descriptor)


@pytest.mark.parametrize("kind", KINDS)
def test_every_byte_comes_through_unchanged(kind: type[ListenOnlyLine]) -> None:
    listener = Listener()
    with kind(listener) as line:
        write, close = writer(line)
        write(EVERYTHING)
        write(b"\r\n\x03\x04\x1a\x11\x13")
        listener.wait_for(EVERYTHING + b"\r\n\x03\x04\x1a\x11\x13")
        close()


@pytest.mark.parametrize("kind", KINDS)
def test_clients_come_one_after_the_other(kind: type[ListenOnlyLine]) -> None:
    listener = Listener()
    with kind(listener) as line:
        for number in range(3):
            write, close = writer(line)
            write(b"GAIN 3\r\n")
            listener.wait_for(b"GAIN 3\r\n" * (number + 1))
            close()


@pytest.mark.parametrize("kind", KINDS)
def test_drain_hands_over_at_once_what_has_been_written(kind: type[ListenOnlyLine]) -> None:
    """With the lock held the line's own thread cannot have done it."""
    heard: list[bytes] = []
    lock = threading.RLock()
    with kind(heard.append, lock=lock) as line:
        write, close = writer(line)
        write(b"first")
        while not heard:
            line.drain()
        with lock:
            for number in range(200):
                write(b"%04d" % number)
                line.drain()
                assert heard[-1].endswith(b"%04d" % number)
        close()
    assert b"".join(heard) == b"first" + b"".join(b"%04d" % number for number in range(200))


@pytest.mark.parametrize("kind", KINDS)
def test_it_catches_up_first_and_that_may_drain(kind: type[ListenOnlyLine]) -> None:
    listener = Listener()
    calls: list[int] = []

    def catch_up() -> None:
        calls.append(len(listener.heard))
        line.drain()

    line = kind(listener, catch_up=catch_up)
    with line:
        write, close = writer(line)
        write(b"abc")
        listener.wait_for(b"abc")
        close()
    assert calls[0] == 0


@pytest.mark.parametrize("kind", KINDS)
def test_stop_leaves_no_thread_and_may_come_twice(kind: type[ListenOnlyLine]) -> None:
    before = set(threading.enumerate())
    line = kind(Listener())
    line.stop()
    line.start()
    _, close = writer(line)
    line.stop()
    line.stop()
    line.drain()
    assert set(threading.enumerate()) == before
    close()


@needs_terminals
def test_the_kind_is_chosen_by_what_there_is() -> None:
    assert SerialLine is TerminalLine


@needs_terminals
def test_pyserial_sets_what_the_line_sees() -> None:
    with TerminalLine(Listener()) as line:
        path = line.address.removeprefix("ASRL").removesuffix("::INSTR")
        with serial.Serial(path, 9600, stopbits=serial.STOPBITS_TWO):
            assert line.settings == (9600, 2)
        with serial.Serial(path, 19200):
            assert line.settings == (19200, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_pyvisa_commands_an_sr560(kind: type[ListenOnlyLine]) -> None:
    amplifier = SimulatedSR560(load_parameters(), np.random.default_rng(1))
    manager = pyvisa.ResourceManager("@py")
    with kind(amplifier.receive) as line, manager.open_resource(line.address) as resource:
        resource.write_termination = "\r\n"
        if isinstance(line, TerminalLine):
            resource.stop_bits = pyvisa.constants.StopBits.two
            assert line.settings == (9600, 2)
        for command in ("LALL", "GAIN 0", "INVT 1", "NONSENSE"):
            resource.write(command)
        line.drain()
        assert amplifier.ignored == 1
    manager.close()
    assert amplifier.listening
    assert amplifier.amplify(np.full(3, 0.5), 1.0)[-1] == pytest.approx(-0.5, rel=0.01)
