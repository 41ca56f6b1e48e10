"""Temperatures of the two electrodes, and the open-circuit voltage between them.

    I = G (V - S dT),   dT = T_probe - T_substrate,   V_oc = S dT

Voltage and electronic heat of a smooth transmission are proportional to the reduced difference
theta = (T_P^2 - T_S^2) / (2 T_ref). A fit against dT with one side at 300 K and the other up to 30 K hotter is 5 %
too steep; a fit against theta gives S at T_ref.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.records import FloatArray
from analysis.transport.landauer import currents, linear_response
from analysis.transport.transmission import Transmission

REFERENCE_K = 300.0
"""Temperature at which thermopowers are stated."""

_LARGEST_V = 0.1


def reduced_difference_K(
    probe_K: ArrayLike, substrate_K: ArrayLike, reference_K: float = REFERENCE_K
) -> FloatArray:
    """Return theta = (T_P^2 - T_S^2) / (2 T_ref) in K, of the sign of T_P - T_S."""
    probe, substrate = np.asarray(probe_K, dtype=np.float64), np.asarray(substrate_K, dtype=np.float64)
    return np.asarray((probe - substrate) * (probe + substrate) / (2.0 * reference_K))


@dataclass(frozen=True)
class ThermoelectricState:
    """Charge and heat that flow between electrodes of different temperatures at zero bias.

    ``open_circuit_V`` is the bias of the substrate against the probe at which no current flows; heats are positive
    where they are deposited.
    """

    short_circuit_A: float
    open_circuit_V: float
    heat_probe_W: float
    heat_substrate_W: float
    reduced_difference_K: float


def thermoelectric_state(
    transmission: Transmission, probe_K: float, substrate_K: float
) -> ThermoelectricState:
    """Return the exact short-circuit current, open-circuit voltage and heats of a transmission (Landauer).

    Raises
    ------
    ValueError
        For a temperature that is not above zero, or if no voltage below 0.1 V stops the current.
    """
    from scipy.optimize import brentq  # slow to import

    flow = currents(transmission, 0.0, probe_K, substrate_K)
    scale_V = float(abs(linear_response(transmission, REFERENCE_K).seebeck_V_per_K)) * abs(
        probe_K - substrate_K
    )

    def current_A(bias_V: float) -> float:
        return float(currents(transmission, bias_V, probe_K, substrate_K).current_A)

    voltage_V = 0.0
    if flow.current_A != 0.0:
        reach_V = max(4.0 * scale_V, 1e-6)
        while current_A(-reach_V) * current_A(reach_V) > 0.0:
            reach_V *= 4.0
            if reach_V > _LARGEST_V:
                raise ValueError(f"no bias below {_LARGEST_V:g} V stops the thermoelectric current")
        voltage_V = brentq(current_A, -reach_V, reach_V, xtol=1e-18, rtol=1e-15)
    return ThermoelectricState(
        float(flow.current_A),
        voltage_V,
        float(flow.heat_probe_W),
        float(flow.heat_substrate_W),
        float(reduced_difference_K(probe_K, substrate_K)),
    )
