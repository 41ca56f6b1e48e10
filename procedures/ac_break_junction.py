"""Conductance beside an alternating bias while junctions open, and the thermocurrent in its mean.

Hurtado-Gallego et al., arXiv 2601.01650 (2026): 25 mV rms at 3.123 kHz on the substrate, a heated tip. A lock-in gives
the conductance, and the mean of the same current the open-circuit voltage, both along the whole opening.
"""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from math import nan
from typing import Any

import numpy as np

from analysis.constants import G0_S
from analysis.records import SKIPPED
from analysis.spectra.demodulated import Points
from analysis.spectra.sine import Sine
from analysis.thermoelectric.detectability import (
    FLICKER_per_Hz,
    current_noise_A2_per_Hz,
    open_circuit_sigma_V,
    thermopower_sigma_V_per_K,
)
from procedures.capture import SearchProgress
from procedures.context import ProcedureContext
from procedures.errors import ImpossibleSetting
from procedures.expectation import Expectation
from procedures.heated_junctions import HeatedProcedure
from procedures.parameters import FractionParameter
from procedures.procedure import Plan, Steps
from procedures.pymeasure_types import FloatParameter, ListParameter
from procedures.steps import MakeSafe, MeasureLag, Ramp, SetHeater, WriteNote
from procedures.thermopower import SPREAD

MARK = "ac trace"

RISE_SHARE = 0.1
"""Largest rise time of the current amplifier in periods of the alternating bias."""

PLATEAU_nm = 0.1
"""Length of a plateau, for the expected error; typical."""


class ACBreakJunction(HeatedProcedure):
    """Measure conductance and thermopower along openings, beside an alternating bias."""

    name = "ac-break-junction"
    repeats = "traces"
    cycle = MARK
    label = "AC break junction"
    evaluated_as = "ac"
    views = ("Histogram", "Thermopower")
    distinguished_by = ("dT", "ac_amplitude")
    typical: Mapping[str, Any] = {"conductance": 0.005, "dT": (0.0, 15.0, 30.0), "ac_amplitude": 8.0}
    control: str | None = None
    """Name of the control experiment; None for the measurement itself."""
    presets: Mapping[str, Mapping[str, Any]] = {
        "Hurtado-Gallego 2026: 25 mV rms": {
            "ac_amplitude": 25.0, "ac_frequency": "3125", "dT": (0.0, 30.0), "holds": 500,
            "contact_threshold": 1.5, "withdraw_speed": 5.0,
        },
        "Conductance alone": {"dT": (0.0,), "holds": 500},
    }  # fmt: skip

    withdraw_speed = FloatParameter(
        "Withdrawal speed", units="nm/s", minimum=0.1, maximum=100, default=2,
        description="Tip speed while the trace is recorded.",
    )  # fmt: skip
    ac_amplitude = FloatParameter(
        "AC amplitude", units="mV", minimum=0.5, maximum=200, default=8,
        description="Rms value of the alternating bias; its peak is 1.41 times as large.",
    )  # fmt: skip
    ac_frequency: Any = FractionParameter(
        "AC frequency", units="Hz", default="3125",
        description="Exact, with a whole number of samples a period: 50 kHz over 16.",
    )  # fmt: skip
    rate = FloatParameter(
        "Sample rate", units="kHz", minimum=1, maximum=250, default=50,
        description="Samples per second and channel of this run, in place of those of the rig file.",
    )  # fmt: skip
    average = FloatParameter(
        "Averaging time", units="ms", minimum=0.3, maximum=1000, default=16,
        description="Length of one point of the lock-in, rounded to whole periods.",
    )  # fmt: skip
    keep = ListParameter(
        "Keep", choices=["all", "demodulated"], default="all",
        description="all: every sample, gigabytes an hour. demodulated: mean and amplitude of each period or few, and "
        "samples of every 50th trace and before faults in a second file.",
    )  # fmt: skip
    lag_time = FloatParameter(
        "Lag measurement", units="s", minimum=0.05, maximum=60, default=0.5,
        description="Time for which the lag of the current is measured, with the tip away.",
    )  # fmt: skip
    expected_thermopower = FloatParameter(
        "Expected thermopower", units="uV/K", minimum=-1000, maximum=1000, default=10,
        description="Size that the run should resolve; only the expected error uses it.",
    )  # fmt: skip

    @property
    def rate_Hz(self) -> float:
        """Sample rate of the run."""
        return 1e3 * float(self.rate)

    @property
    def sine(self) -> Sine:
        """Alternating bias."""
        return Sine(1e-3 * float(self.ac_amplitude), Fraction(self.ac_frequency))

    @property
    def points(self) -> Points | None:
        """Points that the recording keeps."""
        return None if self.keep == "all" else Points.of(self.sine, self.rate_Hz, 1e-3 * float(self.average))

    @property
    def total_cycles(self) -> int:
        """Number of traces in a whole run."""
        return int(self.holds) * len(self.dT)

    @classmethod
    def recorded_cycles(cls, parameters: Mapping[str, Any]) -> int | None:
        """Return the number of traces of a run from the parameters in its recording."""
        holds, differences = parameters.get("holds"), parameters.get("dT_K")
        return int(holds) * len(differences) if holds and differences else None

    def check(self, context: ProcedureContext) -> None:
        """Refuse also a slow amplifier, an amplitude at which contacts rail, and openings too long for the card."""
        super().check(context)
        frequency_Hz = float(Fraction(self.ac_frequency))
        if context.rise_time_s * frequency_Hz > RISE_SHARE * (1 + 1e-9):
            raise ImpossibleSetting(
                f"the rise time of the current amplifier, {context.rise_time_s:g} s, is too slow for "
                f"{frequency_Hz:g} Hz: set it to {RISE_SHARE / frequency_Hz:.2g} s or less in the rig file, or lower "
                "ac_frequency.",
                "ac_frequency",
            )
        self.check_largest("ac_amplitude", self.sine.largest_V, context)
        self._check_contact(context)

    def _check_contact(self, context: ProcedureContext) -> None:
        """Refuse an amplitude at which a contact rails."""
        rail_A = context.amplifier.full_scale_V / context.amplifier.gain_V_per_A
        contact_A = self.sine.largest_V * G0_S * float(self.contact_threshold)
        if contact_A >= rail_A:
            raise ImpossibleSetting(
                f"at {1e3 * self.sine.largest_V:.3g} mV peak a contact of {self.contact_threshold:g} G0 carries "
                f"{contact_A:.2g} A, but the current amplifier rails at {rail_A:.2g} A, and the offset of the bias is "
                "measured in the contact. Lower ac_amplitude, contact_threshold or the gain.",
                "ac_amplitude",
                "contact_threshold",
            )

    def expectation(self, context: ProcedureContext) -> Expectation | None:
        """Return the expected error of the thermopower, from the mean current along plateaus of 0.1 nm."""
        if len(self.dT) < 2:
            return None
        value, amplifier = 1e-6 * float(self.expected_thermopower), context.amplifier
        conductance_S = G0_S * float(self.conductance)
        noise = current_noise_A2_per_Hz(
            amplifier.gain_V_per_A, amplifier.full_scale_V, self.rate_Hz, conductance_S
        )
        levels_V = 1e-3 * float(self.ac_amplitude) * np.array([1.0, -1.0])
        flicker = FLICKER_per_Hz / float(Fraction(self.ac_frequency))
        window_s = PLATEAU_nm / float(self.withdraw_speed)
        noise_V = open_circuit_sigma_V(levels_V, np.full(2, 0.5), window_s, conductance_S, noise, flicker)
        sigma = thermopower_sigma_V_per_K(np.array(self.dT), int(self.holds), noise_V, SPREAD * abs(value))
        size = nan if self.control else value
        assumed = f"plateaus of {PLATEAU_nm:g} nm in every trace, junctions that differ by {100 * SPREAD:g} %"
        return Expectation("thermopower", sigma, size, "uV/K", 1e6, self.total_cycles, "traces", assumed)

    def duration_s(self, context: ProcedureContext) -> float:
        """Estimate the time of a run, in s: first approach, `opening_s` for each trace, and heater changes."""
        settle_s = context.heater.settle_s if context.heater else 0.0
        change_s = (settle_s + 2 * self.heater_clearance / self.approach_speed) / self.at_once
        return self.first_approach_s(context) + self.total_cycles * (self.opening_s(context) + change_s)

    def reaction_s(self, context: ProcedureContext) -> float:
        """Return the longest delay, in s, before a withdrawal notices its end."""
        return self.end_noticed_s

    def plan(self, context: ProcedureContext) -> Plan:
        """Measure the lag with the tip away; then open contacts at each difference in turn."""
        yield from self.begin()
        yield MeasureLag(self.sine, float(self.lag_time))
        search, turns = SearchProgress(), self.turns()
        number, heated_turn, heated = 0, -1, {"dT_K": 0.0}
        while (difference_K := turns.present_K) is not None:
            if turns.turn != heated_turn:
                heated = yield from self.heat(context, search, difference_K, turns.turn)
                heated_turn = turns.turn
            search.surface_m = yield from self.make_contact(context, search.surface_m)
            ended = yield from self._open(context, search.surface_m)
            yield from self.opened(search)
            counts = ended != SKIPPED
            note = {"number": number, "ended": ended, "counts": counts, "control": self.control, **heated}
            yield WriteNote(self.cycle, {**note, "window_G0": [self.window.low_G0, self.window.high_G0]})
            number += 1
            turns.count(counts)
        yield SetHeater(0.0)
        yield MakeSafe()

    def _open(self, context: ProcedureContext, surface_m: float) -> Steps[str]:
        """Withdraw beside the alternating bias until the junction is open; return why the trace ended."""
        ramp = next(self.withdraw(context, surface_m, {}, self.reaction_s(context)))
        assert isinstance(ramp, Ramp)
        outcome = yield replace(ramp, sine=self.sine, average_s=1e-3 * float(self.average))
        return (yield from self.clear(context, outcome))
