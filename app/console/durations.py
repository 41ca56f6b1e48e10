"""Durations as text, rounded to the precision of an estimate."""

from datetime import datetime
from math import isfinite

from analysis.numbers import of_many


def roughly(seconds: float) -> str:
    """Return a duration as text: "40 s", "48 min", "3.2 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def amount(cycles: int, of: str, seconds: float) -> str:
    """Return an amount of work and its duration, if known: "500 traces, about 48 min"."""
    many = of_many(cycles, of)
    return f"{many}, about {roughly(seconds)}" if isfinite(seconds) else many


def clock_time(time_s: float) -> str:
    """Return a time in s since 1970 as local time, with the day if it is not today's: "03:40", "Tue 03:40"."""
    when = datetime.fromtimestamp(time_s)
    return when.strftime("%H:%M" if when.date() == datetime.now().date() else "%a %H:%M")
