"""The gateway, spoken to in raw RPC."""

import contextlib
import socket
import struct
import threading

import pytest

from simulators.wire.vxi11 import Vxi11Gateway
from tests.support.instruments.vxi11_client import (
    ABORT,
    CLEAR,
    CORE,
    CREATE_LINK,
    DESTROY_LINK,
    LOCAL,
    LOCK,
    READ_STB,
    REMOTE,
    TRIGGER,
    UNLOCK,
    Client,
    Parrot,
    pack,
)

# --- links


def test_link_numbers_abort_port_and_write_size(client: Client, gateway: Vxi11Gateway) -> None:
    error, first, abort_port, size = client.call(CREATE_LINK, 1, 0, 0, b"gpib0,7")
    assert (error, abort_port, size) == (0, gateway.abort_port, 16384)
    assert client.link(b"GPIB0,7") != first


@pytest.mark.parametrize(
    "name",
    [b"gpib0,8", b"gpib1,7", b"gpib0", b"inst0", b"", b"gpib0,7,1", b"gpib0,x", b"\xff\x00", b"gpib0,777"],
)
def test_absent_device_is_error_3(client: Client, name: bytes) -> None:
    assert client.call(CREATE_LINK, 1, 0, 0, name)[0] == 3


@pytest.mark.parametrize("procedure", [READ_STB, TRIGGER, CLEAR, REMOTE, LOCAL, UNLOCK, DESTROY_LINK])
def test_unknown_link_is_error_4(client: Client, procedure: int) -> None:
    assert client.call(procedure, 999, 0, 0, 0)[0] == 4
    assert client.write(999, b"x") == 4
    assert client.read(999) == (4, 0, b"")


def test_link_of_another_client_is_not_mine(client: Client, gateway: Vxi11Gateway) -> None:
    other = Client(gateway.port)
    assert client.write(other.link(), b"x") == 4
    other.close()


def test_destroyed_link_is_gone(client: Client) -> None:
    link = client.link()
    assert client.call(DESTROY_LINK, link) == [0]
    assert client.call(DESTROY_LINK, link) == [4]


def test_links_end_with_their_connection(gateway: Vxi11Gateway) -> None:
    client = Client(gateway.port)
    client.link()
    assert len(gateway.links) == 1
    client.close()
    gateway.drop_clients()
    assert gateway.links == {}


def test_too_many_links(client: Client) -> None:
    for _ in range(256):
        client.link()
    assert client.call(CREATE_LINK, 1, 0, 0, b"gpib0,7")[0] == 9


# --- write, read, poll


def test_read_ends_at_size_terminator_or_end(client: Client) -> None:
    link = client.link()
    client.write(link, b"one;two")
    assert client.read(link, 100, 128, ord(";")) == (0, 2, b"one;")
    assert client.read(link, 2) == (0, 1, b"tw")
    assert client.read(link, 100) == (0, 4, b"o")
    assert client.read(link, 7) == (0, 5, b"one;two")
    assert client.read(link, 100, 128, ord("o") | 0xFFFFFF00) == (0, 2, b"o")
    assert client.read(link, 0) == (0, 1, b"")


def test_a_write_discards_what_was_not_read(client: Client) -> None:
    link = client.link()
    client.write(link, b"first")
    client.read(link, 2)
    client.write(link, b"second")
    assert client.read(link) == (0, 4, b"second")


def test_nothing_to_say_is_a_timeout(client: Client) -> None:
    assert client.read(client.link()) == (15, 0, b"")


def test_poll_trigger_remote_local_and_clear(client: Client, parrot: Parrot) -> None:
    link = client.link()
    client.write(link, b"a")
    assert client.call(READ_STB, link, 0, 0, 0) == [0, 1]
    for procedure in (TRIGGER, REMOTE, LOCAL):
        assert client.call(procedure, link, 0, 0, 0) == [0]
    assert parrot.heard == [b"a"]
    client.write(link, b"abc")
    client.read(link, 1)
    assert client.call(CLEAR, link, 0, 0, 0) == [0]
    assert parrot.heard == []
    assert client.read(link) == (15, 0, b"")


@pytest.mark.parametrize("procedure", [20, 22, 25, 26])
def test_interrupts_and_bus_commands_are_not_supported(client: Client, procedure: int) -> None:
    assert client.call(procedure, 1, 2, 3)[0] == 8


def test_it_catches_up_under_the_lock_before_it_uses_the_instrument(parrot: Parrot) -> None:
    order: list[str] = []
    lock = threading.RLock()

    def catch_up() -> None:
        order.append(f"caught up after {len(parrot.heard)}")
        assert not another_thread_gets(lock)

    with Vxi11Gateway({7: parrot}, lock=lock, catch_up=catch_up) as gateway:
        client = Client(gateway.port)
        client.write(client.link(), b"x")
        client.close()
    assert order == ["caught up after 0"]
    assert parrot.heard == [b"x"]


def another_thread_gets(lock: threading.RLock) -> bool:
    got: list[bool] = []

    def attempt() -> None:
        got.append(lock.acquire(blocking=False))
        if got[0]:
            lock.release()

    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join()
    return got[0]


# --- locks


def test_lock_keeps_others_out_until_it_is_given_back(client: Client, gateway: Vxi11Gateway) -> None:
    other = Client(gateway.port)
    mine, yours = client.link(), other.link()
    assert client.call(LOCK, mine, 0, 0) == [0]
    assert client.call(LOCK, mine, 0, 0) == [11]
    assert client.write(mine, b"x") == 0
    assert other.write(yours, b"x") == 11
    assert other.call(LOCK, yours, 1, 1) == [11]
    assert other.call(UNLOCK, yours) == [12]
    assert other.call(CREATE_LINK, 1, 1, 0, b"gpib0,7")[0] == 11
    assert client.call(UNLOCK, mine) == [0]
    assert other.write(yours, b"x") == 0
    other.close()


def test_waiting_for_a_lock_ends_when_it_is_given_back(client: Client, gateway: Vxi11Gateway) -> None:
    other = Client(gateway.port)
    mine, yours = client.link(), other.link()
    client.call(LOCK, mine, 0, 0)
    waiting = threading.Thread(target=lambda: results.append(other.call(LOCK, yours, 1, 30_000)))
    results: list[list[int]] = []
    waiting.start()
    assert client.write(mine, b"x") == 0
    client.call(DESTROY_LINK, mine)
    waiting.join()
    assert results == [[0]]
    other.close()


def test_abort_ends_a_wait(client: Client, gateway: Vxi11Gateway) -> None:
    other, abort = Client(gateway.port), Client(gateway.abort_port, ABORT)
    mine, yours = client.link(), other.link()
    client.call(LOCK, mine, 0, 0)
    results: list[list[int]] = []
    waiting = threading.Thread(target=lambda: results.append(other.call(LOCK, yours, 1, 30_000)))
    waiting.start()
    while waiting.is_alive():  # the abort counts only once the other waits
        assert abort.call(1, yours) == [0]
    assert results == [[23]]
    assert abort.call(1, 999) == [4]
    other.close()
    abort.close()


def test_a_lost_connection_gives_its_lock_back(client: Client, gateway: Vxi11Gateway) -> None:
    other = Client(gateway.port)
    other.call(LOCK, other.link(), 0, 0)
    other.close()
    assert client.call(LOCK, client.link(), 1, 30_000) == [0]


# --- clients come and go


def test_clients_at_the_same_time(gateway: Vxi11Gateway) -> None:
    """Each reads back what it wrote, because write and read are one locked turn."""
    failures: list[str] = []

    def work(name: int) -> None:
        client = Client(gateway.port)
        link = client.link()
        for number in range(50):
            text = f"{name} {number}".encode()
            client.call(LOCK, link, 1, 10_000)
            client.write(link, text)
            if client.read(link)[2] != text:
                failures.append(text.decode())
            client.call(UNLOCK, link)
        client.close()

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_stop_leaves_no_thread_and_resets_the_clients(parrot: Parrot) -> None:
    before = set(threading.enumerate())
    gateway = Vxi11Gateway({7: parrot})
    gateway.start()
    idle, busy = Client(gateway.port), Client(gateway.port)
    busy.call(LOCK, busy.link(), 0, 0)
    waiting = Client(gateway.port)
    link = waiting.link()
    waiting.send_record(
        struct.pack(">10I", 1, 0, 2, CORE, 1, LOCK, 0, 0, 0, 0) + pack(link, 1, 4_000_000_000)
    )
    gateway.stop()
    gateway.stop()
    assert set(threading.enumerate()) == before
    for client in (idle, busy):
        with contextlib.suppress(ConnectionResetError):
            assert client.socket.recv(1) == b""
    for client in (idle, busy, waiting):
        client.close()


def test_dropped_clients_may_come_back_even_if_one_waited_for_a_lock(
    client: Client, gateway: Vxi11Gateway
) -> None:
    other = Client(gateway.port)
    link = other.link()
    client.call(LOCK, client.link(), 0, 0)
    other.send_record(struct.pack(">10I", 1, 0, 2, CORE, 1, LOCK, 0, 0, 0, 0) + pack(link, 1, 4_000_000_000))
    gateway.drop_clients()
    other.close()
    again = Client(gateway.port)
    assert again.call(LOCK, again.link(), 0, 0) == [0]
    again.close()


def test_a_stopped_gateway_can_come_back_at_its_port(parrot: Parrot) -> None:
    gateway = Vxi11Gateway({7: parrot})
    gateway.start()
    port = gateway.port
    gateway.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    with gateway:
        client = Client(port)
        assert client.write(client.link(), b"x") == 0
        client.close()


def test_a_taken_port_is_an_error_and_leaves_nothing(gateway: Vxi11Gateway, parrot: Parrot) -> None:
    before = threading.active_count()
    with pytest.raises(OSError, match="in use"):
        Vxi11Gateway({7: parrot}, port=gateway.port).start()
    assert threading.active_count() == before


def test_it_listens_on_loopback(gateway: Vxi11Gateway) -> None:
    assert gateway.address(22) == f"TCPIP0::127.0.0.1,{gateway.port}::gpib0,22::INSTR"
