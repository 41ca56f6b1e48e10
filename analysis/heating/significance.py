"""Significance of a mean over junctions against zero: one rule for window, tables, report, JSON and decisions.

The error of a mean over a few junctions is itself estimated from those few. A value "larger than twice its error"
then occurs by chance in 10-12 % of symmetric sets of five. All decisions here use the p-value of Student's t; a
quoted number of standard errors is the one that a normal distribution has at the same p.

Junctions weighted by time do not count equally. Their effective number is (sum w)^2 / sum w^2, and the error of the
mean is the HC3 one (MacKinnon and White, J. Econometrics 29, 305 (1985)), which allows for a heavy junction that
pulls the mean towards itself.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.distributions import normal_exceeded, skewness, student_above, student_exceeded
from analysis.numbers import fixed_decimals, probability
from analysis.records import FloatArray

LEAST_EFFECTIVE = 3.0
"""Least effective number of junctions for a p-value; with fewer, one of them dominates."""

FEW_JUNCTIONS = 5
"""Number of junctions below which single values are more informative than an error bar."""

SKEWED = 1.0
"""Skewness above which Student's t is too narrow: 95 % intervals of exponential samples have a coverage of 89 %."""

SEEN_SIGMAS = 3.0
"""Standard errors (p < 0.0027) from which an asymmetry counts as detected."""


@dataclass(frozen=True)
class Significance:
    """A mean over junctions against zero.

    Parameters
    ----------
    value, sigma : float
        The mean and its standard error, in one unit.
    junctions : int
    effective : float
        Effective number of junctions; NaN: equal to ``junctions``.
    skewness : float
        Skewness of the junctions' values; NaN if unknown.
    widening : float
        Ratio of the 95 % interval of a bootstrap-t to that of Student's t; at least 1.
    """

    value: float
    sigma: float
    junctions: int
    effective: float = math.nan
    skewness: float = math.nan
    widening: float = 1.0

    @property
    def effective_number(self) -> float:
        """Effective number of junctions."""
        return float(self.junctions) if math.isnan(self.effective) else self.effective

    @property
    def p_value(self) -> float:
        """Probability of a value at least as large, of either sign, by chance; NaN if one junction dominates.

        It comes from Student's t with one degree of freedom fewer than effective junctions.
        """
        if not self.sigma > 0.0 or self.effective_number < LEAST_EFFECTIVE - 1e-9:
            return math.nan
        ratio = abs(self.value) / self.wide_sigma
        return 2.0 * student_above(ratio, self.effective_number - 1.0)

    @property
    def sigmas(self) -> float:
        """Standard errors of a normal distribution at the same p, with the sign of the value; NaN without a p-value."""
        p = self.p_value
        if math.isnan(p):
            return math.nan
        return math.copysign(normal_exceeded(0.5 * max(p, np.finfo(float).tiny)), self.value)

    @property
    def seen(self) -> bool:
        """True if the value counts as different from zero: p below 0.0027."""
        return abs(self.sigmas) >= SEEN_SIGMAS

    @property
    def heavy_tails(self) -> bool:
        """True if the junctions are too skewed for Student's t alone."""
        return abs(self.skewness) > SKEWED

    @property
    def wide_sigma(self) -> float:
        """The standard error, widened so that Student's t gives the intervals; every test against it goes by this."""
        return self.sigma * self.widening

    def interval95(self) -> tuple[float, float]:
        """Return the interval that contains the true value with 95 %; NaN if one junction dominates."""
        if self.effective_number < LEAST_EFFECTIVE - 1e-9:
            return math.nan, math.nan
        half = student_exceeded(0.025, self.effective_number - 1.0) * self.wide_sigma
        return self.value - half, self.value + half

    def words(self) -> str:
        """Return sigmas and p as text, "3.1 sigma, p = 0.002", or the reason why there are none."""
        if math.isnan(self.p_value):
            if not self.sigma > 0.0:
                return "error unknown"
            return f"too few junctions ({self.junctions})" if self.junctions < 4 else "one junction decides"
        return f"{fixed_decimals(abs(self.sigmas), 0.1)} sigma, p = {probability(self.p_value)}"


def equivalent_sigmas(ratio: float, degrees_of_freedom: float) -> float:
    """Return the standard errors of a normal distribution that are as rare as ``ratio`` is with Student's t.

    ``ratio`` is the modulus of a deviation over its estimated error; ``inf`` degrees of freedom leave it unchanged.
    """
    if not math.isfinite(degrees_of_freedom):
        return ratio
    chance = student_above(ratio, degrees_of_freedom)
    return normal_exceeded(chance) if chance > 0.0 else ratio


def effective_number(weights: FloatArray) -> float:
    """Return (sum w)^2 / sum w^2: the number of weights if all are equal, near 1 if one outweighs all others."""
    return float(np.sum(weights) ** 2 / np.sum(weights**2))


def covariance_of_mean(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the HC3 covariance of weighted means, shape (m, m).

    Parameters
    ----------
    values : ndarray, shape (n, m)
        One row for each junction; at least two.
    weights : ndarray, shape (n,)
    """
    share = weights / weights.sum()
    pulled = (values - share @ values) * (share / (1.0 - share))[:, None]
    covariance: FloatArray = pulled.T @ pulled
    return covariance


def skewness_of(values: FloatArray) -> float:
    """Return the skewness of a sample; NaN for fewer than five values, or if all are equal up to rounding."""
    if len(values) < FEW_JUNCTIONS or not np.ptp(values) > 2.0 * np.finfo(float).eps * np.abs(values).max():
        return math.nan
    return skewness(values)


def widening_of(values: FloatArray, weights: FloatArray, rng: np.random.Generator, resamples: int) -> float:
    """Return the ratio of the 95 % interval of a bootstrap-t to that of Student's t; at least 1.

    It is 1 for a sample that is not skewed: Student's t is then correct, and the bootstrap would only add noise.

    Parameters
    ----------
    values, weights : ndarray, shape (n,)
    rng : Generator
        Of one seed, also where it was spawned, all give the same resamples: window and report agree to the last digit.
    resamples : int
    """
    freedom = effective_number(weights) - 1.0
    if not abs(skewness_of(values)) > SKEWED or freedom < LEAST_EFFECTIVE - 1.0:
        return 1.0
    n = len(values)
    times = _restarted(rng).multinomial(n, np.full(n, 1.0 / n), size=resamples)
    share = weights / (times @ weights)[:, None]
    mean = (times * share) @ values
    pulled = (values - mean[:, None]) * share / (1.0 - share)
    sigma = np.sqrt(np.sum(times * pulled**2, axis=1))
    off = np.abs(mean - weights @ values / weights.sum())
    with np.errstate(divide="ignore"):
        ratio = np.where(sigma > 0.0, off / np.where(sigma > 0.0, sigma, 1.0), np.inf)
    return max(1.0, float(np.quantile(ratio, 0.95, method="higher")) / student_exceeded(0.025, freedom))


def _restarted(rng: np.random.Generator) -> np.random.Generator:
    """Return a generator of the same seed, however much was drawn and spawned before."""
    seed = rng.bit_generator.seed_seq
    return np.random.default_rng(seed.entropy) if isinstance(seed, np.random.SeedSequence) else rng


def pooled(
    values: Sequence[float], sigmas: Sequence[float], freedoms: Sequence[float]
) -> tuple[float, float, float]:
    """Return the mean by inverse variance, its standard error, and the degrees of freedom of that error.

    Errors from few junctions contribute few degrees of freedom, in proportion to their weight (Satterthwaite), not to
    their number.
    """
    weights = np.asarray(sigmas, dtype=float) ** -2.0
    total = float(weights.sum())
    lost = float(np.sum(weights**2 / np.asarray(freedoms, dtype=float)))
    return float(weights @ np.asarray(values)) / total, total**-0.5, total**2 / lost if lost else math.inf
