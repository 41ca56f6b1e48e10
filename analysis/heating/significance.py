"""Significance of a mean over junctions against zero: one rule for window, tables, report, JSON and decisions.

The error of a mean over a few junctions is itself estimated from those few. A value "larger than twice its error"
then occurs by chance in 10-12 % of symmetric sets of five. All decisions here use the p-value of Student's t; a
quoted number of standard errors is the one that a normal distribution has at the same p.

Junctions weighted by time do not count equally: see `analysis.statistics.junction_mean`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.distributions import normal_exceeded, student_above, student_exceeded
from analysis.numbers import fixed_decimals, probability
from analysis.statistics.junction_mean import LEAST_EFFECTIVE, SKEWED

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
