"""Thermal conductance of junctions, from the step of the tip's temperature when they break.

Cui et al., Science 355, 1192 (2017) and Nature 572, 628 (2019). The tip is hotter than the substrate. A junction is
held until it breaks; for some seconds afterwards nothing changes, so that the temperature has a value on
both sides. An alternating heater lifts the signal above the 1/f noise of the thermometer.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from analysis.constants import G0_S
from analysis.heating.programme import LevelProgramme, ordered
from analysis.thermoelectric.detectability import LONGEST_WINDOW_S, rupture_sigma_W_per_K
from analysis.thermoelectric.wiedemann_franz import electron_W_per_K
from analysis.trip import METALLIC_G0
from procedures.alternating_heater import AlternatingHeater
from procedures.capture import SearchProgress
from procedures.contact import NM
from procedures.context import ProcedureContext
from procedures.errors import ImpossibleSetting
from procedures.expectation import LEE_NOISE, Expectation
from procedures.expected_current import ExpectedCurrent
from procedures.heated_junctions import HeatedProcedure
from procedures.heater import Heater, HeaterSine
from procedures.large_bias import RUPTURED, HoldOutcome
from procedures.procedure import Plan, Steps
from procedures.pymeasure_types import FloatParameter, IntegerParameter, ListParameter
from procedures.steps import HoldStep, MakeSafe, Modulate, SetHeater, WriteNote
from procedures.until_rupture import rupture_detector

STEP = "thermal conductance"
"""Name of the holds and of their marks in the recording."""

BIAS_LEVELS = {"two levels": "+-", "constant": "+"}
BIAS_Hz = Fraction(49, 4)

TYPICAL_HOLD_S = 3.0
"""Time until a junction breaks, for estimates of time and error only."""

SPREAD = 0.35
"""Standard deviation between molecules over their mean, for the expected error; an assumption."""

ZERO_S = 2.0
"""Time over which the thermometer's zero is read."""

LEAST_HOLD_S = 0.2
"""Least time before a rupture that counts: the evaluation needs a value on both sides."""


@dataclass
class HeaterTurns:
    """Turns of junctions with the heater on and off: a share of them off, spread over the run, the first among them.

    Parameters
    ----------
    ruptures, off : int
        Wanted numbers with the heater on and off.
    in_a_row : int
        Junctions with the heater off before it is on again.
    """

    ruptures: int
    off: int
    in_a_row: int = 1
    on_done: int = 0
    off_done: int = 0

    @property
    def heated(self) -> bool | None:
        """True if the heater is on for the next junction; None if all are done."""
        if self.on_done >= self.ruptures and self.off_done >= self.off:
            return None
        begun = self.off_done % self.in_a_row != 0
        due = self.off_done * self.ruptures <= self.on_done * self.off
        return not (self.off_done < self.off and (begun or due or self.on_done >= self.ruptures))

    def count(self, heated: bool) -> None:
        """Count a rupture."""
        if heated:
            self.on_done += 1
        else:
            self.off_done += 1


class ThermalConductance(AlternatingHeater, HeatedProcedure):
    """Measure the thermal conductance of junctions when they break."""

    name = "thermal-conductance"
    thermometer = True
    repeats = "ruptures"
    cycle = STEP
    label = "Thermal conductance"
    evaluated_as = "thermal_conductance"
    views = ("Thermal conductance",)
    distinguished_by = ("conductance", "heater", "dT")
    keeps: tuple[str, ...] = ("bias",)
    typical: Mapping[str, Any] = {"conductance": 1.0, "anyway": True}
    control: str | None = None
    """Name of the control experiment; None for the measurement itself."""
    presets: Mapping[str, Mapping[str, Any]] = {
        "Gold (Cui 2017)": {
            "conductance": 1.0, "window_sigma": 1.5, "peak_sigma_decades": 0.05, "bias": 5.0, "dT": 30.0,
        },
        "Molecule (Cui 2019)": {
            "conductance": 5.1e-4, "window_sigma": 1.0, "peak_sigma_decades": 0.15, "bias": 20.0, "dT": 30.0,
            "open_threshold": 1e-4, "contact_threshold": 3.0,
        },
    }  # fmt: skip

    holds = at_once = None  # ruptures and off_share take their places

    bias = FloatParameter(
        "Bias", units="mV", minimum=-2000, maximum=2000, default=5,
        description="Bias of tip motion and holds. Its Joule heat must be small beside the heat that leaks away: 5 mV "
        "for gold, 20 mV for a molecule.",
    )  # fmt: skip
    window_sigma = FloatParameter(
        "Window half-width in sigma", minimum=0, maximum=5, default=1,
        description="Half-width of the window in standard deviations of the peak. 0: use the window in percent.",
    )  # fmt: skip
    peak_sigma_decades = FloatParameter(
        "Width of the peak", units="decades", minimum=0, maximum=3, default=0.1,
        description="Standard deviation of log10 G of the histogram's peak; sets the window in sigma.",
    )  # fmt: skip
    withdraw_speed = FloatParameter(
        "Withdrawal speed", units="nm/s", minimum=0.001, maximum=100, default=0.05,
        description="Tip speed while a junction is sought.",
    )  # fmt: skip
    heater = ListParameter(
        "Heater", choices=["2w", "dc"], default="2w",
        description="2w: an alternating heater, whose power has twice its frequency; dc: a steady one, limited by the "
        "1/f noise and falsified by Joule heat.",
    )  # fmt: skip
    dT: Any = FloatParameter(
        "Temperature difference", units="K", minimum=-100, maximum=100, default=30,
        description="Tip less substrate; with 2w its largest value, twice the mean.",
    )  # fmt: skip
    bias_levels = ListParameter(
        "Bias levels", choices=list(BIAS_LEVELS), default="two levels",
        description="Bias during a hold. two levels: +V and -V at 12.25 Hz, so that no offset of the bias matters.",
    )  # fmt: skip
    longest_hold = FloatParameter(
        "Longest hold", units="s", minimum=0.5, maximum=3600, default=60,
        description="A junction that has not broken by then is opened and counts as censored.",
    )  # fmt: skip
    creep = FloatParameter(
        "Creep", units="nm/s", minimum=0, maximum=0.1, default=0,
        description="Speed at which the tip withdraws during a hold, for junctions that outlive it: 0.002 nm/s breaks "
        "a molecule within a minute or two. 0: the tip stays.",
    )  # fmt: skip
    linger = FloatParameter(
        "Time after the rupture", units="s", minimum=0.1, maximum=60, default=5,
        description="Time after a rupture in which bias, tip and heater stay as they are.",
    )  # fmt: skip
    off_share = FloatParameter(
        "Share with heater off", minimum=0, maximum=0.5, default=0.05,
        description="Share of the junctions that break with the heater off: their step is Joule heat alone, and they "
        "give the thermometer's zero. Use 0.2 with dc.",
    )  # fmt: skip
    off_in_a_row = IntegerParameter(
        "Heater off in a row", minimum=1, maximum=10_000, default=1,
        description="Junctions with the heater off before it is on again. Use 10 with a slow heater.",
    )  # fmt: skip
    zero_every = FloatParameter(
        "Zero of the thermometer every", units="min", minimum=0, maximum=1440, default=60,
        description="With dc, longest time until the heater is switched off and on again, tip away: the thermometer's "
        "offset drifts, and dT with it. 0: only junctions with the heater off give the zero.",
    )  # fmt: skip
    ruptures = IntegerParameter(
        "Ruptures", minimum=1, maximum=1_000_000, default=300,
        description="Junctions that must break with the heater on.",
    )  # fmt: skip

    expected_conductance = FloatParameter(
        "Expected thermal conductance", units="pW/K", minimum=0, maximum=1e6, default=20,
        description="Result of a molecule, for the error expected before the run; a metallic contact should "
        "follow Wiedemann and Franz.",
    )  # fmt: skip
    trip_reaction = FloatParameter(
        "Trip reaction", units="s", minimum=5e-4, maximum=1, default=0.05,
        description="Interval between checks of the current; the bias is too small to harm a junction.",
    )  # fmt: skip

    @property
    def off_ruptures(self) -> int:
        """Number of junctions that break with the heater off."""
        return _off(int(self.ruptures), float(self.off_share))

    @property
    def total_cycles(self) -> int:
        """Number of ruptures in a whole run."""
        return int(self.ruptures) + self.off_ruptures

    @classmethod
    def recorded_cycles(cls, parameters: Mapping[str, Any]) -> int | None:
        """Return the number of ruptures of a run from the parameters in its recording."""
        ruptures, share = parameters.get("ruptures"), parameters.get("off_share")
        return (
            None if ruptures is None or share is None else int(ruptures) + _off(int(ruptures), float(share))
        )

    @property
    def mean_K(self) -> float:
        """Mean temperature difference of a hold, in K."""
        return float(self.dT) / 2.0 if self.heater == "2w" else float(self.dT)

    def differences_K(self) -> tuple[float, ...]:
        """Return 0 K and the largest difference."""
        return 0.0, float(self.dT)

    def programme(self) -> LevelProgramme:
        """Return the bias levels of a hold."""
        signs = {"+": 1.0, "-": -1.0}
        levels = [(signs[one] * self.bias * 1e-3, Fraction(1)) for one in BIAS_LEVELS[self.bias_levels]]
        return ordered(levels, "+0-", BIAS_Hz)

    def sine(self, heater: Heater) -> HeaterSine | None:
        """Return the alternating heater of a hold; None for a steady one."""
        if self.heater != "2w":
            return None
        return self.alternating(heater, self.mean_K)

    def check(self, context: ProcedureContext) -> None:
        """Refuse also dT = 0, a dc run without zeros, and a heater too slow or too near to a line to alternate."""
        super().check(context)
        heater = context.heater
        assert heater is not None, "checked by the base"
        if not self.dT:
            raise ImpossibleSetting("dT is 0 K: no heat leaks through a junction without a difference.", "dT")
        if self.heater == "dc" and not self.off_share:
            raise ImpossibleSetting(
                "off_share is 0: with a steady heater the junctions with the heater off give the zero of the "
                "thermometer and the Joule heat. Use 0.2.",
                "off_share",
                "heater",
            )
        way_nm = self.creep * (self.longest_hold + self.linger)
        if way_nm > self.longest_withdrawal:
            raise ImpossibleSetting(
                f"creep = {self.creep:g} nm/s withdraws the tip by {way_nm:.3g} nm in a hold, more than "
                f"longest_withdrawal = {self.longest_withdrawal:g} nm. Creep more slowly, or hold for a shorter time.",
                "creep",
                "longest_hold",
            )
        sine = self.sine(heater)
        if sine is not None:
            self.check_alternating(context, sine, self.programme())

    def expectation(self, context: ProcedureContext) -> Expectation | None:
        """Return the expected error of the thermal conductance, without the scale of R_P."""
        tip, heater = context.tip, context.heater
        if tip is None or heater is None or not self.dT:
            return None
        metal = self.window.high_G0 > METALLIC_G0
        mean_K = heater.ambient_K + abs(self.mean_K) / (1.0 if self.heater == "2w" else 2.0)
        value = (
            electron_W_per_K(G0_S * float(self.conductance), mean_K)
            if metal
            else 1e-12 * float(self.expected_conductance)
        )
        amplitude_K, longest_s = abs(self.mean_K), LONGEST_WINDOW_S[self.heater]
        if self.heater == "2w":
            amplitude_K *= self.amplitude_share(context, heater)
        noise = rupture_sigma_W_per_K(
            tip, amplitude_K, min(TYPICAL_HOLD_S, longest_s), min(float(self.linger), longest_s),
            self.thermal_Hz() if self.heater == "2w" else 0.0,
        )  # fmt: skip
        each = math.hypot(noise, 0.0 if metal else SPREAD * value)
        assumed = f"junctions that break after {TYPICAL_HOLD_S:g} s"
        if not tip.measured:
            assumed += f"; {LEE_NOISE}"
        return Expectation(
            "thermal conductance",
            each / math.sqrt(int(self.ruptures)),
            math.nan if self.control else value,
            "pW/K",
            1e12,
            int(self.ruptures),
            "ruptures",
            assumed,
        )

    def duration_s(self, context: ProcedureContext) -> float:
        """Estimate the time of a run, in s, with junctions that break after 5 s on average."""
        settle_s = context.heater.settle_s if context.heater else 0.0
        change_s = settle_s + self.baseline_time + 2 * self.heater_clearance / self.approach_speed
        changes = 2 * math.ceil(self.off_ruptures / self.off_in_a_row) + 1
        held_s = min(TYPICAL_HOLD_S, self.longest_hold) + self.linger
        each_s = self.obtain_s(context) + held_s
        zeros_s = 2 * change_s + ZERO_S
        zeros = self.total_cycles * each_s / (60 * self.zero_every) if self.reads_zeros else 0.0
        whole_s = self.first_approach_s(context) + self.total_cycles * each_s
        return whole_s + changes * change_s + zeros * zeros_s

    @property
    def reads_zeros(self) -> bool:
        """True if the heater is switched off and on again for the thermometer's zero."""
        return self.heater == "dc" and bool(self.zero_every)

    def plan(self, context: ProcedureContext) -> Plan:
        """Catch junctions and hold each until it breaks, most with the heater on, some with it off."""
        yield from self.begin()
        search, turns = SearchProgress(), self.turns_of_heater()
        number, changes, present = 0, 0, None
        now = zero_at = 0
        notes: dict[str, Any] = {}
        while (heated := turns.heated) is not None:
            if self.reads_zeros and now - zero_at > 60 * self.zero_every * context.rate_Hz:
                zero_at = yield from self._read_zero(context, search)
                present = False
            if heated != present:
                difference_K = self.mean_K if heated else 0.0
                notes = {**(yield from self.heat(context, search, difference_K, changes)), "heated": heated}
                present, changes = heated, changes + 1
            before_G0 = yield from self.next_junction(context, search)
            held, now = yield from self._hold(context, before_G0, number, notes)
            number += 1
            if held.counts:
                turns.count(heated)
            self.count_trips(search, held)
            yield from self.leave(context, search, held.extension_m)
        if self.reads_zeros:
            yield from self._read_zero(context, search)
        yield SetHeater(0.0)
        yield MakeSafe()

    def _read_zero(self, context: ProcedureContext, search: SearchProgress) -> Steps[int]:
        """Switch the heater off, tip away, and record the thermometer's zero; return the sample at the end."""
        notes = yield from self.heat(context, search, 0.0, 0)
        held = yield HoldStep(STEP, ZERO_S, reaction_s=0.25)
        yield WriteNote(
            self.cycle, {"zero": True, "counts": False, "mode": self.heater, "heated": False, **notes}
        )
        return held.samples[1]

    def turns_of_heater(self) -> HeaterTurns:
        """Return a fresh order of junctions with the heater on and off."""
        return HeaterTurns(int(self.ruptures), self.off_ruptures, int(self.off_in_a_row))

    def _hold(
        self, context: ProcedureContext, before_G0: float, number: int, notes: Mapping[str, Any]
    ) -> Steps[tuple[HoldOutcome, int]]:
        """Hold a junction until it breaks, linger, and record the outcome; return that and the sample at the end."""
        programme, heater = self.programme(), context.heater
        trip = self.trips(ExpectedCurrent(programme.largest_bias_V), before_G0, context)
        until = {RUPTURED: rupture_detector(self.window.low_G0, programme, context)}
        note = {"control": self.control, "mode": self.heater, **notes}
        payload = {"hold": number, "window_G0": [self.window.low_G0, self.window.high_G0], **note}
        sine = self.sine(heater) if heater is not None and notes.get("heated") else None
        held = yield Modulate(
            STEP,
            programme,
            self.longest_hold,
            trip,
            self.trip_reaction,
            payload,
            until,
            self.linger,
            sine,
            self.creep * NM,
            "hold",
        )
        kind, after_G0, extension_m = yield from self.afterwards(context, held)
        held_s = (held.samples[1] - held.samples[0]) / context.rate_Hz - self.linger
        counts = held.ended == RUPTURED and held_s > LEAST_HOLD_S
        outcome = HoldOutcome(kind, after_G0, extension_m, counts)
        yield WriteNote(self.cycle, {**self.note(number, before_G0, outcome), **note})
        return outcome, held.samples[1]


def _off(ruptures: int, share: float) -> int:
    """Return the number of ruptures with the heater off, which are a share of all."""
    return math.ceil(ruptures * share / (1.0 - share) - 1e-9)
