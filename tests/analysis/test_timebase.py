"""Times of day from the ties of a recording, on a card whose clock is off."""

import math
from datetime import UTC, datetime, timedelta

import pytest

from analysis.records import NOTE, TIE, Event, EventKind
from analysis.timebase import RateWatch, TimeBase

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


@pytest.mark.parametrize(
    ("true_Hz", "said"),
    [
        (2000.0, ""),
        (2000.0 * (1 + 50e-6), ""),
        (1980.0, "The card delivers 1980 Hz, the rig file says 2000 Hz (limit 200 ppm)"),
        (2001.0, "The card delivers 2001 Hz"),
        (300e3, ""),
    ],
)
def test_a_card_whose_rate_is_off_is_told_and_a_simulated_clock_is_not(true_Hz, said):
    watch = RateWatch(RATE_Hz)
    assert watch.tie(0, 0.0) == ""

    found = watch.tie(round(600 * true_Hz), 600.0)

    assert found.startswith(said) and bool(found) == bool(said)


def test_a_read_that_comes_late_is_no_wrong_rate():
    watch = RateWatch(RATE_Hz)
    watch.tie(0, 0.0)

    assert watch.tie(round(10 * RATE_Hz), 10.04) == ""
