"""Limits in closed form (appendices A to C of Erdogan and Bergfield, arXiv:2508.20343).

They explain the numbers of the full calculation: which transmission a coefficient follows near a node, and which
ratio of couplings sets the error of a voltage probe. Coefficients are without 2/h, in eV^nu. The node is that of two
leads in meta position on a ring of six, with the probe opposite the left one and next to the right one, so that
|G_PL| = |G_PR| = 1/(2t) in the middle of the gap.
"""

import numpy as np
from numpy.typing import ArrayLike

from analysis.constants import BOLTZMANN_eV_per_K
from analysis.records import FloatArray
from analysis.transport.landauer import WATT_PER_eV2


def sommerfeld(
    transmission: ArrayLike, slope_per_eV: ArrayLike, temperature_K: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the leading terms of L0, L1 and L2 in kT (eqs. 38 to 40 and 49 to 51), eV^nu.

    Parameters
    ----------
    transmission, slope_per_eV : array_like
        T_ab and dT_ab/dE at mu0. At a node of T_ab these terms of L2 vanish; see `sommerfeld_at_node`.
    """
    width = _sommerfeld_width(temperature_K)
    T = np.asarray(transmission, dtype=np.float64)
    return T, width * np.asarray(slope_per_eV, dtype=np.float64), width * T


def sommerfeld_at_node(
    transmission: ArrayLike, curvature_per_eV2: ArrayLike, temperature_K: float
) -> tuple[FloatArray, FloatArray]:
    """Return L0 and L2 to the next order, with the curvature, which remains where T_ab and its slope vanish.

    L0 = T + (pi^2/6)(kT)^2 T'',  L2 = (pi^2/3)(kT)^2 T + (7 pi^4/30)(kT)^4 T''.
    """
    width = _sommerfeld_width(temperature_K)
    kT = BOLTZMANN_eV_per_K * temperature_K
    T, bend = np.asarray(transmission, dtype=np.float64), np.asarray(curvature_per_eV2, dtype=np.float64)
    return T + 0.5 * width * bend, width * T + 7 * np.pi**4 / 30 * kT**4 * bend


def sommerfeld_heat_per_mu(
    slope_RL: ArrayLike, slope_RP: ArrayLike, T_LP: ArrayLike, T_RP: ArrayLike, temperature_K: float
) -> FloatArray:
    """Return Lt1, heat into R per mu of L (eq. 41): (pi^2/3)(kT)^2 [T'_RL + T'_RP T_LP/(T_LP + T_RP)], eV.

    It vanishes at a node (eq. 43), where both slopes do; Lt2_ab is L2_ab to this order (eqs. 42, 52, 53).
    """
    through, both = np.asarray(slope_RP) * np.asarray(T_LP), np.asarray(T_LP) + np.asarray(T_RP)
    return np.asarray(_sommerfeld_width(temperature_K) * (np.asarray(slope_RL) + through / both))


def node_heat_right_W(T_RP: ArrayLike, T_probe_K: ArrayLike, T_right_K: ArrayLike, T0_K: float) -> FloatArray:
    """Return the heat into R at the node (eq. 46), (2/h)(pi^2/3)(kT0)^2 T_RP (T_P - T_R)/T0: it comes from the probe
    alone.

    T_RP grows with the width of the probe, so a voltage probe keeps the node in the heat only if T_P = T_R.
    """
    step = (np.asarray(T_probe_K) - np.asarray(T_right_K)) / T0_K
    return np.asarray(WATT_PER_eV2 * _sommerfeld_width(T0_K) * np.asarray(T_RP) * step)


def mid_gap_transmission(gamma_a_eV: ArrayLike, gamma_b_eV: ArrayLike, hopping_eV: float) -> FloatArray:
    """Return Gamma_a Gamma_b/(4 t^2): para or ortho, in the middle of the gap and for widths well below t."""
    return np.asarray(np.asarray(gamma_a_eV) * np.asarray(gamma_b_eV) / (4 * hopping_eV**2))


def node_floor(gamma_eV: tuple[float, float, float], hopping_eV: float) -> float:
    """Return the rest of T_LR at the node with a probe: Gamma_L Gamma_R Gamma_P^2/(64 t^4), through the probed site."""
    left, right, probe = gamma_eV
    return left * right * probe**2 / (64 * hopping_eV**4)


def node_probe_heat_W(
    gamma_eV: tuple[float, float, float], hopping_eV: float, difference_K: float, T0_K: float
) -> float:
    """Return the heat into the probe at the node (eqs. 54 to 56), C Gamma_P (Gamma_L - Gamma_R) dT/2T0.

    Parameters
    ----------
    gamma_eV : tuple
        Gamma_L, Gamma_R, Gamma_P. The leads are at T0 +- dT/2, the probe at T0; C = (2/h)(pi^2/3)(kT0)^2/(4t^2).
    difference_K : float
        dT.
    """
    left, right, probe = gamma_eV
    return _node_constant_W(hopping_eV, T0_K) * probe * (left - right) * difference_K / (2 * T0_K)


def node_right_heat_W(
    gamma_eV: tuple[float, float, float], hopping_eV: float, difference_K: float, T0_K: float
) -> float:
    """Return the heat into R at the node (eq. 57), C Gamma_P Gamma_R dT/2T0; parameters of `node_probe_heat_W`."""
    _, right, probe = gamma_eV
    return _node_constant_W(hopping_eV, T0_K) * probe * right * difference_K / (2 * T0_K)


def node_probe_share(gamma_left_eV: float, gamma_right_eV: float) -> float:
    """Return heat into the probe over heat into R at the node (eq. 58), (Gamma_L - Gamma_R)/Gamma_R."""
    return (gamma_left_eV - gamma_right_eV) / gamma_right_eV


def node_returned_share(gamma_left_eV: float, gamma_right_eV: float) -> float:
    """Return the share of the probe's heat that R receives once the probe is thermalised (eq. 60), Gamma_R/(Gamma_L +
    Gamma_R).
    """
    return gamma_right_eV / (gamma_left_eV + gamma_right_eV)


def node_error_percent(gamma_left_eV: float, gamma_right_eV: float) -> float:
    """Return 100 (VTP - VP)/VP of the heat into R at the node, for kT and widths towards zero (eqs. 34 and 61 to 63).

    It is 100 (Gamma_L - Gamma_R)/(Gamma_L + Gamma_R), the product of eqs. 58 and 60: the share of heat that the voltage
    probe absorbs. The paper quotes it with the opposite sign, as VP minus VTP.
    """
    share = node_probe_share(gamma_left_eV, gamma_right_eV)
    return 100.0 * share * node_returned_share(gamma_left_eV, gamma_right_eV)


def _sommerfeld_width(temperature_K: float) -> float:
    return float(np.pi**2 / 3 * (BOLTZMANN_eV_per_K * temperature_K) ** 2)


def _node_constant_W(hopping_eV: float, T0_K: float) -> float:
    return WATT_PER_eV2 * _sommerfeld_width(T0_K) / (4 * hopping_eV**2)
