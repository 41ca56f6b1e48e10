"""Lengths of a plateau between two conductances, by five definitions that differ by a factor of two and more."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatArray, Trace
from analysis.statistics.estimate import Estimate
from analysis.statistics.memory import Memory, bootstrap, memory_of, one_by_one
from analysis.statistics.result import (
    Cell,
    Curve,
    LinePicture,
    Number,
    PictureAxis,
    RecordSet,
    ResultTable,
    StatisticResult,
)
from analysis.statistics.statistic import Statistic, StatisticError
from analysis.statistics.survival import medians, quantiles, survival

DEFINITIONS = ("count", "last", "first", "span", "longest run")
"""Names of the definitions, in the order of the lengths.

count: all samples inside; last: last fall through the upper limit to the last fall through the lower one; first: the
same for the first falls; span: first sample below the upper limit to the last one above the lower limit, new contacts
between them included; longest run: longest uninterrupted stay.
"""

LAST = DEFINITIONS.index("last")
_FEW_SAMPLES = 3
"""Samples of which fewer are no length."""

SETTLED_SHARE = 0.1
"""Share of lengths below the settling time of the amplifier from which a median is doubted."""


@dataclass(frozen=True)
class PlateauOptions:
    """Limits of the plateau, and what counts as its end.

    Parameters
    ----------
    low_G0 : float
        Lower limit of the plateau.
    high_G0 : float
        Upper limit of the plateau.
    samples_below : int
        Samples in a row below a limit that make a fall; more ignore noise at the limit.
    snap_back_m : float
        Length added to all: the way that the electrodes jump back when the contact breaks.
    """

    low_G0: float = 0.5
    high_G0: float = 1.5
    samples_below: int = 1
    snap_back_m: float = 0.0


@dataclass(frozen=True, eq=False)
class PlateauRow:
    """Lengths of one trace by each definition, in samples and in metres (NaN if unknown); NaN without a plateau.

    A trace that ends on the plateau is ``censored``: its lengths are lower bounds. ``falls`` counts the falls through
    the lower limit.
    """

    samples: FloatArray
    metres: FloatArray
    inside: int
    falls: int
    censored: bool


def falls_through(
    conductance_G0: FloatArray, threshold_G0: float, samples_below: int = 1
) -> NDArray[np.intp]:
    """Return the indices of the first samples after each fall from a threshold or more to less.

    Parameters
    ----------
    conductance_G0 : ndarray, shape (n,)
    threshold_G0 : float
    samples_below : int
        Number of samples in a row that must be below; noise at the threshold makes many falls of one sample.
    """
    below = conductance_G0 < threshold_G0
    falls = np.flatnonzero((conductance_G0[:-1] >= threshold_G0) & below[1:]) + 1
    if samples_below > 1 and falls.size:
        run = np.cumsum(np.append(0, below))
        ends = np.minimum(falls + samples_below, below.size)
        falls = falls[run[ends] - run[falls] == ends - falls]
    return falls


def plateau_row(trace: Trace, options: PlateauOptions) -> PlateauRow:
    """Return the lengths of the plateau of one trace."""
    g = trace.conductance_G0
    low, high = options.low_G0, options.high_G0
    inside = (g >= low) & (g < high)
    down = falls_through(g, high, options.samples_below)
    out = falls_through(g, low, options.samples_below)
    finite = np.flatnonzero(np.isfinite(g))
    censored = bool(finite.size and down.size and low <= g[finite[-1]] < high)
    end = int(finite[-1]) + 1 if finite.size else 0
    ranges = (
        None,
        _range(down, out, end, censored, first=False),
        _range(down, out, end, censored, first=True),
        _span(g, low, high),
        _longest_run(inside),
    )
    step = _step_m(trace.displacement_m)
    count = float(np.count_nonzero(inside))
    samples = [count, *(float(b - a) if ab else np.nan for ab in ranges[1:] for a, b in [ab or (0, 0)])]
    metres = [count * step, *(_metres(trace.displacement_m, ab, step) for ab in ranges[1:])]
    return PlateauRow(np.array(samples), np.array(metres), int(count), int(out.size), censored)


def _range(
    down: NDArray[np.intp], out: NDArray[np.intp], end: int, censored: bool, first: bool
) -> tuple[int, int] | None:
    """Return start and end of the plateau by its first or last falls; a censored one ends with the trace."""
    if not down.size:
        return None
    if first:
        after = out[out >= down[0]]
        return (int(down[0]), int(after[0])) if after.size else (int(down[0]), end) if censored else None
    last = end if censored else int(out[-1]) if out.size else -1
    before = down[down <= last]
    return (int(before[-1]), last) if before.size else None


def _span(g: FloatArray, low: float, high: float) -> tuple[int, int] | None:
    above, below = np.flatnonzero(g >= low), np.flatnonzero(g < high)
    if not above.size or not below.size:
        return None
    return int(below[0]), max(int(above[-1]) + 1, int(below[0]))


def _longest_run(inside: NDArray[np.bool_]) -> tuple[int, int]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(np.int8)))
    if not edges.size:
        return 0, 0
    longest = int(np.argmax(edges[1::2] - edges[::2]))
    return int(edges[2 * longest]), int(edges[2 * longest + 1])


def _step_m(displacement_m: FloatArray) -> float:
    """Return the usual displacement between two samples; NaN if unknown."""
    steps = np.diff(displacement_m)
    steps = steps[np.isfinite(steps)]
    return float(np.median(np.abs(steps))) if steps.size else float("nan")


def _metres(displacement_m: FloatArray, ab: tuple[int, int] | None, step: float) -> float:
    """Return the length of a stretch, whichever way the displacement is counted."""
    if ab is None or not displacement_m.size:
        return float("nan")
    a, b = ab
    if b < displacement_m.size:
        return float(abs(displacement_m[b] - displacement_m[a]))
    return float(abs(displacement_m[-1] - displacement_m[a]) + step)


def lengths_result(
    rows: Sequence[PlateauRow], options: PlateauOptions, made_of: RecordSet, rng: np.random.Generator
) -> StatisticResult:
    """Return the lengths by all definitions, with errors, from rows of traces."""
    if not options.low_G0 < options.high_G0:
        raise StatisticError(f"the plateau from {options.low_G0} to {options.high_G0} G0 is empty")
    if not rows:
        raise StatisticError("no trace is left for plateau lengths")
    metres = np.array([row.metres for row in rows]) + options.snap_back_m
    samples = np.array([row.samples for row in rows])
    censored = np.array([row.censored for row in rows])
    known = bool(np.isfinite(metres[:, 0]).mean() > 0.5)
    lengths, unit, scale = (metres, "nm", 1e-9) if known else (samples, "samples", 1.0)
    memory = memory_of(np.log1p([row.inside for row in rows]))
    medians = [_median(lengths[:, i], censored, memory, rng) for i in range(len(DEFINITIONS))]
    numbers = [
        Number(f"median length, {name}", median, unit, scale)
        for name, median in zip(DEFINITIONS, medians, strict=True)
    ]
    table = ResultTable(
        f"plateau from {options.low_G0:g} to {options.high_G0:g} G0, lengths in {unit}",
        ("definition", "traces", "none", "zero", "lower quartile", "median", "upper quartile", "mean"),
        [
            _table_row(name, lengths[:, i] / scale, censored, median, scale)
            for i, (name, median) in enumerate(zip(DEFINITIONS, medians, strict=True))
        ],
    )
    return StatisticResult(
        "Plateau lengths",
        len(rows),
        numbers,
        [table],
        [_picture(lengths / scale, censored, unit, _sample(lengths[:, LAST], samples[:, LAST]) / scale)],
        _remarks(rows, samples, censored, options, made_of, memory),
        {"between_G0": [options.low_G0, options.high_G0], "tau_traces": memory.tau},
        options,
        made_of,
    )


def _sample(lengths: FloatArray, samples: FloatArray) -> float:
    """Return the usual length of one sample; NaN if unknown."""
    some = samples > 0
    return float(np.median(lengths[some] / samples[some])) if some.any() else float("nan")


def _median(
    lengths: FloatArray, censored: NDArray[np.bool_], memory: Memory, rng: np.random.Generator
) -> Estimate:
    if not censored.any():
        return bootstrap(lambda drawn: medians(lengths[drawn]), memory, rng)
    return bootstrap(
        one_by_one(lambda drawn: quantiles(lengths[drawn], censored[drawn], (0.5,))[0]), memory, rng
    )


def _table_row(
    name: str, lengths: FloatArray, censored: NDArray[np.bool_], median: Estimate, scale: float
) -> list[Cell]:
    known = np.isfinite(lengths)
    lower, _, upper = quantiles(lengths, censored)
    mean = float(lengths[known].mean()) if known.any() else float("nan")
    n, none, zero = (int(np.count_nonzero(x)) for x in (known, ~known, lengths == 0.0))
    return [name, n, none, zero, lower, median.text(scale), upper, mean]


def _picture(lengths: FloatArray, censored: NDArray[np.bool_], unit: str, sample: float) -> LinePicture:
    """Return the share of plateaus that are longer, for each definition, with one sample's length hatched."""
    curves = []
    for i, name in enumerate(DEFINITIONS):
        known = np.isfinite(lengths[:, i])
        if np.count_nonzero(known & ~censored):
            x, y = survival(lengths[known, i], censored[known])
            curves.append(Curve(name, x[x > 0], y[x > 0], style="line" if i == LAST else "dashed"))
    return LinePicture(
        "plateau lengths",
        PictureAxis("length", unit, log=True),
        PictureAxis("share of longer plateaus"),
        curves,
        hatched=[(sample / 2.0, sample)] if isfinite(sample) and sample > 0 else [],
    )


def _remarks(
    rows: Sequence[PlateauRow],
    samples: FloatArray,
    censored: NDArray[np.bool_],
    options: PlateauOptions,
    made_of: RecordSet,
    memory: Memory,
) -> list[str]:
    n, remarks = len(rows), []
    short = float(np.count_nonzero(samples[:, 0] < _FEW_SAMPLES)) / max(n, 1)
    if short > 0.5:
        remarks.append(
            f"{100 * short:.0f} % of the traces have fewer than {_FEW_SAMPLES} samples on the plateau: the sampling is "
            "too coarse for their lengths, or they have no plateau."
        )
    if censored.any():
        remarks.append(
            f"{np.count_nonzero(censored)} of {n} traces end on the plateau: their lengths are lower bounds, and the "
            "quantiles are those of Kaplan and Meier."
        )
    often = sum(row.falls > 1 for row in rows)
    if often > 0.1 * n and options.samples_below == 1:
        remarks.append(
            f"{often} of {n} traces fall through {options.low_G0:g} G0 more than once, so the definitions differ; "
            "demanding five samples in a row below the limit ignores its noise."
        )
    settling = made_of.settling_samples
    if isfinite(settling):
        short = float(np.mean(samples[:, 0] < settling))
        if short > SETTLED_SHARE:
            remarks.append(
                f"{100 * short:.0f} % of the traces have fewer than {settling:.0f} samples on the plateau, the "
                "settling time of the amplifier: their lengths are not measured."
            )
    if memory.block > 1:
        remarks.append(memory_remark(memory))
    if options.snap_back_m:
        remarks.append(f"{options.snap_back_m * 1e9:g} nm of snap-back are added to each length.")
    return remarks


def memory_remark(memory: Memory) -> str:
    """Return the sentence on correlated traces."""
    return (
        f"Successive traces are correlated over {memory.tau:.1f} traces: {memory.n} traces count as "
        f"{memory.n_eff:.0f} independent ones."
    )


STATISTIC = Statistic("Plateau lengths", PlateauOptions(), plateau_row, lengths_result, live=True, usual=True)
