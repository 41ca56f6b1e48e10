"""Film of many molecules on the substrate: a tip that presses on it contacts more and more of them.

There is no last atom and no rupture: the conductance rises and falls smoothly with the tip. All molecules are alike, as
the mean over hundreds of them is. What heat they conduct is left out: it is a thousandth of what the tip loses.
"""

from dataclasses import dataclass

import numpy as np
from pydantic import Field

from analysis.records import FloatArray
from simulators.parameters import ParameterSection
from simulators.world.conductance_profile import NM
from simulators.world.junction_protocol import Look, ProtocolStretch
from simulators.world.junction_states import Span
from simulators.world.transport import Conductor


class FilmParameters(ParameterSection):
    """Film of molecules, for ``fixture.kind = "film"``. TOML: [film]."""

    thickness_nm: float = Field(gt=0)
    molecules_per_nm: float = Field(gt=0)
    tail_nm: float = Field(gt=0)
    noise_at_1Hz: float = Field(ge=0)


@dataclass(frozen=True, eq=False)
class FilmPassage:
    """Conduction through the molecules that are touched, for n samples; arrays of shape (n,)."""

    conductance_G0: FloatArray
    conductor: Conductor
    stretches: list[ProtocolStretch]

    def low_bias_G0(self) -> FloatArray:
        """Return the conductance at zero bias in G0."""
        return self.conductance_G0.copy()

    def chord_S(self, bias_V: FloatArray) -> FloatArray:
        """Return I/V in S at the bias of each sample."""
        return self.conductor.chord_S(self.conductance_G0, bias_V)

    def fano(self) -> float:
        """Return 1: each molecule is a channel that is nearly closed."""
        return 1.0

    def molecule_seebecks(self) -> list[tuple[slice, float, FloatArray]]:
        """Return all samples with the thermopower of a molecule."""
        return [(slice(0, len(self.conductance_G0)), self.conductor.seebeck_V_per_K, self.conductance_G0)]

    def tip_heat_W(self, bias_V: FloatArray) -> FloatArray:
        """Return the heat left in the tip in W."""
        return self.conductor.tip_heat_W(self.conductance_G0, bias_V)


class Film:
    """Film in place of the junction.

    Parameters
    ----------
    parameters : FilmParameters
    conductor : Conductor
        One molecule.
    """

    def __init__(self, parameters: FilmParameters, conductor: Conductor) -> None:
        self._p, self._conductor = parameters, conductor
        self._contacts, self._since_s, self._touched = 0, 0.0, False

    def conductance_G0(self, tip_m: FloatArray) -> FloatArray:
        """Return the conductance at positions of the tip, which is at 0 where it would touch the bare substrate."""
        p = self._p
        pressed_nm = tip_m / NM + p.thickness_nm
        touched = p.molecules_per_nm * np.maximum(pressed_nm, 0.0)
        above = np.exp(np.minimum(pressed_nm, 0.0) / p.tail_nm)
        return np.asarray(self._conductor.conductance_G0 * (touched + above))

    def follow(self, span: Span) -> FilmPassage:
        """Return the conduction along a span of samples, which continues the previous span."""
        steady = self.conductance_G0(span.tip_m)
        molecules = np.maximum(steady / self._conductor.conductance_G0, 1.0)
        noise = np.sqrt(self._p.noise_at_1Hz / molecules) * span.flicker
        return FilmPassage(steady * np.maximum(1.0 + noise, 0.0), self._conductor, self._stretches(span))

    def _stretches(self, span: Span) -> list[ProtocolStretch]:
        """Return a stretch from each sample that first touches the film to the next such sample."""
        touching = span.tip_m / NM + self._p.thickness_nm > 0.0
        before = np.concatenate(([self._touched], touching[:-1]))
        self._touched = bool(touching[-1])
        stretches, at = [], 0
        for touch in np.flatnonzero(touching & ~before).tolist():
            if touch > at:
                stretches.append(self._stretch(at, touch))
            self._contacts, self._since_s, at = self._contacts + 1, float(span.time_s[touch]), touch
        return [*stretches, self._stretch(at, len(span))]

    def _stretch(self, start: int, stop: int) -> ProtocolStretch:
        return ProtocolStretch(slice(start, stop), "film", self._contacts, self._since_s)

    def look(self, tip_m: float, conductance_G0: float) -> Look:
        """Return the state for a tip position and the conductance of the last sample."""
        gap_m = max(-tip_m - self._p.thickness_nm * NM, 0.0)
        return Look("tunnelling" if gap_m else "molecule", gap_m, conductance_G0, self._contacts, 0)

    def form_contact(self, tip_m: float, time_s: float, conductance_G0: float) -> None:
        """Do nothing: a film forms no metallic contact."""

    def rupture(self, tip_m: float, time_s: float) -> None:
        """Do nothing: a film does not rupture."""
