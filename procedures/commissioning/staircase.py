"""Staircase: both outputs rise and fall by half of their expected smallest step at a time."""

import numpy as np

from analysis.records import FloatArray
from procedures.context import ProcedureContext
from procedures.errors import ImpossibleSetting
from procedures.procedure import Plan, RigProcedure
from procedures.pymeasure_types import FloatParameter, IntegerParameter
from procedures.steps import HoldStep, MakeSafe, Ramp, SetBias, SweepStep, WriteNote

uV = 1e-6
LOOK_S = 0.05
"""Time between reads: no detector waits for a current at millivolts."""


class Staircase(RigProcedure):
    """Find the smallest step of the bias and of the z output on their loop-backs."""

    name = "commission-staircase"
    repeats = "outputs"
    cycle = "output"
    resistor = True
    offered = False

    bias_step = FloatParameter(
        "Step of the bias",
        units="uV",
        minimum=1,
        maximum=1e4,
        default=15,
        description="Step of the bias command.",
    )
    z_step = FloatParameter(
        "Step of z", units="uV", minimum=1, maximum=1e4, default=15, description="Step of the z command."
    )
    levels = IntegerParameter(
        "Levels", minimum=4, maximum=1000, default=24, description="Number of levels on the way up."
    )
    dwell = FloatParameter(
        "Dwell time", units="s", minimum=0.02, maximum=10, default=0.2, description="Time at each level."
    )

    @property
    def outputs(self) -> int:
        """Number of outputs."""
        return 2

    @property
    def total_cycles(self) -> int:
        """Number of outputs."""
        return self.outputs

    def check(self, context: ProcedureContext) -> None:
        """Refuse staircases beyond the rig's limits."""
        for name, step, (low_V, high_V) in (
            ("bias_step", self.bias_step, context.bias_range_V),
            ("z_step", self.z_step, context.z_range_V),
        ):
            if self.levels * step * uV > high_V - max(low_V, 0.0):
                raise ImpossibleSetting(
                    f"{self.levels} levels of {step:g} uV go beyond the rig's limits.", name
                )

    def duration_s(self, context: ProcedureContext) -> float:
        """Return the time of both staircases, in s."""
        return float(self.outputs * 2 * self.levels * self.dwell)

    def plan(self, context: ProcedureContext) -> Plan:
        """Drive the bias along its staircase, then z."""
        yield MakeSafe()
        yield SetBias(0.0)
        each = round(self.dwell * context.rate_Hz)
        yield SweepStep("bias staircase", self.volts(self.bias_step * uV, each), reaction_s=LOOK_S)
        yield WriteNote(self.cycle, {"output": "bias"})
        step_m = self.z_step * uV * context.extension_m_per_V
        rest_m = context.safe_z_V * context.extension_m_per_V
        top_m, speed = rest_m + self.levels * step_m, step_m / self.dwell
        yield Ramp("z staircase up", top_m, speed)
        yield Ramp("z staircase down", rest_m, speed)
        yield HoldStep("rest", self.dwell)
        yield WriteNote(self.cycle, {"output": "z"})
        yield MakeSafe()

    def volts(self, step_V: float, each: int) -> FloatArray:
        """Return a staircase up and down, ``each`` samples per level."""
        up = np.arange(1, self.levels + 1)
        return np.repeat(step_V * np.concatenate([up, up[::-1] - 1]), each)
