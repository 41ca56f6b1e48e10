"""Prediction of a heating measurement by Landauer's theory: temperature rises and heats against bias and power.

A prediction is for steady bias at either polarity: with levels that switch instantly, the mean over a level is the
steady value. As a function of Q_Total the curve depends on the conductance of the model: one that conducts too well
reaches the same power at a smaller bias, where less of the heat is left on one side. Report both with any agreement.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.records import FloatArray
from analysis.transport.landauer import currents
from analysis.transport.transmission import Transmission


@dataclass(frozen=True, eq=False)
class Prediction:
    """Powers and temperature rises at each bias; arrays of the shape of ``bias_V`` (positive).

    Parameters
    ----------
    bias_V : ndarray
    resistance_K_per_W : float
        R_P of the tip.
    q_total_pos_W, q_total_neg_W, q_probe_pos_W, q_probe_neg_W : ndarray
        At positive and at negative bias of this modulus.
    """

    bias_V: FloatArray
    resistance_K_per_W: float
    q_total_pos_W: FloatArray
    q_total_neg_W: FloatArray
    q_probe_pos_W: FloatArray
    q_probe_neg_W: FloatArray

    @property
    def dT_pos_K(self) -> FloatArray:
        """Q_P R_P at positive bias."""
        return self.q_probe_pos_W * self.resistance_K_per_W

    @property
    def dT_neg_K(self) -> FloatArray:
        """Q_P R_P at negative bias."""
        return self.q_probe_neg_W * self.resistance_K_per_W

    @property
    def asymmetry_K(self) -> FloatArray:
        """dT(-) - dT(+)."""
        return self.dT_neg_K - self.dT_pos_K

    @property
    def symmetric_K(self) -> FloatArray:
        """Temperature rise for half of the power in the tip: R_P Q_Total / 2, Q_Total the mean of both polarities."""
        return symmetric_line_K(0.5 * (self.q_total_pos_W + self.q_total_neg_W), self.resistance_K_per_W)


def predict(
    transmission: Transmission,
    bias_V: ArrayLike,
    resistance_K_per_W: float,
    temperature_K: float = 300.0,
) -> Prediction:
    """Predict the temperature rises of the tip for one transmission.

    Parameters
    ----------
    transmission : Transmission
    bias_V : array_like
        Moduli; each is used with both signs. At positive bias the substrate is at the higher potential.
    resistance_K_per_W : float
        R_P; the warming of the tip is too small to change the currents.
    temperature_K : float
        Temperature of both electrodes.
    """
    bias = np.abs(np.asarray(bias_V, dtype=float))
    both = currents(transmission, np.stack([bias, -bias]), temperature_K, temperature_K)
    total, probe = both.heat_total_W, both.heat_probe_W
    return Prediction(bias, resistance_K_per_W, total[0], total[1], probe[0], probe[1])


def symmetric_line_K(q_total_W: ArrayLike, resistance_K_per_W: float) -> FloatArray:
    """Return the temperature rise for half of the power in either electrode: R_P Q_Total / 2 (not Q_Total / 2 R_P)."""
    return 0.5 * resistance_K_per_W * np.asarray(q_total_W, dtype=float)


def bias_for_power_V(
    transmission: Transmission, q_total_W: ArrayLike, largest_V: float, temperature_K: float = 300.0
) -> FloatArray:
    """Return the bias of a given power (mean of both polarities), by interpolation on 400 biases; NaN beyond.

    Parameters
    ----------
    transmission : Transmission
    q_total_W : array_like
    largest_V : float
        Largest bias to search.
    """
    bias = np.linspace(0.0, largest_V, 400)
    predicted = predict(transmission, bias, 1.0, temperature_K)
    power = 0.5 * (predicted.q_total_pos_W + predicted.q_total_neg_W)
    # The root of the power is nearly linear in the bias.
    roots = np.sqrt(np.asarray(q_total_W, dtype=float))
    interpolated: FloatArray = np.interp(roots, np.sqrt(power), bias, right=np.nan)
    return interpolated
