"""The sink of a run ties samples to the time of day, and tells of a clock that is set."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import numpy as np

from analysis.records import NOTE, TIE, Block
from analysis.timebase import SET_BY, TimeBase
from app.acquisition import run_sink
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
