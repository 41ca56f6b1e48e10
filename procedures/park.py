"""Take the tip far back with the coarse positioner, before it is left alone: drift would bring the surface to it."""

from analysis.detect import ContactDetector
from procedures.context import ProcedureContext
from procedures.errors import CoarseFault, ImpossibleSetting
from procedures.procedure import Plan, RigProcedure, Steps
from procedures.pymeasure_types import IntegerParameter
from procedures.steps import FINISHED, Baseline, HoldStep, MakeSafe, Recentre, SetBias, WriteNote

WATCH_V = 0.01
TOUCH_G0, TOUCH_SAMPLES = 0.1, 3
LOOK_S = 0.05
BASELINE_S = 0.2
SHARE = 0.25
"""Share of the piezo's range of one move: a tip that the piezo has retracted is at least as far from the surface."""


class Park(RigProcedure):
    """Take the tip far back with the coarse positioner; the next approach follows it to the surface again."""

    name = "park"
    repeats = "moves"
    cycle = "move"
    offered = False

    moves = IntegerParameter(
        "Moves", minimum=1, maximum=400, default=20,
        description="Moves of the coarse positioner, each by a quarter of the piezo's range.",
    )  # fmt: skip

    def check(self, context: ProcedureContext) -> None:
        """Refuse a rig without a coarse positioner."""
        if context.coarse is None:
            raise ImpossibleSetting("This rig has no coarse positioner: take the tip's housing back by hand.")

    def plan(self, context: ProcedureContext) -> Plan:
        """Go back piece by piece, and look after each whether the tip touches: the positioner may go the other way."""
        low_m, high_m = context.extension_range_m
        bias_V = min(WATCH_V, context.bias_range_V[1], context.most_bias_step_V)
        yield MakeSafe()
        yield Baseline(BASELINE_S)
        yield from _look(
            bias_V, "before the coarse positioner has moved: the surface is at the retracted tip."
        )
        for number in range(int(self.moves)):
            yield Recentre(-SHARE * (high_m - low_m))
            yield from _look(
                bias_V, "after the coarse positioner was to go back: it goes the other way, or stays."
            )
            yield WriteNote(self.cycle, {"number": number})
        yield MakeSafe()


def _look(bias_V: float, why: str) -> Steps[None]:
    """Raise ``CoarseFault`` if the tip touches."""
    yield SetBias(bias_V)
    seen = yield HoldStep(
        "look", LOOK_S, {"touched": ContactDetector(TOUCH_G0, TOUCH_SAMPLES)}, reaction_s=LOOK_S
    )
    yield SetBias(0.0)
    if seen.ended != FINISHED:
        raise CoarseFault(
            f"The tip touches {why} Look at its lines and direction (coarse of the rig file), and take the tip's "
            "housing back by hand."
        )
