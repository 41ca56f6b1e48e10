"""Put a small modulation out with the tip back, and see on the looped back bias when it comes in."""

from pymeasure.experiment import FloatParameter, IntegerParameter

from analysis.heating.programme import three_level
from procedures.errors import ImpossibleSetting
from procedures.procedure import Plan, RigProcedure
from procedures.station import Station
from procedures.steps import Mark, Modulate, Safe, SetBias

LEAST_STEPS = 30
"""Of the converter in an edge; fewer would hide it in noise."""

UNHURRIED_S = 0.25
"""Out of contact nothing happens that a quick look could prevent."""


class CalibrateLag(RigProcedure):
    """Lag of the inputs behind the outputs, and of the current if a resistor stands for the junction."""

    name = "calibrate-lag"
    repeats = "holds"
    cycle = "hold"

    amplitude = FloatParameter(
        "Amplitude", units="V", minimum=1e-3, maximum=2, default=0.05, description="Of the modulation."
    )
    holds = IntegerParameter(
        "Holds", minimum=2, maximum=1000, default=10, description="Modulations, each started anew."
    )
    hold_time = FloatParameter(
        "Hold time", units="s", minimum=0.5, maximum=60, default=1, description="Time of one modulation."
    )

    def check(self, station: Station) -> None:
        """Refuse amplitudes beyond the rig's limits, or that the converter hardly sees."""
        low, high = station.bias_range_V
        if not low <= -self.amplitude <= self.amplitude <= high:
            raise ImpossibleSetting(
                f"amplitude = {self.amplitude:g} V is outside the rig's limits, {low:g} to {high:g} V.",
                "amplitude",
            )
        if self.amplitude < LEAST_STEPS * station.resolution_V:
            raise ImpossibleSetting(
                f"amplitude = {self.amplitude:g} V is less than {LEAST_STEPS} steps of the converter.",
                "amplitude",
            )

    def duration_s(self, station: Station) -> float:
        """All modulations."""
        return float(self.holds * self.hold_time)

    def plan(self, station: Station) -> Plan:
        """With the tip back: modulations, one after the other."""
        yield Safe()
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
            yield Mark(self.cycle, note)
        yield Safe()
