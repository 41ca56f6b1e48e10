"""Times of day of samples, from the marks that tie samples to the computer's clock.

The rate of a card may be off by 50 ppm, 4.3 s a day. Between two ties the time follows from both, after the last one
from the nominal rate.
"""

import math
from bisect import bisect_right
from datetime import datetime

from analysis.records import TIE, Event, EventKind


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
        self._add(0, started)

    def on_event(self, event: Event) -> None:
        """Add a tie; other events have no effect."""
        if event.kind is EventKind.MARK and event.name == TIE:
            self._add(event.sample, str(event.payload.get("utc", "")))

    def time_s(self, sample: int) -> float:
        """Return the time of a sample in s since 1970; NaN if no tie or no rate is known."""
        if not self._ties or not self._rate_Hz > 0:
            return math.nan
        after = min(max(bisect_right(self._ties, (sample, math.inf)), 1), len(self._ties))
        first, first_s = self._ties[after - 1]
        if after < len(self._ties):
            last, last_s = self._ties[after]
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
