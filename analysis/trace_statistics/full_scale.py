"""Full scale of the amplifier: where conductance was not measured, and levels with traces that were beyond it.

Samples at the rail are lower bounds. They count as overflow, never as a value; bins above the rail are unmeasured,
not empty.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite, log10, nan, sqrt

import numpy as np
from numpy.typing import NDArray

from analysis.numbers import significant
from analysis.records import FloatArray, Trace
from analysis.statistics.censored import fit_censored
from analysis.statistics.estimate import Estimate, share_estimate
from analysis.statistics.memory import memory_of
from analysis.statistics.result import (
    Curve,
    LinePicture,
    Number,
    PictureAxis,
    RecordSet,
    StatisticResult,
)
from analysis.statistics.statistic import Statistic, StatisticError
from analysis.traces.histogram import BinAxis, CountArray, histogram

SAME = 1e-3
"""Relative difference up to which extreme values are the same."""

SHARE = 0.2
"""Share of the traces that must have the same extreme value for it to be a rail."""

AT_RAIL_SAMPLES = 3
"""Number of samples at its extreme value that a trace at the rail has."""


@dataclass(frozen=True)
class FullScaleOptions:
    """Full scale of the amplifier, and the level that is corrected for it.

    Parameters
    ----------
    rail_G0 : float
        Conductance at the amplifier's full scale; found in the traces if not given.
    level_G0 : tuple of two floats, optional
        Range in which the level of each trace is estimated; none if not given.
    least_samples : int
        Samples in that range that a trace needs.
    lowest_G0 : float
        Lower end of the histogram.
    highest_G0 : float
        Upper end of the histogram.
    per_decade : int
        Bins in a decade of conductance.
    """

    rail_G0: float = nan
    level_G0: tuple[float, float] | None = None
    least_samples: int = 20
    lowest_G0: float = 1e-6
    highest_G0: float = 100.0
    per_decade: int = 50


@dataclass(frozen=True, eq=False)
class FullScaleRow:
    """Highest sample and number of samples at it; last contact; median log10 G in the range; counts."""

    highest_G0: float
    at_highest: int
    railed: int
    leaves: bool
    level: float
    censored: bool
    counts: CountArray


def full_scale_row(trace: Trace, options: FullScaleOptions) -> FullScaleRow:
    """Return what one trace tells about the full scale."""
    g = trace.conductance_G0
    finite = g[np.isfinite(g)]
    highest = float(finite.max()) if finite.size else nan
    near = finite >= highest * (1.0 - SAME) if isfinite(highest) and highest > 0 else np.zeros(0, dtype=bool)
    axis = BinAxis.log(options.lowest_G0, options.highest_G0, options.per_decade)
    level, censored = _level(g, highest, options)
    railed = int(np.count_nonzero(np.isposinf(g)))
    return FullScaleRow(
        highest,
        int(np.count_nonzero(near)),
        railed,
        bool(finite.size and np.count_nonzero(~near)),
        level,
        censored,
        histogram([trace], axis).traces[0].astype(np.int32),
    )


def _level(g: FloatArray, highest: float, options: FullScaleOptions) -> tuple[float, bool]:
    """Return the median log10 G of the samples in the range, and True if most of them are at the highest value."""
    if options.level_G0 is None:
        return nan, False
    low, high = options.level_G0
    inside = g[(g >= low) & (g <= high)]
    if inside.size < options.least_samples:
        return nan, False
    rail = options.rail_G0 if isfinite(options.rail_G0) else highest
    beyond = np.isposinf(inside) | (inside >= rail * (1.0 - SAME))
    if 2 * np.count_nonzero(beyond) > inside.size:
        return log10(rail), True
    return float(np.median(np.log10(inside[~np.isposinf(inside)]))), False


def rail_of(highest_G0: FloatArray, at_highest: CountArray) -> float:
    """Return the conductance of the rail, the extreme value that a fifth of the traces share; infinite without one.

    Parameters
    ----------
    highest_G0 : ndarray, shape (n,)
        Highest sample of each trace.
    at_highest : ndarray of int, shape (n,)
        Its number of samples within 0.1 % of that.
    """
    held = highest_G0[(at_highest >= AT_RAIL_SAMPLES) & (highest_G0 > 0)]
    if not held.size:
        return inf
    held = np.sort(held)
    counts = np.searchsorted(held, held * (1.0 + SAME), side="right") - np.arange(held.size)
    best = int(np.argmax(counts))
    if counts[best] < max(SHARE * highest_G0.size, 2):
        return inf
    return float(held[best])


def full_scale_result(
    rows: Sequence[FullScaleRow], options: FullScaleOptions, made_of: RecordSet, rng: np.random.Generator
) -> StatisticResult:
    """Return the rail, the share of traces at it, and the level corrected for those beyond it."""
    if not rows:
        raise StatisticError("there is no trace yet")
    highest = np.array([row.highest_G0 for row in rows])
    at_highest = np.array([row.at_highest for row in rows])
    found = rail_of(highest, at_highest)
    rail = options.rail_G0 if isfinite(options.rail_G0) else found
    railed = np.array([row.railed > 0 for row in rows])
    at_rail = railed | (highest >= rail * (1.0 - SAME)) if isfinite(rail) else railed
    memory = memory_of(at_rail.astype(float))
    share = share_estimate(int(at_rail.sum()), len(rows), memory.tau if memory.block > 1 else 1.0)
    numbers = [Number("share of traces at full scale", share)]
    remarks = _rail_remarks(rail, isfinite(options.rail_G0), rows, at_rail)
    if options.level_G0 is not None:
        numbers += level_numbers(rows, rail)
    counts = np.array([row.counts for row in rows]).mean(axis=0)
    axis = BinAxis.log(options.lowest_G0, options.highest_G0, options.per_decade)
    top = rail if isfinite(rail) else inf
    counts = np.where(axis.edges[1:] > top, np.nan, counts) if isfinite(top) else counts
    picture = LinePicture(
        "histogram below full scale",
        PictureAxis("G", "G0", log=True),
        PictureAxis("counts per bin and trace"),
        [Curve("counts", axis.edges, np.nan_to_num(counts), style="steps")],
        hatched=[(top, options.highest_G0)] if top < options.highest_G0 else [],
    )
    data = {"rail_G0": rail if isfinite(rail) else None, "traces_at_rail": int(at_rail.sum())}
    return StatisticResult("Full scale", len(rows), numbers, (), [picture], remarks, data, options, made_of)


def level_numbers(rows: Sequence[FullScaleRow], rail_G0: float) -> list[Number]:
    """Return mean and spread of log10 G over traces, those beyond the rail as lower bounds.

    Raises
    ------
    StatisticError
        If too few traces are below the rail.
    """
    known = np.array([row.level for row in rows if isfinite(row.level) and not row.censored])
    censored = np.array([row.level for row in rows if row.censored])
    try:
        fit = fit_censored(known, censored)
    except ValueError as error:
        raise StatisticError(f"no level: {error}") from None
    se = fit.mean_se
    doubts = ["most traces are beyond full scale"] if 2 * fit.censored > fit.n else []
    mean = Estimate(
        fit.mean, se, (fit.mean - 1.96 * se, fit.mean + 1.96 * se), fit.n, float(fit.n), "Tobit likelihood",
        tuple(doubts),
    )  # fmt: skip
    sigma_se = fit.sigma * sqrt(max(float(fit.covariance[1, 1]), 0.0))
    spread = Estimate(
        fit.sigma, sigma_se, (fit.sigma - 1.96 * sigma_se, fit.sigma + 1.96 * sigma_se), fit.n, float(fit.n),
        "Tobit likelihood",
    )  # fmt: skip
    return [Number("mean log10 G", mean), Number("spread of log10 G", spread, "decades")]


def _rail_remarks(
    rail: float, given: bool, rows: Sequence[FullScaleRow], at_rail: NDArray[np.bool_]
) -> list[str]:
    if not isfinite(rail):
        if not at_rail.any():
            return ["No full scale is seen: no extreme value is shared by a fifth of the traces."]
        return [f"{at_rail.sum()} traces have samples beyond full scale, which the recorder marked."]
    how = "given" if given else "found: the same extreme value"
    remarks = [
        f"Full scale is {significant(rail, 4)} G0 ({how} in {at_rail.sum()} of {len(rows)} traces). Bins above it are "
        "unmeasured, not empty."
    ]
    stuck = sum(not row.leaves for row in rows)
    if stuck:
        remarks.append(f"{stuck} traces never left full scale: they were in contact throughout.")
    return remarks


STATISTIC = Statistic(
    "Full scale", FullScaleOptions(), full_scale_row, full_scale_result, selected=False, live=True
)
