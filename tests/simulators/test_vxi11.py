"""The gateway, spoken to in raw RPC and through the unmodified pyvisa with pyvisa-py."""

import contextlib
import gc
import itertools
import socket
import struct
import threading
from collections.abc import Iterator

import numpy as np
import pytest
import pyvisa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulators.keithley428 import SimulatedKeithley428
from simulators.parameters import load_parameters
from simulators.vxi11 import Vxi11Gateway

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
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
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


@pytest.fixture
def parrot() -> Parrot:
    return Parrot()


@pytest.fixture
def gateway(parrot: Parrot) -> Iterator[Vxi11Gateway]:
    with Vxi11Gateway({7: parrot}) as running:
        yield running


@pytest.fixture
def client(gateway: Vxi11Gateway) -> Iterator[Client]:
    connected = Client(gateway.port)
    yield connected
    connected.close()


# --- through pyvisa


@pytest.fixture(scope="module")
def visa() -> Iterator[pyvisa.ResourceManager]:
    manager = pyvisa.ResourceManager("@py")
    yield manager
    manager.close()


@pytest.fixture
def keithley() -> SimulatedKeithley428:
    return SimulatedKeithley428(load_parameters(), np.random.default_rng(1))


@pytest.fixture
def session(visa: pyvisa.ResourceManager, keithley: SimulatedKeithley428) -> Iterator[pyvisa.Resource]:
    with Vxi11Gateway({22: keithley}) as gateway:
        resource = visa.open_resource(gateway.address(22))
        resource.timeout = 2000
        yield resource
        resource.close()


def test_pyvisa_writes_and_reads(session: pyvisa.Resource) -> None:
    session.write_raw(b"R6U3X")
    assert session.read_raw() == b"1E+06V/A\r\n"
    assert session.query("U0X").startswith("428A0B0C1")
    session.write("R8X", termination="")
    session.read_termination = "\r\n"
    assert session.query("U3X") == "1E+08V/A"
    assert session.read() == "428I+0.000E+00"


@pytest.mark.parametrize(("option", "end"), [(0, "\r\n"), (1, "\n\r"), (2, "\r"), (3, "\n")])
def test_pyvisa_reads_with_every_terminator(session: pyvisa.Resource, option: int, end: str) -> None:
    session.read_termination = end
    session.write(f"Y{option}X")
    for _ in range(3):
        assert session.query("U1X") == "42800000000000"


def test_pyvisa_polls_and_clears(session: pyvisa.Resource, keithley: SimulatedKeithley428) -> None:
    assert session.read_stb() == 16
    session.write("R77X")
    assert session.read_stb() == 16 + 32
    session.write("B1V1X")
    assert keithley.bias_V == 1.0
    session.clear()
    assert keithley.bias_V == 0.0
    assert session.read_stb() == 16


def test_pyvisa_waits_for_ready(session: pyvisa.Resource, keithley: SimulatedKeithley428) -> None:
    session.write("C2X")
    polls = [session.read_stb() & 16 for _ in range(keithley.parameters.polls_until_done)]
    assert polls[-1] == 16
    assert 0 in polls


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_pyvisa_is_refused_at_an_absent_address(visa: pyvisa.ResourceManager, gateway: Vxi11Gateway) -> None:
    with pytest.raises(Exception, match="error creating link: 3"):
        visa.open_resource(gateway.address(8))
    gc.collect()  # pyvisa-py leaves the refused session's socket open until then


def test_pyvisa_sends_more_than_fits_into_one_write(
    visa: pyvisa.ResourceManager, gateway: Vxi11Gateway, parrot: Parrot
) -> None:
    message = bytes(range(256)) * 200
    with visa.open_resource(gateway.address(7)) as resource:
        resource.write_raw(message)
        assert b"".join(parrot.heard) == message
        assert len(parrot.heard) == 4
        resource.chunk_size = 1000
        assert resource.read_raw() == parrot.heard[-1]


def test_without_eoi_a_read_ends_at_the_terminator_or_times_out(session: pyvisa.Resource) -> None:
    session.write("K1X")
    session.read_termination = "\n"
    assert session.query("U1X") == "42800000000000\r"
    session.read_termination = None
    with pytest.raises(pyvisa.VisaIOError, match="TMO"):
        session.query("U1X")


def test_instrument_that_is_switched_off_times_out(visa: pyvisa.ResourceManager, parrot: Parrot) -> None:
    instruments = {7: parrot}
    with Vxi11Gateway(instruments) as gateway, visa.open_resource(gateway.address(7)) as resource:
        resource.write("here")
        del instruments[7]
        with pytest.raises(pyvisa.VisaIOError, match="TMO"):
            resource.write("gone")
        instruments[7] = parrot
        resource.write("back")
        assert parrot.heard == [b"here\r\n", b"back\r\n"]


def test_many_rounds_without_a_mistake(session: pyvisa.Resource) -> None:
    session.read_termination = "\r\n"
    for number in range(500):
        session.write(f"R{3 + number % 8}X")
        assert session.read_stb() == 16
        assert session.query("U3X") == f"1E+{3 + number % 8:02d}V/A"


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


# --- remote procedure calls


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
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as bad:
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
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as bad:
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
