"""Times of day of samples, from the marks that tie samples to the computer's clock.

The rate of a card may be off by 50 ppm, 4.3 s a day. Between two ties the time follows from both, after the last one
from the nominal rate. A tie says by how much the computer's clock was set since the one before, if it was: samples
before it have the times of the old clock.
"""

import math
from bisect import bisect_right
from datetime import datetime

from analysis.records import TIE, Event, EventKind

RATE_WITHIN = 200e-6
"""Relative deviation of a card's rate: four times that of its timebase."""

READ_LATE_S = 0.05
"""Time by which a tie may be late, because the samples before it were read late."""

OTHER_CLOCK = 0.2

SET_BY = "set_s"
"""Key of a tie: time in s by which the computer's clock was set since the tie before."""

SET_S = 1.0
"""Least time by which a clock is said to be set; less is its usual correction."""


class TimeBase:
    """Times of day of the samples of one recording.

    Parameters
    ----------
    started : str
        Wall time of the first sample, ISO 8601; "" if unknown.
    rate_Hz : float
    """

    def __init__(self, started: str, rate_Hz: float) -> None:
        self._rate_Hz = rate_Hz
        self._ties: list[tuple[int, float]] = []
        self._set_s: dict[int, float] = {}
        self._add(0, started)

    def on_event(self, event: Event) -> None:
        """Add a tie; other events have no effect."""
        if event.kind is EventKind.MARK and event.name == TIE:
            self._set_s[event.sample] = float(event.payload.get(SET_BY, 0.0))
            self._add(event.sample, str(event.payload.get("utc", "")))

    def time_s(self, sample: int) -> float:
        """Return the time of a sample in s since 1970; NaN if no tie or no rate is known."""
        if not self._ties or not self._rate_Hz > 0:
            return math.nan
        after = min(max(bisect_right(self._ties, (sample, math.inf)), 1), len(self._ties))
        first, first_s = self._ties[after - 1]
        if after < len(self._ties):
            last, last_s = self._ties[after]
            last_s -= self._set_s.get(last, 0.0)
            return first_s + (sample - first) * (last_s - first_s) / (last - first)
        return first_s + (sample - first) / self._rate_Hz

    def _add(self, sample: int, utc: str) -> None:
        try:
            time_s = datetime.fromisoformat(utc).timestamp()
        except ValueError:
            return
        while self._ties and self._ties[-1][0] >= sample:  # the first tie is better than the header's start
            self._ties.pop()
        self._ties.append((sample, time_s))


class ClockWatch:
    """Compare the time of day with a clock that cannot be set, from one tie to the next."""

    def __init__(self) -> None:
        self._ahead_s: float | None = None

    def tie(self, time_s: float, steady_s: float) -> float:
        """Take both times of a tie; return by how much the time of day was set, 0.0 if it was not."""
        before_s, self._ahead_s = self._ahead_s, time_s - steady_s
        by_s = 0.0 if before_s is None else self._ahead_s - before_s
        return by_s if abs(by_s) > SET_S else 0.0


class RateWatch:
    """Compare the rate of a card with the computer's clock, from one tie to the next.

    Parameters
    ----------
    rate_Hz : float
        Nominal rate.
    """

    def __init__(self, rate_Hz: float) -> None:
        self._rate_Hz = rate_Hz
        self._last: tuple[int, float] | None = None

    def tie(self, sample: int, time_s: float) -> str:
        """Take a tie, its time in s; return what is wrong with the rate since the last one, "" if nothing is.

        A rate that is quite another one is that of a simulated clock, which does not keep the time of day.
        """
        last, self._last = self._last, (sample, time_s)
        if last is None or time_s <= last[1]:
            return ""
        elapsed_s = time_s - last[1]
        seen_Hz = (sample - last[0]) / elapsed_s
        off = seen_Hz / self._rate_Hz - 1
        if not RATE_WITHIN + READ_LATE_S / elapsed_s < abs(off) < OTHER_CLOCK:
            return ""
        return (
            f"The card delivers {seen_Hz:.5g} Hz, the rig file says {self._rate_Hz:g} Hz (limit {RATE_WITHIN * 1e6:g} "
            "ppm): its clock, or that of this computer, is wrong. Compare the computer's clock with a time server."
        )
