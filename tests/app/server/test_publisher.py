"""Messages reach clients that gave the token, and a slow client does not hold up the bench."""

import threading

import numpy as np
import pytest
import zmq

from app.server.admission import Admission, secure_client
from app.server.protocol import Message, decode
from app.server.publisher import MOST_WAITING, Publisher
from tests.support.patience import PATIENCE_S

TOKEN = "token"


@pytest.fixture
def context():
    with zmq.Context() as one:
        yield one


@pytest.fixture
def admission(context):
    one = Admission(context, TOKEN)
    yield one
    one.close()


@pytest.fixture
def publisher(context, admission):
    one = Publisher(context, "127.0.0.1", TOKEN, admission)
    one.keys = admission.client_keys
    yield one
    one.close()


def subscriber(context, publisher, topic, token=TOKEN, kind=zmq.XSUB):
    socket = context.socket(kind)
    socket.setsockopt(zmq.LINGER, 0)
    secure_client(socket, publisher.keys, TOKEN)
    socket.connect(publisher.endpoint)
    if kind == zmq.XSUB:
        socket.send(b"\x01" + f"{token}/{topic}".encode())
    else:
        socket.subscribe(topic)
    return socket


def sent_until_heard(publisher, socket, topic):
    """Publish until the subscription has arrived; the first message heard."""
    for number in range(round(PATIENCE_S / 0.02)):
        publisher.publish(Message(topic, {"n": number}))
        if socket.poll(20):
            return socket.recv_multipart()
    return pytest.fail("never heard")


def test_a_subscriber_gets_its_topic_and_no_other(context, publisher):
    with subscriber(context, publisher, "event") as socket, subscriber(context, publisher, "block") as other:
        frames = sent_until_heard(publisher, socket, "event")
        assert frames[0] == b"event"
        assert decode(frames[1:]).kind == "event"

        sent_until_heard(publisher, other, "block")
        while socket.poll(20):
            assert socket.recv_multipart()[0] == b"event"


@pytest.mark.parametrize(("token", "kind"), [("wrong", zmq.XSUB), ("", zmq.XSUB), ("", zmq.SUB)])
def test_who_has_no_token_hears_nothing(context, publisher, token, kind):
    with (
        subscriber(context, publisher, "event", token, kind) as deaf,
        subscriber(context, publisher, "event") as socket,
    ):
        for _ in range(3):
            sent_until_heard(publisher, socket, "event")
        assert not deaf.poll(50)


def test_a_slow_subscriber_never_holds_up_the_bench(context, publisher):
    data = np.zeros((4, 2000))
    with subscriber(context, publisher, "block") as slow, subscriber(context, publisher, "event") as quick:
        sent_until_heard(publisher, slow, "block")
        sent_until_heard(publisher, quick, "event")
        for number in range(5 * MOST_WAITING):  # who waited for the slow one would wait for ever
            publisher.publish(Message("block", {"n": number}, {"data": data}))

        assert decode(sent_until_heard(publisher, quick, "event")[1:]).kind == "event"
        heard = 0
        while slow.poll(200):
            slow.recv_multipart()
            heard += 1

    assert heard < 5 * MOST_WAITING


def test_a_message_after_the_end_is_no_error(context, admission):
    publisher = Publisher(context, "127.0.0.1", TOKEN, admission)
    publisher.close()

    publisher.publish(Message("event"))


def test_an_older_snapshot_never_follows_a_newer_one(context, publisher):
    newer_taken = threading.Event()

    def older():
        newer_taken.wait(0.2)  # time for another thread to take and send a newer one, if it could
        return {"version": 1}

    def newer():
        newer_taken.set()
        return {"version": 2}

    with subscriber(context, publisher, "state") as socket:
        sent_until_heard(publisher, socket, "state")
        began = threading.Event()
        first = threading.Thread(
            target=lambda: publisher.publish_snapshot("state", lambda: began.set() or older())
        )
        first.start()
        began.wait()
        publisher.publish_snapshot("state", newer)
        first.join()
        heard = []
        while len(heard) < 2:
            fields = decode(socket.recv_multipart()[1:]).fields
            if "version" in fields:  # others were sent until one was heard
                heard.append(fields["version"])

    assert heard == [1, 2]
