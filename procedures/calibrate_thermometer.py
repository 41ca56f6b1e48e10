"""Calibration of the thermometer: heat the tip with a known resistor at several powers and record its thermocouple."""

from math import sqrt

from analysis.calibration.line import LEAST_POINTS
from analysis.heating.programme import three_level
from procedures.context import ProcedureContext
from procedures.errors import ImpossibleSetting
from procedures.procedure import Plan, RigProcedure
from procedures.pymeasure_types import FloatParameter, IntegerParameter
from procedures.steps import MakeSafe, Modulate, SetBias, WriteNote

UNHURRIED_S = 0.25
"""Reaction time, in s; a heater needs no quick reaction."""


class CalibrateThermometer(RigProcedure):
    """Measure the probe's thermal resistance with a known heater power."""

    name = "calibrate-thermometer"
    thermometer = True
    repeats = "holds"
    cycle = "hold"

    heater = FloatParameter(
        "Heater resistance", units="ohm", minimum=0, maximum=1e9, default=0,
        description="Resistance across the bias, all of it in the tip. 0: use the power measured in a recording.",
    )  # fmt: skip
    heater_percent = FloatParameter(
        "Uncertainty of the heater", units="%", minimum=0, maximum=50, default=0.2,
        description="One standard deviation of the heater's resistance (or of the measured power).",
    )  # fmt: skip
    share = FloatParameter(
        "Share of the power", minimum=0.01, maximum=1, default=1,
        description="Share of the power dissipated in the tip: 1 for a heater, 0.5 for a symmetric metallic contact.",
    )  # fmt: skip
    seebeck = FloatParameter(
        "Seebeck coefficient", units="uV/K", minimum=0, maximum=1000, default=0,
        description="Seebeck coefficient of the thermocouple, from a reference. 0: that of the rig's probe.",
    )  # fmt: skip
    seebeck_uncertainty = FloatParameter(
        "Uncertainty of the Seebeck coefficient", units="uV/K", minimum=0, maximum=100, default=0,
        description="One standard deviation. If both are 0, the values of the rig's probe apply.",
    )  # fmt: skip
    amplitude = FloatParameter(
        "Amplitude",
        units="V",
        minimum=1e-3,
        maximum=10,
        default=1,
        description="Bias amplitude at the largest power.",
    )
    powers = IntegerParameter(
        "Powers",
        minimum=2,
        maximum=100,
        default=5,
        description="Number of powers, in equal steps up to the largest; they alternate.",
    )
    holds = IntegerParameter(
        "Holds",
        units="per power",
        minimum=1,
        maximum=10_000,
        default=10,
        description="Number of holds at each power.",
    )
    hold_time = FloatParameter(
        "Hold time", units="s", minimum=1, maximum=3600, default=4, description="Duration of one hold."
    )
    largest_power = FloatParameter(
        "Largest power", units="uW", minimum=1e-3, maximum=1000, default=10,
        description="Refuse a larger power. 10 uW warm a tip of 72 800 K/W by 0.7 K.",
    )  # fmt: skip

    @property
    def total_cycles(self) -> int:
        """Number of holds, over all powers."""
        return int(self.holds * self.powers)

    def amplitudes_V(self) -> list[float]:
        """Return the amplitudes of equally spaced powers, in V."""
        return [self.amplitude * sqrt(step / self.powers) for step in range(1, self.powers + 1)]

    def check(self, context: ProcedureContext) -> None:
        """Refuse a missing heater resistance, too large a power, and amplitudes beyond the rig's limits."""
        if not self.heater:
            raise ImpossibleSetting(
                "heater is not set; give the resistance of the heater in the tip, in ohm.", "heater"
            )
        low, high = context.bias_range_V
        if not low <= -self.amplitude <= self.amplitude <= high:
            raise ImpossibleSetting(
                f"amplitude = {self.amplitude:g} V is outside the rig's limits, {low:g} to {high:g} V.",
                "amplitude",
            )
        if self.total_cycles < LEAST_POINTS:
            raise ImpossibleSetting(
                f"{self.powers} powers with {self.holds} hold each give {self.total_cycles} points; a line fit with an "
                f"error needs {LEAST_POINTS}.",
                "holds",
                "powers",
            )
        power_W = self.amplitude**2 / self.heater
        if power_W > self.largest_power * 1e-6 * (1 + 1e-9):
            raise ImpossibleSetting(
                f"{self.amplitude:g} V across {self.heater:g} ohm is {power_W * 1e6:.3g} uW, more than "
                f"largest_power = {self.largest_power:g} uW.",
                "amplitude",
                "largest_power",
            )

    def duration_s(self, context: ProcedureContext) -> float:
        """Return the time of all holds, in s."""
        return float(self.total_cycles * self.hold_time)

    def plan(self, context: ProcedureContext) -> Plan:
        """Retract the tip, then hold each power in turn."""
        yield MakeSafe()
        yield SetBias(0.0)
        number = 0
        for _ in range(self.holds):
            for amplitude_V in self.amplitudes_V():
                payload = {"hold": number, "order": "+0-", "expected_A": None}
                modulated = yield Modulate(
                    "modulate",
                    three_level(amplitude_V),
                    self.hold_time,
                    reaction_s=UNHURRIED_S,
                    payload=payload,
                )
                yield WriteNote(
                    self.cycle,
                    {"number": number, "amplitude_V": amplitude_V, "kind": "whole", "control": self.name,
                     "ended": modulated.ended},
                )  # fmt: skip
                number += 1
        yield MakeSafe()
