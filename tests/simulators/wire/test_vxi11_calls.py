"""Remote procedure calls to the gateway, byte by byte, right ones and wrong ones."""

import contextlib
import socket
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulators.wire.vxi11 import Vxi11Gateway
from tests.support.instruments.vxi11_client import ABORT, CORE, CREATE_LINK, WRITE, Client, Parrot, pack
from tests.support.patience import PATIENCE_S


def test_null_procedure_and_unknown_ones(client: Client) -> None:
    assert client.raw_call(0, b"", CORE) == [0]
    assert client.raw_call(99, b"", CORE) == [3]
    assert client.raw_call(10, b"", 0x0607B1) == [1]
    assert client.raw_call(10, b"", CORE, version=2) == [2, 1, 1]
    assert client.raw_call(CREATE_LINK, b"\0\0", CORE) == [4]
    assert client.raw_call(CREATE_LINK, pack(1, 0, 0) + b"\xff\xff\xff\xff", CORE) == [4]
    assert client.raw_call(WRITE, pack(1, 2), CORE) == [4]


def test_other_rpc_version_is_denied(client: Client) -> None:
    client.send_record(struct.pack(">10I", 5, 0, 3, CORE, 1, 0, 0, 0, 0, 0))
    assert struct.unpack(">6I", client.receive_record()) == (5, 1, 1, 0, 2, 2)


def test_record_in_fragments(client: Client, parrot: Parrot) -> None:
    link = client.link()
    data = bytes(range(250)) * 40
    call = struct.pack(">10I", 77, 0, 2, CORE, 1, WRITE, 0, 0, 0, 0) + pack(link, 0, 0, 8, data)
    for start in range(0, len(call), 999):
        part = call[start : start + 999]
        last = 0x80000000 if start + 999 >= len(call) else 0
        client.socket.sendall(struct.pack(">I", last | len(part)))
        client.socket.sendall(part)
    assert struct.unpack(">8I", client.receive_record()) == (77, 1, 0, 0, 0, 0, 0, len(data))
    assert parrot.heard == [data]


def test_credentials_are_accepted_and_ignored(client: Client) -> None:
    client.send_record(struct.pack(">6I", 9, 0, 2, CORE, 1, 0) + pack(1, b"machine", 0, b""))
    assert struct.unpack(">6I", client.receive_record()) == (9, 1, 0, 0, 0, 0)


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\nHost: here\r\n\r\n" * 3,
        b"\x7f\xff\xff\xff",
        b"\xff\xff\xff\xff" + bytes(100),
        b"\x80\x00\x00\x00",
        b"\x80\x00\x00\x04abcd",
        struct.pack(">4I", 0x8000000C, 1, 1, 2),
    ],
)
def test_what_is_no_call_ends_the_connection_and_nothing_else(
    gateway: Vxi11Gateway, client: Client, garbage: bytes
) -> None:
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=PATIENCE_S) as bad:
        bad.sendall(garbage)
        with contextlib.suppress(ConnectionResetError):
            assert bad.recv(1) == b""
    assert client.write(client.link(), b"still here") == 0


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    procedure=st.integers(0, 30),
    arguments=st.one_of(
        st.binary(max_size=60),
        st.lists(
            st.one_of(st.integers(0, 3), st.integers(0, 2**32 - 1), st.binary(max_size=20)), max_size=8
        ).map(lambda values: pack(*values)),
    ),
    program=st.sampled_from([CORE, ABORT, 1]),
    version=st.integers(0, 2),
)
def test_every_call_is_answered(
    client: Client, procedure: int, arguments: bytes, program: int, version: int
) -> None:
    """Waits excepted: a lock that nobody holds is free."""
    status = client.raw_call(procedure, arguments, program, version)[0]
    assert 0 <= status <= 4


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_end_in_an_answer_or_a_hang_up(
    gateway: Vxi11Gateway, client: Client, data: bytes, as_record: bool
) -> None:
    message = struct.pack(">I", 0x80000000 | len(data)) + data if as_record else data
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=PATIENCE_S) as bad:
        try:
            bad.sendall(message)
            bad.shutdown(socket.SHUT_WR)
            while bad.recv(1000):
                pass
        except TimeoutError:
            pytest.fail("neither answer nor hang-up")
        except OSError:
            pass  # it hung up before the end
    assert client.call(0) == []
