"""The other end of the gateway's wire: a client in raw RPC, and an instrument that says what it heard."""

import itertools
import re
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.patience import PATIENCE_S

CORE, ABORT = 0x0607AF, 0x0607B0
CREATE_LINK, WRITE, READ, READ_STB, TRIGGER, CLEAR, REMOTE, LOCAL, LOCK, UNLOCK = range(10, 20)
DESTROY_LINK = 23


class Parrot:
    """Says the last message again; its serial poll is how many it had."""

    eoi = True

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    def receive(self, data: bytes) -> None:
        self.heard.append(data)

    def send(self) -> bytes:
        return self.heard[-1] if self.heard else b""

    def serial_poll(self) -> int:
        return len(self.heard)

    def device_clear(self) -> None:
        self.heard.clear()


class Client:
    """The other end of the wire, as RFC 5531 and VXI-11 have it."""

    def __init__(self, port: int, program: int = CORE) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        self.program = program
        self.ids = itertools.count(7)

    def call(self, procedure: int, *values: int | bytes, program: int = 0, version: int = 1) -> list[int]:
        """Words of the reply behind the header; opaque data as words too."""
        status, *results = self.raw_call(procedure, pack(*values), program or self.program, version)
        assert status == 0
        return results

    def raw_call(self, procedure: int, arguments: bytes, program: int, version: int = 1) -> list[int]:
        call_id = next(self.ids)
        header = struct.pack(">10I", call_id, 0, 2, program, version, procedure, 0, 0, 0, 0)
        self.send_record(header + arguments)
        reply = self.receive_record()
        words = list(struct.unpack(f">{len(reply) // 4}I", reply))
        assert words[:5] == [call_id, 1, 0, 0, 0]
        return words[5:]

    def send_record(self, record: bytes) -> None:
        self.socket.sendall(struct.pack(">I", 0x80000000 | len(record)) + record)

    def receive_record(self) -> bytes:
        mark = int.from_bytes(self.receive(4))
        assert mark & 0x80000000
        return self.receive(mark & 0x7FFFFFFF)

    def receive(self, n: int) -> bytes:
        data = b""
        while len(data) < n:
            part = self.socket.recv(n - len(data))
            assert part, "the gateway hung up"
            data += part
        return data

    def link(self, name: bytes = b"gpib0,7") -> int:
        error, link, _, _ = self.call(CREATE_LINK, 1, 0, 0, name)
        assert error == 0
        return link

    def write(self, link: int, data: bytes) -> int:
        return self.call(WRITE, link, 1000, 0, 8, data)[0]

    def read(self, link: int, size: int = 100, flags: int = 0, terminator: int = 0) -> tuple[int, int, bytes]:
        error, reason, length, *words = self.call(READ, link, size, 1000, 0, flags, terminator)
        return error, reason, struct.pack(f">{len(words)}I", *words)[:length]

    def close(self) -> None:
        self.socket.close()


def pack(*values: int | bytes) -> bytes:
    return b"".join(
        struct.pack(">I", len(value)) + value + bytes(-len(value) % 4)
        if isinstance(value, bytes)
        else struct.pack(">I", value)
        for value in values
    )


@contextmanager
def locked_by_another(address: str) -> Iterator[bool]:
    """Lock the device of an address at its gateway, as another program with VISA does; give whether that succeeded."""
    found = re.search(r",(\d+)::(gpib\d+,\d+)::INSTR", address)
    assert found is not None, address
    client = Client(int(found[1]))
    try:
        _, link, *_ = client.call(CREATE_LINK, 1, 0, 0, found[2].encode())
        yield client.call(LOCK, link, 0, 0) == [0]
    finally:
        client.socket.close()
