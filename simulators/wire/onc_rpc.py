"""Server side of ONC RPC over TCP: records, XDR, calls and replies (RFC 5531, RFC 4506)."""

import socket
import struct
from collections.abc import Callable, Mapping

CALL, REPLY = 0, 1
ACCEPTED, DENIED = 0, 1
SUCCESS, PROGRAM_UNAVAILABLE, PROGRAM_MISMATCH, PROCEDURE_UNAVAILABLE, GARBAGE_ARGUMENTS = range(5)
RPC_VERSION = 2
LAST_FRAGMENT = 0x8000_0000
LONGEST_RECORD = 1 << 20


class XdrError(Exception):
    """Arguments that end too early."""


class XdrReader:
    """Reader of XDR values from bytes, one after the other. All methods raise `XdrError` at the end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def uint(self) -> int:
        """Read an unsigned 32-bit integer, a boolean or an enumeration."""
        return int.from_bytes(self._take(4))

    def opaque(self) -> bytes:
        """Read bytes of variable length, or a string."""
        length = self.uint()
        return self._take(length + -length % 4)[:length]

    def _take(self, length: int) -> bytes:
        if self._at + length > len(self._data):
            raise XdrError(f"{length} bytes wanted, {len(self._data) - self._at} left")
        self._at += length
        return self._data[self._at - length : self._at]


Procedure = Callable[[XdrReader], bytes]
"""Reads its arguments and returns its packed results."""


def pack_uints(*values: int) -> bytes:
    """Return unsigned (or enumeration) values in XDR."""
    return struct.pack(f">{len(values)}I", *values)


def pack_opaque(data: bytes) -> bytes:
    """Return bytes of variable length in XDR."""
    return pack_uints(len(data)) + data + bytes(-len(data) % 4)


def serve(connection: socket.socket, program: int, version: int, procedures: Mapping[int, Procedure]) -> None:
    """Answer calls on a connection until the peer disconnects or sends an invalid record."""
    while (record := _receive_record(connection)) is not None:
        reply = reply_to(record, program, version, procedures)
        if reply is None:
            return
        connection.sendall(pack_uints(LAST_FRAGMENT | len(reply)) + reply)


def reply_to(record: bytes, program: int, version: int, procedures: Mapping[int, Procedure]) -> bytes | None:
    """Return the reply to one call; None for a record that is not a call."""
    reader = XdrReader(record)
    try:
        call_id, kind, rpc_version = reader.uint(), reader.uint(), reader.uint()
        if kind != CALL:
            return None
        if rpc_version != RPC_VERSION:
            return pack_uints(call_id, REPLY, DENIED, 0, RPC_VERSION, RPC_VERSION)
        wanted_program, wanted_version, number = reader.uint(), reader.uint(), reader.uint()
        for _credential in ("caller", "verifier"):
            reader.uint()
            reader.opaque()
    except XdrError:
        return None
    accepted = pack_uints(call_id, REPLY, ACCEPTED, 0, 0)
    if wanted_program != program:
        return accepted + pack_uints(PROGRAM_UNAVAILABLE)
    if wanted_version != version:
        return accepted + pack_uints(PROGRAM_MISMATCH, version, version)
    if number == 0:
        return accepted + pack_uints(SUCCESS)
    if number not in procedures:
        return accepted + pack_uints(PROCEDURE_UNAVAILABLE)
    try:
        return accepted + pack_uints(SUCCESS) + procedures[number](reader)
    except XdrError:
        return accepted + pack_uints(GARBAGE_ARGUMENTS)


def _receive_record(connection: socket.socket) -> bytes | None:
    """Receive a record and join its fragments; return None at the end of the stream or for an oversized record."""
    record = b""
    while True:
        header = _receive_exactly(connection, 4)
        if header is None:
            return None
        mark = int.from_bytes(header)
        length = mark & ~LAST_FRAGMENT
        if len(record) + length > LONGEST_RECORD:
            return None
        fragment = _receive_exactly(connection, length)
        if fragment is None:
            return None
        record += fragment
        if mark & LAST_FRAGMENT:
            return record


def _receive_exactly(connection: socket.socket, length: int) -> bytes | None:
    data = bytearray()
    while len(data) < length:
        part = connection.recv(length - len(data))
        if not part:
            return None
        data += part
    return bytes(data)
