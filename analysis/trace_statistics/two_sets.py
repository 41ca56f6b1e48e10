"""Two sets of traces: different, equivalent, or cannot tell.

The samples of a trace are not independent, so a test over samples finds identical sets different. Here traces, or
blocks of correlated ones, are permuted between the sets. Not different is not the same: sets are equivalent only if
the 90 % interval of the difference of their peaks is within a margin of the user's choice (two one-sided tests).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import ceil, isfinite

import numpy as np

from analysis.records import FloatArray, Trace
from analysis.statistics.estimate import Estimate, unknown
from analysis.statistics.memory import Memory, memory_of
from analysis.statistics.several import holm
from analysis.statistics.statistic import StatisticError
from analysis.trace_statistics.window_peak import alike, resampled_peak, window_axis
from analysis.traces.copies import originals, sketch
from analysis.traces.histogram import BinAxis, CountArray, Scale, histogram

DIFFERENT, EQUIVALENT, CANNOT_TELL = "different", "equivalent", "cannot tell"
LEAST_TRACES = 20
_ALIKE_BY_CHANCE = 0.01
"""Share of the smaller set that may look like copies."""


@dataclass(frozen=True)
class TwoSetsOptions:
    """Range compared (G0), windows of the peaks (G0), bins, margin of equivalence (decades for log bins, else G0).

    Each window has one peak, that of one Gaussian or of the one of two (``gaussians``) nearest to its maximum.
    """

    range_G0: tuple[float, float] = (0.5, 1.5)
    windows_G0: tuple[tuple[float, float], ...] = ((0.7, 1.2),)
    log: bool = False
    gaussians: int = 1
    margin: float = 0.02
    level: float = 0.05
    permutations: int = 999
    resamples: int = 500

    @property
    def axes(self) -> tuple[BinAxis, ...]:
        """Bins of the range, then those of the window of each peak."""
        scale = Scale.LOG if self.log else Scale.LINEAR
        return tuple(window_axis(*limits, scale) for limits in (self.range_G0, *self.windows_G0))


@dataclass(frozen=True)
class Comparison:
    """Comparison of two sets.

    Parameters
    ----------
    distance : float
        Largest difference of the cumulative histograms of the range.
    p, p_corrected : float
        From permuted traces; corrected for the number of pairs (Holm).
    differences : tuple of Estimate
        Peak of the second minus that of the first, in each window; ``interval`` is that of 90 %.
    verdict : "different", "equivalent" or "cannot tell"
    n : tuple of int
    """

    distance: float
    p: float
    p_corrected: float
    differences: tuple[Estimate, ...]
    verdict: str
    n: tuple[int, int]


def set_rows(traces: Sequence[Trace], options: TwoSetsOptions) -> tuple[CountArray, ...]:
    """Return the counts of traces in the bins of the range, and of each peak's window: arrays (n, bins).

    Raises
    ------
    StatisticError
        For fewer than 20 traces.
    """
    if len(traces) < LEAST_TRACES:
        raise StatisticError(
            f"a set of {len(traces)} traces is too small to compare; at least {LEAST_TRACES}"
        )
    axes = options.axes
    rows = [
        [histogram([traces[i]], axis).traces[0].astype(np.int32) for axis in axes] for i in range(len(traces))
    ]
    return tuple(np.array(each) for each in zip(*rows, strict=True))


def distance(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return the largest difference of the cumulative histograms of pairs of count arrays, shape (..., bins)."""
    a, b = (np.cumsum(counts, axis=-1, dtype=float) for counts in (first, second))
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.abs(a / a[..., -1:] - b / b[..., -1:])
    return np.asarray(apart.max(axis=-1), dtype=float)


def permutation_p(
    first: CountArray,
    second: CountArray,
    memory: tuple[Memory, Memory],
    options: TwoSetsOptions,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """Return the distance of two sets and its p from permutations of traces, or of blocks where there is memory."""
    block = max(1 if one.block == 1 else ceil(2.0 * one.tau) for one in memory)
    blocks = [*_block_sums(first, block), *_block_sums(second, block)]
    sums, sizes = np.array([s for s, _ in blocks], dtype=float), np.array([n for _, n in blocks])
    seen = float(distance(first.sum(axis=0), second.sum(axis=0)))
    if not isfinite(seen):
        raise StatisticError("a set has no sample in the range that is compared")
    total = sums.sum(axis=0)
    exceeded = 1
    for _ in range(options.permutations):
        order = rng.permutation(len(sums))
        taken = order[: int(np.searchsorted(np.cumsum(sizes[order]), len(first))) + 1]
        part = sums[taken].sum(axis=0)
        exceeded += bool(distance(part, total - part) >= seen)
    return seen, exceeded / (1 + options.permutations)


def _block_sums(rows: CountArray, block: int) -> list[tuple[FloatArray, int]]:
    n = max(1, len(rows) // block) if block > 1 else len(rows)
    return [(part.sum(axis=0), len(part)) for part in np.array_split(rows, n)]


def peak_difference(
    axis: BinAxis,
    first: CountArray,
    second: CountArray,
    memory: tuple[Memory, Memory],
    options: TwoSetsOptions,
    rng: np.random.Generator,
) -> Estimate:
    """Return the difference of the peaks in a window with its 90 % interval, from resampled traces."""
    peaks = [
        resampled_peak(axis, rows, rng, options.resamples, one, options.gaussians)
        for rows, one in zip((first, second), memory, strict=True)
    ]
    values, again = [peak[0] for peak in peaks], [peak[1] for peak in peaks]
    apart = again[1] - again[0]
    good = apart[np.isfinite(apart)]
    n = len(first) + len(second)
    if not isfinite(values[0] - values[1]) or good.size < options.resamples / 2:
        return unknown(n, "a peak cannot be fitted")
    if alike(axis, good):
        return unknown(n, "the traces are alike, so no error could be determined")
    low, high = (float(x) for x in np.percentile(good, (5.0, 95.0)))
    n_eff = memory[0].n_eff + memory[1].n_eff
    method = "bootstrap over traces; 90 % interval"
    doubts = tuple(dict.fromkeys(doubt for one in memory for doubt in one.doubts))
    return Estimate(values[1] - values[0], float(good.std(ddof=1)), (low, high), n, n_eff, method, doubts)


def compare_sets(
    sets: Sequence[Sequence[Trace]], options: TwoSetsOptions, rng: np.random.Generator
) -> dict[tuple[int, int], Comparison]:
    """Compare all pairs of sets of traces, p corrected for their number.

    Raises
    ------
    StatisticError
        For a set with too few traces, or without samples in the range; for sets that share traces.
    """
    _demand_apart(sets)
    rows = [set_rows(traces, options) for traces in sets]
    memories = [memory_of(np.log1p(counts[0].sum(axis=1))) for counts in rows]
    pairs = list(combinations(range(len(sets)), 2))
    distances, differences = [], []
    for i, j in pairs:
        memory = memories[i], memories[j]
        distances.append(permutation_p(rows[i][0], rows[j][0], memory, options, rng))
        windows = zip(options.axes[1:], rows[i][1:], rows[j][1:], strict=True)
        differences.append(tuple(peak_difference(*window, memory, options, rng) for window in windows))
    corrected = holm([p for _, p in distances])
    sizes = [len(traces) for traces in sets]
    return {
        (i, j): Comparison(
            apart,
            p,
            p_all,
            found,
            verdict_of(p_all, found, options),
            (sizes[i], sizes[j]),
        )
        for (i, j), (apart, p), p_all, found in zip(pairs, distances, corrected, differences, strict=True)
    }


def _demand_apart(sets: Sequence[Sequence[Trace]]) -> None:
    """Raise ``StatisticError`` if two sets share traces, or copies of them: they would be alike by that."""
    sketches = [[sketch(trace.conductance_G0) for trace in traces] for traces in sets]
    for i, j in combinations(range(len(sets)), 2):
        both = np.array([*sketches[i], *sketches[j]])
        own = len(originals(np.array(sketches[i]))) + len(originals(np.array(sketches[j])))
        shared = own - len(originals(both))
        if shared > _ALIKE_BY_CHANCE * min(len(sets[i]), len(sets[j])):
            raise StatisticError(
                f"{shared} traces of set {j + 1} are copies of traces of set {i + 1}; compare sets that share none"
            )


def verdict_of(p: float, differences: Sequence[Estimate], options: TwoSetsOptions) -> str:
    """Return the verdict: different by p, else equivalent if the 90 % interval of every peak is within the margin.

    All peaks must pass, so their number needs no correction.
    """
    if p < options.level:
        return DIFFERENT
    within = [
        -options.margin < each.interval[0] and each.interval[1] < options.margin for each in differences
    ]
    return EQUIVALENT if all(within) else CANNOT_TELL
