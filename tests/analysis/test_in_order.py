from itertools import pairwise

import numpy as np
import pytest

from analysis.records import Block, Event, EventKind
from analysis.reduce import InOrder, reduce


def block(first, stop):
    return Block(first, 1000.0, ("a",), np.arange(first, stop, dtype=float)[None])


def event(sample, name=""):
    return Event(sample, EventKind.MARK, name or str(sample))


class Listener:
    def __init__(self, longest=8192):
        self.heard = []
        self.stream = InOrder(
            lambda b: self.heard.extend(b.data[0].astype(int).tolist()),
            lambda e: self.heard.append(e.name),
            longest,
        )

    def feed(self, block):
        self.heard.extend(block.data[0].astype(int).tolist())
        return ()

    def event(self, event):
        self.heard.append(event.name)
        return ()

    def close(self):
        return ()


EVENTS = [event(0), event(3), event(3, "again"), event(7), event(10)]


@pytest.mark.parametrize("sizes", [[10], [1] * 10, [3, 4, 3], [2, 5, 3]])
def test_the_order_is_that_of_a_file(sizes):
    edges = np.cumsum([0, *sizes])
    blocks = [block(a, b) for a, b in pairwise(edges)]
    pushed, pulled = Listener(longest=2), Listener()
    for item in (*EVENTS, *blocks):
        (pushed.stream.on_event if isinstance(item, Event) else pushed.stream.feed)(item)
    pushed.stream.close()
    list(reduce([*EVENTS, *blocks], [pulled]))
    assert pushed.heard == pulled.heard


def test_an_event_at_the_present_is_told_at_once():
    listener = Listener()
    listener.stream.feed(block(0, 3))
    listener.stream.on_event(event(3))
    assert listener.heard[-1] == "3"


def test_what_comes_twice_or_late_does_no_harm():
    listener = Listener()
    listener.stream.feed(block(0, 5))
    listener.stream.feed(block(3, 7))
    listener.stream.feed(block(2, 4))
    listener.stream.on_event(event(1, "late"))
    listener.stream.feed(block(9, 10))
    assert listener.heard == [0, 1, 2, 3, 4, 5, 6, "late", 9]
    listener.stream.jump()
    listener.stream.feed(block(0, 1))
    assert listener.heard[-1] == 0
