"""Drive an alternating bias with the tip retracted, and measure the charge that reaches the current amplifier."""

from collections.abc import Callable

import numpy as np

from analysis.preflight.stray import Stray, period, stray
from analysis.records import FloatArray
from drivers.daqmx.channels import require_numbers
from procedures.context import ProcedureContext
from procedures.errors import Aborted
from procedures.preflight.stimuli import settling_s

LARGEST_V = 0.5
"""Largest amplitude at the card: the loop-back has been proved by then, a divider behind it has not."""

LIMIT_SHARE = 2.0
"""Limit of the bias over its amplitude."""

PIECE_S = 0.9
MOST_PIECES = 6
ENOUGH = 8.0
"""Least capacitance that must be seen, in standard errors, at which no further piece is needed."""


def measure_stray(
    context: ProcedureContext,
    least_F: float,
    check: Callable[[], None] = lambda: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Stray | None:
    """Return the capacitance between sample and probe, to an eighth of ``least_F`` if that takes no longer than 6 s.

    The bias is at 0 V afterwards, and the acquisition stopped. None if the amplifier is too slow.
    """
    samples = period(context.rate_Hz, context.rise_time_s)
    if samples is None:
        return None
    pieces: list[FloatArray] = []
    found = None
    while len(pieces) < MOST_PIECES and (found is None or ENOUGH * found.error_F > least_F):
        check()
        if should_stop():
            raise Aborted
        pieces.append(_piece(context, samples))
        found = stray(pieces, context.rate_Hz, samples, context.rise_time_s)
    return found


def alternating_V(context: ProcedureContext, samples: int) -> FloatArray:
    """Return a period of the bias, in V at the junction, shape (samples,)."""
    low, high = context.bias_range_V
    largest_V = min(LARGEST_V / max(context.facts.bias_divider, 1.0), context.high_bias_V)
    high, low = min(largest_V, high / LIMIT_SHARE), max(-largest_V, low / LIMIT_SHARE)
    wave = np.sin(2.0 * np.pi * np.arange(samples) / samples)
    volts: FloatArray = (high + low) / 2.0 + (high - low) / 2.0 * wave
    return volts


def _piece(context: ProcedureContext, samples: int) -> FloatArray:
    """Return bias in V and current in A of one piece, shape (2, n)."""
    daq, rate_Hz = context.daq, context.rate_Hz
    daq.start_acquisition(context.buffer_s)
    try:
        begin = daq.start_modulation({"bias": alternating_V(context, samples)})
        settled = begin + round(settling_s(context) * rate_Hz)
        n = round(PIECE_S * rate_Hz)
        block = daq.read(settled + n).part(settled, settled + n)
    finally:
        daq.drop("bias")
        daq.stop_acquisition()
    require_numbers(block.channels, block.data)
    return np.stack([block.channel("bias"), context.amplifier.current_A(block.channel("current"))])
