"""Alignment of traces at a named conductance: last fall, first fall, or best cross-correlation.

A two-dimensional histogram depends on the choice wherever traces make contact again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatArray, Trace
from analysis.statistics.estimate import share_estimate
from analysis.statistics.memory import bootstrap, memory_of
from analysis.statistics.result import MapPicture, Number, PictureAxis, RecordSet, StatisticResult
from analysis.statistics.statistic import Statistic, StatisticError
from analysis.statistics.survival import medians
from analysis.trace_statistics.plateau import falls_through
from analysis.traces.histogram import BinAxis

LAST, FIRST, CORRELATED = "last", "first", "cross-correlation"
_ROUNDS = 3  # of cross-correlation against the mean of the aligned traces


@dataclass(frozen=True)
class AlignmentOptions:
    """Conductance of the alignment, and range of the map.

    Parameters
    ----------
    threshold_G0 : float
        Conductance of the alignment; the end of a molecular plateau works as well.
    by : str
        "last" or "first" fall through it, or "cross-correlation" with the mean trace.
    before_m : float
        Range of the map before the alignment.
    after_m : float
        Range of the map after the alignment.
    bins : int
        Bins of displacement.
    lowest_G0 : float
        Lower end of the map.
    highest_G0 : float
        Upper end of the map.
    per_decade : int
        Bins in a decade of conductance.
    """

    threshold_G0: float = 0.5
    by: str = LAST
    before_m: float = 0.5e-9
    after_m: float = 2.0e-9
    bins: int = 125
    lowest_G0: float = 1e-5
    highest_G0: float = 10.0
    per_decade: int = 20


@dataclass(frozen=True, eq=False)
class AlignmentRow:
    """Number of falls, first and last displacement (m), sample of each, and log10 G over displacement around it."""

    falls: int
    first_m: float
    last_m: float
    first_sample: int
    last_sample: int
    profile: FloatArray


def alignment_row(trace: Trace, options: AlignmentOptions) -> AlignmentRow:
    """Return the places at which one trace can be aligned."""
    falls = falls_through(trace.conductance_G0, options.threshold_G0)
    if not falls.size:
        return AlignmentRow(0, np.nan, np.nan, -1, -1, np.empty(0))
    first, last = (crossing_m(trace, int(at), options.threshold_G0) for at in (falls[0], falls[-1]))
    at = first if options.by == FIRST else last
    return AlignmentRow(
        int(falls.size), first, last, int(falls[0]), int(falls[-1]), _profile(trace, at, options)
    )


def crossing_m(trace: Trace, fall: int, threshold_G0: float) -> float:
    """Return the displacement at which a trace falls through a threshold, interpolated between two samples (m)."""
    x, g = trace.displacement_m, trace.conductance_G0
    above, below = float(g[fall - 1]), float(g[fall])
    share = (above - threshold_G0) / (above - below) if np.isfinite(above) and above > below else 1.0
    return float(x[fall - 1] + share * (x[fall] - x[fall - 1]))


def _step_m(options: AlignmentOptions) -> float:
    return (options.before_m + options.after_m) / options.bins


def _profile(trace: Trace, at_m: float, options: AlignmentOptions) -> FloatArray:
    """Return the median log10 G in bins of displacement, with as much again to both sides for shifts."""
    margin = options.bins // 2
    step = _step_m(options)
    bins = np.floor((trace.displacement_m - at_m + options.before_m) / step)
    inside = np.isfinite(bins) & np.isfinite(trace.conductance_G0)
    inside &= (bins >= -margin) & (bins < options.bins + margin)
    where = (bins[inside] + margin).astype(np.intp)
    log_g = np.log10(np.maximum(trace.conductance_G0[inside], options.lowest_G0))
    size = options.bins + 2 * margin
    n = np.bincount(where, minlength=size)
    total = np.bincount(where, log_g, minlength=size)
    return np.divide(total, n, out=np.full(size, np.nan), where=n > 0).astype(np.float32)


def best_shifts(profiles: FloatArray, most: int, rounds: int = _ROUNDS) -> NDArray[np.intp]:
    """Return for each profile the shift in bins, at most ``most``, that correlates best with the mean of the others.

    Parameters
    ----------
    profiles : ndarray, shape (n, bins + 2 margin)
        NaN where unknown.
    """
    shifts = np.zeros(len(profiles), dtype=np.intp)
    inner = profiles.shape[1] - 2 * most
    for _ in range(rounds):
        aligned = [p[most + shift : most + shift + inner] for p, shift in zip(profiles, shifts, strict=True)]
        mean = _known_mean(np.stack(aligned), axis=0)
        distances = [
            # least squares: a plateau has no variance by which a correlation could be divided
            _known_mean((profiles[:, most + shift : most + shift + inner] - mean) ** 2, axis=1)
            for shift in range(-most, most + 1)
        ]
        shifts = np.argmin(np.nan_to_num(np.array(distances), nan=np.inf), axis=0) - most
    return shifts


def _known_mean(values: FloatArray, axis: int) -> FloatArray:
    """Return the mean along an axis of the values that are not NaN; NaN without any."""
    n = np.count_nonzero(~np.isnan(values), axis=axis)
    return np.asarray(np.nansum(values, axis=axis) / np.where(n > 0, n, np.nan), dtype=float)


def alignment_result(
    rows: Sequence[AlignmentRow], options: AlignmentOptions, made_of: RecordSet, rng: np.random.Generator
) -> StatisticResult:
    """Return how many traces fall more than once, how far apart, and the map of the aligned traces."""
    if options.by not in (LAST, FIRST, CORRELATED):
        raise StatisticError(f"by {options.by!r} is not one of {LAST}, {FIRST}, {CORRELATED}")
    aligned = [row for row in rows if row.falls and np.isfinite(row.last_m)]
    if not aligned:
        raise StatisticError(
            f"no trace can be aligned: none falls through {options.threshold_G0:g} G0 with a known displacement"
        )
    several = np.array([row.falls > 1 for row in rows])
    memory = memory_of(several.astype(float))
    share = share_estimate(int(several.sum()), len(rows), memory.tau if memory.block > 1 else 1.0)
    apart = np.array([row.last_m - row.first_m if row.falls > 1 else np.nan for row in rows])
    numbers = [Number("traces that fall more than once", share)]
    if several.any():
        median = bootstrap(lambda drawn: medians(apart[drawn]), memory, rng)
        numbers.append(Number("median distance of their first and last fall", median, "nm", 1e-9))
    profiles = np.array([row.profile for row in aligned])
    margin = options.bins // 2
    shifts = np.zeros(len(aligned), dtype=np.intp)
    if options.by == CORRELATED:
        shifts = best_shifts(profiles, margin)
    cut = np.stack([p[margin + s : margin + s + options.bins] for p, s in zip(profiles, shifts, strict=True)])
    remarks = [
        f"{len(aligned)} of {len(rows)} traces are aligned at their {_named(options)} {options.threshold_G0:g} G0."
    ]
    if several.mean() > 0.05:
        remarks.append(
            f"{several.sum()} traces fall through it more than once: the map depends on which fall is chosen (by)."
        )
    return StatisticResult(
        "Alignment",
        len(rows),
        numbers,
        (),
        [_picture(cut, options)],
        remarks,
        {
            "falls": [row.falls for row in rows],
            "first_sample": [row.first_sample for row in rows],
            "last_sample": [row.last_sample for row in rows],
            "shift_m": list(shifts * _step_m(options)),
        },
        options,
        made_of,
    )


def _named(options: AlignmentOptions) -> str:
    if options.by == CORRELATED:
        return "best cross-correlation around their last fall through"
    return f"{options.by} fall through"


def _picture(profiles: FloatArray, options: AlignmentOptions) -> MapPicture:
    axis = BinAxis.log(options.lowest_G0, options.highest_G0, options.per_decade)
    x_edges = np.linspace(-options.before_m, options.after_m, options.bins + 1) * 1e9
    log_edges = np.log10(axis.edges)
    counts = np.full((options.bins, axis.bins), np.nan)
    for column in range(options.bins):
        values = profiles[:, column]
        above = values > log_edges[0] + 1e-5  # not those that were clipped to the lowest conductance
        counts[column] = np.histogram(values[above], log_edges)[0]
    return MapPicture(
        "aligned traces",
        PictureAxis("displacement from the alignment", "nm"),
        PictureAxis("G", "G0", log=True),
        x_edges,
        axis.edges,
        np.where(counts > 0, counts, np.nan),
        "traces per cell",
    )


STATISTIC = Statistic("Alignment", AlignmentOptions(), alignment_row, alignment_result)
