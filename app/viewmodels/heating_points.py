"""Heating points as arrays for plots: heats against powers, temperature rises against bias."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from analysis.heating.points import HeatingPoint
from analysis.records import FloatArray

UW, MK = 1e-6, 1e-3
_NONE: FloatArray = np.empty(0)


@dataclass(frozen=True, eq=False)
class PointsSnapshot:
    """Means over junctions for each amplitude, by rising amplitude; arrays of shape (n,).

    Parameters
    ----------
    amplitude_V : ndarray
    junctions : ndarray of int
    q_total_pos_uW, q_total_neg_uW : ndarray
        Power in the junction at positive and negative bias.
    q_probe_pos_uW, q_probe_neg_uW : ndarray
        Heat in the tip.
    sigma_total_pos_uW, sigma_total_neg_uW, sigma_probe_pos_uW, sigma_probe_neg_uW : ndarray
        Statistical errors.
    dT_pos_mK, dT_neg_mK, sigma_pos_mK, sigma_neg_mK : ndarray
        Temperature rises of the tip and their errors.
    """

    amplitude_V: FloatArray = field(default_factory=lambda: _NONE)
    junctions: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=int))
    q_total_pos_uW: FloatArray = field(default_factory=lambda: _NONE)
    q_total_neg_uW: FloatArray = field(default_factory=lambda: _NONE)
    q_probe_pos_uW: FloatArray = field(default_factory=lambda: _NONE)
    q_probe_neg_uW: FloatArray = field(default_factory=lambda: _NONE)
    sigma_total_pos_uW: FloatArray = field(default_factory=lambda: _NONE)
    sigma_total_neg_uW: FloatArray = field(default_factory=lambda: _NONE)
    sigma_probe_pos_uW: FloatArray = field(default_factory=lambda: _NONE)
    sigma_probe_neg_uW: FloatArray = field(default_factory=lambda: _NONE)
    dT_pos_mK: FloatArray = field(default_factory=lambda: _NONE)
    dT_neg_mK: FloatArray = field(default_factory=lambda: _NONE)
    sigma_pos_mK: FloatArray = field(default_factory=lambda: _NONE)
    sigma_neg_mK: FloatArray = field(default_factory=lambda: _NONE)


def points_of(points: Sequence[HeatingPoint]) -> PointsSnapshot:
    """Convert heating points to arrays."""
    if not points:
        return PointsSnapshot()
    errors = np.array([np.sqrt(np.diag(p.covariance)) for p in points]).T
    R_P = np.array([p.thermometer.resistance_K_per_W for p in points])
    dT_pos, dT_neg, q_pos, q_neg = np.array([p.mean for p in points]).T
    return PointsSnapshot(
        amplitude_V=np.array([p.amplitude_V for p in points]),
        junctions=np.array([p.junctions for p in points]),
        q_total_pos_uW=q_pos / UW,
        q_total_neg_uW=q_neg / UW,
        q_probe_pos_uW=dT_pos / R_P / UW,
        q_probe_neg_uW=dT_neg / R_P / UW,
        sigma_total_pos_uW=errors[2] / UW,
        sigma_total_neg_uW=errors[3] / UW,
        sigma_probe_pos_uW=errors[0] / R_P / UW,
        sigma_probe_neg_uW=errors[1] / R_P / UW,
        dT_pos_mK=dT_pos / MK,
        dT_neg_mK=dT_neg / MK,
        sigma_pos_mK=errors[0] / MK,
        sigma_neg_mK=errors[1] / MK,
    )
