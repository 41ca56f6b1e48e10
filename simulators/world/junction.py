"""Junction as a random process in the tip's position, with the following sequence of states.

::

    Gap --jump to contact--> Pushed --tip reverses--> Pulled --breaks--> Gap
                               ^--tip reverses-----------'   `-----> Bridge --detaches or wears out--> Gap
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.random import Generator
from pydantic import Field

from analysis.constants import G0_S
from analysis.records import FloatArray
from simulators.parameters import ParameterSection
from simulators.world.conductance_profile import NM, GoldParameters
from simulators.world.induced_failures import Fates
from simulators.world.junction_protocol import Look, ProtocolStretch
from simulators.world.junction_states import Bridge, Gap, Pulled, Pushed, Rules, Span
from simulators.world.molecules import MoleculeSource
from simulators.world.transport import metal_tip_heat_W, partition_of_metal
from simulators.world.tunnelling import TunnellingParameters


class JunctionParameters(ParameterSection):
    """Circuit of the junction, and effects of bias and force on its bonds. TOML: [junction]."""

    series_resistance_ohm: float = Field(ge=0)
    leak_ohm: float = Field(gt=0)
    stray_capacitance_F: float = Field(ge=0)
    rectification_per_V: float
    bond_bias_V: float = Field(gt=0)
    bond_force: float = Field(ge=0)


@dataclass(frozen=True, eq=False)
class Conduction:
    """Conduction in each sample: a metallic part, shape (n,), and molecules in parallel to it in some samples."""

    metal_G0: FloatArray
    molecules: list[tuple[slice, Bridge, FloatArray]]
    stretches: list[ProtocolStretch]
    channel_leak: float = 0.0

    def low_bias_G0(self) -> FloatArray:
        """Return the conductance at zero bias in G0, shape (n,)."""
        total = self.metal_G0.copy()
        for samples, _, molecule_G0 in self.molecules:
            total[samples] += molecule_G0
        return total

    def chord_S(self, bias_V: FloatArray) -> FloatArray:
        """Return I/V in S at the bias of each sample, shape (n,)."""
        total = G0_S * self.metal_G0
        for samples, bridge, molecule_G0 in self.molecules:
            total[samples] += bridge.molecule.conductor.chord_S(molecule_G0, bias_V[samples])
        return total

    def fano(self) -> FloatArray:
        """Return sum tau (1 - tau) / sum tau, shape (n,); a molecule is one channel."""
        total, partition = self.metal_G0.copy(), partition_of_metal(self.metal_G0, self.channel_leak)
        for samples, _, molecule_G0 in self.molecules:
            total[samples] += molecule_G0
            partition[samples] += molecule_G0 * np.clip(1.0 - molecule_G0, 0.0, 1.0)
        return partition / np.maximum(total, 1e-30)

    def molecule_seebecks(self) -> list[tuple[slice, float, FloatArray]]:
        """Return the samples of each molecule, its thermopower in V/K, and its conductance in G0."""
        return [
            (samples, bridge.molecule.conductor.seebeck_V_per_K, molecule_G0)
            for samples, bridge, molecule_G0 in self.molecules
        ]

    def tip_heat_W(self, bias_V: FloatArray) -> FloatArray:
        """Return the heat left in the tip in W at the bias of each sample, shape (n,)."""
        total = metal_tip_heat_W(self.metal_G0, bias_V)
        for samples, bridge, molecule_G0 in self.molecules:
            total[samples] += bridge.molecule.conductor.tip_heat_W(molecule_G0, bias_V[samples])
        return total


class Junction:
    """Junction that changes its state as it follows the tip.

    Parameters
    ----------
    gold, tunnelling : GoldParameters, TunnellingParameters
        Parameters of contact and gap.
    bond_force : float
        Exponent of the breaking rate's increase along a plateau.
    fates : Fates
        Source of induced failures during modulation.
    apex_spread_nm : float
        Scatter of the height at which relaxed apexes meet.
    molecules : MoleculeSource or None
        Source of molecules that may bridge the gap; None on a bare sample.
    rng : numpy Generator
        Source of randomness of contacts and gaps.

    Attributes
    ----------
    state : Gap, Pushed, Pulled or Bridge
        Present state.
    contacts, bridges : int
        Number of contacts formed, and of molecules that have bridged.
    """

    def __init__(
        self,
        gold: GoldParameters,
        tunnelling: TunnellingParameters,
        bond_force: float,
        fates: Fates,
        apex_spread_nm: float,
        molecules: MoleculeSource | None,
        rng: Generator,
    ) -> None:
        self._rules = Rules(gold, tunnelling, bond_force, fates)
        self._apex_spread_m = apex_spread_nm * NM
        self._molecules = molecules
        self._rng = rng
        self._contact_s = 0.0
        self.contacts = 0
        self.bridges = 0
        self.state: Gap | Pushed | Pulled | Bridge = self._relaxed_gap(-np.inf)

    def follow(self, span: Span) -> Conduction:
        """Return the conduction along a span of samples, which continues the previous span."""
        metal = np.empty(len(span))
        molecules: list[tuple[slice, Bridge, FloatArray]] = []
        stretches: list[ProtocolStretch] = []
        at = 0
        while at < len(span):
            ahead = span.part(at, len(span)) if at else span
            k = self.state.lasts(ahead)
            if k:
                here = ahead if k == len(ahead) else ahead.part(0, k)
                samples = slice(at, at + k)
                metal[samples] = self.state.metal_G0(here)
                if isinstance(self.state, Bridge):
                    molecules.append((samples, self.state, self.state.molecule_G0(here)))
                stretches.append(ProtocolStretch(samples, *self._which(), self._contact_s))
            at += k
            if at < len(span):
                self.state = self._next(float(span.tip_m[at]), float(span.time_s[at]))
        return Conduction(metal, molecules, stretches, self._rules.gold.channel_leak)

    def look(self, tip_m: float, conductance_G0: float) -> Look:
        """Return the state for a tip position and the conductance of the last sample."""
        state = self.state
        gap = state if isinstance(state, Gap) else state.gap if isinstance(state, Bridge) else None
        visible = conductance_G0 >= self._rules.tunnelling.visible_G0
        kind, _ = self._which()
        return Look(
            kind if kind != "gap" else "tunnelling" if visible else "out of contact",
            0.0 if gap is None else gap.touch_m - tip_m,
            state.molecule.conductor.conductance_G0 if isinstance(state, Bridge) else None,
            self.contacts,
            self.bridges,
        )

    def form_contact(self, tip_m: float, time_s: float, conductance_G0: float) -> None:
        """Become a metallic contact of the given conductance at the tip's position."""
        if isinstance(self.state, Gap | Bridge):
            self._count_contact(time_s)
        self.state = Pushed(tip_m, conductance_G0, self._rules, self._rng)

    def rupture(self, tip_m: float, time_s: float) -> None:
        """Break a molecular bridge, or a contact, which snaps back."""
        if isinstance(self.state, Bridge):
            self.state = self.state.gap
        elif not isinstance(self.state, Gap):
            self.state = self._broken(tip_m, time_s)

    def _which(self) -> tuple[Literal["gap", "contact", "molecule"], int]:
        """Return the kind of the present state, and its number."""
        if isinstance(self.state, Gap):
            return "gap", 0
        return ("molecule", self.bridges) if isinstance(self.state, Bridge) else ("contact", self.contacts)

    def _next(self, tip_m: float, time_s: float) -> Gap | Pushed | Pulled | Bridge:
        """Return the state that follows the present one at the tip's position."""
        state = self.state
        if isinstance(state, Gap | Bridge):
            gap = state if isinstance(state, Gap) else state.gap
            fused = isinstance(state, Bridge) and state.fate.struck(time_s) == "contact"
            if fused or gap.closes(tip_m):
                return self._contact(tip_m, time_s)
            return self._relaxed_gap(tip_m) if isinstance(state, Gap) else gap
        if isinstance(state, Pushed):
            turn_m = state.turn_m
            return Pulled(turn_m, float(state.level_G0(turn_m)), self._rules, self._rng)
        if state.pushed_back(tip_m):
            return Pushed(tip_m, float(state.level_G0(tip_m)), self._rules, self._rng)
        return self._broken(max(tip_m, state.end_m), time_s)

    def _count_contact(self, time_s: float) -> None:
        self.contacts += 1
        self._contact_s = time_s

    def _contact(self, tip_m: float, time_s: float) -> Pushed:
        self._count_contact(time_s)
        gold = self._rules.gold
        start_G0 = max(self._rng.normal(gold.level_G0[0], gold.level_spread_G0[0]), 0.5 * gold.level_G0[0])
        return Pushed(tip_m, start_G0, self._rules, self._rng)

    def _broken(self, tip_m: float, time_s: float) -> Gap | Bridge:
        """Return the gap left when the contact's atoms snap back, bridged by a molecule or not."""
        gold = self._rules.gold
        snapped_nm = self._rng.normal(gold.snap_back_nm, gold.snap_back_spread_nm)
        stays_open_nm = 1.6 * self._rules.tunnelling.jump_gap_nm
        gap_nm = stays_open_nm + abs(snapped_nm - stays_open_nm)
        molecules = self._molecules
        if molecules is None or not molecules.binds():
            return Gap(tip_m + gap_nm * NM, self._rules, self._rng)
        self.bridges += 1
        p = molecules.parameters
        gap = Gap(tip_m + max(gap_nm, p.gap_nm) * NM, self._rules, self._rng)
        molecule = molecules.draw(time_s)
        noise_at_1Hz = p.noise_of(molecule.conductor.conductance_G0)
        return Bridge(molecule, tip_m, gap, noise_at_1Hz, self._rules, self._rng)

    def _relaxed_gap(self, tip_m: float) -> Gap:
        """Return a gap between relaxed apexes, which meet near height 0 again."""
        least = tip_m + 0.5 * self._rules.gold.relaxation_gap_nm * NM
        touch_m = max(self._apex_spread_m * self._rng.standard_normal(), least)
        return Gap(touch_m, self._rules, self._rng, relaxed=True)
