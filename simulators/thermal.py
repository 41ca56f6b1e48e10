"""The heated tip and the thermocouple in it."""

import math

import numpy as np
from pydantic import Field

from analysis.constants import ELEMENTARY_CHARGE_C, BOLTZMANN_J_per_K
from analysis.records import FloatArray
from simulators.filters import one_pole
from simulators.parameters import Section


class ThermalParameters(Section):
    """Tip and thermocouple. TOML: [thermal]."""

    resistance_K_per_W: float = Field(gt=0)
    time_constant_s: float = Field(gt=0)
    seebeck_V_per_K: float
    thermocouple_ohm: float = Field(ge=0)
    tip_drift_K: float = Field(ge=0)
    tip_drift_memory_s: float = Field(gt=0)
    coupling_F: float = Field(ge=0)
    leak_ratio: float


class Tip:
    """Temperature rise of the tip above its base: R_P times the heat, after one time constant."""

    def __init__(self, parameters: ThermalParameters) -> None:
        self._p = parameters
        self.rise_K = 0.0

    def warm(self, heat_W: FloatArray, dt: float) -> FloatArray:
        """Temperature rise at the end of each step during which the tip takes up ``heat_W``; shape (n,)."""
        pole = math.exp(-dt / self._p.time_constant_s)
        goal_K = self._p.resistance_K_per_W * heat_W
        rise = one_pole((1.0 - pole) * goal_K, pole, self.rise_K) if pole > 1e-15 else goal_K
        self.rise_K = float(rise[-1])
        return rise


def johnson_V2_per_Hz(resistance_ohm: float, temperature_K: float) -> float:
    """One-sided density of thermal noise."""
    return 4.0 * BOLTZMANN_J_per_K * temperature_K * resistance_ohm


def junction_noise_A2_per_Hz(
    current_A: FloatArray, conductance_S: FloatArray, temperature_K: float
) -> FloatArray:
    """One-sided density 2 e |I| + 4 k T G of shot and thermal noise; shape (n,)."""
    shot = 2.0 * ELEMENTARY_CHARGE_C * np.abs(current_A)
    return shot + (4.0 * BOLTZMANN_J_per_K * temperature_K) * conductance_S
