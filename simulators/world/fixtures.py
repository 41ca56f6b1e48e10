"""Fixtures in place of the junction: a resistor, a heater in the tip, or nothing."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field

from analysis.constants import G0_S
from analysis.records import FloatArray
from simulators.parameters import ParameterSection
from simulators.world.junction_protocol import Look, ProtocolStretch, StateName
from simulators.world.junction_states import Span


class FixtureParameters(ParameterSection):
    """Part between substrate and probe. TOML: [fixture]."""

    kind: Literal["junction", "resistor", "heater", "open", "film"]
    resistance_ohm: float = Field(gt=0)
    heater_ohm: float = Field(gt=0)

    def built(self) -> "Fixture | None":
        """Return the fixture; None for the junction itself and for a film."""
        match self.kind:
            case "resistor":
                return Fixture("resistor", 1.0 / self.resistance_ohm, 0.0)
            case "heater":
                return Fixture("heater", 0.0, 1.0 / self.heater_ohm)
            case "open":
                return Fixture("open", 0.0, 0.0)
        return None


@dataclass(frozen=True, eq=False)
class Dummy:
    """Linear conductor without shot noise, and its heat in the tip, for n samples."""

    n: int
    name: StateName
    conductance_S: float
    heating_S: float

    @property
    def stretches(self) -> list[ProtocolStretch]:
        """One stretch that covers all samples."""
        return [ProtocolStretch(slice(0, self.n), self.name, 0, 0.0)]

    def low_bias_G0(self) -> FloatArray:
        """Return the conductance in G0, shape (n,)."""
        return np.full(self.n, self.conductance_S / G0_S)

    def chord_S(self, bias_V: FloatArray) -> FloatArray:
        """Return the conductance in S, shape (n,)."""
        return np.full(self.n, self.conductance_S)

    def fano(self) -> float:
        """Return 0: a resistor has thermal noise only."""
        return 0.0

    def molecule_seebecks(self) -> list[tuple[slice, float, FloatArray]]:
        """Return an empty list."""
        return []

    def tip_heat_W(self, bias_V: FloatArray) -> FloatArray:
        """Return the heat in the tip, shape (n,)."""
        return self.heating_S * bias_V**2


@dataclass(frozen=True)
class Fixture:
    """Linear part that neither the tip's motion nor a mishap changes.

    Parameters
    ----------
    name : str
        Name of the world's state.
    conductance_S : float
        Conductance between substrate and probe, through the current amplifier.
    heating_S : float
        Heat in the tip over the square of the bias.
    """

    name: StateName
    conductance_S: float
    heating_S: float

    def follow(self, span: Span) -> Dummy:
        """Return the constant conductor for the samples of the span."""
        return Dummy(len(span), self.name, self.conductance_S, self.heating_S)

    def look(self, tip_m: float, conductance_G0: float) -> Look:
        """Return the present state; the gap is infinite."""
        return Look(self.name, np.inf, None, 0, 0)

    def form_contact(self, tip_m: float, time_s: float, conductance_G0: float) -> None:
        """Do nothing: a fixture can't form a contact."""

    def rupture(self, tip_m: float, time_s: float) -> None:
        """Do nothing: a fixture can't rupture."""
