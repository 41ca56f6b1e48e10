"""Memory between successive records: autocorrelation time, effective number, and the moving-block bootstrap.

Traces that follow each other share the tip's shape and are not independent. An error that takes them for independent
is too small by the root of the autocorrelation time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatArray
from analysis.statistics.estimate import ONE_SIGMA, Estimate, from_resamples

RESAMPLES = 300
"""Number of bootstrap resamples: the error's own error is then 4 %."""

INDEPENDENT = 2.0
"""Autocorrelation time up to which records count as independent."""

LEAST_BLOCK, LEAST_BLOCKS = 20, 10
"""Minimum length of a block of records, and number of blocks below which an error is only a lower bound."""

Drawn = NDArray[np.intp]


@dataclass(frozen=True)
class Memory:
    """Memory of a series of records.

    Parameters
    ----------
    n : int
        Number of records.
    tau : float
        Integrated autocorrelation time in records, at least 1.
    lag1 : float
        Correlation of a record with the next; NaN if the series is constant.
    """

    n: int
    tau: float = 1.0
    lag1: float = float("nan")

    @property
    def n_eff(self) -> float:
        """Number of independent records that would give the same error."""
        return self.n / self.tau

    @property
    def block(self) -> int:
        """Length of the blocks of a bootstrap; 1 for independent records."""
        return 1 if self.tau <= INDEPENDENT else max(LEAST_BLOCK, ceil(2.0 * self.tau))

    @property
    def method(self) -> str:
        """Method of a bootstrap, in words."""
        return (
            "bootstrap over records" if self.block == 1 else f"bootstrap over blocks of {self.block} records"
        )

    @property
    def doubts(self) -> tuple[str, ...]:
        """Doubts on errors, in words."""
        blocks = self.n // self.block
        if self.block == 1 or blocks >= LEAST_BLOCKS:
            return ()
        return (
            f"the error is a lower bound: only {blocks} blocks of {self.block} records fit, "
            f"and records are correlated over {self.tau:.1f}",
        )


def autocorrelation(values: FloatArray) -> FloatArray:
    """Return the autocorrelation at lags 0, 1, ..., shape (n,): sums over the overlap divided by that at lag 0.

    All NaN for a constant series.
    """
    n = values.size
    off = values - values.mean() if n else values
    spectrum = np.fft.rfft(off, 2 * n) if n else np.empty(0)
    products = np.fft.irfft(np.abs(spectrum) ** 2, 2 * n)[:n] if n else np.empty(0)
    if not n or not products[0] > 1e-12 * float(np.abs(values).max()) ** 2:
        return np.full(n, np.nan)
    return np.asarray(products / products[0], dtype=float)


def memory_of(values: FloatArray) -> Memory:
    """Return the memory of a series, by Geyer's initial positive sequence.

    Use log1p of counts: counts themselves are heavy-tailed.

    Parameters
    ----------
    values : ndarray, shape (n,)
        One for each record, in their order.
    """
    rho = autocorrelation(np.asarray(values, dtype=float))
    if rho.size < 4 or np.isnan(rho[0]):
        return Memory(int(rho.size))
    pairs = rho[0 : 2 * (rho.size // 2) : 2] + rho[1 : 2 * (rho.size // 2) : 2]
    ends = np.flatnonzero(pairs <= 0.0)
    total = float(pairs[: ends[0] if ends.size else pairs.size].sum())
    return Memory(int(rho.size), max(1.0, 2.0 * total - 1.0), float(rho[1]))


def memory_within(values: FloatArray, groups: NDArray[np.intp]) -> Memory:
    """Return the memory of a series within groups of successive records: changes from one to the next are no memory.

    Parameters
    ----------
    values : ndarray, shape (n,)
    groups : ndarray of int, shape (n,)
        Number of the group of each record.
    """
    sums, sizes = np.bincount(groups, values), np.bincount(groups)
    return memory_of(values - (sums / np.maximum(sizes, 1))[groups])


def lag_p_value(values: FloatArray, rng: np.random.Generator, permutations: int = 1000) -> float:
    """Return the probability of a lag-1 correlation as large as this if the order did not matter."""
    seen = autocorrelation(values)[1]
    if np.isnan(seen):
        return float("nan")
    off = values - values.mean()
    shuffled = rng.permuted(np.broadcast_to(off, (permutations, off.size)), axis=1)
    lags = np.einsum("ij,ij->i", shuffled[:, :-1], shuffled[:, 1:]) / float(off @ off)
    return float((1 + np.count_nonzero(lags >= seen)) / (1 + permutations))


def drawn_records(memory: Memory, rng: np.random.Generator, resamples: int = RESAMPLES) -> Drawn:
    """Return indices of records for bootstrap resamples, shape (resamples, n): moving blocks where there is memory."""
    n, block = memory.n, min(memory.block, memory.n)
    if block <= 1:
        return rng.integers(0, n, (resamples, n))
    starts = rng.integers(0, n - block + 1, (resamples, -(-n // block)))
    return (starts[:, :, None] + np.arange(block)).reshape(resamples, -1)[:, :n]


def bootstrap(
    statistic: Callable[[Drawn], FloatArray],
    memory: Memory,
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
) -> Estimate:
    """Return a statistic of records with its error from resampled records, or blocks of them.

    Parameters
    ----------
    statistic : callable
        Function from indices of records, shape (k, n), to numbers, shape (k,); see `one_by_one`.
    memory : Memory
    rng : Generator
    resamples : int
    """
    value = float(statistic(np.arange(memory.n)[None])[0])
    again = resampled(statistic, memory, rng, resamples)
    return from_resamples(value, again, memory.n, memory.n_eff, memory.method, memory.doubts)


def resampled(
    statistic: Callable[[Drawn], FloatArray],
    memory: Memory,
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
) -> FloatArray:
    """Return a statistic of resampled records, shape (resamples,).

    Where fewer than ten blocks fit, they scatter too little; the resamples of single records are then returned if
    they scatter more.
    """
    blocks = np.asarray(statistic(drawn_records(memory, rng, resamples)), dtype=float)
    if not memory.doubts:
        return blocks
    singles = np.asarray(statistic(drawn_records(Memory(memory.n), rng, resamples)), dtype=float)
    return max(blocks, singles, key=_spread)


def _spread(values: FloatArray) -> float:
    good = values[np.isfinite(values)]
    return float(np.subtract(*np.percentile(good, ONE_SIGMA[::-1]))) if good.size else -1.0


def one_by_one(number: Callable[[Drawn], float]) -> Callable[[Drawn], FloatArray]:
    """Return the statistic for `bootstrap` of a function from indices, shape (n,), to a number."""
    return lambda drawn: np.array([number(indices) for indices in drawn], dtype=float)
