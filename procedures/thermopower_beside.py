"""Thermopower of held junctions beside another measurement of them, in the same hold.

The heater has its mean power throughout the run: a heater that is switched on in a hold would move the tip, by some ten
nanometres, and change the junction. At the end of each hold it alternates about this mean, and the current at twice its
frequency gives the thermopower, free of offsets and without a hold at dT = 0.
"""

from fractions import Fraction
from typing import Any

from analysis.heating.aligned_hold import whole_periods
from analysis.heating.programme import LevelProgramme, ordered
from analysis.numbers import counted
from analysis.thermoelectric.thermopower_holds import ALTERNATING
from analysis.thermoelectric.thermopower_holds import MARK as THERMOPOWER_MARK
from analysis.thermoelectric.thermopower_holds import STEP as THERMOPOWER_STEP
from procedures.alternating_heater import AlternatingHeater
from procedures.capture import SearchProgress
from procedures.context import ProcedureContext
from procedures.errors import ImpossibleSetting
from procedures.expansion import SurfaceTrack, warm
from procedures.expected_current import ExpectedCurrent
from procedures.heated_junctions import check_thermometer
from procedures.heater import Heater
from procedures.heating import Heating
from procedures.hold_schedule import Condition, HoldSchedule
from procedures.large_bias import HoldOutcome
from procedures.parameters import FractionParameter
from procedures.procedure import Plan, Steps
from procedures.pymeasure_types import BooleanParameter, FloatParameter
from procedures.steps import FINISHED, Modulate, Outcome, SetBias, SetHeater, WriteNote

MEAN_SHARE = 0.5
"""Mean temperature difference over the largest, which an alternating heater gives."""

BIAS_Hz = Fraction(49, 4)
MOST_V = 0.01
"""Largest bias beside an alternating heater: noise of the conductance is noise of the current in proportion to it."""

LEAST_PERIODS = 3


class ThermopowerBeside(AlternatingHeater, Heating):
    """Base of procedures on held junctions that may also measure their thermopower."""

    chosen_by, steady = "thermopower", "thermopower = false"

    thermopower = BooleanParameter(
        "Thermopower of each junction", default=False,
        description="Keep tip and substrate at different temperatures, and measure the thermopower of each junction at "
        "the end of its hold. Needs a heater.",
    )  # fmt: skip
    dT = FloatParameter(
        "Temperature difference", units="K", minimum=-100, maximum=100, default=30,
        description="Tip less substrate at its largest, for the thermopower; its mean, half of it, stays all the time.",
    )  # fmt: skip
    thermopower_time = FloatParameter(
        "Thermopower time", units="s", minimum=0.25, maximum=60, default=0.5,
        description="Duration of the thermopower's part of each hold.",
    )  # fmt: skip
    heater_frequency: Any = FractionParameter(
        "Heater frequency", units="Hz", default="303/8",
        description="Frequency of the heater's voltage for the thermopower, exact; the temperature has twice that.",
    )  # fmt: skip

    def check(self, context: ProcedureContext) -> None:
        """Refuse also a thermopower that this rig or its heater can't show."""
        super().check(context)
        if not self.thermopower:
            return
        if not self.dT:
            raise ImpossibleSetting("dT = 0 K shows no thermopower; give the largest difference.", "dT")
        heater = self._heater(context)
        check_thermometer(context, heater, abs(self.dT))
        for condition in self.conditions():
            self.check_alternating(
                context, self.alternating(heater, MEAN_SHARE * self.dT), self._levels(condition)
            )
            periods = whole_periods(
                round(self.thermopower_time * context.rate_Hz), self._levels(condition), context.rate_Hz
            )
            if periods < LEAST_PERIODS:
                raise ImpossibleSetting(
                    f"thermopower_time = {self.thermopower_time:g} s is {counted(int(periods), 'whole period')} of "
                    f"{float(BIAS_Hz):g} Hz; at least {LEAST_PERIODS} are needed.",
                    "thermopower_time",
                )

    def duration_s(self, context: ProcedureContext) -> float:
        """Estimate the time of a run, in s, with the heater's settling and the thermopower of each hold."""
        more_s = 0.0
        if self.thermopower and context.heater is not None:
            more_s = context.heater.settle_s + self.total_cycles * float(self.thermopower_time)
        return super().duration_s(context) + more_s

    def plan(self, context: ProcedureContext) -> Plan:
        """Heat first, where the thermopower is wanted; the tip expands while it is away."""
        if not self.thermopower:
            yield from super().plan(context)
            return
        bias_V = 0.0 if self.resistor else self.bias * 1e-3  # a resistor in place of the junction is no touch
        yield SetBias(bias_V)
        self._heated = yield from warm(
            context, self._heater(context), MEAN_SHARE * self.dT, bias_V, SurfaceTrack()
        )
        yield from super().plan(context)
        yield SetHeater(0.0)

    def beside(
        self,
        context: ProcedureContext,
        condition: Condition,
        before_G0: float,
        number: int,
        modulated: Outcome,
    ) -> Steps[Outcome]:
        """Let the heater alternate on a junction that is still there."""
        if not self.thermopower or modulated.ended != FINISHED:
            return modulated
        programme = self._levels(condition)
        trip = self.trips(ExpectedCurrent(programme.largest_bias_V), before_G0, context)
        payload = {"hold": number, "control": self.control}
        sine = self.alternating(self._heater(context), MEAN_SHARE * self.dT)
        return (
            yield Modulate(
                THERMOPOWER_STEP, programme, self.thermopower_time, trip, self.trip_reaction, payload, heater=sine,
                skips="hold",
            )
        )  # fmt: skip

    def _hold(
        self,
        context: ProcedureContext,
        search: SearchProgress,
        condition: Condition,
        before_G0: float,
        tally: HoldSchedule,
    ) -> Steps[HoldOutcome]:
        """Describe the thermopower's part of the hold, too."""
        number = tally.holds
        held = yield from super()._hold(context, search, condition, before_G0, tally)
        if self.thermopower:
            how = {**self._heated, "control": self.control, "method": ALTERNATING, "dT_K": self.dT}
            yield WriteNote(THERMOPOWER_MARK, {**self.note(number, before_G0, held), **how})
        return held

    @staticmethod
    def _levels(condition: Condition) -> LevelProgramme:
        """Return the bias beside the alternating heater: both signs of a small amplitude, for the conductance."""
        bias_V = min(condition.amplitude_V, MOST_V)
        return ordered([(bias_V, 1), (-bias_V, 1)], "+0-", BIAS_Hz)

    def _heater(self, context: ProcedureContext) -> Heater:
        if context.heater is None:
            raise ImpossibleSetting(
                "thermopower needs a heater: describe it in the table [heater] of the rig file, with the output that "
                "drives it and the input that reads it back.",
                "thermopower",
            )
        return context.heater
