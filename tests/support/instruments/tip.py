"""Moves the tip of a bare world, as the procedure would through the wires."""

import numpy as np

from analysis.constants import G0_S
from simulators.parameters import load_parameters
from simulators.world.world import World

STILL = {
    "surface.drift_pm_per_s": 0.0,
    "surface.drift_spread_pm_per_s": 0.0,
    "surface.initial_gap_nm": 5.0,
    "piezo.creep_per_decade": 0.0,
    "piezo.hysteresis_shares": [],
    "piezo.hysteresis_radii_nm": [],
    "thermal.tip_drift_K": 0.0,
}
QUIET = {
    "noise.strength": 0.0,
    "mains.current_A": 0.0,
    "mains.thermocouple_V": 0.0,
    "junction.leak_ohm": 1e30,
    "thermal.coupling_F": 0.0,
    "thermal.ground_ohm": 0.0,
    "junction.stray_capacitance_F": 0.0,
    "junction.series_resistance_ohm": 0.0,
}
SURE = {
    "molecule.BDNC.binding_probability": 1.0,
    "molecule.BDNC.double_probability": 0.0,
    "molecule.BDA.binding_probability": 1.0,
    "molecule.BDA.double_probability": 0.0,
}


NM = 1e-9
WIDE_nm = 0.4
"""A gap beyond which no contact forms within a step, and nothing need be looked at."""


class Tip:
    """A world, where its piezo is, and what it has shown so far in the present motion."""

    def __init__(self, seed: int = 1, dt: float = 5e-3, bias_V: float = 0.1, **overrides: object) -> None:
        settings = {key.replace("__", "."): value for key, value in overrides.items()}
        parameters = load_parameters(overrides={**STILL, **settings})
        self.world = World(parameters, np.random.default_rng(seed))
        self.nm_per_V = parameters.values["piezo"]["extension_nm_per_V"]
        self.dt, self.bias_V, self.z_V = dt, bias_V, 0.0

    def move(self, distance_nm: float, speed_nm_per_s: float, ends=lambda truth: False, block: int = 200):
        """Move by a signed distance, or until a block after which the truth ``ends`` it; conductances in G0."""
        steps = max(int(abs(distance_nm) / (speed_nm_per_s * self.dt)), 1)
        path = self.z_V + np.linspace(0.0, distance_nm / self.nm_per_V, steps + 1)[1:]
        seen = []
        for start in range(0, steps, block):
            z = path[start : start + block]
            seen.append(self.wait_at(z).current_A / self.bias_V / G0_S)
            if ends(self.world.truth):
                break
        return np.concatenate(seen)

    def wait_at(self, z_V):
        """Live through piezo volts, shape (n,)."""
        self.z_V = float(z_V[-1])
        return self.world.advance(np.full(len(z_V), self.bias_V), z_V, self.dt)

    def hold(self, seconds: float):
        """Stand still; gives the signals."""
        return self.wait_at(np.full(max(round(seconds / self.dt), 1), self.z_V))

    def contact(self):
        """Approach until 5 G0: fast while the gap is wide, then looking every 50 pm."""
        near_nm = self.world.truth.gap_m / NM - WIDE_nm
        if near_nm > 0:
            self.move(near_nm, 5.0)
        block = max(round(0.01 / self.dt), 1)  # 50 pm
        self.move(50.0, 5.0, lambda truth: truth.conductance_G0 > 5.0, block)
        assert self.world.truth.conductance_G0 > 5.0

    def open(self, speed_nm_per_s: float = 0.1, beyond_nm: float = 0.5, block: int = 200):
        """Withdraw until nothing bridges, and a little further; gives the conductance trace."""

        def bare(truth):
            return truth.gap_m > 0 and truth.state != "molecule"

        broken = self.move(-20.0, speed_nm_per_s, bare, block)
        return np.concatenate((broken, self.move(-beyond_nm, speed_nm_per_s)))
