"""Nothing that a peer sends ends a server, and no peer of another kind reaches a command."""

import json
import logging
import random
import socket
import threading

import pytest
import zmq

from app.acquisition.simulated_rig import SimulationSettings, rig_file_text
from app.server.admission import Admission
from app.server.client import BenchClient
from app.server.connection import Connection
from app.server.instruments import Instruments
from app.server.protocol import ProtocolError, decode
from app.server.rpc_server import Command, CommandServer, Reply
from app.server.server import BenchServer
from simulators.parameters import load_parameters
from tests.support.patience import PATIENCE_S
from tests.support.rig.rigs import wait_until

TOKEN = "sésame"


class Opened:
    """A server, and which commands were done behind it."""

    def __init__(self, context):
        self.done = []
        commands = {"ping": Command(self._ping)}
        self.server = CommandServer("test", context, "127.0.0.1", TOKEN, commands)
        self.address = "127.0.0.1", int(self.server.endpoint.rpartition(":")[2])

    def _ping(self, **what):
        self.done.append(what)
        return Reply()

    def answers(self):
        with BenchClient(
            Connection(self.server.endpoint, self.server.endpoint, "", TOKEN, 0, "", "")
        ) as client:
            return client.command("ping", timeout_s=30.0) == {}


@pytest.fixture
def opened():
    with zmq.Context() as context:
        admission = Admission(context)
        opened = Opened(context)
        yield opened
        assert opened.server.close()
        admission.close()


def header(fields, **others):
    return json.dumps({"v": 1, "kind": "command", "fields": fields, "arrays": [], **others}).encode()


PING = header({"token": TOKEN, "name": "ping", "arguments": {}, "number": 77})

SURROGATES = [
    header({"token": "\ud800", "name": "ping", "arguments": {}}),
    header({"token": TOKEN, "name": "\udfff", "arguments": {}}),
    header({"token": TOKEN, "name": "ping", "arguments": {"\ud800": 1}}),
    PING.replace(b"ping", b"\xed\xa0\x80"),  # as no UTF-8 may have it
]


@pytest.mark.parametrize("frame", SURROGATES)
def test_half_a_surrogate_pair_is_refused_with_a_sentence(opened, frame):
    with zmq.Context() as context, context.socket(zmq.DEALER) as peer:
        peer.setsockopt(zmq.LINGER, 0)
        peer.connect(opened.server.endpoint)
        peer.send(frame)
        assert peer.poll(30_000)
        error = decode(peer.recv_multipart()).fields["error"]

    assert error == {"kind": "ProtocolError", "message": "the header is not JSON"}
    assert opened.done == []
    assert opened.answers()


@pytest.mark.parametrize("text", ['{"v": 1, "v": 1}', '{"v": NaN}', '"\\ud800"', "[" * 100_000])
def test_only_strict_json_is_read(text):
    with pytest.raises(ProtocolError, match="not JSON"):
        decode([text.encode()])


def test_a_whole_surrogate_pair_is_text():
    assert decode([header({"sample": "\U0001f600"})]).fields == {"sample": "\U0001f600"}


HTTP = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s"

OLD_1 = bytes([len(PING) + 1, 0]) + PING
"""ZMTP 1: a frame is its length, flags, and body; the first is the peer's name."""
OLD_GREETING = b"\xff" + bytes(7) + b"\x01\x7f"
"""ZMTP 2: signature; then revision 1, a DEALER, a name, and messages."""

OTHERS = {
    "HTTP": HTTP % (len(PING), PING),
    "HTTP with old frames": HTTP % (len(OLD_1) + 2, b"\x01\x00" + OLD_1),
    "ZMTP 1": b"\x01\x00" + OLD_1,
    "ZMTP 2": OLD_GREETING + b"\x01\x05" + b"\x00\x00" + bytes([0, len(PING)]) + PING,
    "TLS": bytes.fromhex("16030100c8010000c40303") + bytes(190),
    "rubbish": bytes(range(256)) * 20,
}


def hung_up_on(address, sent):
    """Whether whoever sends this is soon hung up on."""
    with socket.create_connection(address, timeout=30.0) as peer:
        try:
            peer.sendall(sent)
            while peer.recv(4096):
                pass
        except TimeoutError:
            return False
        except ConnectionError:
            return True
        return True


@pytest.mark.parametrize("kind", OTHERS)
def test_peers_of_another_kind_or_an_older_zeromq_reach_no_command(opened, kind):
    assert hung_up_on(opened.address, OTHERS[kind])
    assert opened.done == []
    assert opened.answers()


def test_an_old_peer_did_reach_a_command_before_there_was_an_admission():
    """The greeting above is a right one: without a domain libzmq takes it."""
    with zmq.Context() as context, context.socket(zmq.ROUTER) as router:
        router.setsockopt(zmq.LINGER, 0)
        port = router.bind_to_random_port("tcp://127.0.0.1")
        with socket.create_connection(("127.0.0.1", port)) as peer:
            peer.sendall(OTHERS["ZMTP 2"])
            assert router.poll(30_000)
            assert router.recv_multipart()[-1] == PING


def _spoilt(frame, rng):
    """A good command with some bytes changed, cut or repeated."""
    data = bytearray(frame)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data))
        data[at : at + rng.randint(0, 5)] = rng.randbytes(rng.randint(0, 5))
        data = data or bytearray(b"x")
    return bytes(data)


def test_a_door_answers_after_thousands_of_spoilt_frames(opened):
    rng = random.Random(5)
    with zmq.Context() as context, context.socket(zmq.DEALER) as peer:
        peer.setsockopt(zmq.LINGER, 0)
        peer.connect(opened.server.endpoint)
        sent = 3000
        for _ in range(sent):
            peer.send_multipart([_spoilt(PING, rng) for _ in range(rng.choice([1, 1, 1, 2, 9]))])
        refused = 0
        for _ in range(sent):
            assert peer.poll(30_000)
            refused += "error" in decode(peer.recv_multipart()).fields

    assert refused + len(opened.done) == sent
    assert len(opened.done) < sent / 10  # a changed number or space leaves a good command
    assert opened.answers()


def test_what_no_rule_foresaw_is_answered_and_the_door_goes_on(opened, monkeypatch):
    monkeypatch.setattr(opened.server, "_is_ours", lambda token: 1 / 0)
    with zmq.Context() as context, context.socket(zmq.DEALER) as peer:
        peer.setsockopt(zmq.LINGER, 0)
        peer.connect(opened.server.endpoint)
        peer.send(PING)
        assert peer.poll(30_000)
        assert "internal error" in decode(peer.recv_multipart()).fields["error"]["message"]
    monkeypatch.undo()
    assert opened.answers()


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """A bench whose rig is nowhere; nobody looks for it."""
    monkeypatch.setattr(Instruments, "look", lambda self: None)
    parameters = load_parameters()
    addresses = {"daq": "127.0.0.1:9", "current_amplifier": "TCPIP::127.0.0.1::gpib0,22::INSTR"}
    addresses["voltage_preamplifier"] = "ASRL/dev/null::INSTR"
    rig_file = tmp_path / "rig.toml"
    rig_file.write_text(rig_file_text(SimulationSettings(), parameters, addresses), "utf-8")
    with BenchServer(rig_file, tmp_path) as server:
        yield server


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_retract_server_whose_thread_dies_is_opened_again_and_that_is_an_alarm(bench, monkeypatch):
    server = bench._retract_server
    monkeypatch.setattr(bench, "retract", lambda: "tip back")
    died = threading.Event()

    def die(ready):
        server._do_next = do_next
        died.set()
        raise SystemExit

    do_next, server._do_next = server._do_next, die
    before = server._thread
    with BenchClient(bench.connection) as client:
        for _ in range(2):  # the first finds it waiting with the method that it had
            server._send([b"nobody", b"wakes it"])
        assert died.wait(PATIENCE_S)
        wait_until(lambda: server._thread is not before and server._thread.is_alive())
        assert client.retract() == "tip back"
        alarms = [entry["text"] for entry in bench.log_entries() if entry["level"] == "critical"]

    assert alarms == ["The thread of the retract server died; it was restarted"]


def test_no_socket_of_a_bench_talks_to_a_web_page(bench):
    for endpoint in (bench.connection.commands, bench.connection.retract, bench.connection.topics):
        host, _, port = endpoint.removeprefix("tcp://").rpartition(":")
        assert hung_up_on((host, int(port)), OTHERS["HTTP"])


def test_a_task_that_fails_leaves_its_thread_for_the_next(bench, caplog):
    done = threading.Event()
    with caplog.at_level(logging.ERROR):
        bench._instrument_thread.do(lambda: 1 / 0)
        bench._instrument_thread.do(done.set)
        assert done.wait(PATIENCE_S)
    assert "failed" in caplog.text
