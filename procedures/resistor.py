"""Held procedures on a resistor in place of the junction: the tip stays retracted."""

from analysis.constants import G0_S
from procedures.capture import SearchProgress
from procedures.context import ProcedureContext
from procedures.errors import ImpossibleSetting, NoFixture
from procedures.large_bias import HeldProcedure
from procedures.procedure import Steps
from procedures.pymeasure_types import FloatParameter


class ResistorInPlace(HeldProcedure):
    """Base of procedures that measure a resistor as if it were a held junction; it comes before the procedure's own."""

    resistor = True

    resistance = FloatParameter(
        "Resistance", units="ohm", minimum=1e3, maximum=1e12,
        description="Resistor in place of the junction; choose that of a junction.",
    )  # fmt: skip

    @property
    def conductance(self) -> float:
        """Conductance of the resistor, in G0."""
        return 1.0 / (G0_S * float(self.resistance))

    def check(self, context: ProcedureContext) -> None:
        """Refuse also a missing resistance."""
        if not self.resistance:
            raise ImpossibleSetting(
                "resistance is not set; give that of the resistor in place of the junction, in ohm.",
                "resistance",
            )
        super().check(context)

    def obtain_s(self, context: ProcedureContext) -> float:
        """Return the time of two checks and a baseline, in s; the resistor stays."""
        return float(2 * self.check_time + self.baseline_time / self.baseline_every)

    def first_approach_s(self, context: ProcedureContext) -> float:
        """Return 0 s: the tip stays retracted."""
        return 0.0

    def obtain(self, context: ProcedureContext, search: SearchProgress) -> Steps[float]:
        """Check the resistor, with the tip retracted; return its conductance in G0."""
        seen_G0 = (yield self.look()).conductance_G0
        self.refuse_wrong_sign(seen_G0, self.window)
        if not self.window.holds(seen_G0):
            raise NoFixture(
                f"The resistor should show {self.conductance:.3g} G0 within {self.window_percent:g} %, but "
                f"{seen_G0:.3g} G0 is measured. Check its wiring and the value of resistance."
            )
        return seen_G0

    def release(self, context: ProcedureContext, search: SearchProgress, extension_m: float) -> Steps[None]:
        """Keep the resistor for the next hold."""
        yield from self.opened(search)
