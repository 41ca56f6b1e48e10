"""What stands between substrate and probe, as the world sees it: the junction, or what was put in its place."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from analysis.records import FloatArray
from simulators.states import Span

StateName = Literal["out of contact", "tunnelling", "contact", "molecule", "resistor", "heater", "open"]


@dataclass(frozen=True, eq=False)
class Stretch:
    """Samples during which one and the same thing stood there.

    Parameters
    ----------
    samples : slice
        Of the span that was followed.
    kind : str
        "contact", "molecule", "gap", or the fixture's name.
    number : int
        Which contact or molecule it was, counted from 1; 0 where there was neither.
    since_s : float
        When the last contact formed; 0 before the first.
    """

    samples: slice
    kind: str
    number: int
    since_s: float


class Passage(Protocol):
    """What conducts, and heats the tip, along a span of n samples."""

    @property
    def stretches(self) -> Sequence[Stretch]:
        """Get what stood there when; together they cover the span."""

    @property
    def shot(self) -> float:
        """Get the shot noise over 2 e |I|."""

    def low_bias_G0(self) -> FloatArray:
        """Conductance at zero bias, shape (n,)."""

    def chord_S(self, bias_V: FloatArray) -> FloatArray:
        """I/V at the bias of each sample, shape (n,)."""

    def tip_heat_W(self, bias_V: FloatArray) -> FloatArray:
        """Heat left in the tip at the bias of each sample, shape (n,)."""


@dataclass(frozen=True)
class Look:
    """How it stands now; the fields are those of `Truth`."""

    state: StateName
    gap_m: float
    molecule_G0: float | None
    contacts: int
    bridges: int


class Specimen(Protocol):
    """A junction, or a fixture in its place."""

    def follow(self, span: Span) -> Passage:
        """What conducts along a span of samples, which follows the one before."""

    def look(self, tip_m: float, conductance_G0: float) -> Look:
        """How it stands with the tip there and the conductance that the last sample had."""

    def form_contact(self, tip_m: float, time_s: float, conductance_G0: float) -> None:
        """Become a metallic contact where the tip is."""

    def rupture(self, tip_m: float, time_s: float) -> None:
        """Break what bridges or touches."""
