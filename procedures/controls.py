"""Control experiments of a heating measurement: the same modulation where the heat should be zero, or unchanged.

The first three reveal signals that follow the bias but are not heat (capacitances, leaks, the multiplexer, ground
currents); the others reveal unsteady ones (drift, slow filters, recovery after a step).
"""

from fractions import Fraction

import numpy as np

from analysis.heating.controls import (
    DUMMY_RESISTOR,
    GOLD,
    LEADS_SWAPPED,
    ORDER_REVERSED,
    OTHER_FREQUENCIES,
    OUT_OF_CONTACT,
    ZERO_AMPLITUDE,
)
from procedures.capture import CaptureWindow, SearchProgress
from procedures.contact import NM
from procedures.context import ProcedureContext
from procedures.errors import AmplifierRailed, ContactNotBroken, ImpossibleSetting
from procedures.heating import Heating
from procedures.large_bias import WIDENED
from procedures.parameters import FractionsParameter, NumbersParameter
from procedures.procedure import Steps
from procedures.pymeasure_types import FloatParameter
from procedures.resistor import ResistorInPlace
from procedures.steps import FINISHED, Outcome, Ramp

ONE_ATOM_G0 = 1.0


class OutOfContact(Heating):
    """Modulate the gap between tip and surface: current and heat must both be zero."""

    name = "control out-of-contact"
    control = OUT_OF_CONTACT
    pace_scatter = 0.1
    conductance = 0.0

    distance = FloatParameter(
        "Distance", units="nm", minimum=5, maximum=1000, default=50,
        description="Retraction from contact before the gap is modulated, limited by the piezo's range.",
    )  # fmt: skip

    @property
    def window(self) -> CaptureWindow:
        """Range of conductance of an open gap."""
        return CaptureWindow(-self.open_threshold, self.open_threshold)

    def check(self, context: ProcedureContext) -> None:
        """Refuse also a distance longer than the piezo's range."""
        super().check(context)
        low_m, high_m = context.extension_range_m
        if self.distance * NM > high_m - low_m:
            raise ImpossibleSetting(
                f"distance = {self.distance:g} nm is more than the piezo's range, {(high_m - low_m) / NM:.4g} nm.",
                "distance",
            )

    def _check_window(self, context: ProcedureContext) -> None:
        """Accept any window: an open gap needs no resolution in conductance."""

    def obtain_s(self, context: ProcedureContext) -> float:
        """Return the time of two checks and a baseline, in s; the gap stays."""
        return float(2 * self.check_time + self.baseline_time / self.baseline_every)

    def first_approach_s(self, context: ProcedureContext) -> float:
        """Estimate the time to find the surface and to retract from it, in s."""
        low_m, high_m = context.extension_range_m
        back_nm = min(self.distance, (high_m - low_m) / 2 / NM)
        return super().first_approach_s(context) + float(back_nm / self.leave_speed)

    def obtain(self, context: ProcedureContext, search: SearchProgress) -> Steps[float]:
        """Find the surface once and retract from it; return the conductance of the gap, in G0."""
        if search.surface_m is None:
            search.surface_m = yield from self.make_contact(context, None)
            low_m, _ = context.extension_range_m
            back_m = max(low_m, search.surface_m - self.distance * NM)
            yield Ramp("back", back_m, self.leave_speed * NM, reaction_s=0.25)
        gap_G0 = (yield self.look()).conductance_G0
        if not np.isfinite(gap_G0):
            raise AmplifierRailed(
                "After retracting the tip from its contact the current amplifier is at its rail: a leak, or tip and "
                "surface still touch. Withdraw with the coarse positioner and inspect the surface."
            )
        if not self.window.holds(gap_G0):
            raise ContactNotBroken(
                f"After retracting the tip from its contact the gap still conducts {gap_G0:.2g} G0. Withdraw with the "
                "coarse positioner and inspect the surface."
            )
        return gap_G0

    def release(self, context: ProcedureContext, search: SearchProgress, extension_m: float) -> Steps[None]:
        """Keep the gap for the next hold."""
        yield from self.opened(search)

    def kind_of(self, outcome: Outcome, after_G0: float) -> str:
        """Return "whole" while the gap does not conduct, else "jumped"."""
        open_still = outcome.ended == FINISHED and abs(after_G0) <= WIDENED * self.open_threshold
        return "whole" if open_still else "jumped"


class ZeroAmplitude(Heating):
    """Hold junctions at 0 V through the same programme: any heat is an artefact of the evaluation."""

    name = "control zero-amplitude"
    control = ZERO_AMPLITUDE
    amplitudes = (0.0,)
    expected = ()


class DummyResistor(ResistorInPlace, Heating):
    """Modulate a resistor in place of the junction: current, but no heat in the tip."""

    name = "control dummy-resistor"
    control = DUMMY_RESISTOR
    pace_scatter = 0.1

    resistance = FloatParameter(
        "Resistance", units="ohm", minimum=1e3, maximum=1e12,
        description="Resistor in place of the junction; choose it to carry the current of a junction.",
    )  # fmt: skip


class OrderReversed(Heating):
    """Measure the heat with the levels in reverse order: the effect of a linear drift changes its sign."""

    name = "control order-reversed"
    control = ORDER_REVERSED
    order = "-0+"


class OtherFrequencies(Heating):
    """Measure the heat at several frequencies in turn: it must not depend on frequency."""

    name = "control other-frequencies"
    control = OTHER_FREQUENCIES
    frequency = None

    frequencies = FractionsParameter(
        "Frequencies", units="Hz", default="6.125 12.25 24.5", description="Modulation frequencies, exact."
    )

    def modulations_Hz(self) -> list[Fraction]:
        """Return the frequencies given, in Hz."""
        return [Fraction(part) for part in self.frequencies.split()]


class LeadsSwapped(Heating):
    """Measure with the thermocouple's leads swapped by hand: the heat signal changes sign, pick-up does not."""

    name = "control leads-swapped"
    control = LEADS_SWAPPED


class Gold(Heating):
    """Measure the heat of one-atom gold contacts: equal at both polarities, and a known share of the power."""

    name = "control gold"
    control = GOLD
    keeps = ("amplitudes", "conductance")
    conductance = ONE_ATOM_G0

    amplitudes = NumbersParameter(
        "Amplitudes", units="V", minimum=1e-3, maximum=0.5, default=(0.030, 0.043, 0.052, 0.060, 0.067),
        description="Amplitudes of the modulation; by default those of Lee et al., Nature 498, 209 (2013).",
    )  # fmt: skip
