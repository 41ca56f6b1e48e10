"""Current through a molecule and the heat that it leaves in the tip, from its transmission."""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import brentq

from analysis.constants import G0_S, BOLTZMANN_eV_per_K
from analysis.fermi_integrals import trigamma
from analysis.landauer import currents, linear_response
from analysis.records import FloatArray
from analysis.transmission import Level, LevelTransmission

TABLE_V = 2.0
POINTS = 1000
WIDEST_eV = 5.0
NARROWEST_eV = 1e-12


def level_transmission(
    conductance_G0: float, levels_eV: Sequence[float], widths: Sequence[float], temperature_K: float
) -> LevelTransmission:
    """Breit-Wigner levels, coupled alike to both electrodes, with the low-bias conductance that is wanted.

    Parameters
    ----------
    conductance_G0 : float
        At zero bias and the given temperature. More than the levels can give is cut to what they can.
    levels_eV, widths : sequence of float
        Positions from the Fermi level, and Gamma of each in proportion to the others.
    """

    def scaled(gamma_eV: float) -> LevelTransmission:
        pairs = zip(levels_eV, widths, strict=True)
        return LevelTransmission([Level(eps, gamma_eV * w, gamma_eV * w) for eps, w in pairs])

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
    """Conductance of levels that couple alike to both electrodes; ``spread_eV`` is 2 pi k T.

    It is the real part of g/b psi'(1/2 + (g + i eps)/b), summed over the levels: as `linear_response` has it, which
    says its accuracy and all other moments beside, and takes twenty times as long.
    """
    g = half_widths_eV / spread_eV
    return float((g * trigamma(0.5 + g + 1j * levels_eV / spread_eV).real).sum())


class Conductor:
    """I-V and tip heat of a transmission, tabulated once, for a junction whose conductance then moves a little.

    The table holds I/V and Q_P/V, which are smooth through zero bias; beyond it both keep their last value.
    """

    BIAS_V = np.linspace(-TABLE_V, TABLE_V, POINTS)  # even number: zero is not among them

    def __init__(self, transmission: LevelTransmission, temperature_K: float) -> None:
        self.transmission = transmission
        self.conductance_G0 = float(linear_response(transmission, temperature_K).conductance_G0)
        current_A, heat_W = _tabulated(transmission, self.BIAS_V, temperature_K)
        self._current_S = current_A / self.BIAS_V / self.conductance_G0
        self._heat_A = heat_W / self.BIAS_V / self.conductance_G0

    def chord_S(self, conductance_G0: FloatArray, bias_V: FloatArray) -> FloatArray:
        """I/V in siemens where the low-bias conductance is ``conductance_G0``; shapes (n,)."""
        return conductance_G0 * np.interp(bias_V, self.BIAS_V, self._current_S)

    def tip_heat_W(self, conductance_G0: FloatArray, bias_V: FloatArray) -> FloatArray:
        """Q_P in watts; the substrate takes the rest of I V."""
        return conductance_G0 * np.interp(bias_V, self.BIAS_V, self._heat_A) * bias_V


def _tabulated(
    transmission: LevelTransmission, bias_V: FloatArray, temperature_K: float
) -> tuple[FloatArray, FloatArray]:
    """Current and heat in the tip at biases that lie evenly about zero; shapes (n,).

    Where both electrodes are coupled alike, the other sign of the bias only changes their parts.
    """
    alike = all(
        level.gamma_probe_eV == level.gamma_substrate_eV and level.bias_drop == 0.5
        for level in transmission.levels
    )
    if not alike:
        found = currents(transmission, bias_V, temperature_K, temperature_K)
        return found.current_A, found.heat_probe_W
    found = currents(transmission, bias_V[len(bias_V) // 2 :], temperature_K, temperature_K)
    return (
        np.concatenate((-found.current_A[::-1], found.current_A)),
        np.concatenate((found.heat_substrate_W[::-1], found.heat_probe_W)),
    )


def metal_tip_heat_W(conductance_G0: FloatArray, bias_V: FloatArray) -> FloatArray:
    """Half of I V: what a transmission that does not depend on energy leaves in either electrode."""
    return 0.5 * G0_S * conductance_G0 * bias_V**2
