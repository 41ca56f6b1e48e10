"""Control experiments of openings beside an alternating bias: what must not change, and loads that are known."""

from collections.abc import Mapping
from typing import Any

from analysis.thermoelectric.ac_load import LOAD
from procedures.ac_break_junction import ACBreakJunction
from procedures.capture import SearchProgress
from procedures.context import ProcedureContext
from procedures.procedure import Plan, Steps
from procedures.resistor import ResistorInPlace
from procedures.steps import MakeSafe, MeasureLag, WriteNote


class ACHalfAmplitude(ACBreakJunction):
    """Open junctions with half of the alternating bias: conductance and thermopower must not change."""

    name = "control ac-half-amplitude"
    label = "Control: half AC amplitude"
    control = "half amplitude"
    ac_amplitude = 4.0


class ACOtherFrequency(ACBreakJunction):
    """Open junctions with an alternating bias of another frequency: the conductance must not change."""

    name = "control ac-other-frequency"
    label = "Control: other AC frequency"
    control = "other frequency"
    ac_frequency = "50000/23"


class ACLoad(ACBreakJunction):
    """Base of controls that measure the admittance of a load in place of the junction, with the tip retracted."""

    resistor = True
    cycle = LOAD
    pace_scatter = 0.1
    presets: Mapping[str, Mapping[str, Any]] = {}
    keeps = ("dT", "holds")
    dT = (0.0,)
    holds = 1
    keep = "all"  # half a second of samples

    def _check_window(self, context: ProcedureContext) -> None:
        """Accept any window: the lock-in resolves less than the converter."""

    def _check_contact(self, context: ProcedureContext) -> None:
        """Accept any amplitude: there is no contact."""

    def duration_s(self, context: ProcedureContext) -> float:
        """Return the time of a baseline, a check and the measurement, in s."""
        return float(self.baseline_time + self.check_time + self.lag_time)

    def plan(self, context: ProcedureContext) -> Plan:
        """Measure the admittance of the load."""
        yield from self.begin()
        described = yield from self.load(context)
        yield MeasureLag(self.sine, float(self.lag_time))
        yield WriteNote(self.cycle, {"number": 0, "counts": True, "control": self.control, **described})
        yield MakeSafe()

    def load(self, context: ProcedureContext) -> Steps[dict[str, Any]]:
        """Return the description of the load: a capacitor, unless it is a resistor."""
        yield from ()
        return {"resistance_ohm": None}


class ACCapacitor(ACLoad):
    """Measure a capacitor in place of the junction: it has no conductance."""

    name = "control ac-capacitor"
    label = "Control: capacitor beside an AC bias"
    control = "capacitor"
    conductance = 0.005


class ACResistor(ResistorInPlace, ACLoad):
    """Measure a resistor in place of the junction: its conductance, and no lag but that of the amplifier."""

    name = "control ac-resistor"
    label = "Control: resistor beside an AC bias"
    control = "resistor"

    def load(self, context: ProcedureContext) -> Steps[dict[str, Any]]:
        """Check the resistor at the DC bias; return its description."""
        yield from self.obtain(context, SearchProgress())
        return {"resistance_ohm": float(self.resistance)}
