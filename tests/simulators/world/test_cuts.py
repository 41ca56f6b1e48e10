"""Signals of every kind of world: the same bytes, however a programme is cut into calls."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from analysis.records import FloatArray
from simulators.parameters import load_parameters
from simulators.world.world import World, WorldSignals

N, DT = 28_000, 5e-4
MANY = {
    "molecule.BDA.binding_probability": 0.9,
    "molecule.BDNC.binding_probability": 0.9,
    "gold.lifetime_s": 0.5,
}
HEATED = {"heater.tip_nm_per_K": 0.01, "heater.leak_A_per_V": 1e-10, "heater.noise_per_rtHz": 1e-4}
FILM = {"fixture.kind": "film", "film.thickness_nm": 0.2}
WORLDS: dict[str, Mapping[str, Any]] = {
    "gold": {"sample.species": "Au"},
    "BDNC": {},
    "BDA": {"sample.species": "BDA"},
    "without noise": {"noise.strength": 0.0},
    "rectifying": {"junction.rectification_per_V": 0.3},
    "with many telegraphs": {"molecule.BDNC.telegraph_probability": 1.0, "molecule.BDNC.site_jump_Hz": 3.0},
    "that drifts": {"surface.drift_spread_pm_per_s": 50.0, "surface.drift_memory_s": 2.0},
    "whose tip warms since each contact": {"thermal.tip_ramp_K_per_s": 0.1},
    "with induced failures": {
        "fates.rupture_share": 0.5,
        "fates.contact_share": 0.5,
        "fates.within_s": 0.05,
    },
    "with a tip that welds itself to the surface": {"gold.weld_G0": 0.5},
    "with a resistor": {"fixture.kind": "resistor"},
    "with a heater for a junction": {"fixture.kind": "heater"},
    "with nothing": {"fixture.kind": "open"},
    "with a film": {**FILM},
    "with a film, whose tip warms since it touches": {
        **FILM,
        "thermal.tip_ramp_K_per_s": 0.1,
    },
    "always thermoelectric": {"thermoelectric.always": True, "thermoelectric.offset_walk_V_per_rth": 1e-3},
    "heated at the tip": {"heater.where": "tip", **HEATED},
    "heated at the base": {"heater.where": "base", **HEATED},
    "heated substrate": {"heater.where": "substrate", "heater.substrate_nm_per_K": 0.01},
    "with the heater on a dummy": {"heater.where": "tip", "heater.dummy": True, **HEATED},
    "with a heater that is stuck": {"heater.where": "tip", "heater.stuck_V": 0.3, **HEATED},
    "of gold, heated": {"sample.species": "Au", "heater.where": "tip", **HEATED},
    "with a heated film": {**FILM, "heater.where": "tip", **HEATED},
    "heated and rectifying": {"heater.where": "tip", "junction.rectification_per_V": 0.3, **HEATED},
}

WITHOUT_CONTACTS = (
    "with a resistor",
    "with a heater for a junction",
    "with nothing",
    "with a tip that welds itself to the surface",
)


def journey() -> tuple[FloatArray, FloatArray, FloatArray]:
    """Volts of bias (constant, in levels, alternating), piezo (in and out of contact) and heater (off, on, sine)."""
    t_s = DT * np.arange(N)
    levels_V = np.sign(np.sin(80.0 * t_s)) * 0.8
    alternating_V = 0.01 + 0.008 * np.sin(2 * np.pi * 137.0 * t_s)
    bias_V = np.select([t_s % 0.4 < 0.2, t_s % 0.4 < 0.3], [0.1, levels_V], alternating_V)
    depth_nm = 12.0 + 2.5 * np.abs((2.0 * t_s) % 2.0 - 1.0)
    z_V = np.minimum(5.0 * t_s, depth_nm) / 10.0
    return bias_V, z_V, np.select([t_s < 5.0, t_s < 12.0], [0.0, 0.4], 0.4 * np.sin(2 * np.pi * 7.0 * t_s))


def lived(overrides: Mapping[str, Any], cuts: list[int]) -> tuple[list[WorldSignals], World]:
    """Return the signals of each piece of the journey, and the world after it."""
    parameters = load_parameters(overrides={"surface.initial_gap_nm": 13.5, **MANY, **overrides})
    world = World(parameters, np.random.default_rng(3))
    bias_V, z_V, heater_V = journey()
    parts = [world.advance(bias_V[a:b], z_V[a:b], DT, 2.0, heater_V[a:b]) for a, b in pairwise(cuts)]
    return parts, world


def signals(parts: list[WorldSignals]) -> dict[str, FloatArray]:
    """Return all that the amplifiers see."""
    names = "current_A", "thermocouple_V", "current_noise_A2_per_Hz", "conductance_S"
    joined = {name: np.concatenate([np.asarray(getattr(part, name)) for part in parts]) for name in names}
    terminals = {
        name: np.concatenate([part.terminals_V[name] for part in parts]) for name in parts[0].terminals_V
    }
    return joined | terminals


@pytest.mark.parametrize("name", WORLDS)
def test_signals_do_not_depend_on_the_cuts(name: str) -> None:
    rng = np.random.default_rng(0)
    cuts = [0, 1, 2, 5, *sorted(rng.choice(np.arange(6, N), 400, replace=False).tolist()), N]
    whole, one = lived(WORLDS[name], [0, N // 2, N])
    pieces, other = lived(WORLDS[name], cuts)

    expected, found = signals(whole), signals(pieces)
    assert [key for key in expected if expected[key].tobytes() != found[key].tobytes()] == []
    assert one.truth == other.truth
    assert one.truth.contacts > 1 or name in WITHOUT_CONTACTS
