"""A run followed over a wire that loses messages: each event still comes before the samples after it."""

import numpy as np
import pytest

from analysis.records import Block, Event, EventKind
from app.server.messages import record_message
from app.server.stream import Behind, Follower, History

N = 10


def block(number):
    return Block(N * number, 2000.0, ("current",), np.zeros((1, N)))


def event(number):
    return Event(N * (number + 1), EventKind.MARK, f"event {number}", {})


class Bench:
    """Bench with a run of some blocks, and an event at the end of each."""

    def __init__(self, blocks):
        self.blocks = blocks

    def new_pair(self):
        return None, None

    def history(self, job, first=0, first_event=0):
        stop = N * self.blocks
        rest = [block(number) for number in range(first // N, self.blocks)]
        events = [event(number) for number in range(first_event, self.blocks)]
        return History(rest, events, first_event, stop, self.blocks, over=False)


def messages(count):
    """What a bench publishes of such a run."""
    for number in range(count):
        yield record_message("block", block(number), job=1, events=number)
        yield record_message("event", event(number), job=1, number=number)


@pytest.mark.parametrize("lost", [{1}, {3}, {1, 3}, {2}, {2, 3}, {3, 4}, {0, 1, 2, 3, 4}])
def test_an_event_comes_before_the_samples_after_it_whatever_is_lost(lost):
    """A slow window loses what it does not read: also one event between two blocks that it gets."""
    heard = []
    bench = Bench(0)
    follower = Follower(bench, lambda kind, what: heard.append(what), ())
    follower._job = 1

    for number, message in enumerate(messages(4)):
        bench.blocks = number // 2 + 1
        if number not in lost:
            follower._take(message)

    told = [what for what in heard if not isinstance(what, Behind)]
    for at, what in enumerate(told):
        if isinstance(what, Event):
            assert all(sooner.stop <= what.sample for sooner in told[:at] if isinstance(sooner, Block))
    assert sum(len(what) for what in told if isinstance(what, Block)) == 4 * N
    assert sum(isinstance(what, Event) for what in told) == 4
