"""Calibration of the lag: modulate the bias with the tip retracted, and time the edges on the bias loop-back."""

from analysis.heating.programme import three_level
from procedures.context import ProcedureContext
from procedures.errors import ImpossibleSetting
from procedures.procedure import Plan, RigProcedure
from procedures.pymeasure_types import FloatParameter, IntegerParameter
from procedures.steps import MakeSafe, Modulate, SetBias, WriteNote

LEAST_STEPS = 30
"""Least number of converter steps in an edge; noise would hide a smaller edge."""

UNHURRIED_S = 0.25
"""Reaction time, in s; out of contact no quick reaction is needed."""


class CalibrateLag(RigProcedure):
    """Measure the lag of the inputs behind the outputs, and of the current if a resistor replaces the junction."""

    name = "calibrate-lag"
    repeats = "holds"
    cycle = "hold"
    resistor = True

    amplitude = FloatParameter(
        "Amplitude", units="V", minimum=1e-3, maximum=2, default=0.05, description="Modulation amplitude."
    )
    holds = IntegerParameter(
        "Holds",
        minimum=2,
        maximum=1000,
        default=10,
        description="Number of modulations, each started afresh.",
    )
    hold_time = FloatParameter(
        "Hold time", units="s", minimum=0.5, maximum=60, default=1, description="Duration of one modulation."
    )

    def check(self, context: ProcedureContext) -> None:
        """Refuse amplitudes beyond the rig's limits or too small for the converter."""
        low, high = context.bias_range_V
        if not low <= -self.amplitude <= self.amplitude <= high:
            raise ImpossibleSetting(
                f"amplitude = {self.amplitude:g} V is outside the rig's limits, {low:g} to {high:g} V.",
                "amplitude",
            )
        if self.amplitude < LEAST_STEPS * context.resolution_V:
            raise ImpossibleSetting(
                f"amplitude = {self.amplitude:g} V is less than {LEAST_STEPS} steps of the converter; use at least "
                f"{LEAST_STEPS * context.resolution_V:.2g} V.",
                "amplitude",
            )

    def duration_s(self, context: ProcedureContext) -> float:
        """Return the time of all modulations, in s."""
        return float(self.holds * self.hold_time)

    def plan(self, context: ProcedureContext) -> Plan:
        """Retract the tip, then modulate ``holds`` times."""
        yield MakeSafe()
        yield SetBias(0.0)
        for number in range(self.holds):
            payload = {"hold": number, "order": "+0-", "expected_A": None}
            yield Modulate(
                "modulate",
                three_level(self.amplitude),
                self.hold_time,
                reaction_s=UNHURRIED_S,
                payload=payload,
            )
            note = {"number": number, "amplitude_V": self.amplitude, "kind": "whole", "control": self.name}
            yield WriteNote(self.cycle, note)
        yield MakeSafe()
