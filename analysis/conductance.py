"""Conductance from recorded volts, and the range that the amplifier can measure.

Convention: a positive bias puts the substrate above the grounded probe, and the current is then positive; so is
the output of the current amplifier, unless it inverts. A sample that only bounds the conductance from below
(amplifier railed, or a junction that the series resistance hides from a short) becomes ``inf``: it can be counted,
but never passes for a measured value.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from analysis.constants import G0_S
from analysis.records import FloatArray

LEAST_BIAS_V = 1e-3
"""Least applied bias (of either sign) for a conductance; below it, offset and noise dominate the quotient."""

_SETTINGS = {
    "current_gain_V_per_A": "gain_V_per_A",
    "current_offset_V": "offset_V",
    "current_full_scale_V": "full_scale_V",
    "series_resistance_ohm": "series_resistance_ohm",
    "current_inverting": "inverting",
}

LEAST_JUNCTION_SHARE = 0.01
"""Least share of the applied bias across the junction at which its conductance can be resolved."""


@dataclass(frozen=True)
class CurrentCalibration:
    """Conversion of the current monitor's volts to amperes.

    Parameters
    ----------
    gain_V_per_A : float
        Gain of the current amplifier, without its sign.
    offset_V : float
        Output at zero current, as recorded.
    series_resistance_ohm : float
        All resistance in series with the junction.
    full_scale_V : float
        Output at which the chain (amplifier or converter, whichever comes first) saturates.
    gain_uncertainty : float
        Relative standard uncertainty of the gain; NaN if unknown.
    series_resistance_uncertainty_ohm : float
        Standard uncertainty of the series resistance.
    inverting : bool
        True if a positive current gives a negative output.

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
    inverting: bool = False

    def __post_init__(self) -> None:
        for name in ("gain_V_per_A", "full_scale_V"):
            if not getattr(self, name) > 0.0:
                raise ValueError(f"{name} is {getattr(self, name)}, must be above 0")
        for name in ("series_resistance_ohm", "gain_uncertainty", "series_resistance_uncertainty_ohm"):
            if getattr(self, name) < 0.0:
                raise ValueError(f"{name} is {getattr(self, name)}, must not be negative")

    def after(self, setting: str, value: Any) -> "CurrentCalibration":
        """Return the calibration after a SETTING event of a recording; itself if the event is about something else."""
        field = _SETTINGS.get(setting)
        if field is None:
            return self
        change: dict[str, Any] = {field: bool(value) if field == "inverting" else float(value)}
        return replace(self, **change)

    @property
    def signed_gain_V_per_A(self) -> float:
        """Change of the output per change of the current, negative for an inverting amplifier."""
        return -self.gain_V_per_A if self.inverting else self.gain_V_per_A

    def current_A(self, volts: ArrayLike) -> FloatArray:
        """Return the current in amperes from raw monitor volts of any shape."""
        return (np.asarray(volts, dtype=float) - self.offset_V) / self.signed_gain_V_per_A

    def railed(self, volts: ArrayLike) -> np.ndarray:
        """Return True for each sample at the amplifier's or converter's limit (within 0.5 % of full scale)."""
        return np.abs(np.asarray(volts, dtype=float)) >= 0.995 * self.full_scale_V


def conductance_G0(volts: ArrayLike, bias_V: ArrayLike, calibration: CurrentCalibration) -> FloatArray:
    """Return the conductance G = I / (V - I R_s) in units of G0.

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
    total_S = calibration.current_A(volts) / (bias if biased.all() else np.where(biased, bias, np.nan))
    conductance = _of_junction(total_S, calibration.series_resistance_ohm) / G0_S
    railed = biased & calibration.railed(volts)
    return np.where(railed, np.copysign(np.inf, total_S), conductance) if railed.any() else conductance


def _of_junction(total_S: FloatArray, series_resistance_ohm: float) -> FloatArray:
    """Return the conductance of the junction alone; ``inf`` where it cannot be resolved beside the resistance."""
    if not series_resistance_ohm:
        return total_S
    junction_share = 1.0 - total_S * series_resistance_ohm
    resolved = junction_share > LEAST_JUNCTION_SHARE
    conductance = total_S / np.where(resolved, junction_share, 1.0)
    return np.where(resolved | np.isnan(total_S), conductance, np.inf)


def full_scale_conductance_G0(calibration: CurrentCalibration, bias_V: float) -> float:
    """Return the largest conductance, in G0, that can be measured at this gain and bias.

    It is ``inf`` if the series resistance keeps the amplifier off its rail. A contact threshold above it never fires.

    Raises
    ------
    ValueError
        For a bias below 1 mV, at which no conductance can be measured.
    """
    if not abs(bias_V) >= LEAST_BIAS_V:
        raise ValueError(f"bias is {bias_V} V; a conductance needs at least {LEAST_BIAS_V} V of either sign")
    rail_V = np.copysign(0.995 * calibration.full_scale_V, bias_V * calibration.signed_gain_V_per_A)
    below_rail_V = np.nextafter(rail_V, 0.0)
    return float(conductance_G0(below_rail_V, bias_V, calibration))


def conductance_uncertainty_G0(conductance: ArrayLike, calibration: CurrentCalibration) -> FloatArray:
    """Return the standard uncertainty of a conductance (G0) from the calibration alone, common to a whole run.

    dG = G (1 + G G0 R_s) u_gain and G^2 G0 u_Rs, added in quadrature (first order in both).
    """
    g = np.asarray(conductance, dtype=float)
    from_gain = g * (1.0 + g * G0_S * calibration.series_resistance_ohm) * calibration.gain_uncertainty
    from_series = g**2 * G0_S * calibration.series_resistance_uncertainty_ohm
    return np.hypot(from_gain, from_series)
