"""Temporal histogram: the conductance histogram of windows of successive traces, side by side.

It is what an analyst looks at first: a tip that changes shape, a sample that runs dry, a gain that was switched.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatArray, Trace
from analysis.statistics.estimate import Estimate, unknown
from analysis.statistics.memory import bootstrap, memory_of, memory_within
from analysis.statistics.result import (
    Curve,
    LinePicture,
    MapPicture,
    Number,
    PictureAxis,
    RecordSet,
    ResultTable,
    StatisticResult,
)
from analysis.statistics.several import holm
from analysis.statistics.statistic import Statistic, StatisticError
from analysis.traces.histogram import BinAxis, CountArray, histogram

LEAST_TRACES = 5
"""A window with fewer traces is left white."""


@dataclass(frozen=True)
class TemporalOptions:
    """Windows of traces or of time, and what is counted in them.

    Parameters
    ----------
    window_traces : int
        Traces in a window.
    window_s : float
        Length of a window in seconds, in place of a number of traces, if above 0.
    counted_G0 : tuple of two floats
        Range whose samples are tabulated.
    lowest_G0 : float
        Lower end of the histogram.
    highest_G0 : float
        Upper end of the histogram.
    per_decade : int
        Bins in a decade of conductance.
    """

    window_traces: int = 50
    window_s: float = 0.0
    counted_G0: tuple[float, float] = (0.7, 1.1)
    lowest_G0: float = 1e-5
    highest_G0: float = 10.0
    per_decade: int = 20


@dataclass(frozen=True, eq=False)
class TemporalRow:
    """First sample of the trace, its counts in log bins, and its samples in the tabulated window."""

    sample: int
    counts: CountArray
    inside: int


def temporal_row(trace: Trace, options: TemporalOptions) -> TemporalRow:
    """Return the counts of one trace."""
    axis = BinAxis.log(options.lowest_G0, options.highest_G0, options.per_decade)
    g, (low, high) = trace.conductance_G0, options.counted_G0
    inside = int(np.count_nonzero((g >= low) & (g < high)))
    return TemporalRow(trace.samples[0], histogram([trace], axis).traces[0].astype(np.int32), inside)


def windows_of(rows: Sequence[TemporalRow], options: TemporalOptions, rate_Hz: float) -> NDArray[np.intp]:
    """Return the window of each trace, counted from 0, shape (n,).

    Raises
    ------
    StatisticError
        For windows of time without a sample rate, and for empty windows.
    """
    if options.window_s > 0.0:
        if not rate_Hz > 0.0:
            raise StatisticError("windows of time need a sample rate; use temporal.window_traces")
        samples = np.array([row.sample for row in rows])
        return np.asarray((samples - samples[0]) // max(1, round(options.window_s * rate_Hz)), dtype=np.intp)
    if options.window_traces < 1:
        raise StatisticError("temporal.window_traces must be at least 1")
    return np.asarray(np.arange(len(rows)) // options.window_traces, dtype=np.intp)


def temporal_result(
    rows: Sequence[TemporalRow], options: TemporalOptions, made_of: RecordSet, rng: np.random.Generator
) -> StatisticResult:
    """Return the map, and the samples in the tabulated window by time."""
    if not rows:
        raise StatisticError("there is no trace yet")
    windows = windows_of(rows, options, made_of.rate_Hz)
    counts, inside = (
        np.array([row.counts for row in rows]),
        np.array([row.inside for row in rows], dtype=float),
    )
    n = int(windows.max()) + 1
    members = [np.flatnonzero(windows == window) for window in range(n)]
    columns = np.full((n, counts.shape[1]), np.nan)
    for window, traces in enumerate(members):
        if traces.size >= LEAST_TRACES:
            columns[window] = counts[traces].mean(axis=0)
    means = [_mean(inside[traces], rng) for traces in members]
    low, high = options.counted_G0
    table = ResultTable(
        f"mean samples a trace in {low:g} to {high:g} G0, by window",
        ("traces", "number", "samples (95 % interval)"),
        [(_range(traces), int(traces.size), mean) for traces, mean in zip(members, means, strict=True)],
    )
    edges = np.arange(n + 1, dtype=float) * (options.window_s or options.window_traces)
    x = PictureAxis("time", "s") if options.window_s else PictureAxis("trace")
    return StatisticResult(
        "Temporal histogram",
        len(rows),
        [Number(f"mean samples in {low:g} to {high:g} G0", _mean(inside, rng))],
        [table],
        _pictures(columns, edges, x, means, options),
        _remarks(inside, members, rng),
        {"mean_samples": [mean.value for mean in means]},
        options,
        made_of,
    )


def _mean(values: FloatArray, rng: np.random.Generator) -> Estimate:
    if values.size < LEAST_TRACES:
        return unknown(int(values.size), f"fewer than {LEAST_TRACES} traces")
    return bootstrap(lambda drawn: values[drawn].mean(axis=1), memory_of(np.log1p(values)), rng)


def _range(traces: NDArray[np.intp]) -> str:
    return f"{traces[0]} to {traces[-1]}" if traces.size else "none"


def _pictures(
    columns: FloatArray,
    edges: FloatArray,
    x: PictureAxis,
    means: Sequence[Estimate],
    options: TemporalOptions,
) -> list[LinePicture | MapPicture]:
    axis = BinAxis.log(options.lowest_G0, options.highest_G0, options.per_decade)
    middle = (edges[:-1] + edges[1:]) / 2.0
    value = np.array([mean.value for mean in means])
    low, high = np.array([mean.interval for mean in means]).T
    known = np.isfinite(value)
    named = f"samples in {options.counted_G0[0]:g} to {options.counted_G0[1]:g} G0"
    curve = Curve(named, middle[known], value[known], low[known], high[known], "points")
    return [
        MapPicture(
            "temporal histogram", x, PictureAxis("G", "G0", log=True), edges, axis.edges, columns,
            "counts per bin and trace",
        ),
        LinePicture("samples by time", x, PictureAxis(f"{named}, a trace"), [curve]),
    ]  # fmt: skip


def change_p_values(
    inside: FloatArray, members: Sequence[NDArray[np.intp]], rng: np.random.Generator
) -> tuple[float, ...]:
    """Return for each window the p of its mean log1p samples against the other windows, corrected for their number.

    Blocks of correlated traces are permuted within the series, so that memory alone makes no change.
    """
    values = np.log1p(inside)
    groups = np.concatenate([np.full(traces.size, i) for i, traces in enumerate(members)])
    memory = memory_within(values, groups)
    block = 1 if memory.block == 1 else ceil(2.0 * memory.tau)
    full = [traces for traces in members if traces.size >= LEAST_TRACES]
    if len(full) < 2:
        return ()
    blocks = np.array_split(np.arange(values.size), max(2, values.size // block))
    seen = np.array([abs(values[t].mean() - values.mean()) for t in full])
    exceeded = np.ones(len(full))
    permutations = 500
    for _ in range(permutations):
        shuffled = values[np.concatenate([blocks[i] for i in rng.permutation(len(blocks))])]
        exceeded += np.array([abs(shuffled[t].mean() - shuffled.mean()) for t in full]) >= seen
    return holm((exceeded / (permutations + 1)).tolist())


def _remarks(inside: FloatArray, members: Sequence[NDArray[np.intp]], rng: np.random.Generator) -> list[str]:
    full = [traces for traces in members if traces.size >= LEAST_TRACES]
    p_values = change_p_values(inside, members, rng)
    changed = [_range(traces) for traces, p in zip(full, p_values, strict=False) if p < 0.05]
    if changed:
        return [
            f"The number of samples differs from the rest in traces {', '.join(changed)} (p below 0.05, Holm)."
        ]
    return []


STATISTIC = Statistic(
    "Temporal histogram", TemporalOptions(), temporal_row, temporal_result, live=True, usual=True
)
