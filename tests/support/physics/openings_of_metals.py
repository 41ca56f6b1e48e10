"""Conductances of openings, made of the simulated contact's plateaus, of several materials and molecules."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from analysis.records import FloatArray
from simulators.parameters import load_parameters
from simulators.world.conductance_profile import NM, GoldParameters, pulled_out

RATE_Hz = 2000.0
CONTACT_G0 = 5.0
DECADES_per_nm = 9.4
NOISE_G0 = 2e-4


@dataclass(frozen=True)
class Material:
    """A metal, as changes of gold's parameters, at times with a molecule: conductance, share, spread in decades."""

    changes: dict[str, Any] = field(default_factory=dict)
    molecule: tuple[float, float, float] = (0.01, 0.0, 0.0)
    speed_nm_per_s: float = 1.0


MATERIALS = {
    "gold": Material(),
    "gold, fast": Material(speed_nm_per_s=10.0),
    "gold, short plateaus": Material({"plateau_nm": [0.03, 0.02, 0.02, 0.02]}),
    "platinum": Material({"level_G0": [1.7, 2.9, 4.2], "level_spread_G0": [0.35, 0.4, 0.4]}),
    "aluminium": Material(
        {"level_G0": [0.85, 1.9, 2.8], "level_spread_G0": [0.15, 0.3, 0.4], "slope_per_nm": (-2.0, 0.0)}
    ),
    "lead": Material({"level_G0": [2.2, 3.5, 4.6], "level_spread_G0": [0.6, 0.6, 0.6]}),
    "no steps": Material(
        {"level_G0": [1.2, 2.0, 3.0], "level_spread_G0": [0.6, 0.6, 0.6], "slope_per_nm": (2.0, 8.0)}
    ),
    "gold with a molecule of 0.01 G0": Material(molecule=(0.01, 0.5, 0.3)),
    "gold with a molecule of 0.1 G0": Material(molecule=(0.1, 0.5, 0.1)),
    "gold with a molecule of 0.3 G0": Material(molecule=(0.3, 0.9, 0.2)),
    "gold always with a molecule of 0.1 G0": Material(molecule=(0.1, 0.95, 0.05)),
}


def opening_G0(
    material: Material, rng: np.random.Generator, scale: float = 1.0, rail_G0: float = 12.9
) -> FloatArray:
    """Return the conductances that one opening shows if the scale is wrong by a factor, with ``inf`` at the rail."""
    gold = load_parameters().section("gold", GoldParameters).model_copy(update=material.changes)
    step_nm = material.speed_nm_per_s / RATE_Hz
    begin_G0 = rng.uniform(CONTACT_G0 / scale, CONTACT_G0 / scale + 2.0)
    contact = pulled_out(begin_G0, gold, rng)
    parts = [contact.at(np.arange(0.0, contact.length_m, step_nm * NM))]
    gap_nm = abs(rng.normal(0.5, 0.15))
    conductance_G0, share, spread = material.molecule
    if rng.random() < share:
        samples = int(rng.exponential(0.2) / step_nm)
        level = conductance_G0 * 10.0 ** (spread * rng.standard_normal())
        parts.append(level * 10.0 ** (-0.15 * np.linspace(-0.5, 0.5, samples)))
    parts.append(10.0 ** (-DECADES_per_nm * (gap_nm + np.arange(0.0, 0.6, step_nm))))
    shown_G0 = scale * (np.concatenate(parts) + NOISE_G0 * rng.standard_normal(sum(map(len, parts))))
    return np.where(shown_G0 > rail_G0, np.inf, shown_G0)
