"""I-V curves of held junctions: 0 -> +V -> -V -> 0, each within a fraction of a second.

Lee et al., Nature 498, 209 (2013), show the mean of 100 curves with their standard deviation.
"""

import math
from itertools import accumulate

import numpy as np

from analysis.constants import G0_S
from analysis.heating.mask import RISE_PER_TAU
from analysis.iv.mean import refusal
from analysis.iv.sweeps import Sweep as RecordedSweep
from analysis.records import FloatArray
from procedures.capture import SearchProgress
from procedures.context import ProcedureContext
from procedures.errors import ImpossibleSetting
from procedures.expected_current import ExpectedCurrent
from procedures.large_bias import HeldProcedure, HoldOutcome
from procedures.procedure import Plan, Steps
from procedures.pymeasure_types import FloatParameter, IntegerParameter
from procedures.steps import MakeSafe, SweepStep, WriteNote

LEAST_SAMPLES = 40
"""Least number of samples of a curve; fewer do not resolve its shape."""


class IV(HeldProcedure):
    """Record I-V curves of held junctions."""

    name = "iv"
    repeats = "curves"
    cycle = "curve"
    label = "I-V"
    evaluated_as = "iv"
    views = ("I-V", "Theory")
    distinguished_by = ("peak",)

    curves = IntegerParameter(
        "Curves",
        minimum=1,
        maximum=100_000,
        default=100,
        description="Number of curves to record of intact junctions.",
    )
    peak = FloatParameter(
        "Peak bias",
        units="V",
        minimum=1e-3,
        maximum=10,
        description="Largest bias; a curve runs 0, +peak, -peak, 0.",
    )
    sweep_time = FloatParameter(
        "Sweep time", units="s", minimum=0.01, maximum=60, default=0.2, description="Duration of one curve."
    )
    curves_per_junction = IntegerParameter(
        "Curves per junction", minimum=1, maximum=1000, default=1,
        description="Sweep a junction that is still intact again, up to this many times in all.",
    )  # fmt: skip

    def check(self, context: ProcedureContext) -> None:
        """Refuse also a peak beyond the rig's or the amplifier's limits, and a sweep with too few samples."""
        if self.peak is None:
            raise ImpossibleSetting("peak is not set; give the largest bias of a curve, in V.", "peak")
        super().check(context)
        self.check_largest("peak", self.peak, context)
        samples = self.sweep_time * context.rate_Hz
        if samples < LEAST_SAMPLES:
            raise ImpossibleSetting(
                f"sweep_time = {self.sweep_time:g} s is {samples:.0f} samples; a curve needs {LEAST_SAMPLES}.",
                "sweep_time",
            )
        if why := refusal(self._straight_line(context)):
            raise ImpossibleSetting(
                f"sweep_time = {self.sweep_time:g} s is too short: at {context.rate_Hz:g} samples/s and a rise time of "
                f"{context.rise_time_s:g} s even a straight line would be left out of the mean curve ({why}). Sweep "
                "more slowly, or shorten the rise time.",
                "sweep_time",
            )

    def _straight_line(self, context: ProcedureContext) -> RecordedSweep:
        """Return the noiseless sweep of an ohmic junction as recorded through the amplifier's pole."""
        applied_V = np.concatenate([[self.bias * 1e-3], self.waveform_V(context.rate_Hz)])
        tau_samples = context.rise_time_s / RISE_PER_TAU * context.rate_Hz
        kept = math.exp(-1 / tau_samples) if tau_samples else 0.0
        shown_V = np.array([*accumulate(applied_V.tolist(), lambda y, x: (1 - kept) * x + kept * y)])
        return RecordedSweep(
            0, (0, applied_V.size), applied_V, G0_S * self.conductance * shown_V, kind="whole"
        )

    def duration_s(self, context: ProcedureContext) -> float:
        """Estimate the time of a run, in s: first approach, junctions at `obtain_s` each, and sweeps that all count."""
        caught_s = self.curves / self.curves_per_junction * self.obtain_s(context)
        return self.first_approach_s(context) + caught_s + self.curves * self.sweep_time

    def waveform_V(self, rate_Hz: float) -> FloatArray:
        """Return the bias of a curve, one value per sample, shape (n,); it reaches both peaks and ends at 0 V."""
        quarter = max(1, round(self.sweep_time * rate_Hz / 4))
        turns = [0, quarter, 3 * quarter, 4 * quarter]
        return np.interp(np.arange(1, 4 * quarter + 1), turns, [0.0, self.peak, -self.peak, 0.0])

    def plan(self, context: ProcedureContext) -> Plan:
        """Catch a junction, sweep it and release it, until there are enough curves of intact junctions."""
        yield from self.begin()
        search, number, whole = SearchProgress(), 0, 0
        while whole < self.curves:
            before_G0 = yield from self.next_junction(context, search)
            for _ in range(min(self.curves_per_junction, self.curves - whole)):
                swept = yield from self._curve(context, before_G0, number, search.openings)
                number += 1
                whole += swept.counts
                if not swept.counts:
                    break
                before_G0 = swept.after_G0
            self.count_trips(search, swept)
            yield from self.leave(context, search, swept.extension_m)
        yield MakeSafe()

    def _curve(
        self, context: ProcedureContext, before_G0: float, number: int, junction: int
    ) -> Steps[HoldOutcome]:
        """Record one curve; return the outcome. ``junction`` numbers the junction, to group its curves."""
        trip = self.trips(ExpectedCurrent(self.peak), before_G0, context)
        payload = {"curve": number, "junction": junction}
        swept = yield SweepStep(
            "sweep", self.waveform_V(context.rate_Hz), trip, self.trip_reaction, payload, skips="curve"
        )
        kind, after_G0, extension_m = yield from self.afterwards(context, swept)
        held = HoldOutcome(kind, after_G0, extension_m, counts=kind == "whole")
        yield WriteNote(self.cycle, {**self.note(number, before_G0, held), "junction": junction})
        return held
