"""Interface of the world to the part between substrate and probe: the junction or a fixture in its place."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from analysis.records import FloatArray
from simulators.world.junction_states import Span

StateName = Literal["out of contact", "tunnelling", "contact", "molecule", "resistor", "heater", "open"]


@dataclass(frozen=True, eq=False)
class ProtocolStretch:
    """Samples of one contact, molecule, gap or fixture.

    Parameters
    ----------
    samples : slice
        Samples of the span that was followed.
    kind : str
        "contact", "molecule", "gap", or the fixture's name.
    number : int
        Number of the contact or molecule, from 1; 0 for neither.
    since_s : float
        Time at which the last contact formed; 0 before the first.
    """

    samples: slice
    kind: str
    number: int
    since_s: float


class Passage(Protocol):
    """Conduction and tip heating along a span of n samples."""

    @property
    def stretches(self) -> Sequence[ProtocolStretch]:
        """Stretches that together cover the span."""

    def fano(self) -> FloatArray | float:
        """Return the Fano factor of the shot noise, shape (n,)."""

    def low_bias_G0(self) -> FloatArray:
        """Return the conductance at zero bias in G0, shape (n,)."""

    def chord_S(self, bias_V: FloatArray) -> FloatArray:
        """Return I/V in S at the bias of each sample, shape (n,)."""

    def molecule_seebecks(self) -> Sequence[tuple[slice, float, FloatArray]]:
        """Return the samples of each molecule, its thermopower in V/K, and its conductance in G0."""

    def tip_heat_W(self, bias_V: FloatArray) -> FloatArray:
        """Return the heat left in the tip in W at the bias of each sample, shape (n,)."""


@dataclass(frozen=True)
class Look:
    """Present state of a specimen; the fields are those of `Truth`."""

    state: StateName
    gap_m: float
    molecule_G0: float | None
    contacts: int
    bridges: int


class Specimen(Protocol):
    """Junction, or fixture in its place."""

    def follow(self, span: Span) -> Passage:
        """Return the conduction along a span of samples, which continues the previous span."""

    def look(self, tip_m: float, conductance_G0: float) -> Look:
        """Return the state for a tip position and the conductance of the last sample."""

    def form_contact(self, tip_m: float, time_s: float, conductance_G0: float) -> None:
        """Become a metallic contact at the tip's position."""

    def rupture(self, tip_m: float, time_s: float) -> None:
        """Break a molecular bridge or a contact."""
