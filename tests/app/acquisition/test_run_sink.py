"""The sink of a run ties samples to the time of day, and tells of a clock that is set."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pytest

from analysis.records import NOTE, TIE, Block
from analysis.timebase import SET_BY, TimeBase
from app.acquisition import run_sink
from app.acquisition.recorder import RecorderFailed
from app.acquisition.run_sink import TIE_EVERY_S, Observer, RunSink

START = datetime(2038, 1, 19, 3, 10, tzinfo=UTC)
RATE_Hz = 10.0


def test_a_clock_that_is_set_in_mid_run_is_a_note_and_moves_no_sample_before_it(monkeypatch):
    steady_s, set_s, events = [0.0], [0.0], []
    now = SimpleNamespace(now=lambda zone: START + timedelta(seconds=steady_s[0] + set_s[0]))
    monkeypatch.setattr(run_sink, "datetime", now)
    quiet = SimpleNamespace(feed=lambda item: None, on_event=lambda event: None)
    observer = Observer(on_event=events.append)
    sink = RunSink(quiet, quiet, observer, lambda event: False, steady_s=lambda: steady_s[0])

    for first in range(0, 3 * round(TIE_EVERY_S * RATE_Hz), 100):
        steady_s[0] = first / RATE_Hz
        set_s[0] = -3600.0 if steady_s[0] > TIE_EVERY_S else 0.0
        sink.feed(Block(first, RATE_Hz, ("z",), np.zeros((1, 100))))

    ties = [event for event in events if event.name == TIE]
    assert [event.payload.get(SET_BY) for event in ties] == [None, None, -3600.0]
    notes = [event.payload["text"] for event in events if event.name == NOTE]
    assert len(notes) == 1
    assert notes[0].startswith("This computer's clock was set back by 3600 s")
    base = TimeBase(START.isoformat(), RATE_Hz)
    for event in ties:
        base.on_event(event)
    assert abs(base.time_s(9000) - (START.timestamp() + 900)) < 11, "a block later than its samples"


class Failing:
    """A recorder that keeps what it gets, and says at each item from a number on that its disk hangs."""

    def __init__(self, number):
        self.number, self.items, self.blocks = number, 0, []

    def on_event(self, event):
        self.items += 1
        if self.items > self.number:
            raise RecorderFailed("the disk has not answered")

    def feed(self, block):
        self.blocks.append(block)
        self.on_event(block)


@pytest.mark.parametrize("number", range(8))
def test_no_samples_are_lost_when_the_recorder_fails_at_whatever_item(number):
    """What is fed until the rig is safe is saved, too, if the disk answers again: without a hole."""
    quiet = SimpleNamespace(feed=lambda item: None)
    recorder, given = Failing(number), []
    sink = RunSink(recorder, quiet, Observer(), lambda event: False)
    for first, n in ((0, 60), (60, 60), (120, 3), (130, 5), (135, 60), (195, 2), (197, 300)):
        sink.note("a remark")
        with suppress(RecorderFailed):
            sink.feed(Block(first, 1000.0, ("z",), np.zeros((1, n))))
        given += range(first, first + n)
    with suppress(RecorderFailed):
        sink.flush()
    assert [n for block in recorder.blocks for n in range(block.first, block.stop)] == given
