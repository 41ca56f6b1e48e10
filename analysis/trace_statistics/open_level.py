"""Level of open junctions, trace by trace: amplifier offset or leak, and what subtracting it does to each peak.

The level is the median of the end of a trace. Its running median over traces is subtracted where it exceeds its own
error. A leak beside the junction and residual tunnelling look like an offset, so both positions of a peak are given,
and their difference belongs into the peak's systematic error.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, sqrt

import numpy as np

from analysis.numbers import significant
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
)
from analysis.statistics.statistic import Statistic, StatisticError
from analysis.traces.histogram import BinAxis, CountArray, Histogram, histogram
from analysis.traces.noise_floor import NoiseFloor
from analysis.traces.options import AnalysisOptions
from analysis.traces.peak_fit import PeakFit
from analysis.traces.pipeline import peaks_in

AXIS = BinAxis.log(1e-8, 10.0, 100)
LINEAR = BinAxis.linear(0.0, 1.0, 0.5)
"""Axis of an empty linear histogram: metal peaks are not sought."""

MOST_OF_A_PEAK = 0.1
"""Share of a peak's conductance above which a level makes the peak doubtful."""

_ERROR_OF_MEDIAN = 1.4826 * 1.2533  # of a Gaussian sample, times its median absolute deviation over sqrt(n)


@dataclass(frozen=True)
class OpenLevelOptions:
    """End of a trace that is open, and the peaks from which its level is subtracted.

    Parameters
    ----------
    end_samples : int
        Samples at the end of a trace that give its level.
    open_below_G0 : float
        Conductance below which the end is open.
    window_traces : int
        Traces of the running median of the level.
    peaks_below_G0 : float
        Conductance below which peaks are looked at.
    resamples : int
        Resamples that give the errors.
    """

    end_samples: int = 500
    open_below_G0: float = 0.01
    window_traces: int = 25
    peaks_below_G0: float = 0.3
    resamples: int = 100


@dataclass(frozen=True, eq=False)
class OpenLevelRow:
    """Level and median absolute deviation of the end of a trace, NaN if it is not open; counts on `AXIS`."""

    level_G0: float
    mad_G0: float
    counts: CountArray


def open_level_row(trace: Trace, options: OpenLevelOptions) -> OpenLevelRow:
    """Return the level at the end of a trace, and its histogram."""
    finite = trace.conductance_G0[np.isfinite(trace.conductance_G0)]
    end = finite[-options.end_samples :]
    level = float(np.median(end)) if end.size else float("nan")
    if not level < options.open_below_G0:
        level = float("nan")
    mad = float(np.median(np.abs(end - level))) if isfinite(level) else float("nan")
    return OpenLevelRow(level, mad, histogram([trace], AXIS).rows[0].astype(np.int32))


def running_level(levels_G0: FloatArray, window: int) -> tuple[FloatArray, FloatArray]:
    """Return the median of the neighbours of each trace and its error, both (n,); NaN without a neighbour.

    Parameters
    ----------
    levels_G0 : ndarray, shape (n,)
        NaN for a trace that is not open.
    window : int
        Number of traces, half to either side.
    """
    n, half = levels_G0.size, window // 2
    median, error = np.full(n, np.nan), np.full(n, np.nan)
    for i in range(n):
        near = levels_G0[max(0, i - half) : i + half + 1]
        near = near[np.isfinite(near)]
        if near.size > 1:
            median[i] = np.median(near)
            error[i] = _ERROR_OF_MEDIAN * np.median(np.abs(near - median[i])) / sqrt(near.size)
    return median, error


def subtracted(rows: Sequence[OpenLevelRow], levels_G0: FloatArray) -> Histogram:
    """Return the histogram of the traces less a level of each, shape of ``levels_G0`` (n,).

    Counts within a bin count as spread evenly.
    """
    edges = AXIS.edges
    corrected = np.empty((len(rows), AXIS.bins + 3))
    for out, row, level in zip(corrected, rows, levels_G0, strict=True):
        below = np.concatenate([[row.counts[0]], row.counts[0] + np.cumsum(row.counts[1:-2])])
        shifted = np.interp(edges + level, edges, below) if level else below.astype(float)
        out[0], out[1:-2] = shifted[0], np.diff(shifted)
        out[-2:] = row.counts[-2:]
    return Histogram(AXIS, corrected)  # type: ignore[arg-type]  # fractions of counts


def open_level_result(
    rows: Sequence[OpenLevelRow], options: OpenLevelOptions, made_of: RecordSet, rng: np.random.Generator
) -> StatisticResult:
    """Return the level, and each peak before and after its running median is subtracted.

    Raises
    ------
    StatisticError
        If fewer than ten traces end open.
    """
    levels = np.array([row.level_G0 for row in rows])
    noise = np.array([row.mad_G0 for row in rows])
    good = np.isfinite(levels)
    if np.count_nonzero(good) < 10:
        raise StatisticError(
            f"{np.count_nonzero(good)} of {len(rows)} traces end below {options.open_below_G0:g} G0, and 10 are "
            "needed: open the junctions further"
        )
    running, error = running_level(levels, options.window_traces)
    known = np.isfinite(running) & (np.abs(running) > error)
    offset = np.where(known, running, 0.0)
    seed = int(rng.integers(2**32))  # the same resamples for both: only the level makes the difference
    before, after = (
        _peaks(rows, x, levels, noise, options, np.random.default_rng(seed))
        for x in (np.zeros(len(rows)), offset)
    )
    open_levels = levels[good]
    memory = memory_of(open_levels)
    median = bootstrap(lambda drawn: np.median(open_levels[drawn], axis=1), memory, rng)
    scatter = float(np.median(np.abs(open_levels - np.median(open_levels))))
    rank = _spearman(np.flatnonzero(good).astype(float), open_levels)
    number = Number("level of open junctions", median, "G0")
    table = _table(before, after)
    facts = (
        ("traces that end open", int(np.count_nonzero(good))),
        ("scatter of the level between traces, MAD (G0)", scatter),
        ("noise within a trace, MAD (G0)", float(np.median(noise[good]))),
        ("rank correlation with the number of the trace", rank),
        ("traces from which a level is subtracted", int(np.count_nonzero(known))),
    )
    return StatisticResult(
        "Level of open junctions",
        len(rows),
        [number],
        [ResultTable("open junctions", ("", "value"), facts), *([table] if table.rows else [])],
        [_picture(levels, running)],
        _remarks(before, after, median),
        {"mad_of_levels_G0": scatter, "noise_mad_G0": facts[2][1], "rank_correlation": rank},
        options,
        made_of,
    )


def _peaks(
    rows: Sequence[OpenLevelRow],
    offset: FloatArray,
    levels: FloatArray,
    noise: FloatArray,
    options: OpenLevelOptions,
    rng: np.random.Generator,
) -> tuple[PeakFit, ...]:
    """Return the peaks below the metal after subtracting an offset from each trace."""
    rest = (levels - offset)[np.isfinite(levels)]
    mad = float(np.nanmedian(noise))
    floor = NoiseFloor(mad, float(np.median(np.abs(rest))), options.end_samples)
    lowest = max(floor.limit_G0, AXIS.low)
    if not lowest < options.peaks_below_G0:
        return ()
    chosen = AnalysisOptions(
        metallic_G0=(options.peaks_below_G0, options.peaks_below_G0),
        molecular_G0=(lowest, options.peaks_below_G0),
        resamples=options.resamples,
    )
    none = Histogram(LINEAR, np.zeros((0, LINEAR.bins + 3), dtype=np.intp))
    return peaks_in(none, subtracted(rows, offset), floor, chosen, rng)


def _table(before: Sequence[PeakFit], after: Sequence[PeakFit]) -> ResultTable:
    rows = []
    for peak in after:
        as_measured = _partner(peak, before)
        raw = as_measured.conductance_G0 if as_measured else float("nan")
        rows.append((raw, peak.conductance_G0, peak.uncertainty_G0, peak.conductance_G0 - raw))
    return ResultTable(
        "peaks below the metal, as measured and after subtracting the running median of the open level",
        ("as measured (G0)", "subtracted (G0)", "statistical ± (G0)", "change, a systematic error (G0)"),
        rows,
        "A peak without a value as measured was hidden below the limit that the level sets.",
    )


def _partner(peak: PeakFit, others: Sequence[PeakFit]) -> PeakFit | None:
    """Return the nearest of other peaks within a factor of two."""
    near = [other for other in others if 0.5 < other.conductance_G0 / peak.conductance_G0 < 2.0]
    return min(near, key=lambda other: abs(np.log(other.conductance_G0 / peak.conductance_G0)), default=None)


def _remarks(before: Sequence[PeakFit], after: Sequence[PeakFit], level: Estimate) -> list[str]:
    remarks, level_G0 = [], level.value
    significant_level = abs(level_G0) > 2.0 * level.se
    for peak in after:
        share = abs(level_G0) / peak.conductance_G0 if significant_level else 0.0
        if share > MOST_OF_A_PEAK:
            why = f"{share:.0%} of the peak"
        elif significant_level and abs(level_G0) > peak.uncertainty_G0 > 0.0:
            why = "more than its statistical error"
        else:
            continue
        remarks.append(
            f"Open junctions read {significant(level_G0, 2)} G0, {why} at {significant(peak.conductance_G0, 3)} G0: "
            "zero the amplifier with the circuit open, or state the change as a systematic error."
        )
    hidden = sum(_partner(peak, before) is None for peak in after)
    if hidden:
        remarks.append(f"{hidden} peaks are seen only after the level is subtracted.")
    return remarks


def _picture(levels: FloatArray, running: FloatArray) -> LinePicture:
    number = np.arange(levels.size, dtype=float)
    good = np.isfinite(levels)
    median = np.isfinite(running)
    return LinePicture(
        "level of open junctions",
        PictureAxis("trace"),
        PictureAxis("conductance", "G0"),
        [
            Curve("level of each trace", number[good], levels[good], style="points"),
            Curve("running median", number[median], running[median]),
        ],
    )


def _spearman(x: FloatArray, y: FloatArray) -> float:
    """Return the correlation of ranks."""
    first, second = (np.argsort(np.argsort(values)).astype(float) for values in (x, y))
    return float(np.corrcoef(first, second)[0, 1]) if x.size > 2 else float("nan")


STATISTIC = Statistic("Level of open junctions", OpenLevelOptions(), open_level_row, open_level_result)
