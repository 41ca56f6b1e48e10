"""States of a junction: gap, pushed contact, pulled contact, molecule.

Each state gives its duration in samples and its conductance. Its properties are drawn when it begins. Lengths are in
m along the tip's path; ``tip_m`` grows toward the sample.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from analysis.records import FloatArray
from simulators.signal.random_processes import Lifetime, log_normal
from simulators.world.conductance_profile import NM, GoldParameters, pulled_out, pushed_in
from simulators.world.induced_failures import Fates
from simulators.world.molecules import Molecule
from simulators.world.tunnelling import TunnellingParameters, tunnelling_G0


@dataclass(frozen=True, eq=False)
class Span:
    """Inputs of a junction: position, time, disturbances; arrays of shape (n,), one value per sample.

    ``bias_V`` is applied to the whole circuit; each ``bond_bias_V`` of it makes bonds break e times as fast.
    ``flicker`` is noise of density 1/f.
    """

    tip_m: FloatArray
    time_s: FloatArray
    bias_V: FloatArray
    dt: float
    bond_bias_V: float
    flicker: FloatArray
    shake_m: FloatArray

    def __len__(self) -> int:
        return len(self.tip_m)

    def stress_s(self, k: int) -> FloatArray:
        """Return the step times the factor by which the bias accelerates the breaking of bonds, shape (k,)."""
        return self.dt * np.exp(np.abs(self.bias_V[:k]) / self.bond_bias_V)

    def part(self, start: int, stop: int) -> "Span":
        """Return the samples ``start <= i < stop``."""
        s = slice(start, stop)
        return Span(
            self.tip_m[s],
            self.time_s[s],
            self.bias_V[s],
            self.dt,
            self.bond_bias_V,
            self.flicker[s],
            self.shake_m[s],
        )


@dataclass(frozen=True)
class Rules:
    """Parameters common to the states; ``bond_force`` as in the TOML file."""

    gold: GoldParameters
    tunnelling: TunnellingParameters
    bond_force: float
    fates: Fates


class Gap:
    """Open gap. ``touch_m``: tip position at which the apexes touch; ``jump_m``: gap that jumps to contact."""

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
        """Return True if the apexes jump into contact at a tip position."""
        return self.touch_m - tip_m <= self.jump_m

    def lasts(self, span: Span) -> int:
        """Return the samples until the jump to contact, or until the apexes are far enough apart to relax."""
        gap = self.touch_m - span.tip_m
        ends = gap <= self.jump_m
        if not self.relaxed:
            ends |= gap >= self._relaxation_m
        return _first(ends)

    def metal_G0(self, span: Span) -> FloatArray:
        """Return the tunnelling conductance of the gap with vibrations, in G0."""
        return tunnelling_G0(self.touch_m - span.tip_m + span.shake_m, self.barrier_eV, self._prefactor_G0)


class Pushed:
    """Contact into which the tip is pushed, starting at ``anchor_m`` with ``start_G0``."""

    def __init__(self, anchor_m: float, start_G0: float, rules: Rules, rng: Generator) -> None:
        self._anchor_m = anchor_m
        self._gold = rules.gold
        self._deepest_m = anchor_m
        self._landscape = pushed_in(start_G0, rules.gold, rng)

    def lasts(self, span: Span) -> int:
        """Return the samples until the tip has retracted from its deepest position by the backlash."""
        deepest = np.maximum(np.maximum.accumulate(span.tip_m), self._deepest_m)
        k = _first(span.tip_m < deepest - self._gold.backlash_nm * NM)
        if k:
            self._deepest_m = float(deepest[k - 1])
        return k

    @property
    def turn_m(self) -> float:
        """Tip position at which the retraction starts, whatever the size of a step, in m."""
        return self._deepest_m - self._gold.backlash_nm * NM

    def level_G0(self, tip_m: ArrayLike) -> FloatArray:
        """Return the conductance without noise, in G0."""
        return self._landscape.at(np.asarray(tip_m) - self._anchor_m)

    def metal_G0(self, span: Span) -> FloatArray:
        """Return the conductance of the contact, in G0."""
        return self.level_G0(span.tip_m) * _flickering(span, self._gold.noise_at_1Hz)


class Pulled:
    """Contact that is pulled from ``anchor_m``, where it has ``start_G0``, until it breaks."""

    def __init__(self, anchor_m: float, start_G0: float, rules: Rules, rng: Generator) -> None:
        self._anchor_m = anchor_m
        self._gold = rules.gold
        self._force = rules.bond_force
        self._landscape = pulled_out(start_G0, rules.gold, rng)
        self._lifetime = Lifetime(rng)
        self._lives_s = log_normal(rules.gold.lifetime_s, rules.gold.lifetime_spread_decades, rng)
        self._fate = rules.fates.draw()

    def pushed_back(self, tip_m: float) -> bool:
        """Return True if the tip is deeper than at the start of the pulling."""
        return tip_m - self._anchor_m > self._gold.backlash_nm * NM

    @property
    def end_m(self) -> float:
        """Tip position at which the contact breaks at the latest, whatever the size of a step, in m."""
        return self._anchor_m - self._landscape.length_m

    def lasts(self, span: Span) -> int:
        """Return the samples until the last plateau ends, its atom breaks, a failure is due, or the tip reverses."""
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
        return self._lifetime.survives(np.where(on_last, span.stress_s(k) * pull / self._lives_s, 0.0))

    def level_G0(self, tip_m: ArrayLike) -> FloatArray:
        """Return the conductance without noise, in G0."""
        return np.maximum(self._landscape.at(self._anchor_m - np.asarray(tip_m)), self._gold.weld_G0)

    def metal_G0(self, span: Span) -> FloatArray:
        """Return the conductance of the contact, in G0."""
        return self.level_G0(span.tip_m) * _flickering(span, self._gold.noise_at_1Hz)


class Bridge:
    """Molecule across the gap left by a contact that broke at ``broken_m``."""

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
        """Return the samples until the molecule detaches or wears out, a failure is due, or the gap closes."""
        way = self._broken_m - span.tip_m
        length = self.molecule.landscape.length_m
        k = _first((way >= length) | (self.gap.touch_m - span.tip_m <= self.gap.jump_m))
        k = self.fate.lasts(span.time_s[:k], span.bias_V[:k])
        pull = np.exp(self._force * (np.maximum(way[:k], 0.0) / length - 0.5))
        return self._lifetime.survives(span.stress_s(k) * pull / self.molecule.lives_s)

    def molecule_G0(self, span: Span) -> FloatArray:
        """Return the low-bias conductance of the molecule, in G0."""
        m = self.molecule
        steady = m.landscape.at(self._broken_m - span.tip_m)
        switched = m.telegraph.values(span.time_s) * m.site.values(span.time_s)
        return steady * switched * _flickering(span, self._noise_at_1Hz)

    def metal_G0(self, span: Span) -> FloatArray:
        """Return the tunnelling conductance parallel to the molecule, in G0."""
        return self.gap.metal_G0(span)


def _first(condition: np.ndarray) -> int:
    """Return the index of the first true entry, or the length."""
    k = int(condition.argmax()) if len(condition) else 0
    return k if len(condition) and condition[k] else len(condition)


def _flickering(span: Span, noise_at_1Hz: float) -> FloatArray:
    return np.maximum(1.0 + np.sqrt(noise_at_1Hz) * span.flicker, 0.0)
