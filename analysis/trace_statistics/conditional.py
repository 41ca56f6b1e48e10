"""Conditional histograms: mean counts a trace where a condition holds, beside those where it does not.

The range that was conditioned on is hatched: a peak there is made by the condition itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10

import numpy as np
from numpy.typing import NDArray

from analysis.numbers import probability
from analysis.records import FloatArray, Trace
from analysis.statistics.estimate import Estimate
from analysis.statistics.memory import Memory, bootstrap, memory_of
from analysis.statistics.result import (
    Curve,
    LinePicture,
    Number,
    PictureAxis,
    RecordSet,
    ResultTable,
    StatisticResult,
)
from analysis.statistics.several import holm
from analysis.statistics.statistic import Statistic, StatisticError
from analysis.trace_statistics.condition import Condition
from analysis.trace_statistics.window_peak import peak_centres, window_axis
from analysis.traces.histogram import BinAxis, CountArray, histogram

LEAST_TRACES = 10
"""Minimum number of traces in either group."""

NEAR = 0.3
"""Distance in decades up to which the compared range is taken for a neighbour of the range conditioned on."""


@dataclass(frozen=True)
class ConditionalOptions:
    """Conditions, and what is compared.

    Parameters
    ----------
    conditions : tuple of str
        Conditions on a trace, such as "samples(1.5, 2.0) >= 50 and number < 100".
    compared_G0 : tuple of two floats
        Range whose samples are compared.
    peak_G0 : tuple of two floats
        Window of the peak that is compared.
    lowest_G0 : float
        Lower end of the histogram.
    highest_G0 : float
        Upper end of the histogram.
    per_decade : int
        Bins in a decade of conductance.
    """

    conditions: tuple[str, ...] = ("samples(1.5, 2.0) >= 50",)
    compared_G0: tuple[float, float] = (0.7, 1.1)
    peak_G0: tuple[float, float] = (0.7, 1.2)
    lowest_G0: float = 1e-6
    highest_G0: float = 10.0
    per_decade: int = 20


@dataclass(frozen=True, eq=False)
class ConditionalRow:
    """Conditions that hold, counts of the compared range, of log bins, and of the bins of the peak's window."""

    holds: tuple[bool, ...]
    compared: int
    log: CountArray
    peak: CountArray


def _axes(options: ConditionalOptions) -> tuple[BinAxis, BinAxis]:
    log = BinAxis.log(options.lowest_G0, options.highest_G0, options.per_decade)
    return log, window_axis(*options.peak_G0)


def conditional_row(trace: Trace, options: ConditionalOptions) -> ConditionalRow:
    """Return the conditions and counts of one trace."""
    g = trace.conductance_G0
    low, high = options.compared_G0
    log, peak = (histogram([trace], axis).traces[0].astype(np.int32) for axis in _axes(options))
    holds = tuple(Condition(text).holds(trace) for text in options.conditions)
    return ConditionalRow(holds, int(np.count_nonzero((g >= low) & (g < high))), log, peak)


def conditional_result(
    rows: Sequence[ConditionalRow],
    options: ConditionalOptions,
    made_of: RecordSet,
    rng: np.random.Generator,
) -> StatisticResult:
    """Return the comparison for each condition, corrected for their number."""
    if not options.conditions:
        raise StatisticError("no condition is given")
    if not rows:
        raise StatisticError("there is no trace yet")
    counts = np.array([row.compared for row in rows], dtype=float)
    holds = np.array([row.holds for row in rows], dtype=bool)
    memory = memory_of(np.log1p(counts))
    ratios = [_ratio(counts, column, memory, rng) for column in holds.T]
    p_values = [_p_value(counts, column) for column in holds.T]
    corrected = holm(p_values)
    axis = _axes(options)[1]
    peaks = np.array([row.peak for row in rows])
    table = ResultTable(
        f"mean samples a trace in {options.compared_G0[0]:g} to {options.compared_G0[1]:g} G0, by condition",
        (
            "condition",
            "traces",
            "others",
            "samples",
            "of others",
            "ratio",
            "p",
            "p (Holm)",
            "peak (G0)",
            "of others",
        ),
        [
            (
                text,
                int(np.count_nonzero(column)),
                int(np.count_nonzero(~column)),
                _mean(counts[column]),
                _mean(counts[~column]),
                ratio,
                probability(p),
                probability(p_all),
                *_peaks(axis, peaks, column),
            )
            for text, column, ratio, p, p_all in zip(
                options.conditions, holds.T, ratios, p_values, corrected, strict=True
            )
        ],
        note="p by Mann and Whitney takes the traces for independent; the error of the ratio does not.",
    )
    numbers = [
        Number(f"ratio of samples where {text}", ratio)
        for text, ratio in zip(options.conditions, ratios, strict=True)
    ]
    return StatisticResult(
        "Conditional histograms",
        len(rows),
        numbers,
        [table],
        [_picture(rows, holds[:, i], text, options) for i, text in enumerate(options.conditions)],
        [remark for text in options.conditions for remark in _remarks(text, options)],
        {"p_values": list(p_values), "p_values_holm": list(corrected)},
        options,
        made_of,
    )


def _mean(counts: FloatArray) -> float:
    return float(counts.mean()) if counts.size else float("nan")


def _ratio(
    counts: FloatArray, holds: NDArray[np.bool_], memory: Memory, rng: np.random.Generator
) -> Estimate:
    def ratio(drawn: NDArray[np.intp]) -> FloatArray:
        inside, values = holds[drawn], counts[drawn]
        n = inside.sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            first = (values * inside).sum(axis=1) / n
            second = (values * ~inside).sum(axis=1) / (holds.size - n)
            return np.asarray(first / second, dtype=float)

    n = int(np.count_nonzero(holds))
    estimate = bootstrap(ratio, memory, rng)
    if min(n, holds.size - n) >= LEAST_TRACES:
        return estimate
    few = f"fewer than {LEAST_TRACES} traces in one group"
    return Estimate(
        estimate.value, estimate.se, estimate.interval, estimate.n, estimate.n_eff, estimate.method,
        (*estimate.doubts, few),
    )  # fmt: skip


def _p_value(counts: FloatArray, holds: NDArray[np.bool_]) -> float:
    from scipy.stats import mannwhitneyu  # slow to import

    if not holds.any() or holds.all():
        return float("nan")
    return float(mannwhitneyu(counts[holds], counts[~holds]).pvalue)


def _peaks(axis: BinAxis, rows: CountArray, holds: NDArray[np.bool_]) -> tuple[float, float]:
    groups = [rows[holds].sum(axis=0), rows[~holds].sum(axis=0)]
    first, second = (float(x) for x in peak_centres(axis, np.array(groups, dtype=float)))
    return first, second


def _picture(
    rows: Sequence[ConditionalRow], holds: NDArray[np.bool_], text: str, options: ConditionalOptions
) -> LinePicture:
    axis = _axes(options)[0]
    log = np.array([row.log for row in rows])
    curves = [
        Curve(
            f"{name} ({np.count_nonzero(group)} traces)", axis.edges, log[group].mean(axis=0), style="steps"
        )
        for name, group in ((text, holds), ("other traces", ~holds))
        if group.any()
    ]
    x, y = PictureAxis("G", "G0", log=True), PictureAxis("counts per bin and trace")
    return LinePicture(f"conditional histogram: {text}", x, y, curves, hatched=Condition(text).ranges_G0)


def _remarks(text: str, options: ConditionalOptions) -> list[str]:
    low, high = options.compared_G0
    remarks = []
    for a, b in Condition(text).ranges_G0:
        if a < high and low < b:
            remarks.append(
                f"The compared range overlaps {a:g} to {b:g} G0, which the condition {text!r} is on: the difference "
                "is made by the condition."
            )
        elif 0 < min(abs(log10(a / high)) if a >= high else abs(log10(low / b)), NEAR) < NEAR:
            remarks.append(
                f"The compared range is next to {a:g} to {b:g} G0, which the condition {text!r} is on: neighbouring "
                "ranges are correlated by the shape of a trace."
            )
    return remarks


STATISTIC = Statistic("Conditional histograms", ConditionalOptions(), conditional_row, conditional_result)
