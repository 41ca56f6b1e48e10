"""One number with its error: the only form in which a statistic over records states a result."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, nan, sqrt

import numpy as np

from analysis.distributions import normal_exceeded, student_exceeded
from analysis.numbers import UNICODE, Notation, significant, with_error
from analysis.records import FloatArray

ONE_SIGMA = (15.865, 84.135)
"""Percentiles of a 68 % interval."""

TWO_SIDED_95 = (2.5, 97.5)
"""Percentiles of a 95 % interval."""

FEW = 5
"""Number of records below which resamples make no interval."""

RESOLVED = 1e-9
"""Relative difference of resamples up to which they are equal; a scatter of zero is no error of zero."""


@dataclass(frozen=True)
class Estimate:
    """Value with its error.

    Parameters
    ----------
    value : float
        In SI units (conductances in G0); NaN if it cannot be determined.
    se : float
        Standard error (68 %); NaN if unknown.
    interval : tuple of float
        95 % interval.
    n : int
        Number of records.
    n_eff : float
        Number of independent records that would give the same error.
    method : str
        Method of the error, in words.
    doubts : tuple of str
        Reasons to distrust the number, in words.
    """

    value: float
    se: float
    interval: tuple[float, float]
    n: int
    n_eff: float
    method: str
    doubts: tuple[str, ...] = ()

    @property
    def is_known(self) -> bool:
        """True if there is a value."""
        return isfinite(self.value)

    def text(self, scale: float = 1.0, notation: Notation = UNICODE) -> str:
        """Format value and standard error, in units of ``scale``: "0.93 ± 0.01"."""
        return with_error(self.value / scale, self.se / scale, notation)

    def interval_text(self, scale: float = 1.0, notation: Notation = UNICODE) -> str:
        """Format the 95 % interval, in units of ``scale``: "0.91 to 0.95"."""
        low, high = (significant(x / scale, 3, notation) for x in self.interval)
        return f"{low} to {high}"


def unknown(n: int, reason: str) -> Estimate:
    """Return the estimate of a number that cannot be determined, with the reason."""
    return Estimate(nan, nan, (nan, nan), n, nan, "none", (reason,))


def from_resamples(
    value: float,
    resamples: FloatArray,
    n: int,
    n_eff: float,
    method: str,
    doubts: Sequence[str] = (),
) -> Estimate:
    """Return the estimate whose error is that of bootstrap resamples.

    Parameters
    ----------
    value : float
        The number from all records.
    resamples : ndarray, shape (resamples,)
        The same number from each resample; NaN where it could not be determined.
    n, n_eff : int, float
    method : str
    doubts : sequence of str
    """
    good = resamples[np.isfinite(resamples)]
    if n < 2 or good.size < 2:
        return Estimate(value, nan, (nan, nan), n, n_eff, method, (*doubts, "no error could be determined"))
    if np.ptp(good) <= RESOLVED * np.abs(good).max():
        same = "no error could be determined: the records are alike, or differ by less than is resolved"
        return Estimate(value, nan, (nan, nan), n, n_eff, method, (*doubts, same))
    if n < FEW:
        few = f"only {n} records: no interval"
        return Estimate(value, float(good.std(ddof=1)), (nan, nan), n, n_eff, method, (*doubts, few))
    if good.size < 0.9 * resamples.size:
        lost = 100 * (1 - good.size / resamples.size)
        doubts = (*doubts, f"could not be determined in {lost:.0f} % of the resamples")
    low, high = (float(x) for x in np.percentile(good, TWO_SIDED_95))
    return Estimate(value, float(good.std(ddof=1)), (low, high), n, n_eff, method, tuple(doubts))


def mean_estimate(values: FloatArray, n_eff: float | None = None, doubts: Sequence[str] = ()) -> Estimate:
    """Return the mean of independent values with Student's t; the error of a mean, not the spread.

    Parameters
    ----------
    values : ndarray, shape (n,)
        NaN counts as missing.
    n_eff : float, optional
        Effective number of values; their number if not given.
    """
    good = values[np.isfinite(values)]
    number = float(good.size if n_eff is None else min(n_eff, good.size))
    if number < 2:
        mean = float(good.mean()) if good.size else nan
        return Estimate(
            mean, nan, (nan, nan), int(good.size), number, "none", (*doubts, "fewer than two values")
        )
    se = float(good.std(ddof=1)) / sqrt(number)
    mean, half = float(good.mean()), student_exceeded(0.025, number - 1.0) * se
    return Estimate(
        mean, se, (mean - half, mean + half), int(good.size), number, "Student's t", tuple(doubts)
    )


def share_estimate(k: int, n: int, tau: float = 1.0, doubts: Sequence[str] = ()) -> Estimate:
    """Return a share of records with Wilson's interval for the effective number of records.

    Parameters
    ----------
    k, n : int
        Records with a property, and all of them.
    tau : float
        Autocorrelation time of the records: their effective number is ``n / tau``.
    """
    if n == 0:
        return unknown(0, "there are no records")
    tau = max(tau, 1.0)
    n_eff = n / tau
    p, z = k / n, normal_exceeded(0.025)
    low, high = wilson_interval(p, n_eff, z)
    one_low, one_high = wilson_interval(p, n_eff, 1.0)
    method = "Wilson" if tau == 1.0 else f"Wilson for {n_eff:.0f} independent traces"
    return Estimate(p, (one_high - one_low) / 2.0, (low, high), n, n_eff, method, tuple(doubts))


def wilson_interval(share: float, n: float, z: float) -> tuple[float, float]:
    """Return Wilson's interval of a share of ``n`` records, ``z`` standard errors wide to either side."""
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return min(max(0.0, centre - half), share), max(min(1.0, centre + half), share)
