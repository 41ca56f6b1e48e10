"""Two-dimensional correlation histogram: correlation over traces between the counts in two bins.

Makk et al., ACS Nano 6, 3411 (2012); with a shift between traces: Magyarkuti et al., J. Chem. Phys. 146, 092319
(2017). Raw counts are heavy-tailed: a few long traces decide their correlation, so log1p of the counts is the default.
What could be chance is greyed: the threshold is exceeded anywhere in the map by 5 % of maps of permuted traces.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatArray, Trace
from analysis.statistics.memory import Memory, bootstrap, memory_of, one_by_one
from analysis.statistics.result import (
    MapPicture,
    Number,
    PictureAxis,
    RecordSet,
    ResultTable,
    StatisticResult,
)
from analysis.statistics.statistic import Statistic, StatisticError
from analysis.traces.histogram import BinAxis, CountArray, Scale, histogram

COUNTS, LOG1P, RANKS = "counts", "log1p", "ranks"
PERMUTATIONS = 200
FEW_TRACES = 200
"""Number of traces below which a map is mostly noise."""


@dataclass(frozen=True)
class CorrelationOptions:
    """Bins, transform of the counts, and what is tabulated.

    Parameters
    ----------
    lowest_G0 : float
        Lower end of the map.
    highest_G0 : float
        Upper end of the map.
    per_decade : int
        Bins in a decade; 0 for linear bins.
    width_G0 : float
        Width of linear bins.
    transform : str
        Transform of the counts before the correlation: "counts", "log1p" or "ranks".
    covariance : bool
        Covariance in place of the correlation (Hamill et al., PRL 120, 016601, 2018).
    shift : int
        Traces by which the second axis is shifted.
    window_G0 : tuple of two floats
        Range whose memory between traces is tabulated.
    shifts : tuple of ints
        Shifts in traces of that memory.
    pairs_G0 : tuple of pairs
        Pairs of conductances whose correlation is given with its error.
    """

    lowest_G0: float = 1e-5
    highest_G0: float = 4.0
    per_decade: int = 20
    width_G0: float = 0.1
    transform: str = LOG1P
    covariance: bool = False
    shift: int = 0
    window_G0: tuple[float, float] = (0.7, 1.1)
    shifts: tuple[int, ...] = (1, 2, 3, 5, 10)
    pairs_G0: tuple[tuple[float, float], ...] = ()

    @property
    def axis(self) -> BinAxis:
        """Bins of the map."""
        if self.per_decade:
            return BinAxis.log(self.lowest_G0, self.highest_G0, self.per_decade)
        return BinAxis.linear(self.lowest_G0, self.highest_G0, self.width_G0)


def correlation_row(trace: Trace, options: CorrelationOptions) -> tuple[CountArray, int]:
    """Return the counts of one trace in the bins of the map, and in the window."""
    g = trace.conductance_G0
    low, high = options.window_G0
    counts = histogram([trace], options.axis).traces[0].astype(np.int32)
    return counts, int(np.count_nonzero((g >= low) & (g < high)))


def transformed(counts: FloatArray | CountArray, transform: str) -> FloatArray:
    """Return counts, their log1p, or their ranks over traces, shape (n, bins)."""
    values: FloatArray = np.asarray(counts, dtype=float)
    if transform == COUNTS:
        return values
    if transform == LOG1P:
        return np.log1p(values)
    if transform == RANKS:
        from scipy.stats import rankdata  # slow to import

        return np.asarray(rankdata(values, axis=0), dtype=float)
    raise StatisticError(f"transform {transform!r} is not one of {COUNTS}, {LOG1P}, {RANKS}")


def correlation_map(
    first: FloatArray, second: FloatArray | None = None, covariance: bool = False
) -> FloatArray:
    """Return the correlation over traces between columns, shape (bins, bins); NaN where a column is constant.

    Parameters
    ----------
    first, second : ndarray, shape (n, bins)
        One row a trace; the second is the first if not given.
    covariance : bool
        Covariance instead.
    """
    second = first if second is None else second
    a, b = (x - x.mean(axis=0) for x in (first, second))
    products = a.T @ b / len(a)
    if covariance:
        return np.asarray(products, dtype=float)
    deviations = np.outer(np.sqrt((a**2).mean(axis=0)), np.sqrt((b**2).mean(axis=0)))
    tiny = 1e-12 * max(float(deviations.max(initial=0.0)), 1e-300)
    return np.asarray(
        np.divide(products, deviations, out=np.full_like(products, np.nan), where=deviations > tiny)
    )


def chance_threshold(values: FloatArray, rng: np.random.Generator, permutations: int = PERMUTATIONS) -> float:
    """Return the largest absolute correlation off the diagonal that 95 % of maps of permuted columns stay below."""
    off = values - values.mean(axis=0)
    spread = np.sqrt((off**2).sum(axis=0))
    unit = off[:, spread > 0] / spread[spread > 0]
    if unit.shape[1] < 2:
        return float("nan")
    largest = []
    for _ in range(permutations):
        shuffled = rng.permuted(unit, axis=0)
        correlations = np.abs(shuffled.T @ shuffled)
        np.fill_diagonal(correlations, 0.0)
        largest.append(float(correlations.max()))
    return float(np.percentile(largest, 95.0))


def shifted_correlation(values: FloatArray, shift: int) -> float:
    """Return the correlation of a number of a trace with that of the trace ``shift`` later; NaN if constant."""
    if values.size <= shift + 1:
        return float("nan")
    first, second = values[: values.size - shift, None], values[shift:, None]
    return float(correlation_map(first, second)[0, 0])


def correlation_result(
    rows: Sequence[tuple[CountArray, int]],
    options: CorrelationOptions,
    made_of: RecordSet,
    rng: np.random.Generator,
) -> StatisticResult:
    """Return the map with its threshold, chosen pairs with errors, and the memory between traces."""
    if len(rows) < 3 + options.shift:
        raise StatisticError("a correlation needs at least three traces")
    counts = np.array([row[0] for row in rows])
    values = transformed(counts, options.transform)
    n, shift = len(values), options.shift
    first, second = values[: n - shift], values[shift:]
    correlations = correlation_map(first, second, options.covariance)
    threshold = float("nan") if options.covariance else chance_threshold(values, rng)
    axis = options.axis
    window = transformed(np.array([[row[1]] for row in rows]), options.transform)[:, 0]
    memory_table = ResultTable(
        f"memory: correlation of {options.transform} of the samples in {options.window_G0[0]:g} to "
        f"{options.window_G0[1]:g} G0 with those of later traces",
        ("traces later", "correlation"),
        [(later, shifted_correlation(window, later)) for later in options.shifts],
        note=f"Chance gives up to {1.96 / np.sqrt(n):.2f} for one of them.",
    )
    off_diagonal = correlations[~np.eye(len(correlations), dtype=bool)]
    above = int(np.count_nonzero(np.abs(off_diagonal) > threshold)) // (1 if shift else 2)
    memory = memory_of(window)
    places = axis.place(np.array(options.pairs_G0).reshape(-1, 2)) - 1
    pairs_of_rows = Memory(n - shift, memory.tau, memory.lag1)
    numbers = [
        Number(
            f"correlation of {a:g} with {b:g} G0",
            bootstrap(one_by_one(partial(_pair, first[:, [i]], second[:, [j]])), pairs_of_rows, rng),
        )
        for (a, b), (i, j) in zip(options.pairs_G0, places, strict=True)
    ]
    return StatisticResult(
        "Correlation histogram",
        n,
        numbers,
        [memory_table],
        [_picture(correlations, axis, options, threshold)],
        _remarks(n, above, threshold, options),
        {"edges_G0": axis.edges, "correlation": correlations, "chance_threshold": threshold},
        options,
        made_of,
    )


def _pair(first: FloatArray, second: FloatArray, drawn: NDArray[np.intp]) -> float:
    return float(correlation_map(first[drawn], second[drawn])[0, 0])


def _picture(
    correlations: FloatArray, axis: BinAxis, options: CorrelationOptions, threshold: float
) -> MapPicture:
    log = axis.scale is Scale.LOG
    later = f", {options.shift} traces later" if options.shift else ""
    return MapPicture(
        "correlation histogram",
        PictureAxis("G", "G0", log),
        PictureAxis(f"G{later}", "G0", log),
        axis.edges,
        axis.edges,
        correlations,
        "covariance" if options.covariance else f"correlation of {options.transform}",
        signed=True,
        grey_below=threshold,
    )


def _remarks(n: int, above: int, threshold: float, options: CorrelationOptions) -> list[str]:
    remarks = []
    if np.isfinite(threshold):
        remarks.append(
            f"{above} pairs of bins are beyond {threshold:.2f}, which chance exceeds anywhere in 5 % of maps; what is "
            "greyed could be chance."
        )
    remarks.append(
        "Neighbouring bins are correlated by the width of the levels; traces of equal length anticorrelate."
    )
    if n < FEW_TRACES:
        remarks.append(f"With {n} traces the map is mostly noise; a few hundred show more.")
    return remarks


STATISTIC = Statistic("Correlation histogram", CorrelationOptions(), correlation_row, correlation_result)
