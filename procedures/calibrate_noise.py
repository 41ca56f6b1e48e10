"""Calibration of the noise: record the thermocouple at zero bias with the tip retracted."""

from analysis.records import SKIPPED
from procedures.context import ProcedureContext
from procedures.procedure import Plan, RigProcedure
from procedures.pymeasure_types import FloatParameter, IntegerParameter
from procedures.steps import HoldStep, MakeSafe, SetBias, WriteNote


class CalibrateNoise(RigProcedure):
    """Measure the thermometer's noise: white level and 1/f corner, hence the resolution to expect."""

    name = "calibrate-noise"
    thermometer = True
    repeats = "stretches"
    cycle = "stretch"
    step = "listen"
    """Name of the step that records noise."""

    stretches = IntegerParameter(
        "Noise records", minimum=1, maximum=10_000, default=10, description="Number of noise records to take."
    )
    stretch_time = FloatParameter(
        "Record length", units="s", minimum=4, maximum=600, default=20,
        description="Duration of one noise record. The spectrum resolves 1/4 Hz.",
    )  # fmt: skip
    settle = FloatParameter(
        "Settling time",
        units="s",
        minimum=0,
        maximum=3600,
        default=2,
        description="Wait before the first record.",
    )

    def check(self, context: ProcedureContext) -> None:
        """Accept any rig: zero bias and a retracted tip are within every limit."""

    def duration_s(self, context: ProcedureContext) -> float:
        """Return the time of all records and of settling, in s."""
        return float(self.settle + self.stretches * self.stretch_time)

    def plan(self, context: ProcedureContext) -> Plan:
        """Zero the bias, retract the tip, record noise."""
        yield MakeSafe()
        yield SetBias(0.0)
        if self.settle:
            yield HoldStep("settle", self.settle, reaction_s=0.5)
        number = taken = 0
        while taken < self.stretches:
            listened = yield HoldStep(self.step, self.stretch_time, reaction_s=0.5, skips="record")
            counts = listened.ended != SKIPPED
            yield WriteNote(self.cycle, {"number": number} if counts else {"number": number, "counts": False})
            number, taken = number + 1, taken + counts
        yield MakeSafe()
