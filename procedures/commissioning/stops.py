"""Stops: ramps of z that are stopped, and modulations of the bias that are tripped, each at a known sample.

The detector counts samples, so the loop-backs show how long the program takes from that sample to a stopped tip, or to
0 V; and the position that the card reports after a stop can be compared with the loop-back.
"""

from dataclasses import dataclass

from analysis.heating.programme import three_level
from analysis.records import FloatArray
from procedures.context import ProcedureContext
from procedures.errors import ImpossibleSetting
from procedures.procedure import Plan, RigProcedure
from procedures.pymeasure_types import FloatParameter, IntegerParameter
from procedures.steps import HoldStep, MakeSafe, Modulate, Ramp, SetBias, WriteNote

STOP, TRIP = "stopped ramp", "tripped modulation"
FIRED = "counted"

SAFE_STEP_M = 5e-9
REACTION_S = 0.002
REST_S = 0.05
SPREAD = 7
"""The stops come at this number of different distances, in turn."""


@dataclass
class AtSample:
    """Detector that fires at the nth sample, whatever it shows; ``n`` counts from 0."""

    n: int
    seen: int = 0

    def feed(self, samples: FloatArray) -> int | None:
        """Take samples; return ``n`` once it has come."""
        self.seen += samples.size
        return self.n if self.seen > self.n else None

    @property
    def soonest(self) -> int:
        """Number of samples until it fires."""
        return max(self.n + 1 - self.seen, 1)


class Stops(RigProcedure):
    """Stop ramps within 5 nm of the safe place, and trip modulations, at known samples."""

    name = "commission-stops"
    repeats = "stops"
    cycle = "stop"
    resistor = True
    offered = False

    stops = IntegerParameter(
        "Stops", minimum=1, maximum=1000, default=50, description="Number of stopped ramps."
    )
    trips = IntegerParameter(
        "Trips", minimum=0, maximum=1000, default=100, description="Number of tripped modulations."
    )
    speed = FloatParameter(
        "Speed", units="nm/s", minimum=0.1, maximum=100, default=10, description="Speed of the ramps."
    )
    amplitude = FloatParameter(
        "Amplitude",
        units="V",
        minimum=0.01,
        maximum=0.1,
        default=0.05,
        description="Bias, and its modulation.",
    )

    @property
    def total_cycles(self) -> int:
        """Number of stops and trips."""
        return int(self.stops + self.trips)

    def check(self, context: ProcedureContext) -> None:
        """Refuse a bias beyond the rig's limits."""
        low_V, high_V = context.bias_range_V
        if not low_V <= -self.amplitude < self.amplitude <= high_V:
            raise ImpossibleSetting(
                f"amplitude = {self.amplitude:g} V is outside the rig's limits.", "amplitude"
            )

    def duration_s(self, context: ProcedureContext) -> float:
        """Return the approximate time of all stops and trips, in s."""
        return float(
            self.stops * (SAFE_STEP_M / (self.speed * 1e-9) + REST_S) + self.trips * (0.1 + 2 * REST_S)
        )

    def plan(self, context: ProcedureContext) -> Plan:
        """Stop ramps, then trip modulations."""
        yield MakeSafe()
        rest_m = context.safe_z_V * context.extension_m_per_V
        whole = round(SAFE_STEP_M / (self.speed * 1e-9) * context.rate_Hz)
        yield SetBias(self.amplitude)
        for number in range(self.stops):
            at = round(whole * (0.2 + 0.4 * (number % SPREAD) / SPREAD))
            yield Ramp(STOP, rest_m + SAFE_STEP_M, self.speed * 1e-9, {FIRED: AtSample(at)}, REACTION_S)
            yield HoldStep("stopped", REST_S)
            yield WriteNote(self.cycle, {"kind": STOP, "at": at})
            yield Ramp("back", rest_m, 4 * self.speed * 1e-9)
        for number in range(self.trips):
            at = round(
                (0.005 + 0.015 * (number % SPREAD) / SPREAD) * context.rate_Hz
            )  # within the first level
            yield SetBias(self.amplitude)
            yield Modulate(TRIP, three_level(self.amplitude), 0.5, {FIRED: AtSample(at)}, REACTION_S)
            yield HoldStep("tripped", REST_S)
            yield WriteNote(self.cycle, {"kind": TRIP, "at": at})
        yield MakeSafe()
