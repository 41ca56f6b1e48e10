"""Watch for a touch that also shows that a touch would be seen: an alternating bias, and the charge that it moves.

A tip that touches conducts in phase with the bias. The capacitance between sample and probe conducts a quarter of a
period ahead, as long as every cable and the amplifier between them work.
"""

import math
from fractions import Fraction

import numpy as np

from analysis.conductance import CurrentCalibration
from analysis.constants import G0_S
from analysis.preflight.stray import Stray, period, stray
from analysis.records import Block, FloatArray
from analysis.spectra.sine import LEAST_SAMPLES, Sine
from procedures.context import ProcedureContext
from procedures.errors import CurrentInputFault
from procedures.preflight.stray import ENOUGH, LARGEST_V, LIMIT_SHARE
from procedures.steps import WatchingBias

RAIL_G0 = 0.5
"""Conductance that may take the amplifier to its rail: five times that of a touch."""

PIECE_S = 0.5
MOST_PIECES = 20
"""Pieces after which a capacitance that is still uncertain is measured anew."""

MISSES = 2
"""Measurements in a row without a charge that end a run."""


def watching_bias(context: ProcedureContext) -> WatchingBias | None:
    """Return the bias by which a tip that is away is watched; None if the amplifier is too slow for one.

    It is as large as possible, since the charge is faint, but shows `RAIL_G0` below the amplifier's rail.
    """
    samples = period(context.rate_Hz, context.rise_time_s)
    if samples is None:
        return None
    amplifier, (low_V, high_V) = context.amplifier, context.bias_range_V
    most_V = min(
        LARGEST_V / max(context.facts.bias_divider, 1.0),
        context.high_bias_V,
        context.most_bias_step_V,
        amplifier.full_scale_V / amplifier.gain_V_per_A / (RAIL_G0 * G0_S),
    )
    high_V, low_V = min(most_V, high_V / LIMIT_SHARE), max(-most_V, low_V / LIMIT_SHARE)
    rms_V, offset_V = (high_V - low_V) / 2.0 / math.sqrt(2.0), (high_V + low_V) / 2.0
    sine = Sine(rms_V, Fraction(context.rate_Hz) / max(samples, LEAST_SAMPLES), offset_V)
    return WatchingBias(sine, context.least_stray_F)


class PathWatch:
    """Measurement of the charge, again and again, beside a sine that is played.

    Parameters
    ----------
    context : ProcedureContext
    watching : WatchingBias
    amplifier : CurrentCalibration
        With the zero of the run.
    """

    def __init__(
        self, context: ProcedureContext, watching: WatchingBias, amplifier: CurrentCalibration
    ) -> None:
        self._context, self._amplifier = context, amplifier
        self._samples = watching.sine.period_samples(context.rate_Hz)
        self._least_F = watching.least_F
        self._part: list[FloatArray] = []
        self._pieces: list[FloatArray] = []
        self._missed = 0

    def feed(self, block: Block) -> None:
        """Take the next samples. Raises ``CurrentInputFault`` if no charge comes from the sample."""
        context, least_F = self._context, self._least_F
        if not least_F:
            return
        current_A = self._amplifier.current_A(block.channel("current"))
        self._part.append(np.stack([block.channel("bias"), current_A]))
        if sum(part.shape[1] for part in self._part) < PIECE_S * context.rate_Hz:
            return
        self._pieces.append(np.concatenate(self._part, axis=1))
        self._part.clear()
        found = stray(self._pieces, context.rate_Hz, self._samples, context.rise_time_s)
        if found.misses(least_F):
            self._missed += 1
            self._pieces.clear()
        elif ENOUGH * found.error_F <= least_F or len(self._pieces) == MOST_PIECES:
            self._missed = 0
            self._pieces.clear()
        if self._missed == MISSES:
            context.verify_amplifier()  # it may say itself what has been done to it
            raise _dead(context, found, least_F)


def _dead(context: ProcedureContext, found: Stray, least_F: float) -> CurrentInputFault:
    """Return the fault of a current path that passes no charge any more."""
    facts, pF = context.facts, 1e12
    return CurrentInputFault(
        f"While the heater changed no charge came from the sample to the {facts.current_amplifier} any more: the bias "
        f"shows {found.capacitance_F * pF:.3f} +- {found.error_F * pF:.3f} pF between sample and probe, expected at "
        f"least {least_F * pF:.2g} pF. A tip that touches would not be seen, so the heater was switched "
        "off and the tip retracted. Look at ZERO CHECK, at the cables of sample, probe and "
        f"{context.input_name('current')}, and at the tip."
    )
