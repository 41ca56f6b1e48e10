"""Slope of tunnelling after the break: decades of conductance per nanometre, a line through each trace.

In vacuum and air a gold contact has about 8.7 decades/nm (20/nm); a known slope calibrates the distance. Where the
slopes of the traces are not one population there is no calibration.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, log, nan

import numpy as np

from analysis.records import FloatArray, Trace
from analysis.statistics.estimate import Estimate
from analysis.statistics.memory import bootstrap, memory_of
from analysis.statistics.result import (
    Curve,
    LinePicture,
    Number,
    PictureAxis,
    RecordSet,
    ResultTable,
    StatisticResult,
    step_edges,
)
from analysis.statistics.statistic import Statistic, StatisticError
from analysis.statistics.survival import medians
from analysis.traces.histogram import last_opening

ONE_POPULATION = 2.0
"""Largest ratio of the upper to the lower quartile for which the slopes are one population."""


@dataclass(frozen=True)
class SlopeOptions:
    """Range of the fit, and a known decay to calibrate with.

    Parameters
    ----------
    high_G0 : float
        Upper end of the fit.
    low_G0 : float
        Lower end of the fit.
    least_samples : int
        Samples in the range that a trace needs.
    known_beta_per_nm : float
        Known decay constant of the current, which calibrates the displacement.
    """

    high_G0: float = 0.1
    low_G0: float = 1e-3
    least_samples: int = 10
    known_beta_per_nm: float = nan


def slope_row(trace: Trace, options: SlopeOptions) -> float:
    """Return the slope of log10 G, in decades/nm, from the last fall through the upper limit to the first sample below
    the lower one; NaN without enough samples.
    """
    fall = last_opening(trace.conductance_G0, options.high_G0)
    if fall is None:
        return nan
    g, x = trace.conductance_G0[fall:], trace.displacement_m[fall:] * 1e9
    below = np.flatnonzero(g < options.low_G0)
    end = int(below[0]) if below.size else g.size
    inside = (g >= options.low_G0) & np.isfinite(g) & np.isfinite(x) & (np.arange(g.size) < end)
    if np.count_nonzero(inside) < options.least_samples:
        return nan
    return least_squares_slope(x[inside], np.log10(g[inside]))


def least_squares_slope(x: FloatArray, y: FloatArray) -> float:
    """Return the slope of the line of least squares; NaN if ``x`` does not vary."""
    off = x - x.mean()
    square = float(off @ off)
    return float(off @ y) / square if square > 0.0 else nan


def slope_result(
    rows: Sequence[float], options: SlopeOptions, made_of: RecordSet, rng: np.random.Generator
) -> StatisticResult:
    """Return median and quartiles of the slopes, the decay constant, and the calibration if there is one."""
    slopes = np.array(rows, dtype=float)
    known = slopes[np.isfinite(slopes)]
    if known.size < 3:
        raise StatisticError(
            f"{known.size} of {slopes.size} traces have {options.least_samples} samples between "
            f"{options.low_G0:g} and {options.high_G0:g} G0 after their break; no slope"
        )
    memory = memory_of(known)
    lower, upper = (float(q) for q in np.quantile(known, (0.25, 0.75)))
    one = upper < 0.0 and lower / upper < ONE_POPULATION
    doubts = [] if one else ["the slopes are not one population"]
    slope = bootstrap(lambda drawn: medians(known[drawn]), memory, rng)
    slope = Estimate(
        slope.value, slope.se, slope.interval, slope.n, slope.n_eff, slope.method, (*slope.doubts, *doubts)
    )
    beta = scaled(slope, -log(10.0))
    numbers = [Number("median slope", slope, "decades/nm"), Number("decay constant beta", beta, "1/nm")]
    remarks = [f"{known.size} of {slopes.size} traces have a slope."]
    if not one:
        remarks.append(
            f"The slopes are not one population (quartiles {lower:.3g} and {upper:.3g} decades/nm): they calibrate "
            "no distance."
        )
    elif isfinite(options.known_beta_per_nm):
        numbers.append(
            Number("true distance per displacement", scaled(beta, 1.0 / options.known_beta_per_nm))
        )
    table = ResultTable(
        "slopes in decades/nm",
        ("traces", "lower quartile", "median", "upper quartile"),
        [(int(known.size), lower, slope.value, upper)],
    )
    return StatisticResult(
        "Tunnelling slope",
        slopes.size,
        numbers,
        [table],
        [_picture(known)],
        remarks,
        {"quartiles_decades_per_nm": [lower, upper], "one_population": one},
        options,
        made_of,
    )


def scaled(estimate: Estimate, factor: float) -> Estimate:
    """Return an estimate in other units."""
    low, high = sorted(factor * end for end in estimate.interval)
    return Estimate(
        factor * estimate.value,
        abs(factor) * estimate.se,
        (low, high),
        estimate.n,
        estimate.n_eff,
        estimate.method,
        estimate.doubts,
    )


def _picture(slopes: FloatArray) -> LinePicture:
    low, high = np.quantile(slopes, (0.02, 0.98))
    if not low < high:
        low, high = low - 1.0, high + 1.0
    counts, edges = np.histogram(slopes, np.linspace(low, high, max(6, min(40, slopes.size // 5)) + 1))
    centres = (edges[:-1] + edges[1:]) / 2.0
    return LinePicture(
        "tunnelling slopes",
        PictureAxis("slope", "decades/nm"),
        PictureAxis("traces"),
        [Curve("traces", step_edges(centres), counts.astype(float), style="steps")],
    )


STATISTIC = Statistic("Tunnelling slope", SlopeOptions(), slope_row, slope_result)
