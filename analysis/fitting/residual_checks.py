"""Checks that the residuals of a fit match the noise that its errors assume: equal everywhere, and independent."""

import numpy as np

from analysis.distributions import normal_above
from analysis.fitting.families import Family
from analysis.fitting.problem import Problem
from analysis.numbers import probability
from analysis.records import FloatArray

_LEAST = 12  # currents; fewer do not suffice to judge their noise
_NOTICED = 0.003  # probability by chance
_ROUNDING = 1e-9  # of the largest current: residuals below are not noise


def remarks_on_noise(problem: Problem[Family], residual: FloatArray) -> list[str]:
    """Return remarks if the residuals of the currents grow with |I|, or those of neighbouring voltages are correlated.

    ``residual`` is that of an `analysis.fitting.problem.Evaluation`.
    """
    current = problem.data.current
    if current is None or current.current_A.size < _LEAST:
        return []
    order = np.argsort(current.voltage_V, kind="stable")
    left = residual[: order.size][order]
    if not problem.data.sigma_known and np.sqrt(np.mean(left**2)) < _ROUNDING:
        return []
    remarks = []
    grows, p = growth(np.abs(current.current_A)[order], left)
    if not problem.data.sigma_known and p < _NOTICED:
        remarks.append(
            f"The residuals grow with |I| (rank correlation {grows:+.2f}, p = {probability(p)}): the errors assume "
            "equal noise at every voltage. Give --relative-error, a column sigma, or several curves."
        )
    correlation, p = lag_one(left)
    if p < _NOTICED:
        remarks.append(
            f"Residuals of neighbouring voltages are correlated (autocorrelation {correlation:+.2f}, "
            f"p = {probability(p)}): the model misses the curve, or its noise is correlated. The errors assume neither "
            "and are too small; errors from several curves, one file for each junction, do not depend on this "
            "assumption."
        )
    return remarks


def growth(size: FloatArray, residual: FloatArray) -> tuple[float, float]:
    """Return the rank correlation of |residual| with the size of the signal, and its one-sided probability by
    chance.
    """
    from scipy.stats import spearmanr  # slow to import

    if np.ptp(size) == 0:
        return 0.0, 1.0
    rank = spearmanr(size, np.abs(residual), alternative="greater")
    return float(rank.statistic), float(rank.pvalue)


def lag_one(residual: FloatArray) -> tuple[float, float]:
    """Return the autocorrelation of neighbours by their ranks, and its one-sided probability by chance.

    Ranks are used so that noise that differs between voltages does not appear correlated.
    """
    ranks = np.argsort(np.argsort(residual)).astype(float)
    ranks -= ranks.mean()
    n = residual.size
    r = float(ranks[:-1] @ ranks[1:] / (ranks @ ranks))
    return r, normal_above((r + 1 / n) * np.sqrt(n))
