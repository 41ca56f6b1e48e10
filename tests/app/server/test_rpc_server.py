"""A server lets in who has the token, answers in a sentence, and goes on whatever comes."""

import json
import threading

import numpy as np
import pytest
import zmq

from app.server.admission import Admission, secure_client
from app.server.client import BenchClient
from app.server.connection import Connection
from app.server.errors import NoAnswer, Refused
from app.server.protocol import Message, decode, encode
from app.server.rpc_server import Command, CommandServer, Reply, ServerWorker
from drivers.errors import OutOfRange
from tests.support.patience import PATIENCE_S

TOKEN = "sésame"


@pytest.fixture
def release():
    return threading.Event()


@pytest.fixture
def server(release):
    def refuse():
        raise OutOfRange("gain", 3, "1e3 to 1e11")

    def hang():
        release.wait(PATIENCE_S)
        return Reply()

    context = zmq.Context()
    worker = ServerWorker("slow")
    commands = {
        "echo": Command(lambda **what: Reply(what, {"data": np.arange(3.0)})),
        "refuse": Command(refuse),
        "hang": Command(hang, worker.do),
    }
    admission = Admission(context, TOKEN)
    opened = CommandServer("test", context, "127.0.0.1", TOKEN, commands, admission)
    opened.keys = admission.client_keys
    yield opened
    release.set()
    worker.close()
    opened.close()
    admission.close()
    context.term()


def client_of(server, token=TOKEN):
    return BenchClient(Connection(server.endpoint, server.endpoint, "", token, 0, "", "", keys=server.keys))


def raw(server, frames, patience_ms=60_000):
    """Send frames as they are; the header of the reply, or None."""
    with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
        socket.setsockopt(zmq.LINGER, 500)
        secure_client(socket, server.keys, TOKEN)
        socket.connect(server.endpoint)
        socket.send_multipart(frames)
        return decode(socket.recv_multipart()) if socket.poll(patience_ms) else None


def command(**fields):
    return encode(
        Message("command", {"token": TOKEN, "name": "echo", "arguments": {}, "number": 7, **fields})
    )


def test_a_command_is_done_and_answered(server):
    with client_of(server) as client:
        reply = client.ask("echo", {"a": [1, "two"]})

    assert reply.fields == {"a": [1, "two"]}
    np.testing.assert_array_equal(reply.arrays["data"], np.arange(3.0))


def test_a_refusal_keeps_its_kind_and_its_sentence(server):
    with client_of(server) as client, pytest.raises(Refused, match="gain: 3 is out of range") as caught:
        client.command("refuse")

    assert caught.value.kind == "OutOfRange"


@pytest.mark.parametrize(
    ("frames", "said"),
    [
        (command(token="wrong"), "wrong token"),
        (command(token=None), "wrong token"),
        (command(name="sudo"), "no command 'sudo' here; there are echo, refuse, hang"),
        (command(arguments=[]), "not a command"),
        ([b"{"], "not JSON"),
        ([json.dumps({"v": 99, "kind": "command", "fields": {}, "arrays": []}).encode()], "version 99"),
        ([b"x"] * 20, "too many frames"),
        (
            encode(Message("command", {"token": TOKEN, "name": "refuse", "arguments": {"x": 1}})),
            "no argument 'x' here; there are none",
        ),
    ],
)
def test_what_is_no_good_command_is_answered_with_why_and_the_door_goes_on(server, frames, said):
    reply = raw(server, frames)

    assert said in reply.fields["error"]["message"]
    with client_of(server) as client:
        assert client.command("echo", a=1) == {"a": 1}


def test_a_huge_message_is_not_taken_and_the_door_goes_on(server):
    assert raw(server, command(arguments={"a": "x" * 2**21}), patience_ms=1000) is None

    with client_of(server) as client:
        assert client.command("echo", a=1) == {"a": 1}


def test_what_hangs_keeps_nobody_else_waiting(server, release):
    with client_of(server) as client, client_of(server) as other:
        with pytest.raises(NoAnswer, match="'hang' within"):
            client.command("hang", timeout_s=0.1)
        assert other.command("echo", a=1) == {"a": 1}
        assert client.command("echo", a=2) == {"a": 2}


def test_a_bench_that_is_gone_is_said_to_be():
    with (
        BenchClient(Connection("tcp://127.0.0.1:9", "tcp://127.0.0.1:9", "", "", 0, "", "")) as client,
        pytest.raises(NoAnswer, match="did not answer 'state'"),
    ):
        client.command("state", timeout_s=0.2)


def test_answers_do_not_get_mixed_up(server):
    answers = []

    def ask(number):
        with client_of(server) as client:
            answers.extend((number, client.command("echo", n=number)["n"]) for _ in range(20))

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(answers) == 80
    assert all(asked == answered for asked, answered in answers)
