"""Means over junctions, with errors from the junctions themselves.

Junctions differ by more than the thermometer's noise (in their conductance at high bias, in their levels), so the
error of a mean is taken from their scatter, with the two temperature rises and the two powers of a junction kept
together. The mean is weighted by time, as if all records were joined, but every hold keeps its own baseline.
Unequal weights reduce the effective number of junctions: see `analysis.heating.significance`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.distributions import ONE_SIGMA, normal_above, student_exceeded
from analysis.heating.hold_estimate import HoldEstimate
from analysis.heating.points import HeatingPoint
from analysis.heating.thermometer import Thermometer
from analysis.records import FloatArray
from analysis.statistics.junction_mean import (
    FEW_JUNCTIONS,
    LEAST_EFFECTIVE,
    covariance_of_mean,
    effective_number,
    random_effects_weights,
    skewness_of,
    widening_of,
)

RESAMPLES = 4000
"""Number of bootstrap resamples: the error of the error is then 1 %, below that of 100 junctions (7 %)."""

LEAST_FOR_PERCENTILES = 25.0
"""Least effective number of junctions for percentiles of a bootstrap; from fewer they are too narrow: 95 % become 79 %
at five."""


@dataclass(frozen=True, eq=False)
class JunctionTable:
    """Holds as arrays: ``values`` (n, 4) dT+, dT-, Q_Total+, Q_Total-; ``noise_K2`` (n, 2, 2); ``kept_s`` (n,)."""

    values: FloatArray
    noise_K2: FloatArray
    kept_s: FloatArray

    @classmethod
    def of(cls, estimates: Sequence[HoldEstimate]) -> "JunctionTable":
        """Return the table of holds that were not rejected."""
        values = [(e.dT_pos_K, e.dT_neg_K, e.q_total_pos_W, e.q_total_neg_W) for e in estimates]
        noise = [np.asarray(e.covariance_K2, dtype=float) for e in estimates]
        return cls(
            np.array(values, dtype=float).reshape(-1, 4),
            np.array(noise, dtype=float).reshape(-1, 2, 2),
            np.array([e.kept_s for e in estimates], dtype=float),
        )

    def mean(self, weights: FloatArray) -> FloatArray:
        """Return the weighted mean, shape (4,)."""
        means: FloatArray = weights @ self.values / weights.sum()
        return means

    def noise_of_mean_K2(self, weights: FloatArray) -> FloatArray:
        """Return the covariance of the mean temperature rises from the noise of the thermometer alone, (2, 2)."""
        share = weights / weights.sum()
        covariance: FloatArray = np.einsum("n,nij->ij", share**2, self.noise_K2)
        return covariance


def combine(
    estimates: Sequence[HoldEstimate],
    thermometer: Thermometer,
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
) -> HeatingPoint:
    """Average the holds at one amplitude.

    Parameters
    ----------
    estimates : sequence of HoldEstimate
        Rejected holds are left out.
    thermometer : Thermometer
    rng : Generator
        Random numbers for the bootstrap.
    resamples : int

    Raises
    ------
    ValueError
        If no hold is left, or the amplitudes differ.
    """
    used = [e for e in estimates if not e.rejected]
    if not used:
        raise ValueError(f"no hold to average: all {len(estimates)} were rejected")
    amplitudes = {round(abs(e.amplitude_V), 9) for e in used}
    if len(amplitudes) > 1:
        raise ValueError(f"holds at different amplitudes have no common mean: {sorted(amplitudes)} V")
    table = JunctionTable.of(used)
    weights = table.kept_s
    mean, noise = table.mean(weights), table.noise_of_mean_K2(weights)
    covariance, errors_from = scatter_or_noise(table.values, weights, noise)
    rises = np.column_stack([table.values[:, :2], table.values[:, 1] - table.values[:, 0]])
    return HeatingPoint(
        amplitude_V=amplitudes.pop(),
        junctions=len(used),
        mean=mean,
        covariance=covariance,
        errors_from=errors_from,
        interval=_interval(table, covariance, errors_from, rng, resamples),
        noise_covariance_K2=noise,
        thermometer=thermometer,
        kept_s=float(weights.sum()),
        other_means={
            "inverse_variance": table.mean(_inverse_variance(table)),
            "random_effects": table.mean(_random_effects(table)),
            "unweighted": table.mean(np.ones(len(used))),
        },
        resamples=resamples,
        holds=tuple(e.number for e in used),
        effective_junctions=effective_number(weights),
        skewness=tuple(skewness_of(column) for column in rises.T),
        widening=tuple(widening_of(column, weights, rng, resamples) for column in rises.T),
        single_rises_K=table.values[:, :2] if len(used) < FEW_JUNCTIONS else np.empty((0, 2)),
    )


def resampled_means(
    values: FloatArray, weights: FloatArray, rng: np.random.Generator, resamples: int
) -> FloatArray:
    """Return weighted means over as many junctions drawn with replacement, whole rows at a time.

    Parameters
    ----------
    values : ndarray, shape (n, m)
        One row for each junction.
    weights : ndarray, shape (n,)

    Returns
    -------
    ndarray, shape (resamples, m)
    """
    n = len(values)
    drawn = rng.multinomial(n, np.full(n, 1.0 / n), size=resamples) * weights
    means: FloatArray = drawn @ values / drawn.sum(axis=1, keepdims=True)
    return means


def scatter_or_noise(
    values: FloatArray, weights: FloatArray, noise: FloatArray
) -> tuple[FloatArray, Literal["junctions", "noise"]]:
    """Return the covariance of a weighted mean, and its source.

    The source is the scatter of the junctions. It is the noise of the thermometer for one junction, which has no
    scatter, and for fewer than five that happen to agree better than the noise allows.

    Parameters
    ----------
    values : ndarray, shape (n, m)
        One row for each junction, temperature rises first.
    weights : ndarray, shape (n,)
    noise : ndarray, shape (k, k)
        Covariance of the first k means from the noise alone.
    """
    n, m = values.shape
    k = len(noise)
    alone = np.zeros((m, m))
    alone[:k, :k] = noise
    if n < 2:
        return alone, "noise"
    scatter = covariance_of_mean(values, weights)
    if n < FEW_JUNCTIONS and np.trace(scatter[:k, :k]) < np.trace(noise):
        return alone, "noise"
    return scatter, "junctions"


def _interval(
    table: JunctionTable, covariance: FloatArray, errors_from: str, rng: np.random.Generator, resamples: int
) -> FloatArray:
    """Return the central 68 %: percentiles of a bootstrap, or Student's t for few effective junctions.

    NaN if one junction dominates.
    """
    n, effective = len(table.values), effective_number(table.kept_s)
    if errors_from == "junctions" and effective < LEAST_EFFECTIVE - 1e-9:
        return np.full((len(covariance), 2), np.nan)
    if errors_from == "noise" or effective < LEAST_FOR_PERCENTILES:
        wider = 1.0 if errors_from == "noise" else student_exceeded(ONE_SIGMA, effective - 1.0)
        half = wider * np.sqrt(np.diag(covariance))
        mean = table.mean(table.kept_s)
        return np.stack([mean - half, mean + half], axis=1)
    drawn = resampled_means(table.values, table.kept_s, rng, resamples)
    low = normal_above(math.sqrt(n / (n - 1)) * student_exceeded(ONE_SIGMA, effective - 1.0))
    interval: FloatArray = np.percentile(drawn, [100.0 * low, 100.0 * (1.0 - low)], axis=0).T
    return interval


def _inverse_variance(table: JunctionTable) -> FloatArray:
    """Return one weight for each junction, for both polarities; by time if a junction has no noise (a test, a dead
    channel).
    """
    variance = np.trace(table.noise_K2, axis1=1, axis2=2)
    return 1.0 / variance if np.all(variance > 0.0) else table.kept_s


def _random_effects(table: JunctionTable) -> FloatArray:
    """Return weights by the noise and the scatter of the mean of both rises (DerSimonian and Laird); else by time."""
    variance = table.noise_K2.sum(axis=(1, 2)) / 4.0
    if len(variance) < 2 or not np.all(variance > 0.0):
        return table.kept_s
    return random_effects_weights(table.values[:, :2].mean(axis=1), np.sqrt(variance))
