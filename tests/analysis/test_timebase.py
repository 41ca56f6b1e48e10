"""Times of day from the ties of a recording, on a card whose clock is off."""

import math
from datetime import UTC, datetime, timedelta

import pytest

from analysis.records import NOTE, TIE, Event, EventKind
from analysis.timebase import TimeBase

RATE_Hz = 2000.0
START = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


def tie(sample, after_s):
    return Event(sample, EventKind.MARK, TIE, {"utc": (START + timedelta(seconds=after_s)).isoformat()})


def test_times_follow_the_computers_clock_where_the_cards_is_off():
    """50 ppm in a day are 4.3 s."""
    base = TimeBase(START.isoformat(), RATE_Hz)
    for minutes in range(0, 24 * 60, 10):
        after_s = 60.0 * minutes
        base.on_event(tie(round(after_s * RATE_Hz * (1 + 50e-6)), after_s))
    sample = round(80_000.0 * RATE_Hz * (1 + 50e-6))
    assert sample / RATE_Hz - 80_000.0 == pytest.approx(4.0, abs=0.01)
    assert base.time_s(sample) - START.timestamp() == pytest.approx(80_000.0, abs=1e-3)
    after_last = round((86_100.0 + 100.0) * RATE_Hz * (1 + 50e-6))
    assert base.time_s(after_last) - START.timestamp() == pytest.approx(86_200.0, abs=0.2)


def test_without_ties_the_rate_counts_from_the_start():
    base = TimeBase(START.isoformat(), RATE_Hz)
    base.on_event(Event(500, EventKind.MARK, NOTE, {"text": "a note"}))
    assert base.time_s(4000) == START.timestamp() + 2.0
    assert math.isnan(TimeBase("", RATE_Hz).time_s(1))
    assert math.isnan(TimeBase(START.isoformat(), math.nan).time_s(1))
