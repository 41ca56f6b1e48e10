"""Means over junctions with an error that covers: few junctions, skewed ones, unequal weights.

Student's t serves for few. Where the sample is skewed it is too narrow, and the wider of it and a bootstrap-t counts.
Percentiles of a bootstrap are not used: from five values their 95 % cover 79 %.

Junctions weighted by time do not count equally. Their effective number is (sum w)^2 / sum w^2, and the error of the
mean is the HC3 one (MacKinnon and White, J. Econometrics 29, 305 (1985)), which allows for a heavy junction that
pulls the mean towards itself.
"""

import math

import numpy as np

from analysis.distributions import ONE_SIGMA, normal_above, skewness, student_exceeded
from analysis.records import FloatArray
from analysis.statistics.estimate import Estimate, unknown

LEAST_EFFECTIVE = 3.0
"""Least effective number of junctions for a p-value; with fewer, one of them dominates."""

FEW_JUNCTIONS = 5
"""Number of junctions below which single values are more informative than an error bar."""

SKEWED = 1.0
"""Skewness above which Student's t is too narrow: 95 % intervals of exponential samples have a coverage of 89 %."""

FACTOR, ENOUGH_FOR_FACTORS = 5.0, 25.0
"""Ratio of positive values from which fewer than 25 junctions may lack the few large ones that make the mean."""

RESAMPLES = 2000
"""Number of resamplings of the bootstrap-t of a skewed sample."""


def junction_mean(
    values: FloatArray,
    rng: np.random.Generator,
    weights: FloatArray | None = None,
    resamples: int = RESAMPLES,
) -> Estimate:
    """Return the mean over junctions with its standard error and 95 % interval.

    Fewer than five junctions have no interval, and neither has a mean that one junction dominates: the doubt lists the
    values.

    Parameters
    ----------
    values : ndarray, shape (n,)
        One for each junction; NaN counts as missing. Quantities that differ by factors belong in logarithms.
    rng : Generator
    weights : ndarray, shape (n,), optional
        Equal if not given.
    resamples : int
    """
    good = np.isfinite(values)
    x = np.asarray(values, dtype=float)[good]
    w = np.ones(x.size) if weights is None else np.asarray(weights, dtype=float)[good]
    if not x.size:
        return unknown(0, "no junction has a value")
    mean, number = float(w @ x / w.sum()), effective_number(w)
    if x.size < 2:
        return Estimate(mean, math.nan, (math.nan, math.nan), 1, 1.0, "none", ("a single junction",))
    if weights is None:
        se = float(x.std(ddof=1)) / math.sqrt(x.size)
    else:
        se = math.sqrt(float(covariance_of_mean(x[:, None], w)[0, 0]))
    none = math.nan, math.nan
    if x.size < FEW_JUNCTIONS:
        listed = ", ".join(f"{value:.3g}" for value in x)
        return Estimate(mean, se, none, x.size, number, "scatter of junctions", (f"only {x.size}: {listed}",))
    if number < LEAST_EFFECTIVE - 1e-9:
        return Estimate(mean, se, none, x.size, number, "scatter of junctions", ("one junction decides",))
    wider = widening_of(x, w, rng, resamples)
    half = student_exceeded(0.025, number - 1.0) * se * wider
    method = "Student's t" if weights is None else "HC3 and Student's t"
    doubts: tuple[str, ...] = ()
    if number < ENOUGH_FOR_FACTORS and x.min() > 0.0 and x.max() > FACTOR * x.min():
        doubts = (
            f"values differ by a factor of {x.max() / x.min():.0f}: the interval may be too short; average logarithms",
        )
    if abs(skewness_of(x)) > SKEWED:
        method += ", bootstrap-t"
        doubts += (f"skewed: the median is {np.median(x):.3g}, Hodges and Lehmann's {hodges_lehmann(x):.3g}",)
    return Estimate(mean, se * wider, (mean - half, mean + half), x.size, number, method, doubts)


def one_sigma_half(estimate: Estimate) -> float:
    """Return half the 68 % interval of a mean by Student's t: larger than the standard error for few junctions."""
    if math.isnan(estimate.se) or estimate.n_eff < 2.0:
        return math.nan
    return student_exceeded(ONE_SIGMA, estimate.n_eff - 1.0) * estimate.se


def few_widening(effective: float) -> float:
    """Return the factor of a standard error from few junctions, two of which then hold the truth as two sigma do.

    It is that of Student's t with one degree of freedom fewer than effective junctions, and of at least one.
    """
    return student_exceeded(normal_above(2.0), max(effective - 1.0, 1.0)) / 2.0


def error_beyond_noise(scatter: float, noise: float, effective: float) -> float:
    """Return the standard error of a mean over junctions whose noise is known.

    What few of them scatter beyond their noise is an uncertain measure of how much they differ (`few_widening`); those
    that agree by chance do not make the error smaller.

    Parameters
    ----------
    scatter, noise : float
        Standard errors of the mean by the scatter of the junctions, and by their noise.
    effective : float
        Effective number of junctions.
    """
    return math.hypot(noise, few_widening(effective) * math.sqrt(max(scatter**2 - noise**2, 0.0)))


def hodges_lehmann(values: FloatArray) -> float:
    """Return the median of the means of all pairs, each value with itself included: a centre that outliers spare."""
    first, second = np.triu_indices(values.size)
    return float(np.median(0.5 * (values[first] + values[second])))


def random_effects_weights(values: FloatArray, sigmas: FloatArray) -> FloatArray:
    """Return weights 1/(tau^2 + s_i^2) with the variance tau^2 between junctions by DerSimonian and Laird.

    Control. Clin. Trials 7, 177 (1986). Where junctions differ by more than their noise, all count nearly alike.

    Parameters
    ----------
    values, sigmas : ndarray, shape (n,)
        Values of junctions with the standard errors of their noise.
    """
    w = np.asarray(sigmas, dtype=float) ** -2.0
    mean = w @ values / w.sum()
    excess = float(w @ (values - mean) ** 2) - (values.size - 1)
    tau2 = max(0.0, excess / float(w.sum() - (w @ w) / w.sum()))
    return np.asarray(1.0 / (tau2 + np.asarray(sigmas, dtype=float) ** 2))


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
    share = np.where(times > 0, weights / (times @ weights)[:, None], 0.0)
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
