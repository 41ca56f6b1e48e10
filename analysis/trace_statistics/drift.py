"""Drift with the number of the trace: of the peak, and of the level, noise, bias, start and yield beside it.

A peak whose halves differ by more than their errors is not one number; the scatter of blocks of traces is then its
error.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite, sqrt

import numpy as np

from analysis.distributions import normal_exceeded, student_above
from analysis.line_fit import theil_sen
from analysis.numbers import probability
from analysis.records import FloatArray, Trace
from analysis.statistics.estimate import Estimate, from_resamples, unknown
from analysis.statistics.memory import Memory, memory_of, memory_within
from analysis.statistics.result import (
    Curve,
    LinePicture,
    Number,
    PictureAxis,
    RecordSet,
    ResultTable,
    StatisticResult,
)
from analysis.statistics.statistic import Statistic, StatisticError
from analysis.trace_statistics.window_peak import resampled_peak, window_axis
from analysis.traces.histogram import BinAxis, CountArray, histogram

LEAST_TRACES = 10
APART = 3.0
"""Errors by which two halves must differ for a doubt."""

START_SAMPLES, END_SAMPLES = 5, 500
"""Samples whose median is the start, and the open level, of a trace."""

WITHIN = 50
"""Traces within which the memory of a series is measured for change points: a change itself is no memory."""

_CHI2_LEVEL = 0.0027  # chance at which blocks scatter by more than their errors, as for three errors


@dataclass(frozen=True)
class DriftOptions:
    """Window of the peak, and blocks of the running peak.

    Parameters
    ----------
    window_G0 : tuple of two floats
        Window of the peak.
    least_samples : int
        Samples in the window that a trace needs for a median.
    block_traces : int
        Least number of traces in a block of the running peak.
    open_below_G0 : float
        Conductance below which the end of a trace is open.
    """

    window_G0: tuple[float, float] = (0.7, 1.2)
    least_samples: int = 20
    block_traces: int = 100
    open_below_G0: float = 0.01


@dataclass(frozen=True, eq=False)
class DriftRow:
    """Number, counts in the window, and the quantities that may drift."""

    number: int
    counts: CountArray
    median_G0: float
    values: FloatArray


QUANTITIES = (
    "start (G0)",
    "open level (G0)",
    "open noise, MAD (G0)",
    "bias (V)",
    "samples in the window, log1p",
)


def drift_row(trace: Trace, options: DriftOptions) -> DriftRow:
    """Return the quantities of one trace."""
    g = trace.conductance_G0
    low, high = options.window_G0
    inside = g[(g >= low) & (g < high)]
    counts = histogram([trace], window_axis(low, high)).traces[0].astype(np.int32)
    median = float(np.median(inside)) if inside.size >= options.least_samples else float("nan")
    finite = g[np.isfinite(g)]
    start = float(np.median(finite[:START_SAMPLES])) if finite.size else float("nan")
    tail = finite[-END_SAMPLES:]
    level = float(np.median(tail)) if tail.size else float("nan")
    if not level < options.open_below_G0:
        level = float("nan")
    noise = float(np.median(np.abs(tail - level))) if isfinite(level) else float("nan")
    values = np.array([start, level, noise, trace.bias_V, np.log1p(inside.size)])
    return DriftRow(trace.number, counts, median, values)


@dataclass(frozen=True)
class Trend:
    """Median slope over all pairs (Theil and Sen) for each trace, with its 95 % interval, and Spearman's test.

    ``p`` takes memory between traces into account.
    """

    slope: float
    interval: tuple[float, float]
    rho: float
    p: float
    n: int
    n_eff: float


def trend(numbers: FloatArray, values: FloatArray) -> Trend:
    """Return the trend of values with the number of the trace; NaN counts as missing."""
    from scipy.stats import spearmanr  # slow to import

    good = np.isfinite(values)
    x, y = numbers[good], values[good]
    if y.size < 3 or np.ptp(y) == 0.0:
        return Trend(
            0.0 if y.size > 2 else np.nan, (np.nan, np.nan), np.nan, np.nan, int(y.size), float(y.size)
        )
    slope, *ends = theil_sen(x, y)
    rho = float(spearmanr(x, y).statistic)
    memory = memory_of(y - (np.median(y) + slope * (x - np.median(x))))  # a trend itself is no memory
    widened = sqrt(memory.tau) if memory.block > 1 else 1.0
    low, high = (slope + widened * (end - slope) for end in ends)
    n_eff = y.size / widened**2
    return Trend(slope, (low, high), rho, spearman_p(rho, n_eff), int(y.size), n_eff)


def spearman_p(rho: float, n: float) -> float:
    """Return the two-sided p of Spearman's correlation of ``n`` independent pairs, by Student's t."""
    if n <= 2.0 or not isfinite(rho):
        return float("nan")
    t = abs(rho) * sqrt((n - 2.0) / max(1.0 - rho * rho, 1e-300))
    return min(1.0, 2.0 * student_above(t, n - 2.0))


def running_peaks(
    rows: CountArray, options: DriftOptions, block: int, rng: np.random.Generator
) -> list[Estimate]:
    """Return the peak of successive blocks of traces, with errors from resampled traces."""
    axis = window_axis(*options.window_G0)
    n = max(1, len(rows) // block)
    return [_peak(part, axis, rng) for part in np.array_split(rows, n)]


def _peak(rows: CountArray, axis: BinAxis, rng: np.random.Generator) -> Estimate:
    centre, again, memory = resampled_peak(axis, rows, rng, 100)
    if not isfinite(centre) or np.count_nonzero(np.isfinite(again)) < 50:
        return unknown(len(rows), "the fit of the peak does not settle")
    return from_resamples(centre, again, len(rows), memory.n_eff, memory.method, memory.doubts)


def drift_result(
    rows: Sequence[DriftRow], options: DriftOptions, made_of: RecordSet, rng: np.random.Generator
) -> StatisticResult:
    """Return the trend of the peak, the running peak, and the trends of the other quantities."""
    medians = np.array([row.median_G0 for row in rows])
    if np.count_nonzero(np.isfinite(medians)) < LEAST_TRACES:
        raise StatisticError(
            f"fewer than {LEAST_TRACES} traces have {options.least_samples} samples in {_named(options)}; "
            "choose drift.window_G0"
        )
    numbers = np.arange(len(rows), dtype=float)
    counts = np.array([row.counts for row in rows])
    memory = memory_of(np.log1p(counts.sum(axis=1)))
    block = max(options.block_traces, round(5.0 * memory.tau))
    peaks = running_peaks(counts, options, block, rng)
    whole = _peak(counts, window_axis(*options.window_G0), rng)
    halves = [_peak(half, window_axis(*options.window_G0), rng) for half in np.array_split(counts, 2)]
    doubts = _doubts(halves, peaks)
    peak = _with_scatter(whole, peaks if len(peaks) > 1 else halves) if doubts else whole
    peak = Estimate(
        peak.value, peak.se, peak.interval, peak.n, peak.n_eff, peak.method, (*peak.doubts, *doubts)
    )
    others = np.array([row.values for row in rows])
    named = [(f"median in {_named(options)}", medians), *zip(QUANTITIES, others.T, strict=True)]
    trends = [(name, trend(numbers, values)) for name, values in named]
    slope = trends[0][1]
    per_100 = Estimate(
        100 * slope.slope,
        100 * (slope.interval[1] - slope.interval[0]) / (2 * normal_exceeded(0.025)),
        (100 * slope.interval[0], 100 * slope.interval[1]),
        slope.n,
        slope.n_eff,
        "Theil and Sen",
        () if isfinite(slope.interval[0]) else ("no error could be determined: the traces are alike",),
    )
    ends = np.cumsum([0, *(peak.n for peak in peaks)])
    return StatisticResult(
        "Drift with the number of the trace",
        len(rows),
        [Number("peak", peak, "G0"), Number("drift of the median, per 100 traces", per_100, "G0")],
        [_trend_table(trends), _peak_table(peaks, ends)],
        [_picture(medians, peaks, ends)],
        _remarks(trends, doubts, counts, memory, options),
        {"spearman_rho": slope.rho, "p": slope.p, "running_peak_G0": [peak.value for peak in peaks]},
        options,
        made_of,
    )


def _named(options: DriftOptions) -> str:
    return f"{options.window_G0[0]:g} to {options.window_G0[1]:g} G0"


def _doubts(halves: Sequence[Estimate], peaks: Sequence[Estimate]) -> list[str]:
    """Return doubts on one peak: halves that differ, and blocks that scatter by more than their errors."""
    from scipy.special import chdtrc

    doubts = []
    error = sqrt(halves[0].se ** 2 + halves[1].se ** 2)
    apart = abs(halves[0].value - halves[1].value)
    if apart > APART * error:
        doubts.append(f"the halves of the traces differ by {apart:.3f} G0, {apart / error:.1f} errors")
    known = [peak for peak in peaks if peak.is_known and peak.se > 0]
    if len(known) > 2:
        values, errors = (np.array([getattr(peak, name) for peak in known]) for name in ("value", "se"))
        weights = 1.0 / errors**2
        chi2 = float((weights * (values - np.average(values, weights=weights)) ** 2).sum())
        p = float(chdtrc(len(known) - 1, chi2))
        if p < _CHI2_LEVEL:
            doubts.append(f"blocks of traces scatter by more than their errors (p {probability(p)})")
    return doubts


def _with_scatter(whole: Estimate, peaks: Sequence[Estimate]) -> Estimate:
    """Return the peak with the scatter of the blocks over the root of their number as its error, if that is larger."""
    values = np.array([peak.value for peak in peaks if peak.is_known])
    if values.size < 2:
        return whole
    se = float(values.std(ddof=1)) / sqrt(values.size)
    if not se > whole.se:
        return whole
    half = normal_exceeded(0.025) * se
    interval = whole.value - half, whole.value + half
    return Estimate(whole.value, se, interval, whole.n, float(values.size), "scatter of blocks of traces")


def change_points(values: FloatArray, penalty: float = 3.0) -> list[int]:
    """Return where the level of a series changes (KernelCPD of ruptures, linear kernel).

    A change costs twice the penalty times the noise's variance, the autocorrelation time and ln n.

    Raises
    ------
    StatisticError
        If ruptures is not installed.
    """
    try:
        from ruptures import KernelCPD
    except ImportError:
        raise StatisticError(
            "change points need the package ruptures: python -m pip install 'hotjunction[analysis]'"
        ) from None
    if values.size < 8 or np.ptp(values) == 0.0:
        return []
    noise = float(np.median(np.abs(np.diff(values) - np.median(np.diff(values))))) / 0.954  # of a difference
    noise = noise or float(np.diff(values).std()) / sqrt(
        2.0
    )  # most differences of digitised values are the same
    scaled = (values - values.mean()) / max(noise, 1e-300)
    tau = memory_within(values, np.arange(values.size) // WITHIN).tau
    per_change = 2.0 * penalty * tau * np.log(values.size)
    found = KernelCPD(kernel="linear", min_size=3).fit(scaled[:, None]).predict(pen=per_change)
    return [int(place) for place in found[:-1]]


def _trend_table(trends: Sequence[tuple[str, Trend]]) -> ResultTable:
    return ResultTable(
        "trend of each quantity per 100 traces (Theil and Sen) and Spearman's correlation with the number",
        ("quantity", "traces", "per 100 traces", "95 % interval", "rho", "p"),
        [
            (
                name,
                t.n,
                100 * t.slope,
                _per_100(t.interval),
                t.rho,
                probability(t.p),
            )
            for name, t in trends
        ],
        note="p and intervals take memory between traces into account.",
    )


def _per_100(interval: tuple[float, float]) -> str:
    if not all(map(isfinite, interval)):
        return "unknown"
    return f"{100 * interval[0]:.3g} to {100 * interval[1]:.3g}"


def _peak_table(peaks: Sequence[Estimate], ends: FloatArray) -> ResultTable:
    rows = [(f"{a} to {b - 1}", peak) for (a, b), peak in zip(pairwise(ends), peaks, strict=True)]
    return ResultTable("peak of blocks of traces (G0)", ("traces", "peak (95 % interval)"), rows)


def _picture(medians: FloatArray, peaks: Sequence[Estimate], ends: FloatArray) -> LinePicture:
    middle = (ends[:-1] + ends[1:] - 1) / 2.0
    value, low, high = (
        np.array([f(peak) for peak in peaks], dtype=float)
        for f in (lambda p: p.value, lambda p: p.value - p.se, lambda p: p.value + p.se)
    )
    known = np.flatnonzero(np.isfinite(medians))
    curves = [
        Curve("median of each trace", known.astype(float), medians[known], style="points"),
        Curve("peak of blocks", middle, value, low, high, "points"),
    ]
    return LinePicture("drift", PictureAxis("trace"), PictureAxis("G", "G0"), curves)


def _remarks(
    trends: Sequence[tuple[str, Trend]],
    doubts: Sequence[str],
    counts: CountArray,
    memory: Memory,
    options: DriftOptions,
) -> list[str]:
    remarks = [f"{doubt[:1].upper()}{doubt[1:]}: the peak is not one number." for doubt in doubts]
    drifting = [name for name, t in trends if t.p < 0.05 / len(trends)]
    if drifting:
        remarks.append(f"Drifts (p below 0.05 after correction for their number): {', '.join(drifting)}.")
    else:
        remarks.append("No drift of any of them can be told from chance.")
    try:
        changes = change_points(np.log1p(counts.sum(axis=1).astype(float)))
    except StatisticError as error:
        return [*remarks, f"{error}."]
    if changes:
        remarks.append(
            f"The number of samples in {_named(options)} changes at trace {', '.join(map(str, changes))}."
        )
    return remarks


STATISTIC = Statistic("Drift", DriftOptions(), drift_row, drift_result, live=True)
