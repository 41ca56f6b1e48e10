"""Compare the card's sample clock with the computer's, for nearly a second."""

import time
from collections.abc import Callable

from analysis.preflight.card import Poll, other_clock
from procedures.context import ProcedureContext

POLLS = 5
GLANCE_S = 0.1
"""Time after which it is clear whether the card keeps the computer's time at all."""

PIECE_S, PIECES = 0.25, 3
"""Reads between polls: a clock that does not go evenly contradicts itself."""


def rate_polls(context: ProcedureContext, clock: Callable[[], float] = time.perf_counter) -> list[Poll]:
    """Return counts of acquired samples at the begin and the end of 0.85 s, or of a tenth with another clock.

    A clock that keeps no time of day is not judged by the computer's: else it would depend on how busy that is what
    a run with one seed records.
    """
    daq, rate_Hz = context.daq, context.rate_Hz

    def poll() -> Poll:
        before_s = clock()
        count = daq.samples_acquired()
        return count, before_s, clock()

    daq.start_acquisition(context.buffer_s)
    try:
        polls = [poll() for _ in range(POLLS)]
        daq.read(max(round(GLANCE_S * rate_Hz), 1))
        polls.append(poll())
        if context.facts.keeps_time and not other_clock(polls, rate_Hz):
            for _ in range(PIECES):
                daq.read(max(round(PIECE_S * rate_Hz), 1))
                polls.append(poll())
            polls += [poll() for _ in range(POLLS)]
    finally:
        daq.stop_acquisition()
    return polls
