"""Yield: share of traces with a plateau, for several windows and lengths, and against a control.

One number is no yield: it depends on the window and on the length that is demanded, and tunnelling alone passes any
window. The table shows both, the net yield compares with a window in which no level is expected, or with a blank run.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, isinf, log10, nan, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.records import FloatArray, Trace
from analysis.statistics.estimate import Estimate, share_estimate
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
from analysis.statistics.statistic import Statistic, StatisticError
from analysis.trace_statistics.plateau import memory_remark

SLOPE_SAMPLES = 60
"""Number of samples, evenly chosen, for the slope in a window."""

Window = tuple[float, float]


@dataclass(frozen=True)
class YieldOptions:
    """Windows and lengths of plateaus; the control is a window or the share of a blank run.

    Parameters
    ----------
    windows_G0 : tuple of pairs
        Windows of a plateau.
    lengths_samples : tuple of ints
        Least numbers of samples in a window that make a plateau.
    control_G0 : tuple of two floats, optional
        Window between peaks, best as wide in decades as the first window.
    blank_share : float
        Share of traces with a plateau in a run without the molecule, for the first window and
        ``control_samples``.
    blank_traces : int
        Number of traces in the run without the molecule.
    control_samples : int
        Least number of samples in the window of the control.
    steepest_decades_per_nm : float
        Steepest slope that a plateau may have; any if not given.
    """

    windows_G0: tuple[Window, ...] = ((0.5, 1.5), (0.7, 1.1), (0.8, 1.0))
    lengths_samples: tuple[int, ...] = (10, 20, 40, 80, 200)
    control_G0: Window | None = None
    blank_share: float = nan
    blank_traces: int = 0
    control_samples: int = 40
    steepest_decades_per_nm: float = float("inf")


def yield_row(trace: Trace, options: YieldOptions) -> NDArray[np.int64]:
    """Return the number of samples in each window and in the control window; 0 where it is too steep."""
    windows = [*options.windows_G0, *([options.control_G0] if options.control_G0 else [])]
    return np.array(
        [_samples(trace, *window, options.steepest_decades_per_nm) for window in windows], dtype=np.int64
    )


def _samples(trace: Trace, low_G0: float, high_G0: float, steepest: float) -> int:
    inside = (trace.conductance_G0 >= low_G0) & (trace.conductance_G0 < high_G0)
    n = int(np.count_nonzero(inside))
    if isinf(steepest) or n < 2:
        return n
    slope = slope_decades_per_nm(trace.displacement_m[inside], trace.conductance_G0[inside])
    return n if abs(slope) <= steepest else 0


def slope_decades_per_nm(displacement_m: FloatArray, conductance_G0: FloatArray) -> float:
    """Return the median slope over all pairs (Theil and Sen) of log10 G over displacement; NaN if unknown."""
    keep = np.unique(np.linspace(0, conductance_G0.size - 1, SLOPE_SAMPLES).astype(int))
    x, y = displacement_m[keep] * 1e9, np.log10(np.maximum(conductance_G0[keep], 1e-300))
    first, second = np.triu_indices(keep.size, 1)
    apart = x[second] - x[first]
    good = np.isfinite(apart) & (apart != 0.0)
    return float(np.median((y[second] - y[first])[good] / apart[good])) if good.any() else nan


def yield_result(
    rows: Sequence[NDArray[np.int64]], options: YieldOptions, made_of: RecordSet, rng: np.random.Generator
) -> StatisticResult:
    """Return the table of yields, and the net yield if there is a control."""
    if not rows:
        raise StatisticError("no trace is left for a yield")
    counts = np.array(rows)
    memories = [memory_of(np.log1p(column)) for column in counts.T]
    shares = [
        [_share(counts[:, i], length, memories[i]) for length in options.lengths_samples]
        for i in range(len(options.windows_G0))
    ]
    named = ("window (G0)", *(f">= {length} samples" for length in options.lengths_samples))
    table = ResultTable(
        "share of traces with at least this many samples in the window (95 % interval)",
        named,
        [(_named(window), *row) for window, row in zip(options.windows_G0, shares, strict=True)],
        note=_rule(options),
    )
    numbers = []
    net = _net(counts, options, memories[0], rng)
    if net is not None:
        numbers.append(Number(f"net yield in {_named(options.windows_G0[0])} G0 against the control", net))
    remarks = [memory_remark(memories[0])] if memories[0].block > 1 else []
    if net is None:
        remarks.append(
            "There is no control: tunnelling alone passes any window. A net yield needs a control: a window "
            "between peaks, or share and number of the traces of a run without the molecule."
        )
    if options.control_G0 and abs(_decades(options.control_G0) / _decades(options.windows_G0[0]) - 1) > 0.05:
        remarks.append("The control window is not as wide in decades as the first window.")
    picture = LinePicture(
        "yield",
        PictureAxis("samples on the plateau, at least", log=True),
        PictureAxis("share of traces"),
        [
            _curve(_named(window) + " G0", options.lengths_samples, row)
            for window, row in zip(options.windows_G0, shares, strict=True)
        ],
    )
    taus = {"tau_traces": [memory.tau for memory in memories]}
    return StatisticResult("Yield", len(rows), numbers, [table], [picture], remarks, taus, options, made_of)


def _share(counts: NDArray[np.int64], length: int, memory: Memory) -> Estimate:
    tau = memory.tau if memory.block > 1 else 1.0
    return share_estimate(int(np.count_nonzero(counts >= length)), counts.size, tau)


def net_share(share: ArrayLike, control: ArrayLike) -> FloatArray:
    """Return the share beyond that of the control, of what the control leaves: (p - p0)/(1 - p0); NaN if nothing."""
    share, control = np.asarray(share, dtype=float), np.asarray(control, dtype=float)
    return np.asarray((share - control) / np.where(control < 1.0, 1.0 - control, np.nan), dtype=float)


def _net(
    counts: NDArray[np.int64], options: YieldOptions, memory: Memory, rng: np.random.Generator
) -> Estimate | None:
    enough = counts >= options.control_samples
    if options.control_G0:
        return bootstrap(
            lambda drawn: net_share(enough[drawn, 0].mean(axis=1), enough[drawn, -1].mean(axis=1)),
            memory,
            rng,
        )
    p0, n0 = options.blank_share, options.blank_traces
    if not isfinite(p0) or n0 < 1:
        return None
    blank = share_estimate(round(p0 * n0), n0)
    own = bootstrap(lambda drawn: net_share(enough[drawn, 0].mean(axis=1), p0), memory, rng)
    by_blank = abs(float(net_share(enough[:, 0].mean(), p0 + blank.se)) - own.value)
    se = sqrt(own.se**2 + by_blank**2)
    wide = se / own.se if own.se > 0 else 1.0
    low, high = (own.value + wide * (end - own.value) for end in own.interval)
    method = f"{own.method}, and the error of the blank run"
    return Estimate(own.value, se, (low, high), own.n, own.n_eff, method, own.doubts)


def _decades(window: Window) -> float:
    return log10(window[1] / window[0])


def _named(window: Window) -> str:
    return f"{window[0]:g} to {window[1]:g}"


def _rule(options: YieldOptions) -> str:
    if isinf(options.steepest_decades_per_nm):
        return ""
    return f"Windows in which log G falls by more than {options.steepest_decades_per_nm:g} decades/nm do not count."


def _curve(name: str, lengths: Sequence[int], shares: Sequence[Estimate]) -> Curve:
    x, y = np.array(lengths, dtype=float), np.array([share.value for share in shares])
    low, high = np.array([share.interval for share in shares]).T
    return Curve(name, x, y, low, high, "points")


STATISTIC = Statistic("Yield", YieldOptions(), yield_row, yield_result, live=True, usual=True)
