"""A run for those who come later: pages from file and memory, events by number."""

from itertools import pairwise

import numpy as np
import pytest

from analysis.recording import RecordedChannel, RecordingWriter, RunHeader
from analysis.records import Block, Event, EventKind
from app.server import backlog as module
from app.server.backlog import Feed

HEADER = RunHeader("test", (RecordedChannel("current"), RecordedChannel("z")), rate_Hz=2000.0)


def samples(first, stop):
    index = np.arange(first, stop, dtype=float)
    return np.stack([index, -index])


def block(first, stop):
    return Block(first, 2000.0, ("current", "z"), samples(first, stop))


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(module, "PAGE_SAMPLES", 100)
    monkeypatch.setattr(module, "RECENT_SAMPLES", 250)
    monkeypatch.setattr(module, "LOOK_AGAIN_S", 0.0)


@pytest.fixture
def run(tmp_path, small):
    with RecordingWriter(tmp_path / "run.h5", HEADER, save_every_s=float("inf")) as writer:
        feed = Feed(1, HEADER, writer.path)
        yield feed, writer
        feed.close()


def record(run, first, stop, size=30):
    feed, writer = run
    for start in range(first, stop, size):
        piece = block(start, min(start + size, stop))
        writer.append(piece)
        feed.feed(piece)


def everything(feed, first=0):
    """All pages, one after another."""
    blocks, event = [], 0
    while True:
        page = feed.page(first, event)
        if not page.blocks and not page.events:
            return blocks
        event += len(page.events)
        blocks += page.blocks
        first = page.blocks[-1].stop if page.blocks else first


def joined(blocks):
    assert all(a.stop == b.first for a, b in pairwise(blocks))
    return np.concatenate([block.data for block in blocks], axis=1)


def test_a_run_comes_from_its_file_and_its_end_from_memory(run):
    feed, writer = run
    record(run, 0, 1000)
    writer.flush()
    record(run, 1000, 1100)

    blocks = everything(feed)

    np.testing.assert_array_equal(joined(blocks), samples(0, 1100))
    assert all(len(block) <= 100 for block in blocks)


def test_what_is_in_neither_comes_later(run):
    feed, writer = run
    record(run, 0, 1000)

    assert feed.page(0, 0).blocks == ()
    assert feed.page(900, 0).blocks[0].first == 900
    writer.flush()
    assert feed.page(0, 0).blocks[0].first == 0


def test_a_finished_run_comes_from_the_finished_file(run):
    feed, writer = run
    record(run, 0, 500)
    everything(feed)
    feed.finishing()
    writer.close()

    np.testing.assert_array_equal(joined(everything(feed)), samples(0, 500))


def test_a_gap_stays_a_gap(run):
    feed, writer = run
    record(run, 0, 500)
    record(run, 700, 1200)
    writer.flush()

    blocks = everything(feed)

    assert [b.first for a, b in pairwise(blocks) if a.stop != b.first] == [700]
    np.testing.assert_array_equal(
        np.concatenate([b.data for b in blocks], axis=1), np.hstack([samples(0, 500), samples(700, 1200)])
    )


def test_events_come_before_the_samples_that_follow_them(run):
    feed, _ = run
    record(run, 0, 90)
    for at in (0, 40, 90, 91):
        feed.on_event(Event(at, EventKind.MARK, "m", {"at": at}))

    page = feed.page(0, 1)

    assert [event["payload"]["at"] for event in page.events] == [40, 90]
    assert page.first_event == 1
    record(run, 90, 100)
    assert [event["sample"] for event in feed.page(90, 3).events] == [91]
