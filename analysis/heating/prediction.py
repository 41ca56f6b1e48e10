"""Prediction of a heating measurement by Landauer's theory: temperature rises and heats against bias and power.

A prediction is for steady bias at either polarity: with levels that switch instantly, the mean over a level is the
steady value. As a function of Q_Total the curve depends on the conductance of the model: one that conducts too well
reaches the same power at a smaller bias, where less of the heat is left on one side. Report both with any agreement.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from analysis.records import FloatArray
from analysis.transport.landauer import currents, linear_response
from analysis.transport.transmission import LevelTransmission, Transmission

_COUPLING_STEPS = 30
_COUPLING_TOLERANCE = 1e-9


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


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Predictions for junctions that differ: arrays of ``junctions`` have shape (n_junctions, n_bias).

    ``conductance_G0`` (n_junctions,) is the low-bias conductance of each, at the temperature of the electrodes.
    """

    junctions: Prediction
    conductance_G0: FloatArray

    @property
    def mean(self) -> Prediction:
        """Prediction for an average over these junctions."""
        return self._over(lambda x: x.mean(axis=0))

    @property
    def spread(self) -> Prediction:
        """Standard deviation of each power between junctions; divided by sqrt(n) it is the error of n junctions."""
        return self._over(lambda x: x.std(axis=0, ddof=1))

    @property
    def spread_dT_K(self) -> tuple[FloatArray, FloatArray]:
        """Standard deviations of dT+ and dT- between junctions, shape (n_bias,) each."""
        return self.spread.dT_pos_K, self.spread.dT_neg_K

    def _over(self, reduction: Callable[[FloatArray], FloatArray]) -> Prediction:
        all_ = self.junctions
        return Prediction(
            all_.bias_V,
            all_.resistance_K_per_W,
            reduction(all_.q_total_pos_W),
            reduction(all_.q_total_neg_W),
            reduction(all_.q_probe_pos_W),
            reduction(all_.q_probe_neg_W),
        )


def predict_ensemble(
    transmission: LevelTransmission,
    bias_V: ArrayLike,
    resistance_K_per_W: float,
    window_G0: tuple[float, float],
    level_spread_eV: float,
    rng: np.random.Generator,
    junctions: int = 300,
    temperature_K: float = 300.0,
) -> Ensemble:
    """Predict junctions with low-bias conductances spread over a window and randomly shifted levels.

    The window restricts the conductance at low bias, but not the position of the levels: two junctions of the same
    conductance, one with near and weakly coupled levels, differ at high bias. That spread, not the thermometer,
    sets the error of a mean over junctions.

    Parameters
    ----------
    transmission : LevelTransmission
        Its couplings are scaled, all by one factor, to give each junction its conductance.
    bias_V : array_like, shape (n_bias,)
        Moduli.
    resistance_K_per_W : float
    window_G0 : tuple of float
        Conductances are drawn uniformly between the two.
    level_spread_eV : float
        Standard deviation of the common shift of all levels of a junction.
    rng : Generator
    junctions : int
    temperature_K : float

    Raises
    ------
    ValueError
        For a window that is not above zero, or that the levels do not reach with any coupling.
    """
    low, high = window_G0
    if not 0.0 < low <= high:
        raise ValueError(f"a window from {low} to {high} G0 holds no conductance; need 0 < low <= high")
    conductances = rng.uniform(low, high, junctions)
    shifts = level_spread_eV * rng.standard_normal(junctions)
    bias = np.atleast_1d(np.asarray(bias_V, dtype=float))
    each = [
        predict(
            _coupled(_shifted(transmission, shift), g, temperature_K), bias, resistance_K_per_W, temperature_K
        )
        for shift, g in zip(shifts, conductances, strict=True)
    ]
    stacked = (
        np.stack([getattr(p, name) for p in each])
        for name in ("q_total_pos_W", "q_total_neg_W", "q_probe_pos_W", "q_probe_neg_W")
    )
    return Ensemble(Prediction(np.abs(bias), resistance_K_per_W, *stacked), conductances)


def _shifted(transmission: LevelTransmission, shift_eV: float) -> LevelTransmission:
    return LevelTransmission(
        [replace(level, energy_eV=level.energy_eV + shift_eV) for level in transmission.levels]
    )


def _scaled(transmission: LevelTransmission, factor: float) -> LevelTransmission:
    return LevelTransmission(
        [
            replace(
                level,
                gamma_probe_eV=factor * level.gamma_probe_eV,
                gamma_substrate_eV=factor * level.gamma_substrate_eV,
            )
            for level in transmission.levels
        ]
    )


def _coupled(
    transmission: LevelTransmission, conductance_G0: float, temperature_K: float
) -> LevelTransmission:
    """Return the same levels with all couplings scaled to give a conductance, by secants in logarithms.

    Off resonance the conductance grows as the square of the couplings, which gives the first step.
    """
    log_factor, slope, previous = 0.0, 2.0, (0.0, 0.0)
    for step in range(_COUPLING_STEPS):
        response = linear_response(_scaled(transmission, np.exp(log_factor)), temperature_K)
        error = float(np.log(response.conductance_G0 / conductance_G0))
        if abs(error) < _COUPLING_TOLERANCE:
            return _scaled(transmission, np.exp(log_factor))
        if step and log_factor != previous[0]:
            slope = max((error - previous[1]) / (log_factor - previous[0]), 0.2)
        previous, log_factor = (log_factor, error), log_factor - error / slope
    raise ValueError(f"no coupling of these levels gives {conductance_G0:g} G0 at {temperature_K:g} K")
