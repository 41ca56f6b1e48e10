"""Means over junctions, with errors from the junctions themselves.

Junctions differ by more than the thermometer's noise (their conductance at high bias, their levels), so that the
error of a mean is found by drawing junctions anew, each with its two temperature rises and its two powers
together. The mean is weighted by time, as if all records had been joined, but every hold keeps its own baseline.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from analysis.heating.estimator import HoldEstimate
from analysis.heating.points import HeatingPoint
from analysis.heating.thermometer import Thermometer
from analysis.records import FloatArray

RESAMPLES = 4000
"""Of the bootstrap: the error of the error is then 1 %, less than 100 junctions leave open (7 %)."""

LEAST_JUNCTIONS = 5
"""With fewer the scatter between junctions is hardly known; below two it is not known at all."""

_ONE_SIGMA = float(stats.norm.cdf(-1.0))


@dataclass(frozen=True, eq=False)
class JunctionTable:
    """Holds as arrays: ``values`` (n, 4) dT+, dT-, Q_Total+, Q_Total-; ``noise_K2`` (n, 2, 2); ``kept_s`` (n,)."""

    values: FloatArray
    noise_K2: FloatArray
    kept_s: FloatArray

    @classmethod
    def of(cls, estimates: Sequence[HoldEstimate]) -> "JunctionTable":
        """Of holds that were not rejected."""
        values = [(e.dT_pos_K, e.dT_neg_K, e.q_total_pos_W, e.q_total_neg_W) for e in estimates]
        noise = [np.asarray(e.covariance_K2, dtype=float) for e in estimates]
        return cls(
            np.array(values, dtype=float).reshape(-1, 4),
            np.array(noise, dtype=float).reshape(-1, 2, 2),
            np.array([e.kept_s for e in estimates], dtype=float),
        )

    def mean(self, weights: FloatArray) -> FloatArray:
        """Shape (4,)."""
        means: FloatArray = weights @ self.values / weights.sum()
        return means

    def noise_of_mean_K2(self, weights: FloatArray) -> FloatArray:
        """Covariance of the mean temperature rises that the noise of the thermometer alone gives, (2, 2)."""
        share = weights / weights.sum()
        covariance: FloatArray = np.einsum("n,nij->ij", share**2, self.noise_K2)
        return covariance


def combine(
    estimates: Sequence[HoldEstimate],
    thermometer: Thermometer,
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
) -> HeatingPoint:
    """Mean of the holds at one amplitude.

    Parameters
    ----------
    estimates : sequence of HoldEstimate
        Rejected ones are left out.
    thermometer : Thermometer
    rng : Generator
        Of the bootstrap.
    resamples : int

    Raises
    ------
    ValueError
        If no hold is left, or the amplitudes differ.
    """
    used = [e for e in estimates if not e.rejected]
    if not used:
        raise ValueError(f"none of {len(estimates)} holds is left to average")
    amplitudes = {round(abs(e.amplitude_V), 9) for e in used}
    if len(amplitudes) > 1:
        raise ValueError(f"holds at different amplitudes have no common mean: {sorted(amplitudes)} V")
    table = JunctionTable.of(used)
    weights = table.kept_s
    mean, noise = table.mean(weights), table.noise_of_mean_K2(weights)
    drawn = resampled_means(table.values, weights, rng, resamples)
    covariance, errors_from = _covariance(drawn, noise, len(used))
    return HeatingPoint(
        amplitude_V=amplitudes.pop(),
        junctions=len(used),
        mean=mean,
        covariance=covariance,
        errors_from=errors_from,
        interval=_interval(drawn, mean, covariance, len(used), errors_from),
        noise_covariance_K2=noise,
        thermometer=thermometer,
        kept_s=float(weights.sum()),
        other_means={
            "inverse_variance": table.mean(_inverse_variance(table)),
            "unweighted": table.mean(np.ones(len(used))),
        },
        resamples=resamples,
        holds=tuple(e.number for e in used),
    )


def resampled_means(
    values: FloatArray, weights: FloatArray, rng: np.random.Generator, resamples: int
) -> FloatArray:
    """Weighted means over as many junctions drawn with replacement, whole rows at a time.

    Parameters
    ----------
    values : ndarray, shape (n, m)
        A row a junction.
    weights : ndarray, shape (n,)

    Returns
    -------
    ndarray, shape (resamples, m)
    """
    n = len(values)
    drawn = rng.multinomial(n, np.full(n, 1.0 / n), size=resamples) * weights
    means: FloatArray = drawn @ values / drawn.sum(axis=1, keepdims=True)
    return means


def _covariance(
    drawn: FloatArray, noise_K2: FloatArray, n: int
) -> tuple[FloatArray, Literal["junctions", "noise"]]:
    """From the junctions where they can tell. Resampling n of n misses the share 1/n of a variance."""
    noise = np.zeros((4, 4))
    noise[:2, :2] = noise_K2
    if n < 2:
        return noise, "noise"
    scatter = np.cov(drawn, rowvar=False) * n / (n - 1)
    if n < LEAST_JUNCTIONS and np.trace(scatter[:2, :2]) < np.trace(noise_K2):
        return (
            noise,
            "noise",
        )  # a few junctions that happen to agree are no better known than the noise allows
    return scatter, "junctions"


def _interval(
    drawn: FloatArray, mean: FloatArray, covariance: FloatArray, n: int, errors_from: str
) -> FloatArray:
    """Percentiles, set wider for few junctions as Student's t is (Hesterberg, Am. Stat. 69, 371 (2015))."""
    if errors_from == "noise":
        sigma = np.sqrt(np.diag(covariance))
        return np.stack([mean - sigma, mean + sigma], axis=1)
    low = stats.norm.cdf(math.sqrt(n / (n - 1)) * stats.t.ppf(_ONE_SIGMA, n - 1))
    interval: FloatArray = np.percentile(drawn, [100.0 * low, 100.0 * (1.0 - low)], axis=0).T
    return interval


def _inverse_variance(table: JunctionTable) -> FloatArray:
    """One weight a junction, for both polarities; those without noise (a test, a dead channel) by time."""
    variance = np.trace(table.noise_K2, axis1=1, axis2=2)
    return 1.0 / variance if np.all(variance > 0.0) else table.kept_s
