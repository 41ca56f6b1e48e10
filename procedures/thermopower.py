"""Thermopower: open-circuit voltage of held junctions against the temperature difference across them.

Reddy et al., Science 315, 1568 (2007); Widawsky et al., Nano Lett. 12, 354 (2012). The current of one hold at +V, 0 and
-V gives conductance and open-circuit voltage together; the metallic contact at the beginning of each opening gives the
offset of the bias. With an alternating heater the current at twice its frequency gives the voltage, free of offsets.
"""

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from analysis.constants import G0_S
from analysis.heating.aligned_hold import whole_periods
from analysis.heating.programme import LevelProgramme, ordered
from analysis.numbers import counted
from analysis.thermoelectric.contact_offset import CHANGES
from analysis.thermoelectric.detectability import (
    CONVERTER_SHARE,
    TWO_LEVEL_SHARE,
    FLICKER_per_Hz,
    current_noise_A2_per_Hz,
    molecule_noise_per_Hz,
    open_circuit_sigma_V,
    thermopower_sigma_V_per_K,
)
from analysis.thermoelectric.thermopower_holds import ALTERNATING
from procedures.alternating_heater import AlternatingHeater
from procedures.bias_output import bias_output
from procedures.capture import SearchProgress
from procedures.context import ProcedureContext
from procedures.errors import ImpossibleSetting
from procedures.expectation import Expectation
from procedures.expected_current import ExpectedCurrent
from procedures.heated_junctions import HeatedProcedure
from procedures.heater import HeaterSine
from procedures.large_bias import HoldOutcome
from procedures.limits import check_programme
from procedures.parameters import FractionParameter, parsed_levels
from procedures.procedure import Plan, Steps
from procedures.pymeasure_types import BooleanParameter, FloatParameter, ListParameter
from procedures.steps import MakeSafe, Modulate, SetHeater, WriteNote

METHODS = {
    "levels": "+1:1 0:1 -1:1",
    "zero": "+1:1 0:1 +1:1",
    "sweep": "0:1 +1/2:1 +1:1 +1/2:1 0:1 -1/2:1 -1:1 -1/2:1",
    ALTERNATING: "+1:1 -1:1",
}
"""Bias levels as fractions of the amplitude, by method."""

LEAST_PERIODS = 3
CONTACT_SHARE = 0.5
"""Largest amplitude in a metallic contact over that in a junction."""

DEEP_CONTACT = 8.0
"""Conductance of the deepest contacts over the threshold: they do not rail the current amplifier either."""

LEAST_STEPS = 3
"""Least amplitude in a contact in steps of the bias; contacts of less than twice the threshold do not rail then."""

SPREAD = 0.3
"""Standard deviation of the thermopower between junctions over its mean, for the expected error; typical."""

STEP, CONTACT = "thermopower", "contact offset"
"""Names of the two modulations in the recording."""


class Thermopower(AlternatingHeater, HeatedProcedure):
    """Measure the thermopower of held junctions at several temperature differences."""

    name = "thermopower"
    repeats = "junctions"
    cycle = "thermopower"
    label = "Thermopower"
    evaluated_as = "thermopower"
    views = ("Thermopower",)
    distinguished_by = ("dT", "amplitude")
    typical: Mapping[str, Any] = {"conductance": 0.005, "dT": (0.0, 10.0, 20.0)}
    control: str | None = None
    """Name of the control experiment; None for the measurement itself."""
    chosen_by, steady = "method", "method = levels"
    presets: Mapping[str, Mapping[str, Any]] = {
        "Reddy 2007: 0 to 30 K": {"dT": (0.0, 10.0, 20.0, 30.0), "holds": 100, "method": "levels"},
        "Widawsky 2012: plateau at zero bias": {
            "dT": (0.0, 14.0, 27.0), "holds": 100, "method": "zero", "amplitude": 10.0, "hold_time": 0.15,
            "frequency": "25",
        },
        "Rincon-Garcia 2016: sweeps": {
            "dT": (0.0, 10.0, 20.0), "holds": 60, "method": "sweep", "amplitude": 10.0, "frequency": "12.5",
        },
        "Alternating heater: no offsets": {"dT": (0.0, 30.0), "holds": 60, "method": ALTERNATING},
    }  # fmt: skip

    method = ListParameter(
        "Method", choices=list(METHODS), default="levels",
        description="Bias during a hold. levels: +V, 0, -V; zero: +V, 0, +V; sweep: stairs between +V and -V. 2w: +V, "
        "-V beside an alternating heater; the current at twice its frequency is free of all offsets, and dT are the "
        "largest differences.",
    )  # fmt: skip
    amplitude = FloatParameter(
        "Amplitude", units="mV", minimum=0.1, maximum=100, default=10,
        description="Largest bias during a hold. The smallest errors come from a few times the thermoelectric voltage.",
    )  # fmt: skip
    hold_time = FloatParameter(
        "Hold time", units="s", minimum=0.05, maximum=60, default=0.5, description="Duration of one hold."
    )
    frequency: Any = FractionParameter(
        "Frequency", units="Hz", default="12.25", description="Periods of the levels per second, exact."
    )
    heater_frequency: Any = FractionParameter(
        "Heater frequency", units="Hz", default="303/8",
        description="Frequency of the heater's voltage with method 2w, exact; the temperature has twice that. By "
        "default 75.75 Hz: slow enough for both amplifiers, away from 50 and 60 Hz and from harmonics of 12.25 Hz.",
    )  # fmt: skip
    contact_offset = BooleanParameter(
        "Offset from the contact", default=True,
        description="Measure the offset of the bias in the metallic contact at the start of each opening.",
    )  # fmt: skip
    contact_time = FloatParameter(
        "Contact time", units="s", minimum=0.02, maximum=5, default=0.1,
        description="Duration of that measurement.",
    )  # fmt: skip

    expected_thermopower = FloatParameter(
        "Expected thermopower", units="uV/K", minimum=-1000, maximum=1000, default=10,
        description="Size that the run should resolve; only the expected error uses it.",
    )  # fmt: skip

    @property
    def total_cycles(self) -> int:
        """Number of junctions in a whole run."""
        return int(self.holds) * len(self.dT)

    @classmethod
    def recorded_cycles(cls, parameters: Mapping[str, Any]) -> int | None:
        """Return the number of junctions of a run from the parameters in its recording."""
        holds, differences = parameters.get("holds"), parameters.get("dT_K")
        return int(holds) * len(differences) if holds and differences else None

    @property
    def mean_share(self) -> float:
        """Mean temperature difference over the largest."""
        return 0.5 if self.method == ALTERNATING else 1.0

    def sine(self, context: ProcedureContext, difference_K: float) -> HeaterSine | None:
        """Return the alternating heater at a largest difference; None for a steady one."""
        if self.method != ALTERNATING or not difference_K or context.heater is None:
            return None
        return self.alternating(context.heater, self.mean_share * difference_K)

    def programme(self, share: float = 1.0) -> LevelProgramme:
        """Return the bias levels of one period, their largest a share of the amplitude."""
        levels = [
            (level * share * self.amplitude * 1e-3, duration)
            for level, duration in parsed_levels(METHODS[self.method].replace("1/2", "0.5"))
        ]
        return ordered(levels, "+0-", Fraction(self.frequency))

    def contact_share(self, context: ProcedureContext) -> float:
        """Return the amplitude in a metallic contact over that in a junction."""
        rail_A = context.amplifier.full_scale_V / context.amplifier.gain_V_per_A
        rail_V = rail_A / (G0_S * float(self.contact_threshold))
        least_V = min(LEAST_STEPS * bias_output(context).step_V, 0.5 * rail_V)
        return min(CONTACT_SHARE, max(rail_V / DEEP_CONTACT, least_V) / (self.amplitude * 1e-3))

    def check(self, context: ProcedureContext) -> None:
        """Refuse also a single difference, an amplitude beyond the limits, and holds of too few periods."""
        super().check(context)
        if len(self.dT) < 2:
            raise ImpossibleSetting(
                f"dT = {float(self.dT[0]):g} K alone gives no slope: the thermopower is the change of the voltage with "
                "the temperature difference. Give a second difference, such as 0 20.",
                "dT",
            )
        programme = self.programme()
        self.check_largest("amplitude", programme.largest_bias_V, context)
        check_programme(programme, context, "frequency")
        sine = self.sine(context, max(self.dT, key=abs))
        if sine is not None:
            self.check_alternating(context, sine, programme)
        periods = whole_periods(round(self.hold_time * context.rate_Hz), programme, context.rate_Hz)
        if periods < LEAST_PERIODS:
            raise ImpossibleSetting(
                f"hold_time = {self.hold_time:g} s is {counted(int(periods), 'whole period')} of {self.frequency} Hz; "
                f"at least {LEAST_PERIODS} are needed.",
                "hold_time",
                "frequency",
            )

    def expectation(self, context: ProcedureContext) -> Expectation | None:
        """Return the expected error of the thermopower, without the scale of the temperatures."""
        if len(self.dT) < 2:
            return None
        value = 1e-6 * float(self.expected_thermopower)
        differences_K = self.mean_share * np.array(self.dT)
        alternating = self.method == ALTERNATING and context.heater is not None
        measured_Hz = float(self.thermal_Hz() if alternating else self.programme().frequency_Hz)
        flicker = molecule_noise_per_Hz(measured_Hz)
        noise_V = self._sigma_V(context, float(self.conductance), 1.0, self.hold_time, flicker)
        if alternating and context.heater is not None:
            noise_V *= math.sqrt(2.0)  # half of the time is lost to each of both phases
            differences_K = differences_K * self.amplitude_share(context, context.heater)
        elif self.contact_offset:
            contact_G0 = float(self.contact_threshold)
            share = self.contact_share(context)
            noise_V = math.hypot(
                noise_V, self._sigma_V(context, contact_G0, share, self.contact_time, CHANGES**2)
            )
        sigma = thermopower_sigma_V_per_K(differences_K, int(self.holds), noise_V, SPREAD * abs(value))
        size = math.nan if self.control else value
        assumed = (
            f"junctions that differ by {100 * SPREAD:g} %, flicker noise of {FLICKER_per_Hz:g}/Hz at 1 Hz, and "
            f"two-level noise of {100 * TWO_LEVEL_SHARE:g} % of the junctions"
        )
        return Expectation("thermopower", sigma, size, "uV/K", 1e6, self.total_cycles, "junctions", assumed)

    def _sigma_V(
        self, context: ProcedureContext, conductance_G0: float, share: float, window_s: float, flicker: float
    ) -> float:
        """Return the error of the open-circuit voltage of one hold."""
        programme, amplifier = self.programme(share), context.amplifier
        gain, conductance_S = amplifier.gain_V_per_A, G0_S * conductance_G0
        noise = current_noise_A2_per_Hz(gain, amplifier.full_scale_V, context.rate_Hz, conductance_S)
        # The voltage of an alternating heater is a current at another frequency than that of the read-back.
        if self.method != ALTERNATING:
            read_V = CONVERTER_SHARE * context.facts.bias_readback_V
            noise += 2.0 / context.rate_Hz * (conductance_S * read_V) ** 2
        return open_circuit_sigma_V(
            np.array([level.bias_V for level in programme.levels]),
            np.array([float(level.share) for level in programme.levels]),
            window_s,
            conductance_S,
            noise,
            flicker,
        )

    def duration_s(self, context: ProcedureContext) -> float:
        """Estimate the time of a run, in s: first approach, junctions at `obtain_s` each, holds, and heater changes."""
        settle_s = context.heater.settle_s if context.heater else 0.0
        change_s = (settle_s + 2 * self.heater_clearance / self.approach_speed) / self.at_once
        held_s = self.obtain_s(context) + self.hold_time + change_s
        return self.first_approach_s(context) + self.total_cycles * held_s

    def plan(self, context: ProcedureContext) -> Plan:
        """At each difference in turn, catch a junction, hold it, and release it."""
        yield from self.begin()
        search, turns = SearchProgress(), self.turns()
        number, heated_turn, heated = 0, -1, {"dT_K": 0.0}
        while (difference_K := turns.present_K) is not None:
            if turns.turn != heated_turn:
                heated = yield from self.heat(context, search, self.mean_share * difference_K, turns.turn)
                heated_turn, heated["dT_K"] = turns.turn, difference_K
            before_G0 = yield from self.obtain(context, search)
            held = yield from self._hold(context, before_G0, number, heated)
            number += 1
            turns.count(held.counts)
            self.count_trips(search, held)
            yield from self.release(context, search, held.extension_m)
        yield SetHeater(0.0)
        yield MakeSafe()

    def obtain(self, context: ProcedureContext, search: SearchProgress) -> Steps[float]:
        """Catch a junction; return its conductance at low bias, in G0."""
        return (yield from self.next_junction(context, search))

    def release(self, context: ProcedureContext, search: SearchProgress, extension_m: float) -> Steps[None]:
        """Open the junction that was held."""
        yield from self.leave(context, search, extension_m)

    def _capture(self, context: ProcedureContext, surface_m: float) -> Steps[float | None]:
        """Measure the offset in the contact, then withdraw until a plateau passes its check."""
        if self.contact_offset and self.method != ALTERNATING:
            programme = self.programme(self.contact_share(context))
            yield Modulate(CONTACT, programme, self.contact_time, reaction_s=self.contact_time)
        return (yield from super()._capture(context, surface_m))

    def _hold(
        self, context: ProcedureContext, before_G0: float, number: int, heated: Mapping[str, Any]
    ) -> Steps[HoldOutcome]:
        """Hold a junction, check it, and record the outcome."""
        programme = self.programme()
        trip = self.trips(ExpectedCurrent(programme.largest_bias_V), before_G0, context)
        payload = {"hold": number, "control": self.control, **heated}
        sine = self.sine(context, float(heated["dT_K"]))
        modulated = yield Modulate(
            STEP, programme, self.hold_time, trip, self.trip_reaction, payload, heater=sine, skips="hold"
        )
        kind, after_G0, extension_m = yield from self.afterwards(context, modulated)
        held = HoldOutcome(kind, after_G0, extension_m, kind == "whole")
        note = {"control": self.control, "method": self.method, **heated}
        yield WriteNote(self.cycle, {**self.note(number, before_G0, held), **note})
        return held
