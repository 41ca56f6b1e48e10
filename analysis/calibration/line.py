"""Straight lines by least squares for calibrations, with errors from the scatter of the points."""

from dataclasses import dataclass

import numpy as np

from analysis.records import FloatArray
from analysis.statistics.junction_mean import few_widening

LEAST_POINTS = 3
"""Least number of points of a line whose error is taken from the scatter about it."""


@dataclass(frozen=True)
class FittedLine:
    """Line y = intercept + slope x with standard errors; ``reduced_chi2`` from the given errors, NaN without any."""

    slope: float
    slope_sigma: float
    intercept: float
    intercept_sigma: float
    reduced_chi2: float


def fit_line(x: FloatArray, y: FloatArray, sigma: FloatArray | None = None) -> FittedLine:
    """Fit a line to points of shape (n,).

    Without errors of the points, the scatter about the line gives them, which of few points is uncertain
    (`few_widening`). With errors, a larger scatter increases the errors of the result; a smaller one does not reduce
    them.

    Raises
    ------
    ValueError
        With fewer than three points, or all at one x.
    """
    if len(x) < LEAST_POINTS or np.ptp(x) == 0.0:
        raise ValueError(
            f"{len(x)} points at {len(np.unique(x))} different x: a line with an error needs three points at two "
            "different x or more"
        )
    weight = np.ones_like(y) if sigma is None else 1.0 / sigma**2
    centre = np.sum(weight * x) / np.sum(weight)
    spread = np.sum(weight * (x - centre) ** 2)
    slope = np.sum(weight * (x - centre) * y) / spread
    mean = np.sum(weight * y) / np.sum(weight)
    chi2 = np.sum(weight * (y - mean - slope * (x - centre)) ** 2) / (len(x) - 2)
    scale = few_widening(len(x) - 1.0) ** 2 * chi2 if sigma is None else max(chi2, 1.0)
    return FittedLine(
        slope=float(slope),
        slope_sigma=float(np.sqrt(scale / spread)),
        intercept=float(mean - slope * centre),
        intercept_sigma=float(np.sqrt(scale * (1.0 / np.sum(weight) + centre**2 / spread))),
        reduced_chi2=float("nan") if sigma is None else float(chi2),
    )
