"""Noise thermometer: the thermal noise of the current of contacts at zero bias, against that of resistors.

The density 4 k T G of a contact tells the mean temperature of its electrodes without a thermometer.
"""

from collections.abc import Mapping
from fractions import Fraction
from math import nan
from typing import Any

from analysis.heating.programme import LevelProgramme, ordered
from analysis.thermoelectric.noise_band import BAND_Hz
from analysis.thermoelectric.noise_holds import AFTER, BEFORE, MARK, OPEN, RESISTOR, STEP
from procedures.capture import SearchProgress
from procedures.context import ProcedureContext
from procedures.errors import ImpossibleSetting
from procedures.expectation import Expectation
from procedures.heated_junctions import HeatedProcedure
from procedures.limits import check_programme
from procedures.parameters import NumbersParameter, parsed_levels
from procedures.procedure import Plan, Steps
from procedures.pymeasure_types import FloatParameter, IntegerParameter
from procedures.resistor import ResistorInPlace
from procedures.steps import HoldStep, MakeSafe, Modulate, SetBias, SetHeater, WriteNote

ROLL_OFF = 0.35
"""Bandwidth of one pole times its 10-90 % rise time."""

CONDUCTANCE_Hz = Fraction(50)
"""Frequency of the levels that measure the conductance."""


class NoiseThermometer(HeatedProcedure):
    """Measure the temperature of metallic contacts by the noise of their current at zero bias."""

    name = "noise-thermometer"
    repeats = "contacts"
    cycle = MARK
    label = "Noise thermometer"
    evaluated_as = "noise"
    views = ("Noise thermometer", "Noise")
    distinguished_by = ("dT", "hold_time")
    keeps = ("conductance",)
    typical: Mapping[str, Any] = {}
    control: str | None = None
    """Name of the control experiment; None for the measurement itself."""
    kind = ""
    """Kind of hold as the analysis knows it: "" for a junction."""
    presets: Mapping[str, Mapping[str, Any]] = {
        "Gold, 0 and 30 K": {"dT": (0.0, 30.0), "conductance": 2.2, "window_percent": 80.0, "holds": 100},
    }

    conductance = FloatParameter(
        "Most probable conductance", units="G_0", minimum=1e-8, maximum=20, default=2.2,
        description="Centre of the conductance window. Contacts of 0.5 to 4 G0 serve.",
    )  # fmt: skip
    window_percent = FloatParameter(
        "Window half-width", units="%", minimum=0.1, maximum=90, default=80,
        description="Accept junctions within this deviation from the most probable conductance.",
    )  # fmt: skip
    dT: Any = NumbersParameter(
        "Temperature differences", units="K", minimum=-100, maximum=100, default=(0.0, 30.0),
        description="Tip less substrate, one after the other and back, with 0 among them.",
    )  # fmt: skip
    holds = IntegerParameter(
        "Contacts per difference", minimum=1, maximum=100_000, default=100,
        description="Contacts to measure at each temperature difference.",
    )  # fmt: skip
    at_once = IntegerParameter(
        "Contacts in a row", minimum=1, maximum=10_000, default=10,
        description="Contacts at one difference before the next. A change of the heater retracts the tip, and the "
        "piezo creeps afterwards: the first contact changes while it is held.",
    )  # fmt: skip
    hold_time = FloatParameter(
        "Hold time",
        units="s",
        minimum=0.1,
        maximum=600,
        default=1,
        description="Time at 0 V for each contact.",
    )
    conductance_time = FloatParameter(
        "Time for the conductance", units="s", minimum=0.04, maximum=10, default=0.1,
        description="Duration of the measurement of the conductance before and after each hold.",
    )  # fmt: skip
    amplitude = FloatParameter(
        "Amplitude", units="mV", minimum=0.5, maximum=20, default=2,
        description="Bias of either sign at which the conductance is measured before and after each hold.",
    )  # fmt: skip
    rate = FloatParameter(
        "Sample rate", units="kHz", minimum=1, maximum=250, default=50,
        description="Samples per second and channel of this run, in place of those of the rig file.",
    )  # fmt: skip

    @property
    def rate_Hz(self) -> float:
        """Sample rate of the run."""
        return 1e3 * float(self.rate)

    @property
    def total_cycles(self) -> int:
        """Number of contacts in a whole run."""
        return int(self.holds) * len(self.dT)

    @classmethod
    def recorded_cycles(cls, parameters: Mapping[str, Any]) -> int | None:
        """Return the number of contacts of a run from the parameters in its recording."""
        holds, differences = parameters.get("holds"), parameters.get("dT_K")
        return int(holds) * len(differences) if holds and differences else None

    @property
    def programme(self) -> LevelProgramme:
        """Bias levels that measure the conductance."""
        levels = [(1e-3 * self.amplitude * level, share) for level, share in parsed_levels("+1:1 -1:1")]
        return ordered(levels, "+0-", CONDUCTANCE_Hz)

    def check(self, context: ProcedureContext) -> None:
        """Refuse also an amplifier or a rate that is too slow for the band of the noise."""
        super().check(context)
        if self.rate_Hz < 2.5 * BAND_Hz[1]:
            raise ImpossibleSetting(
                f"rate = {self.rate:g} kHz is too slow for noise up to {1e-3 * BAND_Hz[1]:g} kHz; use at least "
                f"{2.5e-3 * BAND_Hz[1]:g} kHz.",
                "rate",
            )
        if context.rise_time_s > ROLL_OFF / BAND_Hz[1] * (1 + 1e-9):
            raise ImpossibleSetting(
                f"the rise time of the current amplifier, {context.rise_time_s:g} s, is too slow for noise up to "
                f"{1e-3 * BAND_Hz[1]:g} kHz; set it to {ROLL_OFF / BAND_Hz[1]:.2g} s or less in the rig file."
            )
        check_programme(self.programme, context, "amplitude")

    def expectation(self, context: ProcedureContext) -> Expectation | None:
        """Return the expected error of the temperature at one difference, from the contacts alone."""
        points = (BAND_Hz[1] - BAND_Hz[0]) * float(self.hold_time * self.holds)
        sigma_K = 300.0 / points**0.5
        value_K = nan if self.control or self.kind else 300.0
        return Expectation(
            "noise temperature", sigma_K, value_K, "K", 1.0, int(self.holds), "contacts",
            "a calibration by resistors that takes longer than the contacts",
        )  # fmt: skip

    def duration_s(self, context: ProcedureContext) -> float:
        """Estimate the time of a run, in s: first approach, contacts at `obtain_s` each, holds, heater changes."""
        settle_s = context.heater.settle_s if context.heater else 0.0
        change_s = (settle_s + 2 * self.heater_clearance / self.approach_speed) / self.at_once
        held_s = self.obtain_s(context) + self.hold_time + 2 * self.conductance_time + change_s
        return float(self.first_approach_s(context) + self.total_cycles * held_s)

    def plan(self, context: ProcedureContext) -> Plan:
        """Measure the open input; at each difference in turn, catch a contact, measure and release it."""
        yield from self.begin()
        yield from self.calibrate_open()
        search, turns = SearchProgress(), self.turns()
        number, heated_turn, heated = 0, -1, {"dT_K": 0.0}
        while (difference_K := turns.present_K) is not None:
            if turns.turn != heated_turn:
                heated = yield from self.heat(context, search, difference_K, turns.turn)
                heated_turn = turns.turn
            yield from self.obtain(context, search)
            counts, extension_m = yield from self._hold(number, heated)
            number += 1
            turns.count(counts)
            yield from self.release(context, search, extension_m)
        yield SetHeater(0.0)
        yield MakeSafe()

    def calibrate_open(self) -> Steps[None]:
        """Record the noise of the open input, with the tip retracted."""
        yield from self._at_zero(self.hold_time)
        yield WriteNote(MARK, {"kind": OPEN, "counts": False})

    def _at_zero(self, duration_s: float) -> Steps[None]:
        yield SetBias(0.0)
        yield HoldStep(STEP, duration_s, reaction_s=0.25)
        yield SetBias(1e-3 * self.bias)

    def _hold(self, number: int, heated: Mapping[str, Any]) -> Steps[tuple[bool, float]]:
        """Measure a contact at 0 V between two measurements of its conductance; return if it counts, and where."""
        time_s, programme = float(self.conductance_time), self.programme
        yield Modulate(BEFORE, programme, time_s, reaction_s=time_s)
        yield from self._at_zero(float(self.hold_time))
        yield Modulate(AFTER, programme, time_s, reaction_s=time_s)
        checked = yield self.look()
        counts = self.window.holds(checked.conductance_G0)
        yield WriteNote(
            MARK, {"number": number, "kind": self.kind, "control": self.control, "counts": counts, **heated}
        )
        return counts, checked.extension_m

    def obtain(self, context: ProcedureContext, search: SearchProgress) -> Steps[float]:
        """Catch a contact; return its conductance at low bias, in G0."""
        return (yield from self.next_junction(context, search))

    def release(self, context: ProcedureContext, search: SearchProgress, extension_m: float) -> Steps[None]:
        """Open the contact that was measured."""
        yield from self.leave(context, search, extension_m)


class NoiseResistor(ResistorInPlace, NoiseThermometer):
    """Measure the noise of a resistor in place of the junction, which calibrates a noise thermometer."""

    name = "control noise-resistor"
    label = "Calibration: resistor for the noise"
    control = "resistor"
    kind = RESISTOR
    presets: Mapping[str, Mapping[str, Any]] = {}
    dT = (0.0,)
    window_percent = 20.0

    resistance = FloatParameter(
        "Resistance", units="ohm", minimum=1e3, maximum=1e12,
        description="Resistor in place of the junction: 6.45, 12.9 and 25.8 kohm in three runs.",
    )  # fmt: skip

    def calibrate_open(self) -> Steps[None]:
        """Do nothing: the input is not open."""
        yield from ()
