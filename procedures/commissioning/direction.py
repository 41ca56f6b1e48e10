"""Direction of the piezo: z is raised by a fraction of a nanometre and lowered again, with a tunnelling current on."""

from procedures.context import ProcedureContext
from procedures.errors import ImpossibleSetting
from procedures.procedure import Plan, RigProcedure
from procedures.pymeasure_types import FloatParameter, IntegerParameter
from procedures.steps import HoldStep, MakeSafe, Ramp, SetBias, WriteNote

REST, RAISED = "at rest", "raised"
NM = 1e-9


class Direction(RigProcedure):
    """Raise z by a fraction of a nanometre and back, while a tunnelling current flows at the resting tip."""

    name = "commission-direction"
    repeats = "cycles"
    cycle = "cycle"
    resistor = True
    offered = False

    amplitude = FloatParameter(
        "Bias", units="V", minimum=1e-3, maximum=0.1, default=0.05, description="Bias."
    )
    distance = FloatParameter(
        "Distance",
        units="nm",
        minimum=0.05,
        maximum=1,
        default=0.2,
        description="Distance by which z is raised.",
    )
    dwell = FloatParameter(
        "Dwell time", units="s", minimum=0.05, maximum=10, default=0.2, description="Time at each position."
    )
    cycles = IntegerParameter("Cycles", minimum=3, maximum=100, default=10, description="Number of cycles.")

    def check(self, context: ProcedureContext) -> None:
        """Refuse a bias beyond the rig's limits."""
        if not self.amplitude <= context.bias_range_V[1]:
            raise ImpossibleSetting(
                f"amplitude = {self.amplitude:g} V is outside the rig's limits.", "amplitude"
            )

    def duration_s(self, context: ProcedureContext) -> float:
        """Return the time of all cycles, in s."""
        return float(self.cycles * 2.2 * self.dwell)

    def plan(self, context: ProcedureContext) -> Plan:
        """Measure the zero of the current, then raise and lower z."""
        yield MakeSafe()
        yield SetBias(0.0)
        yield HoldStep("zero", self.dwell)
        yield SetBias(self.amplitude)
        rest_m = context.safe_z_V * context.extension_m_per_V
        for number in range(self.cycles):
            yield HoldStep(REST, self.dwell)
            yield Ramp("raise", rest_m + self.distance * NM, 10 * NM)
            yield HoldStep(RAISED, self.dwell)
            yield Ramp("lower", rest_m, 10 * NM)
            yield WriteNote(self.cycle, {"number": number})
        yield MakeSafe()
