"""Current through a molecule and its heat in the tip, from its transmission."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from scipy.optimize import brentq

from analysis.constants import G0_S, BOLTZMANN_eV_per_K
from analysis.records import FloatArray
from analysis.transport.fermi_integrals import trigamma
from analysis.transport.landauer import currents, linear_response
from analysis.transport.transmission import BreitWignerLevel, LevelTransmission

TABLE_V = 2.0
POINTS = 1000
WIDEST_eV = 5.0
NARROWEST_eV = 1e-12


def level_transmission(
    conductance_G0: float, levels_eV: Sequence[float], widths: Sequence[float], temperature_K: float
) -> LevelTransmission:
    """Return Breit-Wigner levels, coupled equally to both electrodes, with a given low-bias conductance.

    Parameters
    ----------
    conductance_G0 : float
        Conductance at zero bias and the given temperature, limited to the highest that the levels can reach.
    levels_eV, widths : sequence of float
        Positions relative to the Fermi level, and relative values of Gamma.
    """

    def scaled(gamma_eV: float) -> LevelTransmission:
        pairs = zip(levels_eV, widths, strict=True)
        return LevelTransmission([BreitWignerLevel(eps, gamma_eV * w, gamma_eV * w) for eps, w in pairs])

    levels, shares = np.array(levels_eV), np.array(widths)
    spread_eV = 2.0 * np.pi * BOLTZMANN_eV_per_K * temperature_K

    def excess(log_gamma: float) -> float:
        half_widths = np.exp(log_gamma) * shares
        return float(np.log(_low_bias_G0(levels, half_widths, spread_eV) / conductance_G0))

    narrow, wide = np.log(NARROWEST_eV), np.log(WIDEST_eV)
    if excess(wide) < 0:
        return scaled(WIDEST_eV)
    return scaled(float(np.exp(brentq(excess, narrow, wide, xtol=1e-7))))


def _low_bias_G0(levels_eV: FloatArray, half_widths_eV: FloatArray, spread_eV: float) -> float:
    """Return the conductance of levels coupled equally to both electrodes; ``spread_eV`` is b = 2 pi k T.

    It is the real part of g/b psi'(1/2 + (g + i eps)/b), summed over the levels, as in `linear_response`, which also
    gives its accuracy and all other moments, and takes twenty times as long.
    """
    g = half_widths_eV / spread_eV
    return float((g * trigamma(0.5 + g + 1j * levels_eV / spread_eV).real).sum())


class Conductor:
    """Tabulated I-V and tip heat of a transmission, for a junction whose conductance then varies a little.

    The table holds I/V and Q_P/V, which are smooth through zero bias; beyond the table both keep their last value.
    """

    BIAS_V = np.linspace(-TABLE_V, TABLE_V, POINTS)  # even number: zero is not among them

    def __init__(self, transmission: LevelTransmission, temperature_K: float) -> None:
        self.transmission = transmission
        self.conductance_G0 = _conductance_G0(transmission, temperature_K)
        current_A, heat_W = _tabulated(transmission, self.BIAS_V, temperature_K)
        self._current_S = current_A / self.BIAS_V / self.conductance_G0
        self._heat_A = heat_W / self.BIAS_V / self.conductance_G0
        self._temperature_K = temperature_K

    @cached_property
    def seebeck_V_per_K(self) -> float:
        """Thermopower of the same transmission, at the temperature of the table."""
        return float(linear_response(self.transmission, self._temperature_K).seebeck_V_per_K)

    def chord_S(self, conductance_G0: FloatArray, bias_V: FloatArray) -> FloatArray:
        """Return I/V in S for the low-bias conductance ``conductance_G0``; shapes (n,)."""
        return conductance_G0 * np.interp(bias_V, self.BIAS_V, self._current_S)

    def tip_heat_W(self, conductance_G0: FloatArray, bias_V: FloatArray) -> FloatArray:
        """Return Q_P in W; the substrate gets the rest of I V."""
        return conductance_G0 * np.interp(bias_V, self.BIAS_V, self._heat_A) * bias_V


def _tabulated(
    transmission: LevelTransmission, bias_V: FloatArray, temperature_K: float
) -> tuple[FloatArray, FloatArray]:
    """Return current and heat in the tip at biases symmetric about zero; shapes (n,).

    With equal coupling to both electrodes, reversing the bias only exchanges their roles.
    """
    if not _coupled_equally(transmission):
        flow = currents(transmission, bias_V, temperature_K, temperature_K)
        return flow.current_A, flow.heat_probe_W
    flow = currents(transmission, bias_V[len(bias_V) // 2 :], temperature_K, temperature_K)
    return (
        np.concatenate((-flow.current_A[::-1], flow.current_A)),
        np.concatenate((flow.heat_substrate_W[::-1], flow.heat_probe_W)),
    )


def _conductance_G0(transmission: LevelTransmission, temperature_K: float) -> float:
    if not _coupled_equally(transmission):
        return float(linear_response(transmission, temperature_K).conductance_G0)
    levels_eV = np.array([level.energy_eV for level in transmission.levels])
    half_widths_eV = np.array([level.gamma_probe_eV for level in transmission.levels])
    return _low_bias_G0(levels_eV, half_widths_eV, 2.0 * np.pi * BOLTZMANN_eV_per_K * temperature_K)


def _coupled_equally(transmission: LevelTransmission) -> bool:
    return all(
        level.gamma_probe_eV == level.gamma_substrate_eV and level.bias_drop == 0.5
        for level in transmission.levels
    )


def metal_tip_heat_W(conductance_G0: FloatArray, bias_V: FloatArray) -> FloatArray:
    """Return half of I V, the heat in each electrode for an energy-independent transmission."""
    return 0.5 * G0_S * conductance_G0 * bias_V**2


def partition_of_metal(conductance_G0: FloatArray, leak: float) -> FloatArray:
    """Return sum tau (1 - tau) of a contact whose channels are open one after the other; shape (n,).

    All but the last are open, and each gives a share ``leak`` of itself to the next: 1 G0 is 1 - leak and leak.
    """
    whole = np.floor(conductance_G0)
    rest = conductance_G0 - whole
    opened = np.minimum(whole, 1.0)
    following, further = leak * opened + (1.0 - leak) * rest, leak * rest
    last = leak * (1.0 - leak) * opened
    return np.asarray(last + following * (1.0 - following) + further * (1.0 - further))
