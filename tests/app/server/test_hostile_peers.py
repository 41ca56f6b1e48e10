"""Nothing that a peer sends ends a server, and no peer of another kind, or without the keys, reaches a command."""

import ctypes
import itertools
import logging
import socket
import threading
from contextlib import ExitStack
from functools import partial

import numpy as np
import pytest
import zmq

from app.server.admission import Admission, ClientKeys, secure_client
from app.server.client import BenchClient
from app.server.connection import Connection
from app.server.errors import NoAnswer
from app.server.protocol import ProtocolError, decode
from app.server.rpc_server import Command, CommandServer, Reply
from tests.fuzz.frames import DOORS, HTTP, bench_without_rig, header, ping
from tests.support.patience import PATIENCE_S
from tests.support.rig.benches import Ears
from tests.support.rig.rigs import wait_until

TOKEN = "sésame"
EXAMPLES = 300


class Opened:
    """A server, and which commands were done behind it."""

    def __init__(self, context, encrypted=True):
        self.done = []
        self.admission = Admission(context, TOKEN, encrypted=encrypted)
        commands = {"ping": Command(self._ping), "exit": Command(self._exit)}
        self.server = CommandServer("test", context, "127.0.0.1", TOKEN, commands, self.admission)
        self.address = "127.0.0.1", int(self.server.endpoint.rpartition(":")[2])

    def _ping(self, **what):
        self.done.append(what)
        return Reply()

    def _exit(self):
        raise SystemExit

    def connection(self, keys=None, token=TOKEN):
        end = self.server.endpoint
        return Connection(end, end, "", token, 0, "", "", keys=keys or self.admission.client_keys)

    def answers(self):
        with BenchClient(self.connection()) as client:
            return client.command("ping", timeout_s=PATIENCE_S) == {}

    def reply_to(self, *frames):
        with zmq.Context() as context, context.socket(zmq.DEALER) as peer:
            peer.setsockopt(zmq.LINGER, 0)
            secure_client(peer, self.admission.client_keys, TOKEN)
            peer.connect(self.server.endpoint)
            peer.send_multipart(frames)
            assert peer.poll(1000 * PATIENCE_S)
            return decode(peer.recv_multipart()).fields

    def close(self):
        assert self.server.close()
        self.admission.close()


@pytest.fixture
def opened():
    with zmq.Context() as context:
        opened = Opened(context)
        yield opened
        opened.close()


PING = ping(TOKEN)


def test_closing_a_server_whose_last_command_has_ended_its_thread(opened, monkeypatch):
    """The thread sees that it shall end when it has replied, before it is woken."""
    server, send = opened.server, opened.server._send

    def late(frames):
        if not frames:
            opened.reply_to(PING)
            server.thread._thread.join()
        send(frames)

    with monkeypatch.context() as patch:
        patch.setattr(server, "_send", late)
        closing = threading.Thread(target=server.close, daemon=True)
        closing.start()
        closing.join(PATIENCE_S)
        assert not closing.is_alive()


SURROGATES = [
    header({"token": "\ud800", "name": "ping", "arguments": {}}),
    header({"token": TOKEN, "name": "\udfff", "arguments": {}}),
    header({"token": TOKEN, "name": "ping", "arguments": {"\ud800": 1}}),
    PING.replace(b"ping", b"\xed\xa0\x80"),  # as no UTF-8 may have it
]


@pytest.mark.parametrize("frame", SURROGATES)
def test_half_a_surrogate_pair_is_refused_with_a_sentence(opened, frame):
    error = opened.reply_to(frame)["error"]

    assert error == {"kind": "ProtocolError", "message": "the header is not JSON"}
    assert opened.done == []
    assert opened.answers()


DEEP = '{"a":' * 30 + "1" + "}" * 30


@pytest.mark.parametrize(
    "text", ['{"v": 1, "v": 1}', '{"v": NaN}', '{"v": 1e999}', '"\\ud800"', "[" * 100_000, DEEP]
)
def test_only_strict_json_is_read(text):
    with pytest.raises(ProtocolError, match="not JSON"):
        decode([text.encode()])


def test_a_whole_surrogate_pair_is_text():
    assert decode([header({"sample": "\U0001f600"})]).fields == {"sample": "\U0001f600"}


def test_a_refusal_does_not_repeat_all_that_the_peer_has_sent(opened):
    error = opened.reply_to(header({"token": TOKEN, "name": "x" * 10_000, "arguments": {}}))["error"]

    assert error["message"].startswith("no command 'xxx")
    assert len(error["message"]) < 2000


def _hung_up_on(address, sent):
    """Return True if the server soon closes the connection of a client that sends this."""
    with socket.create_connection(address, timeout=PATIENCE_S) as peer:
        try:
            peer.sendall(sent)
            while peer.recv(4096):
                pass
        except TimeoutError:
            return False
        except ConnectionError:
            return True
        return True


MANY = 300


def test_hundreds_of_connections_that_say_nothing_keep_nobody_out(opened):
    with ExitStack() as stack:
        for _ in range(MANY):
            stack.enter_context(socket.create_connection(opened.address, timeout=PATIENCE_S))
        assert opened.answers()
    assert opened.answers()


OLD_1 = bytes([len(PING) + 1, 0]) + PING
"""ZMTP 1: a frame is its length, flags, and body; the first is the peer's name."""

OTHERS = {
    "HTTP": HTTP % (len(PING), PING),
    "HTTP with old frames": HTTP % (len(OLD_1) + 2, b"\x01\x00" + OLD_1),
    "ZMTP 1": b"\x01\x00" + OLD_1,
    "ZMTP 2": b"\xff" + bytes(7) + b"\x01\x7f\x01\x05" + b"\x00\x00" + bytes([0, len(PING)]) + PING,
    "ZMTP 3 without keys": b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32),
    "TLS": bytes.fromhex("16030100c8010000c40303") + bytes(190),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_peers_of_another_kind_or_an_older_zeromq_reach_no_command(opened, kind):
    assert _hung_up_on(opened.address, OTHERS[kind])
    assert opened.done == []
    assert opened.answers()


def test_an_old_peer_reaches_a_socket_without_an_admission():
    """The greeting above is a right one."""
    with zmq.Context() as context, context.socket(zmq.ROUTER) as router:
        router.setsockopt(zmq.LINGER, 0)
        port = router.bind_to_random_port("tcp://127.0.0.1")
        with socket.create_connection(("127.0.0.1", port)) as peer:
            peer.sendall(OTHERS["ZMTP 2"])
            assert router.poll(1000 * PATIENCE_S)
            assert router.recv_multipart()[-1] == PING


@pytest.mark.parametrize("encrypted", [True, False], ids=["CURVE", "PLAIN"])
def test_only_who_read_the_connection_file_is_answered(encrypted):
    """Another user knows the port, the bench's public key, and, let us say, even the token."""
    (_, _), (public, secret) = zmq.curve_keypair(), zmq.curve_keypair()
    with zmq.Context() as context:
        opened = Opened(context, encrypted)
        assert opened.answers()
        assert opened.done == [{}]
        ours = opened.admission.client_keys
        own = ClientKeys(ours.bench, public.decode(), secret.decode()) if ours else None
        with (
            BenchClient(opened.connection(own, TOKEN if encrypted else "guess")) as stranger,
            pytest.raises(NoAnswer),
        ):
            stranger.command("ping", timeout_s=0.5)
        assert opened.done == [{}]
        assert opened.answers()
        opened.close()


def test_a_client_that_is_refused_before_it_has_sent_waits_no_longer_than_it_said(monkeypatch):
    """On a busy computer the refusal comes first; libzmq then has no connection to put the command into."""
    public, secret = zmq.curve_keypair()
    with zmq.Context() as context:
        opened = Opened(context, True)
        wrong = ClientKeys(opened.admission.client_keys.bench, public.decode(), secret.decode())
        connect = zmq.Socket.connect

        def connected_and_refused(self, endpoint):
            connect(self, endpoint)
            if self.type == zmq.DEALER:
                wait_until(lambda: not self.poll(0, zmq.POLLOUT))

        with BenchClient(opened.connection(wrong, TOKEN)) as stranger, monkeypatch.context() as patch:
            patch.setattr(zmq.Socket, "connect", connected_and_refused)
            with pytest.raises(NoAnswer, match=r"did not answer 'ping' within 0\.3 s"):
                stranger.command("ping", timeout_s=0.3)
        opened.close()


@pytest.mark.parametrize("door", DOORS)
def test_a_bench_answers_and_retracts_after_hostile_frames(door):
    tally = DOORS[door](np.random.default_rng(5), EXAMPLES)

    assert tally.faults == []
    assert tally.cases >= EXAMPLES
    assert tally.taken < EXAMPLES / 10  # a changed number or space leaves a good command


def test_what_no_rule_foresaw_is_answered_and_the_door_goes_on(opened, monkeypatch):
    monkeypatch.setattr(opened.server, "_is_ours", lambda token: 1 / 0)
    assert "internal error" in opened.reply_to(PING)["error"]["message"]
    monkeypatch.undo()
    assert opened.answers()


def test_a_command_cannot_end_the_thread_of_its_door(opened):
    error = opened.reply_to(header({"token": TOKEN, "name": "exit", "arguments": {}}))["error"]

    assert error["kind"] == "SystemExit"
    assert opened.answers()


@pytest.fixture
def bench(tmp_path):
    with bench_without_rig(tmp_path) as server:
        yield server


class Death(BaseException):
    """Ends a thread, as nothing in the program does."""


def _kill(thread, wake):
    """Raise an error in a critical thread that ends it, and wait until another has taken its place."""
    before = thread._thread
    looks = itertools.count()

    def replaced():
        if before.is_alive() and next(looks) % 50 == 0:  # an error that meets a destructor is swallowed there
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(before.ident), ctypes.py_object(Death))
        wake()  # it may be waiting, where no error reaches it
        return thread._thread is not before and thread._thread.is_alive()

    wait_until(replaced)


def _notify(condition):
    with condition:
        condition.notify_all()


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnhandledThreadExceptionWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
def test_a_critical_thread_that_dies_is_started_again_and_that_is_an_alarm(bench):
    command, retract, publisher = bench._command_server, bench._retract_server, bench._publisher
    wakes = {
        **{one.thread: partial(one._send, [b"", b""]) for one in (command, retract)},
        **{
            one.thread: partial(one.do, lambda: None)
            for one in (bench._instrument_thread, bench._reader_thread)
        },
        publisher.thread: bench.publish_state,
        bench._admission.thread: lambda: None,
        bench._jobs: partial(_notify, bench.queue._changed),
        bench._ticks: lambda: None,
        bench._watch: lambda: None,
    }
    assert set(wakes) == set(bench._threads)
    said: list[str] = []

    def alarms():
        return [e["text"] for e in bench.log_entries() if e["level"] == "critical"]

    for thread, wake in wakes.items():
        _kill(thread, wake)
        said.append(f"An internal part of the bench ({thread.name}) stopped and was started again.")
        wait_until(lambda: alarms() == said)  # the next to die may be the one that is about to say it
    with BenchClient(bench.connection) as client:
        assert client.retract() == "tip back"
        assert client.command("state")["held"] == "an internal part of the bench stopped"
        assert client.command("check", procedure="iv", values={}, timeout_s=PATIENCE_S)["possible"] is False
        heard = Ears()
        subscription = client.subscribe(heard, ["state"])
        wait_until(lambda: bench.publish_state() or heard.of("state"))
        subscription.close()


def test_no_socket_of_a_bench_talks_to_a_web_page(bench):
    for endpoint in (bench.connection.commands, bench.connection.retract, bench.connection.topics):
        host, _, port = endpoint.removeprefix("tcp://").rpartition(":")
        assert _hung_up_on((host, int(port)), OTHERS["HTTP"])


def test_a_task_that_fails_leaves_its_thread_for_the_next(bench, caplog):
    done = threading.Event()
    with caplog.at_level(logging.ERROR):
        bench._instrument_thread.do(lambda: 1 / 0)
        bench._instrument_thread.do(done.set)
        assert done.wait(PATIENCE_S)
    assert "met an error" in caplog.text
