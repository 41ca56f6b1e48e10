"""Warm the tip with a heater of known resistance, at several powers, and record its thermocouple."""

from math import sqrt

from pymeasure.experiment import FloatParameter, IntegerParameter

from analysis.calibrate.line import LEAST_POINTS
from analysis.heating.programme import three_level
from procedures.errors import ImpossibleSetting
from procedures.procedure import Plan, RigProcedure
from procedures.station import Station
from procedures.steps import Mark, Modulate, Safe, SetBias

UNHURRIED_S = 0.25
"""Nothing can happen to a heater that a quick look could prevent."""


class CalibrateThermometer(RigProcedure):
    """Thermal resistance of the probe from a known heater power."""

    name = "calibrate-thermometer"
    repeats = "holds"
    cycle = "hold"

    heater = FloatParameter(
        "Heater", units="ohm", minimum=0, maximum=1e9, default=0,
        description="Resistance across the bias, all in the tip. 0: the measured power of a recording counts.",
    )  # fmt: skip
    heater_percent = FloatParameter(
        "Uncertainty of the heater", units="%", minimum=0, maximum=50, default=0.2,
        description="Of the heater's resistance (or of the measured power), one standard deviation.",
    )  # fmt: skip
    share = FloatParameter(
        "Share", minimum=0.01, maximum=1, default=1,
        description="Of the power that stays in the tip: 1 for a heater, 0.5 for a symmetric metallic contact.",
    )  # fmt: skip
    seebeck = FloatParameter(
        "Seebeck coefficient", units="uV/K", minimum=0, maximum=1000, default=0,
        description="Of the thermocouple, from a reference. 0: that of the rig's probe.",
    )  # fmt: skip
    seebeck_uncertainty = FloatParameter(
        "Uncertainty of the Seebeck coefficient", units="uV/K", minimum=0, maximum=100, default=0,
        description="One standard deviation; with 0 for both, those of the rig's probe.",
    )  # fmt: skip
    amplitude = FloatParameter(
        "Amplitude", units="V", minimum=1e-3, maximum=10, default=1, description="At the largest power."
    )
    powers = IntegerParameter(
        "Powers",
        minimum=2,
        maximum=100,
        default=5,
        description="In equal steps up to the largest; they take turns.",
    )
    holds = IntegerParameter(
        "Holds", units="per power", minimum=1, maximum=10_000, default=10, description="Of each power."
    )
    hold_time = FloatParameter(
        "Hold time", units="s", minimum=1, maximum=3600, default=4, description="Time of one hold."
    )
    largest_power = FloatParameter(
        "Largest power", units="uW", minimum=1e-3, maximum=1000, default=10,
        description="More is refused: 10 uW warm a tip of 72 800 K/W by 0.7 K.",
    )  # fmt: skip

    @property
    def total_cycles(self) -> int:
        """Holds of all powers."""
        return int(self.holds * self.powers)

    def amplitudes_V(self) -> list[float]:
        """Amplitudes whose squares are equal steps."""
        return [self.amplitude * sqrt(step / self.powers) for step in range(1, self.powers + 1)]

    def check(self, station: Station) -> None:
        """Refuse a heater that is not given or would be too hot, and amplitudes beyond the rig's limits."""
        if not self.heater:
            raise ImpossibleSetting(
                "heater is not given: the resistance, in ohm, of what the bias heats in the tip.", "heater"
            )
        low, high = station.bias_range_V
        if not low <= -self.amplitude <= self.amplitude <= high:
            raise ImpossibleSetting(
                f"amplitude = {self.amplitude:g} V is outside the rig's limits, {low:g} to {high:g} V.",
                "amplitude",
            )
        if self.total_cycles < LEAST_POINTS:
            raise ImpossibleSetting(
                f"{self.powers} powers of {self.holds} hold each are {self.total_cycles} points; a line with its error "
                f"needs {LEAST_POINTS}.",
                "holds",
                "powers",
            )
        power_W = self.amplitude**2 / self.heater
        if power_W > self.largest_power * 1e-6 * (1 + 1e-9):
            raise ImpossibleSetting(
                f"{self.amplitude:g} V across {self.heater:g} ohm are {power_W * 1e6:.3g} uW, more than "
                f"largest_power = {self.largest_power:g} uW.",
                "amplitude",
                "largest_power",
            )

    def duration_s(self, station: Station) -> float:
        """All holds."""
        return float(self.total_cycles * self.hold_time)

    def plan(self, station: Station) -> Plan:
        """With the tip back: holds of all powers in turns."""
        yield Safe()
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
                yield Mark(
                    self.cycle,
                    {"number": number, "amplitude_V": amplitude_V, "kind": "whole", "control": self.name,
                     "ended": modulated.ended},
                )  # fmt: skip
                number += 1
        yield Safe()
