"""Large biases on held junctions: what trips them, what became of them, and the way back afterwards."""

import math
from dataclasses import dataclass
from typing import Any

from pymeasure.experiment import FloatParameter, IntegerParameter

from analysis.constants import G0_S
from analysis.detect import Detector
from analysis.heating.exclusion import ExclusionRules
from analysis.trip import METALLIC_G0, MOST_OF_EXPECTED, trips
from procedures.capture import CaptureProcedure, Search
from procedures.errors import ImpossibleSetting, TooManyTrips
from procedures.expected_current import ExpectedCurrent
from procedures.procedure import Steps
from procedures.station import Station
from procedures.steps import FINISHED, Outcome, SetBias

WIDENED = ExclusionRules().widened
"""By this factor a junction may change and still count as whole: the evaluation's own rule."""

RUPTURED = "ruptured"

NOISE_STEPS = 20
"""Steps of the converter; noise alone does not trip."""

LOW_BIAS_MARGIN = 1.5
"""The first samples still show the low bias, whose current may be larger than that at a small amplitude."""


@dataclass(frozen=True)
class Held:
    """What became of a held junction: its kind, the conductance after it, where the tip stands, if it counts."""

    kind: str
    after_G0: float
    extension_m: float
    counts: bool


class HeldProcedure(CaptureProcedure):
    """Puts a large bias on junctions that it has caught."""

    trip_factor = FloatParameter(
        "Trip factor", minimum=1.1, maximum=100, default=MOST_OF_EXPECTED,
        description="A current beyond so many times the expected takes the bias away.",
    )  # fmt: skip
    trip_reaction = FloatParameter(
        "Trip reaction", units="s", minimum=5e-4, maximum=1, default=0.002,
        description="How often the current is looked at while a large bias is on.",
    )  # fmt: skip
    most_trips = IntegerParameter(
        "Most trips", minimum=1, maximum=10_000, default=10, description="So many in a row end the run."
    )

    def check_largest(self, parameter: str, bias_V: float, station: Station, current_A: float = 0.0) -> None:
        """Refuse a bias beyond the rig's limits, or at which the current amplifier would rail.

        ``parameter`` is the name of the one that says it.
        ``current_A`` is what a junction carries there; 0 where nobody knows, and then the least of it is taken.
        """
        low, high = station.bias_range_V
        if not low <= -bias_V <= bias_V <= high:
            raise ImpossibleSetting(
                f"{parameter}: {bias_V:g} V is outside the rig's limits, {low:g} to {high:g} V.", parameter
            )
        most_A = station.amplifier.full_scale_V / station.amplifier.gain_V_per_A
        least_A = current_A or G0_S * self.window.high_G0 * bias_V
        if least_A >= most_A:
            raise ImpossibleSetting(
                f"at {bias_V:g} V a junction carries {least_A:.2g} A or more, but the current amplifier rails at "
                f"{most_A:.2g} A. Lower its gain.",
                parameter,
            )

    def trips(self, current: ExpectedCurrent, before_G0: float, station: Station) -> dict[str, Detector]:
        """Reasons to take the bias away from this junction."""
        least_G0 = max(before_G0, self.open_threshold)
        low_bias_A = G0_S * least_G0 * abs(self.bias) * 1e-3
        noise_A = NOISE_STEPS * station.resolution_V / station.amplifier.gain_V_per_A
        return trips(
            current.amplitude_V,
            current.bound_A(least_G0, ohmic=self.window.high_G0 > METALLIC_G0),
            self.window.high_G0,
            station.amplifier.series_resistance_ohm,
            least_A=max(LOW_BIAS_MARGIN * low_bias_A, noise_A),
            factor=self.trip_factor,
        )

    def afterwards(self, station: Station, outcome: Outcome) -> Steps[tuple[str, float, float]]:
        """Back to the low bias: what became of the junction, its conductance, and where the tip stands.

        After a trip the tip is drawn back before there is a bias again, so that nothing can be said of the
        junction (NaN).
        """
        if outcome.ended not in (FINISHED, RUPTURED):
            extension_m = yield from self.retract(station, outcome.extension_m)
            return "tripped", math.nan, extension_m
        if outcome.ended == RUPTURED:
            yield SetBias(self.bias * 1e-3)
        after_G0 = (yield self.look()).conductance_G0
        self.refuse_wrong_sign(after_G0, self.window.widened(WIDENED))
        return self.kind_of(outcome, after_G0), after_G0, outcome.extension_m

    def kind_of(self, outcome: Outcome, after_G0: float) -> str:
        """Whether a junction that was not tripped is whole, ruptured, or has jumped to another conductance."""
        window = self.window.widened(WIDENED)
        if outcome.ended == RUPTURED or after_G0 < window.low_G0 / WIDENED:
            return RUPTURED
        return "whole" if window.holds(after_G0) else "jumped"

    def note(self, number: int, before_G0: float, held: Held) -> dict[str, Any]:
        """What the recording says of a held junction."""
        return {
            "number": number,
            "before_G0": before_G0,
            "after_G0": held.after_G0 if math.isfinite(held.after_G0) else None,
            "window_G0": [self.window.low_G0, self.window.high_G0],
            "kind": held.kind,
            "counts": held.counts,
        }

    def count_trips(self, search: Search, held: Held) -> None:
        """End the run after too many trips in a row. Raises ``TooManyTrips``."""
        search.trips_in_a_row = search.trips_in_a_row + 1 if held.kind == "tripped" else 0
        if search.trips_in_a_row == self.most_trips:
            raise TooManyTrips(
                f"{self.most_trips} junctions in a row carried too large a current. Look at them: the bias is too "
                "large for them, the expected current is wrong, or what is caught is no junction."
            )
