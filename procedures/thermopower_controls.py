"""Control experiments of a thermopower measurement: what must vanish, or must not change."""

from collections.abc import Mapping
from typing import Any

from analysis.thermoelectric.control_verdict import OTHER_SIDE
from procedures.capture import CaptureWindow, SearchProgress
from procedures.context import ProcedureContext
from procedures.errors import NoJunction
from procedures.parameters import NumbersParameter
from procedures.procedure import Steps
from procedures.pymeasure_types import FloatParameter, IntegerParameter
from procedures.resistor import ResistorInPlace
from procedures.thermopower import Thermopower

CONTACT_G0, MOST_CONTACT_G0 = 6.0, 15.0
"""Typical conductance of a metallic contact, and the largest that is held."""

LEAST_SHARE = 0.6
"""Least conductance of a held contact over that at which it was made: gold relaxes."""


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


class NegativeHeater(Thermopower):
    """Drive the heater with a negative voltage throughout: its heat stays, its leak changes sign."""

    name = "control thermopower-negative-heater"
    label = "Control: negative heater"
    control = "negative heater"
    polarity = -1
    reverse_heater = False


class OtherSideHeated(Thermopower):
    """Heat the other electrode: the temperature difference changes its sign, the thermopower must not change.

    The rig file is the one that names the heater at the other side.
    """

    name = "control thermopower-other-side"
    label = "Control: other side heated"
    control = OTHER_SIDE
    presets: Mapping[str, Mapping[str, Any]] = {}
    keeps = ("dT", "at_once")

    dT: Any = NumbersParameter(
        "Temperature differences", units="K", minimum=-100, maximum=100, default=(0.0, -10.0, -20.0),
        description="Tip less substrate, of the sign opposite to that of the measurement, and 0.",
    )  # fmt: skip
    at_once = IntegerParameter(
        "Junctions in a row", minimum=1, maximum=10_000, default=20,
        description="Junctions at one difference before the next; many with a slow heater (base, substrate).",
    )  # fmt: skip


class GoldContacts(Thermopower):
    """Hold metallic contacts: gold against gold has no thermopower against a lead of gold."""

    name = "control thermopower-gold"
    label = "Control: gold contacts"
    control = "gold contacts"
    keeps = ("conductance", "bias", "amplitude", "contact_threshold")
    contact_offset = False
    conductance = CONTACT_G0

    bias = FloatParameter(
        "Bias", units="mV", minimum=-2000, maximum=2000, default=4,
        description="Bias while the tip moves. At 1e6 V/A and 5 V 4 mV shows contacts to 16 G0.",
    )  # fmt: skip
    amplitude = FloatParameter(
        "Amplitude", units="mV", minimum=0.1, maximum=100, default=4,
        description="Largest bias during a hold; contacts of up to 15 G0 must not overload the amplifier.",
    )  # fmt: skip

    @property
    def window(self) -> CaptureWindow:
        """Range of conductance of a contact."""
        return CaptureWindow(LEAST_SHARE * float(self.contact_threshold), MOST_CONTACT_G0)

    def obtain_s(self, context: ProcedureContext) -> float:
        """Return the time of an approach, two checks and the way back, in s."""
        return float(self.opening_s(context) + 2 * self.check_time)

    def obtain(self, context: ProcedureContext, search: SearchProgress) -> Steps[float]:
        """Make a contact and keep it; return its conductance in G0."""
        for _ in range(int(self.most_openings)):
            search.surface_m = yield from self.make_contact(context, search.surface_m)
            seen_G0 = (yield self.look()).conductance_G0
            self.refuse_wrong_sign(seen_G0, self.window)
            if self.window.holds(seen_G0):
                return seen_G0
            yield from self.leave(context, search, search.surface_m)
        raise NoJunction(
            f"{self.most_openings} contacts in a row outside of {self.window.low_G0:.3g} to "
            f"{self.window.high_G0:.3g} G0. Approach more slowly, or lower contact_threshold."
        )


class ResistorThermopower(ResistorInPlace, Thermopower):
    """Measure a resistor in place of the junction: it has no thermopower."""

    name = "control thermopower-resistor"
    label = "Control: resistor for the junction"
    control = "resistor"
    pace_scatter = 0.1
    contact_offset = False
