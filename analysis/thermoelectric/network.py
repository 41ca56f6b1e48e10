"""Thermal network of the tip: its base, a heater in it, the junction's heat, and the path to the substrate.

    rise = (T_h + R_P (Q + P_tip + G_th T_sub)) / (1 + R_P G_th)

T_h and T_sub are the rises of the probe's base and of the substrate, Q the heat that the junction leaves in the tip,
and G_th the thermal conductance of the junction. The same equation, without approximation, gives
rise_closed - rise_open = R_P (Q - G_th (rise_closed - T_sub)).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class ThermalNetwork:
    """The tip and its surroundings; temperatures are rises above ambient, in K.

    Parameters
    ----------
    resistance_K_per_W : float
        R_P, from the tip to the base of the probe.
    base_rise_K, substrate_rise_K : float
    tip_heater_W : float
        Power of a heater in the tip.
    """

    resistance_K_per_W: float
    base_rise_K: float = 0.0
    substrate_rise_K: float = 0.0
    tip_heater_W: float = 0.0

    def tip_rise_K(self, junction_W_per_K: float, heat_W: float = 0.0) -> float:
        """Return the rise of the tip with a junction of a thermal conductance that leaves ``heat_W`` in it."""
        added_W = heat_W + self.tip_heater_W + junction_W_per_K * self.substrate_rise_K
        return (self.base_rise_K + self.resistance_K_per_W * added_W) / (
            1.0 + self.resistance_K_per_W * junction_W_per_K
        )

    def step_K(self, junction_W_per_K: float, heat_W: float = 0.0) -> float:
        """Return the rise with the junction closed less that with it open."""
        return self.tip_rise_K(junction_W_per_K, heat_W) - self.tip_rise_K(0.0)


def junction_W_per_K(
    step_K: float, difference_K: float, resistance_K_per_W: float, heat_W: float = 0.0
) -> float:
    """Return G_th from the step of the tip's temperature at a rupture.

    Parameters
    ----------
    step_K : float
        Temperature with the junction closed less that with it open.
    difference_K : float
        T_probe - T_substrate with the junction closed.
    resistance_K_per_W : float
        R_P.
    heat_W : float
        Heat that the junction left in the tip; 0 neglects the Joule heat.
    """
    return -(step_K / resistance_K_per_W - heat_W) / difference_K
