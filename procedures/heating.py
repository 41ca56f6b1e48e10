"""Heat dissipation: catch junctions and modulate them between +V, 0 and -V while reading the tip's temperature.

Lee et al., Nature 498, 209 (2013): junctions within 10 % of the most probable conductance, about 5 s of modulation
at 12.25 Hz each, about 100 junctions at each of five amplitudes.
"""

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from analysis.constants import G0_S
from analysis.heating.aligned_hold import whole_periods
from analysis.heating.estimator import LEAST_PERIODS as LEAST_KEPT
from analysis.heating.exclusion import FIRST_PERIODS, ExclusionRules
from analysis.heating.layout import roles_with_zero
from analysis.heating.programme import LevelProgramme, ordered
from analysis.numbers import counted
from analysis.records import SKIPPED
from analysis.thermoelectric.detectability import ThermometerNoise
from analysis.trip import RuptureTrip
from procedures.capture import SearchProgress
from procedures.context import ProcedureContext
from procedures.errors import ImpossibleSetting
from procedures.expectation import LEE_NOISE, Expectation, Foreseen
from procedures.hold_schedule import Condition, HoldSchedule
from procedures.large_bias import RUPTURED, HeldProcedure, HoldOutcome
from procedures.limits import check_programme
from procedures.modulated_circuit import FREQUENCY, check_circuit, check_filters, expected_mask_samples
from procedures.parameters import FractionParameter, LevelsParameter, NumbersParameter, parsed_levels
from procedures.procedure import Plan, Steps
from procedures.pymeasure_types import FloatParameter, IntegerParameter, ListParameter
from procedures.steps import MakeSafe, Modulate, Outcome, WriteNote

THREE_LEVELS = "+1:1 0:1 -1:1"
LEAST_PERIODS = ExclusionRules().least_periods
"""Least number of periods of a hold that counts: the evaluation's own rule."""

RUPTURED_SHARE = 0.2
"""Share of the low-bias current, scaled to the amplitude, below which the current of a whole period means rupture."""


class Heating(HeldProcedure, Foreseen):
    """Measure the heat dissipated in the tip by modulated junctions."""

    name = "heating"
    thermometer = True
    repeats = "holds"
    cycle = "hold"
    evaluated_as = "heating"
    views = ("Heating",)
    distinguished_by = ("amplitudes", "distance")
    typical: Mapping[str, Any] = {"conductance": 0.002, "amplitudes": (0.9,)}
    control: str | None = None
    """Name of the control experiment; None for the measurement itself."""

    amplitudes: Any = NumbersParameter(
        "Amplitudes",
        units="V",
        minimum=1e-3,
        maximum=10,
        description="Amplitudes of the modulation, one or more.",
    )
    holds = IntegerParameter(
        "Holds per amplitude", minimum=1, maximum=100_000, default=100,
        description="Junctions to hold at each amplitude. The amplitudes alternate, so drift affects all alike.",
    )  # fmt: skip
    hold_time = FloatParameter(
        "Hold time",
        units="s",
        minimum=0.1,
        maximum=3600,
        default=5,
        description="Duration of the modulation of one junction.",
    )
    holds_per_junction = IntegerParameter(
        "Holds per junction", minimum=1, maximum=1000, default=1,
        description="Hold a junction that is still intact again, at another amplitude, up to this many times in all.",
    )  # fmt: skip
    first_periods = IntegerParameter(
        "First periods left out", minimum=0, maximum=10_000, default=FIRST_PERIODS,
        description="Periods after the start of each modulation that the evaluation leaves out. Increase it if "
        "the signal settles slowly.",
    )  # fmt: skip
    frequency: Any = FractionParameter(
        "Frequency", units="Hz", default="12.25", description="Modulation frequency, exact: 12.25 or 49/4."
    )
    order = ListParameter(
        "Order", choices=["+0-", "-0+", "alternating"], default="+0-",
        description="Order of the bias levels. Alternating (+0--0+) cancels a linear drift.",
    )  # fmt: skip
    levels = LevelsParameter(
        "Levels", default=THREE_LEVELS,
        description="Bias levels as fractions of the amplitude, each with its relative duration.",
    )  # fmt: skip
    expected: Any = NumbersParameter(
        "Expected currents", units="A", minimum=0, maximum=1, default=(),
        description="Current expected at each amplitude, from an I-V run. If empty, learned from earlier junctions.",
    )  # fmt: skip

    taken = NumbersParameter(
        "Holds already recorded", minimum=0, maximum=100_000, default=(),
        description="Holds already recorded by the run being resumed, one per amplitude (and frequency).",
    )  # fmt: skip

    @property
    def total_cycles(self) -> int:
        """Number of holds still to be taken, over all amplitudes."""
        return sum(self.missing().values())

    @classmethod
    def recorded_cycles(cls, parameters: Mapping[str, Any]) -> int | None:
        """Return the number of holds that a run still had to take; None if its recording does not tell."""
        holds, amplitudes = parameters.get("holds"), parameters.get("amplitudes_V")
        if holds is None or not amplitudes:
            return None
        frequencies = str(parameters.get("frequencies_Hz") or "1").split()
        taken = parameters.get("taken") or [0] * len(amplitudes) * len(frequencies)
        return sum(max(int(holds) - int(before), 0) for before in taken)

    def missing(self) -> dict[Condition, int]:
        """Return the number of holds still to be taken at each condition."""
        conditions = self.conditions()
        taken = self.taken or [0] * len(conditions)
        return {
            condition: max(int(self.holds) - int(before), 0)
            for condition, before in zip(conditions, taken, strict=True)
        }

    def modulations_Hz(self) -> list[Fraction]:
        """Return the modulation frequencies, in Hz."""
        return [Fraction(self.frequency)]

    def conditions(self) -> list[Condition]:
        """Return the conditions at which junctions are held."""
        expected = self.expected or [None] * len(self.amplitudes)
        return [
            Condition(amplitude, frequency_Hz, current)
            for frequency_Hz in self.modulations_Hz()
            for amplitude, current in zip(self.amplitudes, expected, strict=True)
        ]

    def programme(self, condition: Condition) -> LevelProgramme:
        """Return the bias levels of one period."""
        levels = [(level * condition.amplitude_V, duration) for level, duration in parsed_levels(self.levels)]
        return ordered(levels, self.order, condition.frequency_Hz)

    def check(self, context: ProcedureContext) -> None:
        """Refuse also settings that spoil the temperatures, and amplitudes beyond the rig's or amplifier's limits."""
        if self.amplitudes is None or not len(self.amplitudes):
            raise ImpossibleSetting(
                "amplitudes is not set; give one modulation amplitude or more, in V.", "amplitudes"
            )
        if len(set(self.amplitudes)) < len(self.amplitudes):
            listed = " ".join(f"{amplitude:g}" for amplitude in self.amplitudes)
            raise ImpossibleSetting(f"amplitudes = {listed}: one of them is given twice.", "amplitudes")
        if self.expected and len(self.expected) != len(self.amplitudes):
            raise ImpossibleSetting(
                f"expected has {counted(len(self.expected), 'current')} for "
                f"{counted(len(self.amplitudes), 'amplitude')}; give one for each.",
                "expected",
            )
        if self.taken and len(self.taken) != len(self.amplitudes) * len(self.modulations_Hz()):
            raise ImpossibleSetting(
                f"taken has {counted(len(self.taken), 'number')} for "
                f"{counted(len(self.conditions()), 'condition')} of amplitude and frequency; give one for each.",
                "taken",
            )
        super().check(context)
        check_circuit(context)
        conditions = self.conditions()
        for condition in conditions:
            self._check_condition(condition, context)
        if self.holds_per_junction > len(conditions):
            raise ImpossibleSetting(
                f"holds_per_junction = {self.holds_per_junction} is more than the {len(conditions)} conditions: a "
                "junction held twice at the same amplitude and frequency would count as two junctions.",
                "holds_per_junction",
            )

    def _check_condition(self, condition: Condition, context: ProcedureContext) -> None:
        programme = self.programme(condition)
        try:
            self.check_levels(programme)
        except ValueError as error:
            raise ImpossibleSetting(
                f"levels = {self.levels}: {error}. Without them the holds could not be evaluated.", "levels"
            ) from None
        self.check_largest("amplitudes", programme.largest_bias_V, context, condition.expected_A or 0.0)
        check_programme(programme, context, *FREQUENCY)
        check_filters(programme, context)
        periods = whole_periods(round(self.hold_time * context.rate_Hz), programme, context.rate_Hz)
        if periods < LEAST_PERIODS:
            raise ImpossibleSetting(
                f"hold_time = {self.hold_time:g} s is {counted(int(periods), 'whole period')} of "
                f"{float(programme.frequency_Hz):g} Hz; fewer than {LEAST_PERIODS} are not evaluated.",
                "hold_time",
                *FREQUENCY,
            )
        if int(periods) < self.first_periods + LEAST_KEPT:
            raise ImpossibleSetting(
                f"first_periods = {self.first_periods} of the {counted(int(periods), 'whole period')} of a hold leave "
                f"fewer than {LEAST_KEPT}.",
                "first_periods",
            )

    def expectation(self, context: ProcedureContext) -> Expectation | None:
        """Return the expected error of the temperature rise at the largest amplitude."""
        tip, condition = context.tip, max(self.conditions(), key=lambda one: one.amplitude_V)
        if tip is None or not condition.amplitude_V:
            return None
        from analysis.heating.budget import expected_covariance_K2  # slow to import: scipy
        from analysis.spectra.noise import Noise

        programme = self.programme(condition)
        covariance = expected_covariance_K2(
            Noise(tip.white_V2_per_Hz, tip.corner_Hz),
            programme,
            float(self.holds * self.hold_time),
            tip.seebeck_V_per_K,
            expected_mask_samples(programme, context),
            context.rate_Hz,
        )
        sigma_K = math.sqrt(0.5 * float(covariance.trace()))
        rise_K = 0.5 * tip.resistance_K_per_W * G0_S * float(self.conductance) * condition.amplitude_V**2
        return Expectation(
            f"temperature rise at {condition.amplitude_V:g} V",
            sigma_K,
            math.nan if self.control else rise_K,
            "mK",
            1e3,
            int(self.holds),
            "holds",
            self.assumed(tip),
        )

    def assumed(self, tip: ThermometerNoise) -> str:
        """Return what the expected error takes for granted."""
        lasting = f"junctions that last {self.hold_time:g} s"
        return lasting if tip.measured else f"{lasting}; {LEE_NOISE}"

    def check_levels(self, programme: LevelProgramme) -> None:
        """Raise ``ValueError`` if the evaluation needs other levels."""
        roles_with_zero(programme)

    def duration_s(self, context: ProcedureContext) -> float:
        """Estimate the time of a run, in s: first approach, junctions at `obtain_s` each, and holds that all count."""
        held_s = self.obtain_s(context) / self.holds_per_junction + self.hold_time
        return self.first_approach_s(context) + self.total_cycles * held_s

    def plan(self, context: ProcedureContext) -> Plan:
        """Catch a junction, hold it and release it, until every amplitude has its holds."""
        yield from self.begin()
        search, tally = SearchProgress(), HoldSchedule(self.missing())
        while not tally.done:
            before_G0 = yield from self.obtain(context, search)
            held: list[Condition] = []
            while (condition := tally.next(held)) is not None:
                outcome = yield from self._hold(context, search, condition, before_G0, tally)
                held.append(condition)
                if outcome.kind != "whole" or len(held) == self.holds_per_junction:
                    break
                before_G0 = outcome.after_G0
            yield from self.release(context, search, outcome.extension_m)
        yield MakeSafe()

    def obtain(self, context: ProcedureContext, search: SearchProgress) -> Steps[float]:
        """Catch a junction; return its conductance at low bias, in G0."""
        return (yield from self.next_junction(context, search))

    def release(self, context: ProcedureContext, search: SearchProgress, extension_m: float) -> Steps[None]:
        """Open the junction that was held."""
        yield from self.leave(context, search, extension_m)

    def _hold(
        self,
        context: ProcedureContext,
        search: SearchProgress,
        condition: Condition,
        before_G0: float,
        tally: HoldSchedule,
    ) -> Steps[HoldOutcome]:
        """Modulate and check the junction, and record the outcome."""
        programme = self.programme(condition)
        modulated = yield self._modulation(context, condition, before_G0, tally)
        last = yield from self.beside(context, condition, before_G0, tally.holds, modulated)
        kind, after_G0, extension_m = yield from self.afterwards(context, last)
        start, stop = modulated.samples
        periods = whole_periods(stop - start, programme, context.rate_Hz) - (modulated.ended == RUPTURED)
        held = HoldOutcome(kind, after_G0, extension_m, periods >= LEAST_PERIODS and kind != SKIPPED)
        if kind == "whole" and before_G0 > self.open_threshold:
            tally.currents[condition].learn(programme, before_G0, modulated.current_A)
        note = {
            "amplitude_V": condition.amplitude_V,
            "frequency_Hz": str(condition.frequency_Hz),
            "control": self.control,
            "junction": search.openings,
        }
        yield WriteNote(self.cycle, {**self.note(tally.holds, before_G0, held), **note})
        tally.take(condition, held.counts)
        self.count_trips(search, held)
        return held

    def beside(
        self,
        context: ProcedureContext,
        condition: Condition,
        before_G0: float,
        number: int,
        modulated: Outcome,
    ) -> Steps[Outcome]:
        """Do what else a hold has after its modulation: nothing here. Return the outcome of the last step."""
        yield from ()
        return modulated

    def _modulation(
        self, context: ProcedureContext, condition: Condition, before_G0: float, tally: HoldSchedule
    ) -> Modulate:
        programme, current = self.programme(condition), tally.currents[condition]
        trip = self.trips(current, before_G0, context)
        if condition.amplitude_V and before_G0 > self.open_threshold:
            least_A = RUPTURED_SHARE * G0_S * before_G0 * condition.amplitude_V
            period = math.ceil(programme.samples_per_period(context.rate_Hz))
            trip[RUPTURED] = RuptureTrip(least_A, period)
        payload = {
            "hold": tally.holds,
            "amplitude_V": condition.amplitude_V,
            "expected_A": current.known_A(before_G0),
            "order": self.order,
            "control": self.control,
        }
        return Modulate(
            "modulate", programme, self.hold_time, trip, self.trip_reaction, payload, skips="hold"
        )
