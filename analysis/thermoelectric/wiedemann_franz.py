"""Heat that electrons carry through a metallic contact (Wiedemann and Franz).

A flat transmission carries Q = L_0 G (T_P^2 - T_S^2) / 2, exactly, with L_0 = pi^2 k^2 / 3 e^2. The thermal
conductance Q/dT is therefore L_0 G at the *mean* temperature: 567.9 pW/K for 1 G0 at 300 K, and 596.3 pW/K between
330 K and 300 K.
"""

import math

from analysis.constants import ELEMENTARY_CHARGE_C, BOLTZMANN_J_per_K

LORENZ_V2_per_K2 = math.pi**2 / 3.0 * (BOLTZMANN_J_per_K / ELEMENTARY_CHARGE_C) ** 2
"""Sommerfeld's value of the Lorenz number, 2.443e-8 V^2/K^2."""


def electron_heat_W(conductance_S: float, probe_K: float, substrate_K: float) -> float:
    """Return the heat that leaves the probe through a contact of flat transmission."""
    return LORENZ_V2_per_K2 * conductance_S * (probe_K - substrate_K) * (probe_K + substrate_K) / 2.0


def electron_W_per_K(conductance_S: float, mean_K: float) -> float:
    """Return the thermal conductance L_0 G T of a contact at a mean temperature."""
    return LORENZ_V2_per_K2 * conductance_S * mean_K


def lorenz_ratio(junction_W_per_K: float, conductance_S: float, mean_K: float) -> float:
    """Return L/L_0 of a contact: its thermal conductance over L_0 G T."""
    return junction_W_per_K / electron_W_per_K(conductance_S, mean_K)
