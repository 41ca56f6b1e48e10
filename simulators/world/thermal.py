"""Heated tip and its thermocouple."""

import math
from collections.abc import Sequence

import numpy as np
from pydantic import Field

from analysis.constants import ELEMENTARY_CHARGE_C, BOLTZMANN_J_per_K
from analysis.records import FloatArray
from simulators.parameters import ParameterSection
from simulators.signal.drift import Wander
from simulators.signal.filters import one_pole
from simulators.signal.mains import Mains
from simulators.world.junction_protocol import ProtocolStretch


class ThermalParameters(ParameterSection):
    """Tip and thermocouple. TOML: [thermal]."""

    resistance_K_per_W: float = Field(gt=0)
    time_constant_s: float = Field(gt=0)
    seebeck_V_per_K: float
    thermocouple_ohm: float = Field(ge=0)
    tip_drift_K: float = Field(ge=0)
    tip_drift_memory_s: float = Field(gt=0)
    tip_ramp_K_per_s: float
    coupling_F: float = Field(ge=0)
    leak_ratio: float
    ground_ohm: float


class Tip:
    """Tip whose temperature rise above its base is R_P times the heat, with one time constant."""

    def __init__(self, parameters: ThermalParameters) -> None:
        self._p = parameters
        self.rise_K = 0.0

    def warm(self, heat_W: FloatArray, dt: float) -> FloatArray:
        """Return the temperature rise in K at the end of each step with the heat ``heat_W``; shape (n,)."""
        return self.follow(self._p.resistance_K_per_W * heat_W, dt)

    def follow(self, goal_K: FloatArray, dt: float) -> FloatArray:
        """Return the temperature rise at the end of each step that has the steady rise ``goal_K``; shape (n,)."""
        pole = math.exp(-dt / self._p.time_constant_s)
        rise = one_pole((1.0 - pole) * goal_K, pole, self.rise_K) if pole > 1e-15 else goal_K
        self.rise_K = float(rise[-1])
        return rise


class Thermocouple:
    """Thermocouple: the tip's temperature, and spurious signals on its leads.

    Parameters
    ----------
    parameters : ThermalParameters
    base : Wander
        Temperature of the tip without heat, in K.
    hum : Mains
        Pick-up in V.
    """

    def __init__(self, parameters: ThermalParameters, base: Wander, hum: Mains) -> None:
        self._p = parameters
        self._base = base
        self._hum = hum

    def volts(
        self,
        rise_K: FloatArray,
        bias_V: FloatArray,
        rise_V_per_s: FloatArray,
        current_A: FloatArray,
        time_s: FloatArray,
        mains_phase: FloatArray,
        stretches: Sequence[ProtocolStretch],
    ) -> FloatArray:
        """Return the volts without white noise: heat, leak, capacitive spikes, ground current, mains; shapes (n,)."""
        p = self._p
        base_K = self._base.values(time_s)
        if p.tip_ramp_K_per_s:
            for stretch in stretches:
                here = stretch.samples
                base_K[here] += p.tip_ramp_K_per_s * (time_s[here] - stretch.since_s)
        warmth_V = -p.seebeck_V_per_K * (rise_K + base_K)
        spikes_V = (p.thermocouple_ohm * p.coupling_F) * rise_V_per_s
        beside_V = p.leak_ratio * bias_V + p.ground_ohm * current_A
        return warmth_V + spikes_V + beside_V + self._hum.at(mains_phase)


def johnson_V2_per_Hz(resistance_ohm: float, temperature_K: float) -> float:
    """Return the one-sided density of thermal noise."""
    return 4.0 * BOLTZMANN_J_per_K * temperature_K * resistance_ohm


def junction_noise_A2_per_Hz(
    voltage_V: FloatArray,
    conductance_S: FloatArray,
    temperature_K: FloatArray | float,
    fano: FloatArray | float,
) -> FloatArray:
    """Return the one-sided density of thermal and shot noise, 4 k T G (1 + F (x coth x - 1)); shape (n,).

    x = e V / 2 k T. This is 4 k T G0 sum tau^2 + 2 e V coth(x) G0 sum tau (1 - tau), Lumbroso 2018.
    """
    x = ELEMENTARY_CHARGE_C / (2.0 * BOLTZMANN_J_per_K * temperature_K) * np.abs(voltage_V)
    x = np.maximum(x, 1e-9)
    excess = x / np.tanh(x) - 1.0
    return 4.0 * BOLTZMANN_J_per_K * temperature_K * conductance_S * (1.0 + fano * excess)
