"""Conductance from the volts that were recorded, and what the amplifier can show at all.

Convention: a positive bias puts the substrate above the grounded probe, and the current monitor is then
positive. A sample that only bounds the conductance from below (amplifier railed, or a junction that cannot be
told from a short against the series resistance) becomes ``inf``: it stays countable and can never pass for a
measured value.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from analysis.constants import G0_S
from analysis.records import FloatArray

LEAST_BIAS_V = 1e-3
"""Below this applied bias (of either sign) a conductance is offset and noise divided by nearly nothing."""

_SETTINGS = {
    "current_gain_V_per_A": "gain_V_per_A",
    "current_offset_V": "offset_V",
    "current_full_scale_V": "full_scale_V",
    "series_resistance_ohm": "series_resistance_ohm",
}

LEAST_JUNCTION_SHARE = 0.01
"""Smallest share of the applied bias across the junction at which the series resistance still leaves a
number."""


@dataclass(frozen=True)
class CurrentCalibration:
    """How the volts of the current monitor become amperes.

    Parameters
    ----------
    gain_V_per_A : float
        Gain of the current amplifier.
    offset_V : float
        Output at zero current, as recorded.
    series_resistance_ohm : float
        Everything in series with the junction that shares the applied bias.
    full_scale_V : float
        Output beyond which the chain (amplifier or converter, whichever comes first) no longer follows.
    gain_uncertainty : float
        Standard uncertainty of the gain as a fraction of it; NaN where nobody has said.
    series_resistance_uncertainty_ohm : float
        Standard uncertainty of the series resistance.

    Raises
    ------
    ValueError
        For a gain or full scale that is not positive, or a negative resistance or uncertainty.
    """

    gain_V_per_A: float
    offset_V: float = 0.0
    series_resistance_ohm: float = 0.0
    full_scale_V: float = 10.0
    gain_uncertainty: float = float("nan")
    series_resistance_uncertainty_ohm: float = 0.0

    def __post_init__(self) -> None:
        for name in ("gain_V_per_A", "full_scale_V"):
            if not getattr(self, name) > 0.0:
                raise ValueError(f"{name} is {getattr(self, name)}, must be above 0")
        for name in ("series_resistance_ohm", "gain_uncertainty", "series_resistance_uncertainty_ohm"):
            if getattr(self, name) < 0.0:
                raise ValueError(f"{name} is {getattr(self, name)}, must not be negative")

    def after(self, setting: str, value: Any) -> "CurrentCalibration":
        """The calibration after a SETTING event of a recording; the same one if it is about something else."""
        field = _SETTINGS.get(setting)
        return self if field is None else replace(self, **{field: float(value)})

    def current_A(self, volts: ArrayLike) -> FloatArray:
        """Current in amperes from raw monitor volts of any shape."""
        return (np.asarray(volts, dtype=float) - self.offset_V) / self.gain_V_per_A

    def railed(self, volts: ArrayLike) -> np.ndarray:
        """Which samples stand at the amplifier's or converter's end (within 0.5 % of full scale)."""
        return np.abs(np.asarray(volts, dtype=float)) >= 0.995 * self.full_scale_V


def conductance_G0(volts: ArrayLike, bias_V: ArrayLike, calibration: CurrentCalibration) -> FloatArray:
    """Conductance G = I / (V - I R_s) in units of G0.

    Parameters
    ----------
    volts : array, shape (n,)
        Raw volts of the current monitor.
    bias_V : array, shape (n,) or scalar
        Applied bias, series resistance included.
    calibration : CurrentCalibration

    Returns
    -------
    ndarray, shape (n,)
        ``inf`` with the sign of I V where the amplifier is railed, ``inf`` where less than 1 % of the bias is
        left for the junction, NaN where the bias itself is below 1 mV. Negative values (noise about zero) are
        kept.
    """
    bias = np.asarray(bias_V, dtype=float)
    biased = np.abs(bias) >= LEAST_BIAS_V
    total_S = calibration.current_A(volts) / np.where(biased, bias, np.nan)
    junction_share = 1.0 - total_S * calibration.series_resistance_ohm
    resolved = junction_share > LEAST_JUNCTION_SHARE
    conductance = total_S / np.where(resolved, junction_share, 1.0) / G0_S
    conductance = np.where(biased & ~resolved, np.inf, conductance)
    return np.where(biased & calibration.railed(volts), np.copysign(np.inf, total_S), conductance)


def full_scale_conductance_G0(calibration: CurrentCalibration, bias_V: float) -> float:
    """Largest conductance in G0 that shows at this gain and bias.

    ``inf`` where the series resistance keeps the amplifier off its rail.

    A contact threshold above it can never fire.

    Raises
    ------
    ValueError
        For a bias below 1 mV, at which no conductance shows.
    """
    if not abs(bias_V) >= LEAST_BIAS_V:
        raise ValueError(f"bias is {bias_V} V; a conductance needs at least {LEAST_BIAS_V} V of either sign")
    rail_V = np.copysign(0.995 * calibration.full_scale_V, bias_V)
    below_rail_V = np.nextafter(rail_V, 0.0)
    return float(conductance_G0(below_rail_V, bias_V, calibration))


def conductance_uncertainty_G0(conductance: ArrayLike, calibration: CurrentCalibration) -> FloatArray:
    """Standard uncertainty of a conductance in G0 from the calibration alone, the same for a whole run.

    dG = G (1 + G G0 R_s) u_gain and G^2 G0 u_Rs, added in quadrature (first order in both).
    """
    g = np.asarray(conductance, dtype=float)
    from_gain = g * (1.0 + g * G0_S * calibration.series_resistance_ohm) * calibration.gain_uncertainty
    from_series = g**2 * G0_S * calibration.series_resistance_uncertainty_ohm
    return np.hypot(from_gain, from_series)
