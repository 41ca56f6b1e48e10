"""Calibration of the current amplifier: step the bias on a known resistor in place of the junction."""

import numpy as np

from procedures.context import ProcedureContext
from procedures.errors import ImpossibleSetting
from procedures.procedure import Plan, RigProcedure
from procedures.pymeasure_types import FloatParameter, IntegerParameter
from procedures.steps import HoldStep, MakeSafe, SetBias, WriteNote

RAIL_SHARE = 0.95


class CalibrateAmplifier(RigProcedure):
    """Gain and offset of the current amplifier on a known resistor in place of the junction."""

    name = "calibrate-amplifier"
    repeats = "cycles"
    cycle = "cycle"
    resistor = True
    step = "level"
    """Name of the step at one level."""

    resistance = FloatParameter(
        "Resistance", units="ohm", minimum=0, maximum=1e12, default=0,
        description="Resistance of the resistor alone; the rig's series resistance is added.",
    )  # fmt: skip
    resistance_percent = FloatParameter(
        "Uncertainty of the resistance", units="%", minimum=0, maximum=50, default=0.05,
        description="One standard deviation of the resistance.",
    )  # fmt: skip
    amplitude = FloatParameter(
        "Amplitude",
        units="V",
        minimum=1e-3,
        maximum=10,
        default=1,
        description="Largest bias, of either sign.",
    )
    levels = IntegerParameter(
        "Levels",
        minimum=3,
        maximum=1001,
        default=11,
        description="Number of bias levels, equally spaced from -amplitude to +amplitude.",
    )
    dwell = FloatParameter(
        "Dwell time", units="s", minimum=0.05, maximum=60, default=0.22,
        description="Time at each level. The end of it is averaged, over whole periods of the mains.",
    )  # fmt: skip
    cycles = IntegerParameter(
        "Cycles", minimum=1, maximum=1000, default=3, description="Passes up and down through all levels."
    )

    def check(self, context: ProcedureContext) -> None:
        """Refuse a missing resistance, and a bias beyond the rig's limits or the amplifier's rail."""
        if not self.resistance:
            raise ImpossibleSetting(
                "resistance is not set; give that of the resistor in place of the junction, in ohm.",
                "resistance",
            )
        low, high = context.bias_range_V
        if not low <= -self.amplitude <= self.amplitude <= high:
            raise ImpossibleSetting(
                f"amplitude = {self.amplitude:g} V is outside the rig's limits, {low:g} to {high:g} V.",
                "amplitude",
            )
        amplifier = context.amplifier
        total_ohm = self.resistance + amplifier.series_resistance_ohm
        most_V = RAIL_SHARE * amplifier.full_scale_V * total_ohm / amplifier.gain_V_per_A
        if self.amplitude > most_V:
            raise ImpossibleSetting(
                f"amplitude = {self.amplitude:g} V across {total_ohm:g} ohm rails the amplifier at "
                f"{amplifier.gain_V_per_A:.3g} V/A; at most {most_V:.3g} V.",
                "amplitude",
                "resistance",
            )

    def duration_s(self, context: ProcedureContext) -> float:
        """Return the time of all passes, in s."""
        return float(self.cycles * 2 * self.levels * self.dwell)

    def plan(self, context: ProcedureContext) -> Plan:
        """Retract the tip, then step the bias up and down through the levels."""
        yield MakeSafe()
        up = np.linspace(-self.amplitude, self.amplitude, self.levels)
        for number in range(self.cycles):
            for bias_V in np.concatenate([up, up[::-1]]):
                yield SetBias(float(bias_V))
                yield HoldStep(self.step, self.dwell, reaction_s=self.dwell)
            yield WriteNote(self.cycle, {"number": number})
        yield MakeSafe()
