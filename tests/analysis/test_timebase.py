"""Times of day from the ties of a recording, on a card whose clock is off."""

import math
from datetime import UTC, datetime, timedelta

import pytest

from analysis.records import NOTE, TIE, Event, EventKind
from analysis.timebase import SET_BY, ClockWatch, RateWatch, TimeBase

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


@pytest.mark.parametrize("by_s", [3600.0, -3600.0, -300.0])
def test_a_clock_that_is_set_is_told_and_moves_no_sample_before_it(by_s):
    """By a time server after a wrong start, or by hand; a change to summer time does not touch UTC."""
    base, watch, said = TimeBase(START.isoformat(), RATE_Hz), ClockWatch(), []
    for minutes in range(0, 60, 10):
        steady_s = 60.0 * minutes
        after_s = steady_s + (by_s if minutes >= 30 else 0.02)
        set_s = watch.tie(after_s, steady_s + 77.0)
        said.append(round(set_s))
        base.on_event(
            Event(round(steady_s * RATE_Hz), EventKind.MARK, TIE, {**tie(0, after_s).payload, SET_BY: set_s})
        )

    assert said == [0, 0, 0, round(by_s), 0, 0]
    found = [base.time_s(round(60 * m * RATE_Hz)) - START.timestamp() for m in (15, 25, 29, 35, 55)]
    assert found == pytest.approx([900, 1500, 1740, 2100 + by_s, 3300 + by_s], abs=0.05)


def test_times_go_on_after_the_seconds_of_32_bits():
    start = datetime(2038, 1, 19, 3, 14, 0, tzinfo=UTC)
    assert TimeBase(start.isoformat(), RATE_Hz).time_s(round(60 * RATE_Hz)) == 2**31 + 52
