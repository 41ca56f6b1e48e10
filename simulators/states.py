"""The states of a junction: gap, pushed contact, pulled contact, molecule.

Each says for how many samples it lasts and what conducts meanwhile. What it looks like is drawn when it begins.
Lengths count in m along the tip's way; ``tip_m`` grows toward the sample.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from analysis.records import FloatArray
from simulators.chance import Lifetime, log_normal
from simulators.fates import Fates
from simulators.landscape import NM, GoldParameters, pulled_out, pushed_in
from simulators.molecules import Molecule
from simulators.tunnelling import TunnellingParameters, tunnelling_G0


@dataclass(frozen=True, eq=False)
class Span:
    """What a junction goes through: position, time, disturbances; arrays of shape (n,), a value a sample.

    ``bias_V`` is applied to the whole circuit. ``stress_s`` is the step times the factor by which the bias speeds
    up the breaking of bonds; ``flicker`` is 1/f noise of density 1/f.
    """

    tip_m: FloatArray
    time_s: FloatArray
    bias_V: FloatArray
    stress_s: FloatArray
    flicker: FloatArray
    shake_m: FloatArray

    def __len__(self) -> int:
        return len(self.tip_m)

    def part(self, start: int, stop: int) -> "Span":
        """Samples ``start <= i < stop``."""
        s = slice(start, stop)
        return Span(
            self.tip_m[s],
            self.time_s[s],
            self.bias_V[s],
            self.stress_s[s],
            self.flicker[s],
            self.shake_m[s],
        )


@dataclass(frozen=True)
class Rules:
    """Parameters that the states share. ``bond_force`` as in the TOML."""

    gold: GoldParameters
    tunnelling: TunnellingParameters
    bond_force: float
    fates: Fates


class State(Protocol):
    """One stretch of a junction's life."""

    def lasts(self, span: Span) -> int:
        """Samples of the span that belong to it; it wears by as many. ``len(span)`` if it goes on."""
        ...

    def metal_G0(self, span: Span) -> FloatArray:
        """Conductance of what has a flat transmission: contact and tunnelling."""
        ...


class Gap:
    """Tip and surface apart. ``touch_m``: where the apexes would touch; ``jump_m``: gap that closes by itself."""

    def __init__(self, touch_m: float, rules: Rules, rng: Generator, *, relaxed: bool = False) -> None:
        p = rules.tunnelling
        self.touch_m = touch_m
        self.relaxed = relaxed
        self.barrier_eV = max(rng.normal(p.barrier_eV, p.barrier_spread_eV), 0.2 * p.barrier_eV)
        jump_nm = rng.normal(p.jump_gap_nm, p.jump_gap_spread_nm)
        self.jump_m = min(max(jump_nm, 0.5 * p.jump_gap_nm), 1.5 * p.jump_gap_nm) * NM
        self._prefactor_G0 = p.prefactor_G0
        self._relaxation_m = rules.gold.relaxation_gap_nm * NM

    def closes(self, tip_m: float) -> bool:
        """Whether the apexes jump into contact there."""
        return self.touch_m - tip_m <= self.jump_m

    def lasts(self, span: Span) -> int:
        """Until the jump to contact, or until the apexes are far enough apart to take their relaxed shape."""
        gap = self.touch_m - span.tip_m
        ends = gap <= self.jump_m
        if not self.relaxed:
            ends |= gap >= self._relaxation_m
        return _first(ends)

    def metal_G0(self, span: Span) -> FloatArray:
        """Tunnelling across the gap, which the vibrations shake."""
        return tunnelling_G0(self.touch_m - span.tip_m + span.shake_m, self.barrier_eV, self._prefactor_G0)


class Pushed:
    """A contact that the tip is pushed into, from ``anchor_m`` where it has ``start_G0``."""

    def __init__(self, anchor_m: float, start_G0: float, rules: Rules, rng: Generator) -> None:
        self._anchor_m = anchor_m
        self._gold = rules.gold
        self._deepest_m = anchor_m
        self._landscape = pushed_in(start_G0, rules.gold, rng)

    def lasts(self, span: Span) -> int:
        """Until the tip has come back from its deepest position by the backlash."""
        deepest = np.maximum(np.maximum.accumulate(span.tip_m), self._deepest_m)
        k = _first(span.tip_m < deepest - self._gold.backlash_nm * NM)
        if k:
            self._deepest_m = float(deepest[k - 1])
        return k

    @property
    def turn_m(self) -> float:
        """Where the tip's way back begins, however far one step takes it."""
        return self._deepest_m - self._gold.backlash_nm * NM

    def level_G0(self, tip_m: ArrayLike) -> FloatArray:
        """Conductance without noise."""
        return self._landscape.at(np.asarray(tip_m) - self._anchor_m)

    def metal_G0(self, span: Span) -> FloatArray:
        """Conductance of the contact."""
        return self.level_G0(span.tip_m) * _flickering(span, self._gold.noise_at_1Hz)


class Pulled:
    """A contact that is drawn out, from ``anchor_m`` where it has ``start_G0`` until it breaks."""

    def __init__(self, anchor_m: float, start_G0: float, rules: Rules, rng: Generator) -> None:
        self._anchor_m = anchor_m
        self._gold = rules.gold
        self._force = rules.bond_force
        self._landscape = pulled_out(start_G0, rules.gold, rng)
        self._lifetime = Lifetime(rng)
        self._lives_s = log_normal(rules.gold.lifetime_s, rules.gold.lifetime_spread_decades, rng)
        self._fate = rules.fates.draw()

    def pushed_back(self, tip_m: float) -> bool:
        """Whether the tip is further in than where the pulling began."""
        return tip_m - self._anchor_m > self._gold.backlash_nm * NM

    @property
    def end_m(self) -> float:
        """Where it breaks at the latest, however far one step takes the tip."""
        return self._anchor_m - self._landscape.length_m

    def lasts(self, span: Span) -> int:
        """Until the last plateau ends, its last atom lets go or its fate comes, or the tip is pushed in again."""
        way = self._anchor_m - span.tip_m
        pushed = way < -self._gold.backlash_nm * NM
        if self._gold.weld_G0 > 0:
            return _first(pushed)
        length, last = self._landscape.length_m, self._landscape.last_m
        k = _first(pushed | (way >= length))
        k = self._fate.lasts(span.time_s[:k], span.bias_V[:k])
        way = way[:k]
        on_last = way >= last
        if not on_last.any():
            return k
        pull = np.exp(self._force * ((way - last) / (length - last) - 0.5))
        return self._lifetime.survives(np.where(on_last, span.stress_s[:k] * pull / self._lives_s, 0.0))

    def level_G0(self, tip_m: ArrayLike) -> FloatArray:
        """Conductance without noise."""
        return np.maximum(self._landscape.at(self._anchor_m - np.asarray(tip_m)), self._gold.weld_G0)

    def metal_G0(self, span: Span) -> FloatArray:
        """Conductance of the contact."""
        return self.level_G0(span.tip_m) * _flickering(span, self._gold.noise_at_1Hz)


class Bridge:
    """A molecule across the gap that the broken contact has left at ``broken_m``."""

    def __init__(
        self, molecule: Molecule, broken_m: float, gap: Gap, noise_at_1Hz: float, rules: Rules, rng: Generator
    ) -> None:
        self.molecule = molecule
        self.gap = gap
        self.fate = rules.fates.draw()
        self._broken_m = broken_m
        self._noise_at_1Hz = noise_at_1Hz
        self._force = rules.bond_force
        self._lifetime = Lifetime(rng)

    def lasts(self, span: Span) -> int:
        """Until the molecule is stretched to its end or wears out, its fate comes, or the gap closes."""
        way = self._broken_m - span.tip_m
        length = self.molecule.landscape.length_m
        k = _first((way >= length) | (self.gap.touch_m - span.tip_m <= self.gap.jump_m))
        k = self.fate.lasts(span.time_s[:k], span.bias_V[:k])
        pull = np.exp(self._force * (np.maximum(way[:k], 0.0) / length - 0.5))
        return self._lifetime.survives(span.stress_s[:k] * pull / self.molecule.lives_s)

    def molecule_G0(self, span: Span) -> FloatArray:
        """Low-bias conductance of the molecule."""
        m = self.molecule
        steady = m.landscape.at(self._broken_m - span.tip_m)
        switched = m.telegraph.values(span.time_s) * m.site.values(span.time_s)
        return steady * switched * _flickering(span, self._noise_at_1Hz)

    def metal_G0(self, span: Span) -> FloatArray:
        """Tunnelling past the molecule."""
        return self.gap.metal_G0(span)


def _first(condition: np.ndarray) -> int:
    """Index of the first true entry, or the length."""
    k = int(condition.argmax()) if len(condition) else 0
    return k if len(condition) and condition[k] else len(condition)


def _flickering(span: Span, noise_at_1Hz: float) -> FloatArray:
    return np.maximum(1.0 + np.sqrt(noise_at_1Hz) * span.flicker, 0.0)
