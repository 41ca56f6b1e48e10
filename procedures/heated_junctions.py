"""Base of procedures that catch junctions between a tip and a substrate of different temperatures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from analysis.detect import ContactDetector, Detector
from procedures.capture import SearchProgress
from procedures.contact import NM
from procedures.contact_checks.scale_witness import LEAST_OPENINGS, ScaleWitness
from procedures.context import ProcedureContext
from procedures.errors import HeaterFault, ImpossibleSetting, WrongScale
from procedures.expansion import SurfaceTrack, warm
from procedures.expectation import Foreseen
from procedures.heater import Heater
from procedures.large_bias import HeldProcedure
from procedures.parameters import NumbersParameter
from procedures.procedure import Steps
from procedures.pymeasure_types import BooleanParameter, FloatParameter, IntegerParameter
from procedures.steps import FINISHED, Baseline, HoldStep, Outcome, Ramp

MOST_SHARE = 0.6
"""Largest share of the preamplifier's range that the thermocouple may fill at the largest difference."""

RAMP_REACTION_s = 0.25
NEAR_S = 0.05
"""Time of a look whether the tip conducts; half of the samples in a row must show it."""


@dataclass
class Turns:
    """Order of the temperature differences: a b c c b a, some junctions each, until each has its number.

    Parameters
    ----------
    differences_K : sequence of float
    wanted : int
        Junctions at each difference.
    at_once : int
        Junctions before the next difference.
    """

    differences_K: tuple[float, ...]
    wanted: int
    at_once: int
    done: dict[float, int] = field(default_factory=dict)
    _place: int = 0
    _taken: int = 0

    @property
    def present_K(self) -> float | None:
        """Difference for the next junction; None if all have their numbers."""
        if all(self.done.get(difference, 0) >= self.wanted for difference in self.differences_K):
            return None
        while self._taken >= self.at_once or self.done.get(self._here, 0) >= self.wanted:
            self._place, self._taken = self._place + 1, 0
        return self._here

    @property
    def _here(self) -> float:
        there_and_back = (*self.differences_K, *self.differences_K[::-1])
        return there_and_back[self._place % len(there_and_back)]

    @property
    def turn(self) -> int:
        """Number of the present turn, which grows with each change."""
        return self._place

    def count(self, counts: bool) -> None:
        """Count a junction at the present difference."""
        self._taken += 1
        if counts:
            self.done[self._here] = self.done.get(self._here, 0) + 1


class HeatedProcedure(HeldProcedure, Foreseen):
    """Base of procedures that heat the tip, its base, or the substrate."""

    polarity = 1
    """Sign of the heater's voltage in the first turn."""

    bias = FloatParameter(
        "Bias", units="mV", minimum=-2000, maximum=2000, default=10,
        description="Bias while the tip moves. At 1e6 V/A 10 mV shows contacts to 6 G0.",
    )  # fmt: skip
    open_threshold = FloatParameter(
        "Open below", units="G_0", minimum=1e-9, maximum=0.5, default=5e-4,
        description="End the trace when the conductance stays below this.",
    )  # fmt: skip
    dT: Any = NumbersParameter(
        "Temperature differences", units="K", minimum=-100, maximum=100, default=(0.0, 10.0, 20.0),
        description="Tip less substrate, one after the other and back. 0 must be among them: it gives the zero of "
        "the thermometer.",
    )  # fmt: skip
    holds = IntegerParameter(
        "Junctions per difference", minimum=1, maximum=100_000, default=60,
        description="Junctions to measure at each temperature difference.",
    )  # fmt: skip
    at_once = IntegerParameter(
        "Junctions in a row", minimum=1, maximum=10_000, default=1,
        description="Junctions at one difference before the next. Use 20 with a slow heater (base, substrate).",
    )  # fmt: skip
    reverse_heater = BooleanParameter(
        "Reverse the heater", default=True,
        description="Change the sign of the heater's voltage from turn to turn: its heat stays, its leak changes sign.",
    )  # fmt: skip
    heater_clearance = FloatParameter(
        "Retract before heating", units="nm", minimum=1, maximum=500, default=25,
        description="Retraction from the surface before the heater changes, because tip and substrate expand.",
    )  # fmt: skip

    def check(self, context: ProcedureContext) -> None:
        """Refuse also a rig without heater, differences beyond its limits, and a thermocouple that would overload."""
        heater = context.heater
        if heater is None:
            raise ImpossibleSetting(
                f"{self.label} needs a heater: describe it in the table [heater] of the rig file, with the output that "
                "drives it and the input that reads it back."
            )
        differences_K = self.differences_K()
        for difference_K in differences_K:
            heater.power_W(difference_K)
        check_thermometer(context, heater, max(abs(each) for each in differences_K))
        super().check(context)

    def differences_K(self) -> tuple[float, ...]:
        """Return the wanted differences T_tip - T_substrate. Raises ``ImpossibleSetting`` without 0 among them."""
        differences_K = tuple(float(each) for each in self.dT or ())
        if 0.0 not in differences_K:
            raise ImpossibleSetting("dT must contain 0 K: it gives the zero of the thermometer.", "dT")
        if len(set(differences_K)) < len(differences_K):
            raise ImpossibleSetting("dT: one difference is given twice.", "dT")
        return differences_K

    def begin(self) -> Steps[None]:
        """Begin also to look for the last atom of the contacts."""
        self._scale, self._track = ScaleWitness(), SurfaceTrack()
        yield from super().begin()

    def withdraw(
        self, context: ProcedureContext, surface_m: float, until: Mapping[str, Detector], reaction_s: float
    ) -> Steps[Outcome]:
        """Watch also whether the contact ends at 1 G0."""
        watched = {**until, "scale": self._scale}
        return (yield from super().withdraw(context, surface_m, watched, reaction_s))

    def opened(self, search: SearchProgress) -> Steps[None]:
        """Raise also ``WrongScale`` if contacts end at a tenth or at ten times of 1 G0."""
        yield from super().opened(search)
        if search.openings >= LEAST_OPENINGS and (end_G0 := self._scale.end_G0) != 1.0:
            raise WrongScale(
                f"The last atom of {search.openings} contacts shows about {end_G0:g} G0 instead of 1 G0: the bias or "
                "the current is wrong by ten. Compare divider and looped_back_at of daq.outputs.bias, and gain_V_per_A "
                "of current_amplifier, in the rig file with the instruments."
            )

    def turns(self) -> Turns:
        """Return a fresh order of the differences."""
        return Turns(tuple(float(each) for each in self.dT), int(self.holds), int(self.at_once))

    def heat(
        self, context: ProcedureContext, search: SearchProgress, difference_K: float, turn: int
    ) -> Steps[dict[str, Any]]:
        """Retract, set the heater, wait, and measure the current's zero; return the description for the recording."""
        heater = context.heater
        assert heater is not None, "check comes first"
        yield from self._back(context, search)
        polarity = -self.polarity if self.reverse_heater and turn % 2 else self.polarity
        bias_V = 0.0 if self.resistor else self.bias * 1e-3
        described = yield from warm(context, heater, difference_K, bias_V, self._track, polarity)
        if self._track.moves:
            search.surface_m = None
        yield Baseline(self.baseline_time)
        if bias_V:
            yield from self._further_from(context, search)
        return described

    def follow_m(self, context: ProcedureContext) -> float:
        """Return the way by which the coarse positioner may follow a surface that cools."""
        return self._track.follow_m(context) if self._contacted else super().follow_m(context)

    def _back(self, context: ProcedureContext, search: SearchProgress) -> Steps[None]:
        """Retract from the surface, as far as it is known, by `heater_clearance`."""
        if search.surface_m is not None:
            low_m, _ = context.extension_range_m
            back_m = max(low_m, search.surface_m - self.heater_clearance * NM)
            yield Ramp("back", back_m, self.approach_speed * NM, reaction_s=RAMP_REACTION_s)

    def _further_from(self, context: ProcedureContext, search: SearchProgress) -> Steps[None]:
        """Retract wholly and measure the zero again if the tip has come so near that it conducts.

        Such a zero would make all later conductances wrong, and an open junction look closed.
        """
        near = (yield self._near(context)).ended
        if near == FINISHED:
            return
        low_m, _ = context.extension_range_m
        yield Ramp("back", low_m, self.approach_speed * NM, reaction_s=RAMP_REACTION_s)
        search.surface_m = None
        yield Baseline(self.baseline_time)
        if (yield self._near(context)).ended != FINISHED:
            raise HeaterFault(
                f"With the tip retracted the current still shows more than open_threshold = {self.open_threshold:g} G0 "
                "against its zero at 0 V bias: tip and substrate have expanded by more than the piezo's range, or the "
                "junction has a leak. Take the tip's housing back by some micrometres, or heat less."
            )

    def _near(self, context: ProcedureContext) -> HoldStep:
        """Return the step that sees whether the tip conducts."""
        samples = max(1, round(0.5 * NEAR_S * context.rate_Hz))
        return HoldStep(
            "tip away", NEAR_S, {"near": ContactDetector(self.open_threshold, samples)}, reaction_s=NEAR_S
        )


def check_thermometer(context: ProcedureContext, heater: Heater, largest_K: float) -> None:
    """Refuse a thermocouple without calibration, or one that would overload its preamplifier at a difference."""
    if not context.thermometer_V_per_K:
        raise ImpossibleSetting(
            "the thermocouple is not calibrated: the rig file needs seebeck_V_per_K and the other numbers of "
            "[probe], or a calibration that was saved."
        )
    volts, range_V = (
        context.thermometer_V_per_K * largest_K,
        min(5.0, context.facts.thermometer_full_scale_V),
    )
    if heater.where == "tip" and volts > MOST_SHARE * range_V:
        raise ImpossibleSetting(
            f"at dT = {largest_K:g} K the preamplifier of the thermocouple gives {volts:.3g} V; more than "
            f"{100 * MOST_SHARE:g} % of {range_V:g} V may overload it. Lower voltage_preamplifier.gain of the rig "
            f"file to {0.999 * MOST_SHARE * range_V / volts * context.facts.thermometer_gain:.2g} or less.",
            "dT",
        )
