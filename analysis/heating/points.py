"""A point of the heating plot: temperature rises and powers at one amplitude, with their errors.

Statistical and scale errors are kept apart. Statistical errors come from the scatter between junctions (or, if there
are too few, from the noise of the thermometer alone); the scale error comes from the calibration of the tip, is the
same for all points, and cancels in every ratio of two temperature rises.

The two temperature rises share one baseline, the level of zero bias, so their errors are correlated (+1/2 for white
noise): the error of their difference is not that of two independent numbers.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from analysis.heating.significance import Significance
from analysis.heating.thermometer import Thermometer
from analysis.records import FloatArray

_DT_POS, _DT_NEG = np.array([1.0, 0, 0, 0]), np.array([0, 1.0, 0, 0])
_Q_POS, _Q_NEG = np.array([0, 0, 1.0, 0]), np.array([0, 0, 0, 1.0])
_ASYMMETRY = _DT_NEG - _DT_POS


@dataclass(frozen=True, eq=False)
class HeatingPoint:
    """Mean over junctions at one amplitude.

    Parameters
    ----------
    amplitude_V : float
        Modulus of the positive and negative level.
    junctions : int
    mean : ndarray, shape (4,)
        dT+ and dT- in K (positive and negative level against zero bias), Q_Total+ and Q_Total- in W: energy I V
        dissipated in a level over the time in it.
    covariance : ndarray, shape (4, 4)
        Covariance of ``mean``; statistical only, no scale error. Zero in the rows of Q_Total if ``errors_from`` is
        "noise".
    errors_from : "junctions" or "noise"
        Scatter of the junctions, or the thermometer's noise alone if the junctions are too few.
    interval : ndarray, shape (4, 2)
        Central 68 %: from a bootstrap, or by Student's t for few junctions; NaN if one dominates.
    noise_covariance_K2 : ndarray, shape (2, 2)
        Covariance of dT+ and dT- from the noise of the thermometer alone.
    thermometer : Thermometer
    kept_s : float
        Total modulated time.
    other_means : mapping of str to ndarray, shape (4,)
        The mean with other weights: "inverse_variance" (noise), "random_effects" (noise and scatter between
        junctions), "unweighted". They differ if long-lived junctions are not like the others.
    resamples : int
    holds : tuple of int
        Numbers of the holds averaged.
    frequency_Hz : float
        Frequency of the modulation; NaN if the holds differ or it is unknown.
    order : str
        Order of the levels ("+0-"); "" if the holds differ.
    control : str
        Name of the control experiment of the point; "" for the measurement itself.
    date : str
        Day of the last hold, ISO; "" if unknown.
    effective_junctions : float
        (sum w)^2 / sum w^2 of their times; NaN: equal to ``junctions``.
    skewness, widening : tuple of float
        Values for dT+, dT- and dT- - dT+: see `analysis.heating.significance.Significance`.
    single_rises_K : ndarray, shape (n, 2)
        dT+ and dT- of each junction if there are fewer than five; otherwise empty.
    """

    amplitude_V: float
    junctions: int
    mean: FloatArray
    covariance: FloatArray
    errors_from: Literal["junctions", "noise"]
    interval: FloatArray
    noise_covariance_K2: FloatArray
    thermometer: Thermometer
    kept_s: float
    other_means: Mapping[str, FloatArray] = field(default_factory=dict)
    resamples: int = 0
    holds: tuple[int, ...] = ()
    frequency_Hz: float = math.nan
    order: str = ""
    control: str = ""
    date: str = ""
    effective_junctions: float = math.nan
    skewness: tuple[float, ...] = (math.nan,) * 3
    widening: tuple[float, ...] = (1.0,) * 3
    single_rises_K: FloatArray = field(default_factory=lambda: np.empty((0, 2)))

    @property
    def degrees_of_freedom(self) -> float:
        """Effective junctions less one; ``inf`` if the errors are the noise of the thermometer."""
        if self.errors_from == "noise":
            return math.inf
        return self.asymmetry.effective_number - 1.0

    @property
    def asymmetry(self) -> Significance:
        """dT(-) - dT(+) against zero, in K."""
        return self._against_zero(2, self.asymmetry_K, self.asymmetry_sigma_K)

    @property
    def rises(self) -> tuple[Significance, Significance]:
        """dT(+) and dT(-) against zero, in K."""
        return (
            self._against_zero(0, self.dT_pos_K, self.sigma_pos_K),
            self._against_zero(1, self.dT_neg_K, self.sigma_neg_K),
        )

    @property
    def widening_of_both(self) -> float:
        """Widening of numbers that hold both temperature rises: the larger of theirs."""
        return max(self.widening[:2])

    def _against_zero(self, which: int, value: float, sigma: float) -> Significance:
        effective, skewness, widening = self.effective_junctions, self.skewness, self.widening
        return Significance(value, sigma, self.junctions, effective, skewness[which], widening[which])

    @property
    def dT_pos_K(self) -> float:
        """Temperature rise of the tip at positive bias (substrate higher than the probe)."""
        return float(self.mean[0])

    @property
    def dT_neg_K(self) -> float:
        """Temperature rise of the tip at negative bias."""
        return float(self.mean[1])

    @property
    def q_total_pos_W(self) -> float:
        """Power dissipated in the junction at positive bias."""
        return float(self.mean[2])

    @property
    def q_total_neg_W(self) -> float:
        """Power dissipated in the junction at negative bias."""
        return float(self.mean[3])

    @property
    def q_total_W(self) -> float:
        """Power dissipated in the junction, mean of both polarities."""
        return 0.5 * (self.q_total_pos_W + self.q_total_neg_W)

    @property
    def q_probe_pos_W(self) -> float:
        """Heat left in the tip at positive bias, dT/R_P."""
        return self.dT_pos_K / self.thermometer.resistance_K_per_W

    @property
    def q_probe_neg_W(self) -> float:
        """Heat left in the tip at negative bias, dT/R_P."""
        return self.dT_neg_K / self.thermometer.resistance_K_per_W

    @property
    def sigma_pos_K(self) -> float:
        """Standard error of dT+."""
        return self.sigma_of(_DT_POS)

    @property
    def sigma_neg_K(self) -> float:
        """Standard error of dT-."""
        return self.sigma_of(_DT_NEG)

    @property
    def cov_K2(self) -> float:
        """Covariance of dT+ and dT-."""
        return float(self.covariance[0, 1])

    @property
    def covariance_K2(self) -> FloatArray:
        """Covariance of dT+ and dT-, shape (2, 2)."""
        return self.covariance[:2, :2]

    @property
    def asymmetry_K(self) -> float:
        """dT(-) - dT(+): positive if the probe is hotter at negative bias."""
        return self.dT_neg_K - self.dT_pos_K

    @property
    def asymmetry_sigma_K(self) -> float:
        """Standard error of the asymmetry, with the covariance."""
        return self.sigma_of(_ASYMMETRY)

    @property
    def asymmetry_noise_K(self) -> float:
        """Standard error of the asymmetry from the noise of the thermometer alone."""
        return math.sqrt(max(float(_ASYMMETRY[:2] @ self.noise_covariance_K2 @ _ASYMMETRY[:2]), 0.0))

    @property
    def significance(self) -> float:
        """Signed asymmetry in standard errors of a normal distribution at the same p-value; NaN without p-value."""
        return self.asymmetry.sigmas

    @property
    def p_value(self) -> float:
        """Probability of an asymmetry this large, of either sign, by chance; NaN if one junction dominates."""
        return self.asymmetry.p_value

    @property
    def contrast(self) -> float:
        """A = (Q_P+ - Q_P-)/(Q_P+ + Q_P-), free of the scale error; NaN without heat."""
        total = self.dT_pos_K + self.dT_neg_K
        return -self.asymmetry_K / total if total else math.nan

    @property
    def contrast_sigma(self) -> float:
        """Standard error of the contrast, to first order and with the covariance."""
        total = self.dT_pos_K + self.dT_neg_K
        if not total:
            return math.nan
        return self.sigma_of(2.0 / total**2 * (self.dT_neg_K * _DT_POS - self.dT_pos_K * _DT_NEG))

    @property
    def symmetric_K(self) -> float:
        """Temperature rise for half of the power in the tip: Q_Total R_P / 2."""
        return 0.5 * self.q_total_W * self.thermometer.resistance_K_per_W

    @property
    def closure(self) -> float:
        """(dT+ + dT-)/(R_P Q_Total): 1 for an ensemble that is symmetric on average; NaN without power."""
        return (self.dT_pos_K + self.dT_neg_K) / (2.0 * self.symmetric_K) if self.symmetric_K else math.nan

    @property
    def closure_sigma(self) -> float:
        """Statistical error of the closure, in which common variations of a junction's current and heat cancel."""
        if not self.symmetric_K:
            return math.nan
        scale_K = 2.0 * self.symmetric_K
        per_W = 0.5 * self.thermometer.resistance_K_per_W * self.closure
        return self.sigma_of((_DT_POS + _DT_NEG - per_W * (_Q_POS + _Q_NEG)) / scale_K)

    def sigma_of(self, gradient: FloatArray) -> float:
        """Return the standard error of a function of ``mean`` with this gradient, shape (4,)."""
        return math.sqrt(max(float(gradient @ self.covariance @ gradient), 0.0))

    def to_json(self) -> dict[str, Any]:
        """Return content for JSON; unknown numbers are NaN."""
        sigma_q = np.sqrt(np.diag(self.covariance)[2:])
        R_P = self.thermometer.resistance_K_per_W
        return {
            "amplitude_V": self.amplitude_V,
            "junctions": self.junctions,
            "dT_pos_K": self.dT_pos_K,
            "dT_neg_K": self.dT_neg_K,
            "sigma_pos_K": self.sigma_pos_K,
            "sigma_neg_K": self.sigma_neg_K,
            "cov_K2": self.cov_K2,
            "q_total_pos_W": self.q_total_pos_W,
            "q_total_neg_W": self.q_total_neg_W,
            "q_probe_pos_W": self.q_probe_pos_W,
            "q_probe_neg_W": self.q_probe_neg_W,
            "sigma_q_total_pos_W": float(sigma_q[0]),
            "sigma_q_total_neg_W": float(sigma_q[1]),
            "sigma_q_probe_pos_W": self.sigma_pos_K / R_P,
            "sigma_q_probe_neg_W": self.sigma_neg_K / R_P,
            "errors_from": self.errors_from,
            "interval_pos_K": self.interval[0].tolist(),
            "interval_neg_K": self.interval[1].tolist(),
            "noise_sigma_pos_K": math.sqrt(self.noise_covariance_K2[0, 0]),
            "noise_sigma_neg_K": math.sqrt(self.noise_covariance_K2[1, 1]),
            "noise_cov_K2": float(self.noise_covariance_K2[0, 1]),
            "asymmetry_K": self.asymmetry_K,
            "asymmetry_sigma_K": self.asymmetry_sigma_K,
            "asymmetry_noise_sigma_K": self.asymmetry_noise_K,
            "interval95_pos_K": list(self.rises[0].interval95()),
            "interval95_neg_K": list(self.rises[1].interval95()),
            "asymmetry_interval95_K": list(self.asymmetry.interval95()),
            "significance": self.significance,
            "p_value": self.p_value,
            "asymmetry_words": self.asymmetry.words(),
            "effective_junctions": self.asymmetry.effective_number,
            "skewness": list(self.skewness),
            "widening": list(self.widening),
            "single_rises_K": self.single_rises_K.tolist(),
            "contrast": self.contrast,
            "contrast_sigma": self.contrast_sigma,
            "symmetric_K": self.symmetric_K,
            "closure": self.closure,
            "closure_sigma": self.closure_sigma,
            "kept_s": self.kept_s,
            "frequency_Hz": self.frequency_Hz,
            "order": self.order,
            "control": self.control,
            "date": self.date,
            "resamples": self.resamples,
            "holds": list(self.holds),
            "other_means": {
                name: dict(zip(_MEANS, mean.tolist(), strict=True)) for name, mean in self.other_means.items()
            },
        }


_MEANS = ("dT_pos_K", "dT_neg_K", "q_total_pos_W", "q_total_neg_W")
