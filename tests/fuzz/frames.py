"""Hostile frames and greetings at the sockets of a bench."""

import json
import socket
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import zmq

from app.acquisition.simulated_rig import SimulationSettings, rig_file_text
from app.server.admission import ClientKeys, secure_client
from app.server.client import BenchClient
from app.server.instruments import Instruments
from app.server.protocol import VERSION, ProtocolError, decode
from app.server.server import BenchServer
from simulators.parameters import load_parameters
from tests.fuzz.tally import Doors, Tally

Rng = np.random.Generator

LOOK_EVERY = 200
"""Frames between two good commands."""

NO_COMMANDS = "", "__class__", "close", "x" * 10_000

PATIENCE_ms = 30_000


@contextmanager
def bench_without_rig(folder: Path) -> Iterator[BenchServer]:
    """A bench whose rig is nowhere; it looks for none, and takes its word that the tip is back."""
    parameters = load_parameters()
    addresses = {"daq": "127.0.0.1:9", "current_amplifier": "TCPIP::127.0.0.1::gpib0,22::INSTR"}
    addresses["voltage_preamplifier"] = "ASRL/dev/null::INSTR"
    rig_file = folder / "rig.toml"
    rig_file.write_text(rig_file_text(SimulationSettings(), parameters, addresses), "utf-8")
    with (
        mock.patch.object(Instruments, "look", lambda self: None),
        mock.patch.object(BenchServer, "retract", lambda self: "tip back"),
        BenchServer(rig_file, folder) as server,
    ):
        yield server


def header(fields: object, **others: object) -> bytes:
    return json.dumps({"v": VERSION, "kind": "command", "fields": fields, "arrays": [], **others}).encode()


def ping(token: str = "") -> bytes:
    return header({"token": token, "name": "ping", "arguments": {}, "number": 77})


def one_of(rng: Rng, choices: Sequence[Any]) -> Any:
    return choices[rng.integers(len(choices))]


def spoilt(frame: bytes, rng: Rng) -> bytes:
    """A frame with some bytes changed, cut or added."""
    data = bytearray(frame)
    for _ in range(rng.integers(1, 5)):
        at = int(rng.integers(len(data)))
        data[at : at + int(rng.integers(6))] = rng.bytes(int(rng.integers(6)))
        data = data or bytearray(b"x")
    return bytes(data)


def hostile(rng: Rng, token: str) -> list[bytes]:
    """Frames of a peer that was admitted; only a ping may come with the token."""
    good = ping(token)
    digits = "9" * int(rng.integers(1, 6000))
    kinds: tuple[Callable[[], list[bytes]], ...] = (
        lambda: [spoilt(good, rng)],
        lambda: [spoilt(good, rng) for _ in range(rng.integers(2, 12))],
        lambda: [good.replace(b"ping", one_of(rng, [rb"\ud800", rb"\udfff", b"\xed\xa0\x80"]))],
        lambda: [header({"token": "\ud800", "name": "ping", "arguments": {}})],
        lambda: [header({"token": token, "name": "ping", "arguments": {"\udbff": 1}})],
        lambda: [b"[" * int(rng.integers(1, 200_000))],
        lambda: [b'{"v":' * int(rng.integers(1, 100_000))],
        lambda: [good.replace(b"{}", b'{"a":' * 30 + b"1" + b"}" * 30)],
        lambda: [good.replace(b"77", one_of(rng, [b"NaN", b"1e999", b"-Infinity", digits.encode(), b"1.5", b"[]"]))],
        lambda: [good.replace(b'"v": ', b'"v": 1, "v": ')],
        lambda: [header({"token": one_of(rng, ["", "x" * 10_000, None, 1, []]), "name": "retract", "arguments": {}})],
        lambda: [header({"token": token[:-1] + "é", "name": "shutdown", "arguments": {"abort": True}})],
        lambda: [header({"token": token, "name": one_of(rng, NO_COMMANDS), "arguments": {}})],
        lambda: [header({"token": token, "name": "ping", "arguments": {"x" * 1000: [None] * 1000}})],
        lambda: [header({"token": token, "name": "ping", "arguments": []})],
        lambda: [header({}, arrays=[["a", "<f8", [2**40]]]), b"x" * 8],
        lambda: [header({}, arrays=[["a", "<f8", [-1]]]), b""],
        lambda: [header({}, arrays=[["a", "|O", [1]]]), b"x" * 8],
        lambda: [header({}, arrays=[["a", "<f8", [0, 2**62]]]), b""],
        lambda: [header({}, v=one_of(rng, [0, 2, -1, 10**6])), *[b""] * int(rng.integers(5))],
        lambda: [],
        lambda: [b""] * int(rng.integers(1, 10)),
        lambda: [rng.bytes(int(rng.integers(1, 3000)))],
    )  # fmt: skip
    return kinds[rng.integers(len(kinds))]() or [b""]


def _commands(
    bench: BenchServer, endpoint: str, keys: ClientKeys | None, tally: Tally, rng: Rng, n: int
) -> None:
    """Send hostile frames to a command server and count its answers."""
    token = bench.connection.token
    with zmq.Context() as context, context.socket(zmq.DEALER) as peer:
        peer.setsockopt(zmq.LINGER, 0)
        secure_client(peer, keys, token)
        peer.connect(endpoint)
        for first in range(0, n, LOOK_EVERY):
            sent = min(LOOK_EVERY, n - first)
            for _ in range(sent):
                peer.send_multipart(hostile(rng, token))
            for _ in range(sent):
                if not peer.poll(PATIENCE_ms):
                    tally.faults.append("no answer")
                    return
                _judge(peer.recv_multipart(), tally)
            _answers(bench, tally)


def _judge(frames: list[bytes], tally: Tally) -> None:
    try:
        answer = decode(frames).fields
    except ProtocolError as error:
        tally.faults.append(f"an answer that is none: {error}")
        return
    error = answer.get("error")
    if error is None:
        tally.taken += 1
    elif error["kind"] == "InternalError" or "internal error" in error["message"]:
        tally.faults.append(str(error))
    else:
        tally.refuse(error["message"])


def _answers(bench: BenchServer, tally: Tally) -> None:
    """Look whether both doors are open and nothing has changed."""
    with BenchClient(bench.connection) as client:
        state = client.command("state", timeout_s=PATIENCE_ms / 1000)
    if state["queue"] or state["held"] or bench.ended.is_set():
        tally.faults.append(f"the state of the bench has changed: {state}")


def commands(rng: Rng, examples: int) -> Tally:
    """Attack the command server."""
    return _attacked("commands", lambda bench: bench.connection.commands, rng, examples)


def retract(rng: Rng, examples: int) -> Tally:
    """Attack the retract server."""
    return _attacked("retract", lambda bench: bench.connection.retract, rng, examples)


def _attacked(door: str, endpoint: Callable[[BenchServer], str], rng: Rng, examples: int) -> Tally:
    tally = Tally(door)
    with tempfile.TemporaryDirectory() as folder, bench_without_rig(Path(folder)) as bench:
        _commands(bench, endpoint(bench), bench.connection.keys, tally, rng, examples)
        _retracts(bench, tally)
    return tally


def _retracts(bench: BenchServer, tally: Tally) -> None:
    with BenchClient(bench.connection) as client:
        if client.retract() != "tip back":
            tally.faults.append("the retract door does not answer")


def topics(rng: Rng, examples: int) -> Tally:
    """Send hostile subscriptions; none may bring a message."""
    tally = Tally("topics")
    with tempfile.TemporaryDirectory() as folder, bench_without_rig(Path(folder)) as bench:
        token = bench.connection.token.encode()
        with zmq.Context() as context, context.socket(zmq.XSUB) as peer:
            peer.setsockopt(zmq.LINGER, 0)
            secure_client(peer, bench.connection.keys, bench.connection.token)
            peer.connect(bench.connection.topics)
            for _ in range(examples):
                begin = bytes([int(rng.integers(2))])
                wrong = (
                    begin + spoilt(token, rng).replace(token, b"") + b"/" + rng.bytes(int(rng.integers(50)))
                )
                peer.send(one_of(rng, [wrong[:-1], begin, b"\x01/state", b"", b"\x02" + token + b"/state"]))
            bench.publish_state()
            if peer.poll(200):
                tally.faults.append(f"a message without a token: {peer.recv_multipart()[0]!r}")
            tally.refused += examples
        _answers(bench, tally)
        _retracts(bench, tally)
    return tally


HTTP = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s"
GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00"


def greeting(rng: Rng, token: str) -> bytes:
    """Bytes of a peer that is none of ours: HTTP, TLS, older ZMTP, ZMTP 3 without keys, rubbish."""
    body = ping(token)
    old = b"\x01\x00" + bytes([len(body) % 255 + 1, 0]) + body
    commands = b"\x04\x19\x05READY\x0bSocket-Type\x00\x00\x00\x06DEALER"
    kinds = (
        HTTP % (len(body), body),
        HTTP % (len(old), old),
        old,
        b"\xff" + bytes(7) + b"\x01\x7f\x01\x05" + b"\x00\x00" + bytes([0, len(body) % 256]) + body,
        bytes.fromhex("16030100c8010000c40303") + bytes(190),
        GREETING
        + b"NULL".ljust(20, b"\0")
        + bytes(32)
        + commands
        + b"\x00"
        + bytes([len(body) % 256])
        + body,
        GREETING + b"PLAIN".ljust(20, b"\0") + bytes(32) + b"\x04\x08\x05HELLO\x00\x00",
        GREETING + b"CURVE".ljust(20, b"\0") + bytes(32) + b"\x04\xc8\x05HELLO\x01\x00" + rng.bytes(192),
        rng.bytes(int(rng.integers(1, 2000))),
    )
    chosen = kinds[rng.integers(len(kinds))]
    return spoilt(chosen, rng) if rng.random() < 0.5 else chosen


def greetings(rng: Rng, examples: int) -> Tally:
    """Connect without keys; nothing may reach a command."""
    tally = Tally("greetings")
    with tempfile.TemporaryDirectory() as folder, bench_without_rig(Path(folder)) as bench:
        reached: list[object] = []
        for server in (bench._command_server, bench._retract_server):
            server._take = reached.append
        ends = (bench.connection.commands, bench.connection.retract, bench.connection.topics)
        for _ in range(examples):
            host, _, port = ends[rng.integers(3)].removeprefix("tcp://").rpartition(":")
            with socket.create_connection((host, int(port)), timeout=5.0) as peer, suppress(ConnectionError):
                peer.sendall(greeting(rng, bench.connection.token))
            tally.refused += 1
        _strangers(bench, reached, tally)
        for server in (bench._command_server, bench._retract_server):
            del server._take
        _answers(bench, tally)
        _retracts(bench, tally)
    return tally


def _strangers(bench: BenchServer, reached: list[object], tally: Tally) -> None:
    """Send good commands with the token, but other keys, or none."""
    curve = zmq.curve_keypair(), zmq.curve_keypair()
    own = ClientKeys(bench.connection.keys.bench, curve[0][0].decode(), curve[0][1].decode())
    for keys in (own, None):
        with zmq.Context() as context, context.socket(zmq.DEALER) as peer:
            peer.setsockopt(zmq.LINGER, 0)
            secure_client(peer, keys, bench.connection.token)
            peer.connect(bench.connection.commands)
            with suppress(
                zmq.Again
            ):  # refused already: the connection is gone, and to wait for it is for ever
                peer.send(ping(bench.connection.token), zmq.DONTWAIT)
            if peer.poll(300):
                reached.append(peer.recv_multipart())
        tally.refused += 1
    tally.faults += [f"reached a command: {one!r}" for one in reached]


DOORS: Doors = {"commands": commands, "retract": retract, "topics": topics, "greetings": greetings}
