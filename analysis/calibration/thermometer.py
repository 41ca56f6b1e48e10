"""The tip's thermometer from a known heater power.

A power P left in the tip warms it by P R_P, and its thermocouple's voltage falls by S_TC R_P P. This measures the
product S_TC R_P, in V/W; R_P follows with an S_TC known from a reference. The heat does not depend on the sign of the
bias: the part of the voltage that changes sign with it is leakage, and is separated.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import hypot, sqrt

import numpy as np

from analysis.calibration.line import fit_line
from analysis.heating.hold_estimate import HoldEstimate
from analysis.records import FloatArray
from analysis.statistics.junction_mean import covariance_of_mean, effective_number, error_beyond_noise


@dataclass(frozen=True)
class KnownHeat:
    """Heat that goes into the tip.

    Parameters
    ----------
    heater_ohm : float or None
        Resistance of a heater in the tip, with the whole bias across it. None: the measured power I V is used.
    share : float
        Share of that power that is left in the tip: 1 for a heater, 1/2 for a symmetric metallic contact.
    relative_uncertainty : float
        Relative standard deviation of the heat, from the resistance, or from gain and share.
    """

    heater_ohm: float | None = None
    share: float = 1.0
    relative_uncertainty: float = 0.0

    def heat_W(self, bias_V: float, power_W: float) -> float:
        """Return the heat in the tip at an applied bias and measured power."""
        return self.share * (power_W if self.heater_ohm is None else bias_V**2 / self.heater_ohm)


@dataclass(frozen=True, eq=False)
class Heated:
    """Holds as points, arrays of shape (n,): heat, and fall of the thermocouple's voltage, even and odd in bias."""

    heat_W: FloatArray
    even_V: FloatArray
    even_sigma_V: FloatArray
    odd_V: FloatArray
    odd_sigma_V: FloatArray
    bias_V: FloatArray


def heated(estimates: Iterable[HoldEstimate], heat: KnownHeat) -> Heated:
    """Return points from holds that were evaluated with a Seebeck coefficient of 1 V/K, so that their kelvins are
    volts.

    Rejected holds are left out.
    """
    rows = [_row(estimate, heat) for estimate in estimates if not estimate.rejected]
    return Heated(*(np.array(column) for column in np.array(rows, dtype=float).reshape(-1, 6).T))


def _row(estimate: HoldEstimate, heat: KnownHeat) -> tuple[float, ...]:
    levels = (estimate.levels[-1], estimate.levels[0])
    heats = [heat.heat_W(level.bias_V, level.q_total_W) for level in levels]
    (a, c), (_, b) = estimate.covariance_K2
    return (
        sum(heats) / 2.0,
        (estimate.dT_pos_K + estimate.dT_neg_K) / 2.0,
        sqrt(a + b + 2.0 * c) / 2.0,
        (estimate.dT_pos_K - estimate.dT_neg_K) / 2.0,
        sqrt(a + b - 2.0 * c) / 2.0,
        (levels[0].bias_V - levels[1].bias_V) / 2.0,
    )


@dataclass(frozen=True)
class PowerResponse:
    """Volts of the thermocouple per watt in the tip.

    Parameters
    ----------
    product_V_per_W : float
        S_TC R_P, positive.
    statistical_V_per_W : float
        Standard error from noise and from scatter beyond it.
    uncertainty_V_per_W : float
        Standard error including that of the heat.
    at_no_power_V, at_no_power_sigma_V : float
        Intercept of the line at zero power: 0 within its error if the voltage comes from heat alone.
    odd_V, odd_sigma_V : float
        Mean part that changes sign with the bias; leakage or cross-talk if it differs from 0.
    reduced_chi2 : float
        Reduced chi^2 of the line for the thermometer's noise.
    holds : int
    """

    product_V_per_W: float
    statistical_V_per_W: float
    uncertainty_V_per_W: float
    at_no_power_V: float
    at_no_power_sigma_V: float
    odd_V: float
    odd_sigma_V: float
    reduced_chi2: float
    holds: int


def power_response(points: Heated, heat: KnownHeat) -> PowerResponse:
    """Fit the slope of voltage against heat.

    Raises
    ------
    ValueError
        With fewer than three points or one power only.
    """
    line = fit_line(points.heat_W, points.even_V, points.even_sigma_V)
    weight = 1.0 / points.odd_sigma_V**2
    scatter_V = sqrt(float(covariance_of_mean(points.odd_V[:, None], weight)[0, 0]))
    return PowerResponse(
        product_V_per_W=line.slope,
        statistical_V_per_W=line.slope_sigma,
        uncertainty_V_per_W=hypot(line.slope_sigma, heat.relative_uncertainty * line.slope),
        at_no_power_V=line.intercept,
        at_no_power_sigma_V=line.intercept_sigma,
        odd_V=float(np.sum(weight * points.odd_V) / np.sum(weight)),
        odd_sigma_V=error_beyond_noise(scatter_V, float(np.sum(weight) ** -0.5), effective_number(weight)),
        reduced_chi2=line.reduced_chi2,
        holds=len(points.heat_W),
    )


@dataclass(frozen=True)
class ThermalResistance:
    """R_P from a product and S_TC, and the correlation of its error with that of S_TC."""

    value_K_per_W: float
    uncertainty_K_per_W: float
    correlation: float


def thermal_resistance(
    response: PowerResponse, seebeck_V_per_K: float, seebeck_uncertainty_V_per_K: float
) -> ThermalResistance:
    """Return R_P = (S_TC R_P)/S_TC. Too large an S_TC makes R_P too small: the correlation is negative.

    Raises
    ------
    ValueError
        If the tip did not warm, or for a Seebeck coefficient that is not positive.
    """
    if not response.product_V_per_W > 0.0:
        raise ValueError(
            f"the tip did not warm ({response.product_V_per_W:.3g} V/W): check the heater, the contact and the "
            "polarity of the thermocouple"
        )
    if not seebeck_V_per_K > 0.0:
        raise ValueError(f"the Seebeck coefficient is {seebeck_V_per_K} V/K, must be above 0")
    value = response.product_V_per_W / seebeck_V_per_K
    product = response.uncertainty_V_per_W / response.product_V_per_W
    seebeck = seebeck_uncertainty_V_per_K / seebeck_V_per_K
    relative = hypot(product, seebeck)
    return ThermalResistance(value, relative * value, -seebeck / relative if relative else 0.0)
