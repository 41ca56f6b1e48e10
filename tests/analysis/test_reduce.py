from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.records import Block, Event, EventKind
from analysis.reduce import reduce


class Diary:
    """Reducer that returns every sample and every event as it meets them."""

    def feed(self, block):
        return [int(x) for x in block.channel("count")]

    def event(self, event):
        return [event.name]

    def close(self):
        return ["closed"]


def counting_blocks(cuts, n=30, gap=()):
    """Blocks of a channel that counts its samples, cut at ``cuts``; samples in ``gap`` are missing."""
    edges = sorted({0, n, *cuts, *gap, *(g + 1 for g in gap)})
    return [
        Block(a, 2000.0, ("count",), np.arange(a, b, dtype=float)[None])
        for a, b in pairwise(edges)
        if a not in gap
    ]


def mark(sample, name):
    return Event(sample, EventKind.MARK, name)


@given(
    cuts=st.lists(st.integers(1, 29), max_size=10),
    gap=st.sets(st.integers(1, 28), max_size=3),
    marks=st.lists(st.integers(0, 35), max_size=6),
    hold_back=st.integers(0, 12),
)
def test_every_event_stands_before_its_sample_however_blocks_are_cut(cuts, gap, marks, hold_back):
    events = [mark(sample, f"mark {i}") for i, sample in enumerate(marks)]
    expected = []
    for sample in range(36):
        expected += [event.name for event in events if event.sample == sample]
        expected += [sample] if sample < 30 and sample not in gap else []

    records = list(reduce([*events, *counting_blocks(cuts, gap=gap)], [Diary()], hold_back))

    assert records == [*expected, "closed"]


def test_event_that_comes_just_before_its_samples_is_in_time():
    first, second = counting_blocks([10], n=12)

    assert list(reduce([first, mark(10, "x"), second], [Diary()]))[10:] == ["x", 10, 11, "closed"]


def test_event_after_its_samples_is_refused_unless_samples_were_held_back():
    first, second = counting_blocks([10], n=12)
    stream = [first, mark(8, "late"), second]

    with pytest.raises(ValueError, match="'late' at sample 8 came after sample 9"):
        list(reduce(stream, [Diary()]))
    assert list(reduce(stream, [Diary()], hold_back=2))[7:11] == [7, "late", 8, 9]


def test_overlapping_blocks_are_refused():
    block = counting_blocks([])[0]

    with pytest.raises(ValueError, match="overlaps"):
        list(reduce([block, block], [Diary()]))


def test_every_reducer_sees_everything():
    assert list(reduce(counting_blocks([], n=2), [Diary(), Diary()])) == [0, 1, 0, 1, "closed", "closed"]


def test_records_come_as_soon_as_their_samples_do():
    blocks = iter(counting_blocks([10], n=20))
    records = reduce(blocks, [Diary()])

    assert next(records) == 0
    assert next(blocks).first == 10
