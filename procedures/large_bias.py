"""Large biases on held junctions: trips, outcomes, and the return to low bias."""

import math
from dataclasses import dataclass
from typing import Any

from analysis.constants import G0_S
from analysis.detect import Detector
from analysis.heating.exclusion import ExclusionRules
from analysis.records import SKIPPED
from analysis.trip import METALLIC_G0, MOST_OF_EXPECTED, trips
from procedures.capture import CaptureProcedure, SearchProgress
from procedures.context import ProcedureContext
from procedures.errors import ImpossibleSetting, TooManyTrips
from procedures.expected_current import ExpectedCurrent
from procedures.procedure import Steps
from procedures.pymeasure_types import FloatParameter, IntegerParameter
from procedures.steps import FINISHED, Outcome, SetBias

WIDENED = ExclusionRules().widened
"""Largest change, as a factor, of a junction that counts as whole: the evaluation's own rule."""

RUPTURED = "ruptured"

NOISE_STEPS = 20
"""Least current of a trip in converter steps, so that noise alone does not trip."""

LOW_BIAS_MARGIN = 1.5
"""Factor on the low-bias current: the first samples still show it, and it may exceed that of a small amplitude."""


@dataclass(frozen=True)
class HoldOutcome:
    """Outcome of one hold: final state, conductance afterwards, tip position, whether it is valid."""

    kind: str
    after_G0: float
    extension_m: float
    counts: bool


class HeldProcedure(CaptureProcedure):
    """Base of procedures that apply a large bias to the junctions they catch."""

    trip_factor = FloatParameter(
        "Trip factor", minimum=1.1, maximum=100, default=MOST_OF_EXPECTED,
        description="Trip (remove the bias) when the current exceeds this multiple of the expected value.",
    )  # fmt: skip
    trip_reaction = FloatParameter(
        "Trip reaction", units="s", minimum=5e-4, maximum=1, default=0.002,
        description="Interval between checks of the current while a large bias is applied.",
    )  # fmt: skip
    most_trips = IntegerParameter(
        "Maximum trips in a row", minimum=1, maximum=10_000, default=10,
        description="End the run after this many trips in a row.",
    )  # fmt: skip

    def check_largest(
        self, parameter: str, bias_V: float, context: ProcedureContext, current_A: float = 0.0
    ) -> None:
        """Refuse a bias beyond the rig's limits, or at which the current amplifier would rail.

        ``parameter`` names the parameter that sets the bias. ``current_A`` is the junction's current at this bias;
        if 0 (unknown), the ohmic current at the window's upper end is used.
        """
        low, high = context.bias_range_V
        if not low <= -bias_V <= bias_V <= high:
            raise ImpossibleSetting(
                f"{parameter}: {bias_V:g} V is outside the rig's limits, {low:g} to {high:g} V.", parameter
            )
        most_A = context.amplifier.full_scale_V / context.amplifier.gain_V_per_A
        least_A = current_A or G0_S * self.window.high_G0 * bias_V
        if least_A >= most_A:
            raise ImpossibleSetting(
                f"at {bias_V:g} V a junction carries {least_A:.2g} A or more, but the current amplifier rails at "
                f"{most_A:.2g} A. Lower its gain.",
                parameter,
            )

    def trips(
        self, current: ExpectedCurrent, before_G0: float, context: ProcedureContext
    ) -> dict[str, Detector]:
        """Return the detectors that remove the bias from this junction."""
        least_G0 = max(before_G0, self.open_threshold)
        low_bias_A = G0_S * least_G0 * abs(self.bias) * 1e-3
        noise_A = NOISE_STEPS * context.resolution_V / context.amplifier.gain_V_per_A
        return trips(
            current.amplitude_V,
            current.bound_A(least_G0, ohmic=self.window.high_G0 > METALLIC_G0),
            self.window.high_G0,
            context.amplifier.series_resistance_ohm,
            least_A=max(LOW_BIAS_MARGIN * low_bias_A, noise_A),
            factor=self.trip_factor,
        )

    def afterwards(self, context: ProcedureContext, outcome: Outcome) -> Steps[tuple[str, float, float]]:
        """Return to the low bias and check; return the junction's state, its conductance in G0 and the extension in m.

        After a trip the tip is retracted before the bias returns, so the conductance is unknown (NaN), as it is where
        the user has skipped the rest.
        """
        if outcome.ended == SKIPPED:
            return SKIPPED, math.nan, outcome.extension_m
        if outcome.ended not in (FINISHED, RUPTURED):
            extension_m = yield from self.retract(context, outcome.extension_m)
            return "tripped", math.nan, extension_m
        if outcome.ended == RUPTURED:
            yield SetBias(self.bias * 1e-3)
        after_G0 = (yield self.look()).conductance_G0
        self.refuse_wrong_sign(after_G0, self.window.widened(WIDENED))
        return self.kind_of(outcome, after_G0), after_G0, outcome.extension_m

    def kind_of(self, outcome: Outcome, after_G0: float) -> str:
        """Return "whole", "ruptured" or "jumped" (to another conductance) for a junction that did not trip."""
        window = self.window.widened(WIDENED)
        if outcome.ended == RUPTURED or after_G0 < window.low_G0 / WIDENED:
            return RUPTURED
        return "whole" if window.holds(after_G0) else "jumped"

    def note(self, number: int, before_G0: float, held: HoldOutcome) -> dict[str, Any]:
        """Return the recorded description of a held junction."""
        return {
            "number": number,
            "before_G0": before_G0,
            "after_G0": held.after_G0 if math.isfinite(held.after_G0) else None,
            "window_G0": [self.window.low_G0, self.window.high_G0],
            "kind": held.kind,
            "counts": held.counts,
        }

    def count_trips(self, search: SearchProgress, held: HoldOutcome) -> None:
        """End the run after too many trips in a row. Raises ``TooManyTrips``."""
        search.trips_in_a_row = search.trips_in_a_row + 1 if held.kind == "tripped" else 0
        if search.trips_in_a_row == self.most_trips:
            raise TooManyTrips(
                f"{self.most_trips} junctions in a row carried too large a current. Look at their traces: the bias is "
                "too large, the expected current is wrong, or the caught plateaus are not junctions."
            )
