"""Control experiments of a thermopower measurement: what must vanish, or must not change."""

from analysis.constants import G0_S
from procedures.capture import SearchProgress
from procedures.context import ProcedureContext
from procedures.errors import ImpossibleSetting, NoFixture
from procedures.procedure import Steps
from procedures.pymeasure_types import FloatParameter
from procedures.thermopower import Thermopower


class HeaterOnDummy(Thermopower):
    """Wire the heater's drive to a resistor far away: any slope is the heater's electrical leak."""

    name = "control thermopower-dummy-heater"
    label = "Control: heater on a dummy"
    control = "dummy heater"


class HalfAmplitude(Thermopower):
    """Measure with half of the amplitude: the thermopower must not change."""

    name = "control thermopower-half-amplitude"
    label = "Control: half amplitude"
    control = "half amplitude"
    amplitude = 5.0


class ResistorThermopower(Thermopower):
    """Measure a resistor in place of the junction: it has no thermopower."""

    name = "control thermopower-resistor"
    label = "Control: resistor for the junction"
    control = "resistor"
    pace_scatter = 0.1
    resistor = True
    contact_offset = False

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
