"""Number of traces that is enough: a rule that may be looked at while traces come.

The half width of the peak's 68 % interval is checked every 25 traces from 50 on. It is enough when two successive
checks are within the target and the traces count as 20 independent ones; the interval at that check is the result
(coverage in docs/explanation/validation.md). Stopping on a p-value, looked at again and again, gives a false alarm in
29 % of runs instead of 5 %.

Copies of traces (the same samples, or the same noise scaled, shifted or cut) tell nothing new and are left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, isfinite, nan, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.records import Trace
from analysis.statistics.estimate import ONE_SIGMA, TWO_SIDED_95, Estimate, unknown
from analysis.statistics.result import (
    Curve,
    LinePicture,
    Number,
    PictureAxis,
    RecordSet,
    StatisticResult,
)
from analysis.statistics.statistic import Statistic, StatisticError
from analysis.trace_statistics.window_peak import alike, resampled_peak, window_axis
from analysis.traces.copies import originals, sketch
from analysis.traces.histogram import BinAxis, CountArray, Scale, histogram

RESAMPLES = 200
NOT_FALLING = -0.2
"""Exponent of the width with the number of traces above which more traces do not help; -0.5 is that of chance."""


@dataclass(frozen=True)
class EnoughOptions:
    """Peaks, the error that is wanted, and when it is looked at.

    Parameters
    ----------
    windows_G0 : tuple of pairs
        Windows of the peaks.
    log : bool
        Logarithmic bins, for peaks of molecules.
    gaussians : int
        Gaussians in each window: 2 where two levels overlap.
    target : float
        Half of the 68 % interval that is wanted, relative to the peak, in linear bins.
    target_decades : float
        Half of the 68 % interval that is wanted in logarithmic bins.
    first : int
        Number of traces at the first look.
    every : int
        Traces between two looks.
    successive : int
        Looks in a row that must reach the target.
    least_n_eff : float
        Least number of independent traces, with the memory between traces counted.
    """

    windows_G0: tuple[tuple[float, float], ...] = ((0.7, 1.2),)
    log: bool = False
    gaussians: int = 1
    target: float = 0.02
    target_decades: float = 0.05
    first: int = 50
    every: int = 25
    successive: int = 2
    least_n_eff: float = 20.0

    @property
    def axes(self) -> tuple[BinAxis, ...]:
        """Bins of each peak."""
        scale = Scale.LOG if self.log else Scale.LINEAR
        return tuple(window_axis(*window, scale) for window in self.windows_G0)


@dataclass(frozen=True)
class Check:
    """Peak of the first ``n`` traces, with half of its 68 % interval; decades for logarithmic bins.

    Traces that are ``alike`` have no interval.
    """

    n: int
    n_eff: float
    centre: float
    half_width: float
    interval: tuple[float, float]
    reached: bool
    alike: bool = False


def enough_row(trace: Trace, options: EnoughOptions) -> tuple[NDArray[Any], ...]:
    """Return the counts of one trace in each window, and its sketch."""
    counts = (np.asarray(histogram([trace], axis).traces[0], dtype=np.int32) for axis in options.axes)
    return *counts, sketch(trace.conductance_G0)


def check(rows: CountArray, axis: BinAxis, options: EnoughOptions, rng: np.random.Generator) -> Check:
    """Return the check of these traces in one window."""
    n = len(rows)
    centre, again, memory = resampled_peak(axis, rows, rng, RESAMPLES, gaussians=options.gaussians)
    good = again[np.isfinite(again)]
    if not isfinite(centre) or good.size < RESAMPLES / 2:
        return Check(n, memory.n_eff, centre, nan, (nan, nan), False)
    if alike(axis, good):
        return Check(n, memory.n_eff, centre, nan, (nan, nan), False, alike=True)
    low, high = (float(x) for x in np.percentile(good, ONE_SIGMA))
    outer_low, outer_high = (float(x) for x in np.percentile(good, TWO_SIDED_95))
    half = (high - low) / 2.0
    target = options.target_decades if options.log else options.target * abs(centre)
    reached = half <= target and memory.n_eff >= options.least_n_eff
    return Check(n, memory.n_eff, centre, half, (outer_low, outer_high), reached)


def checks_of(
    rows: CountArray, axis: BinAxis, options: EnoughOptions, rng: np.random.Generator
) -> list[Check]:
    """Return all checks of one window up to the present number of traces."""
    return [check(rows[:n], axis, options, rng) for n in range(options.first, len(rows) + 1, options.every)]


def stop_at(reached: Sequence[bool], successive: int) -> int | None:
    """Return the index of the check at which it is enough: the last of the first successive ones that reach it."""
    run = 0
    for index, one in enumerate(reached):
        run = run + 1 if one else 0
        if run >= successive:
            return index
    return None


def predicted_n(checks: Sequence[Check], options: EnoughOptions) -> int | None:
    """Return the number of traces at which a width that falls as c/sqrt(n) reaches the target; None if unknown."""
    known = [one for one in checks if isfinite(one.half_width)]
    if not known:
        return None
    recent = known[len(known) // 2 :]
    c = float(np.median([one.half_width * sqrt(one.n) for one in recent]))
    target = options.target_decades if options.log else options.target * abs(recent[-1].centre)
    return ceil((c / target) ** 2)


def width_exponent(checks: Sequence[Check]) -> float:
    """Return the exponent with which the width falls with the number of traces; NaN with fewer than six checks."""
    known = [one for one in checks if isfinite(one.half_width) and one.half_width > 0]
    if len(known) < 6:
        return nan
    n, width = (np.log([getattr(one, name) for one in known]) for name in ("n", "half_width"))
    return float(np.polyfit(n, width, 1)[0])


def enough_result(
    rows: Sequence[tuple[NDArray[Any], ...]],
    options: EnoughOptions,
    made_of: RecordSet,
    rng: np.random.Generator,
) -> StatisticResult:
    """Return whether it is enough, the peak at that point, and the curve of the width."""
    counted = originals(np.array([row[-1] for row in rows]))
    copies = len(rows) - len(counted)
    if len(counted) < options.first:
        raise StatisticError(
            f"the first check is at {options.first} traces; there are {len(counted)}"
            + f", and {_copies(copies, 'them')}" * bool(copies)
        )
    by_window = [
        checks_of(np.array([rows[index][window] for index in counted]), axis, options, rng)
        for window, axis in enumerate(options.axes)
    ]
    stop = stop_at(
        [all(one.reached for one in at) for at in zip(*by_window, strict=True)], options.successive
    )
    quoted = [checks[-1 if stop is None else stop] for checks in by_window]
    needed = [predicted_n(checks, options) for checks in by_window]
    unit = "decades" if options.log else "G0"
    windows = (
        [""] if len(by_window) == 1 else [f" in {low:g} to {high:g} G0" for low, high in options.windows_G0]
    )
    numbers = [
        Number(
            f"peak{window} {'so far, not enough' if stop is None else 'at the stop'}",
            _estimate(one, options.gaussians),
            "log10 G" if options.log else "G0",
        )
        for window, one in zip(windows, quoted, strict=True)
    ]
    known = [n for n in needed if n is not None]
    predicted = max(known) if len(known) == len(needed) else None
    pictures = [
        _picture(checks, options, unit, window) for window, checks in zip(windows, by_window, strict=True)
    ]
    return StatisticResult(
        "Enough traces",
        len(rows),
        numbers,
        (),
        pictures,
        [
            *([f"Of {len(rows)} traces {_copies(copies, 'others')} are left out."] if copies else []),
            *_remarks(by_window, quoted, stop is not None, predicted, options, unit),
        ],
        {
            "enough": stop is not None,
            "stop_at": None if stop is None else quoted[0].n,
            "predicted_n": predicted,
            "copies": copies,
            "checks": [
                {
                    "window_G0": list(window),
                    "n": c.n,
                    "n_eff": c.n_eff,
                    "centre": c.centre,
                    "half_width": c.half_width,
                }
                for window, checks in zip(options.windows_G0, by_window, strict=True)
                for c in checks
            ],
        },
        options,
        made_of,
    )


def _copies(n: int, of: str) -> str:
    word = "copy" if n == 1 else "copies"
    return f"{n} {word} of {of} (the same samples, or the same noise scaled, shifted or cut)"


def _estimate(one: Check, gaussians: int) -> Estimate:
    if one.alike:
        return unknown(one.n, "the traces are alike, so no error could be determined")
    if not isfinite(one.half_width):
        return unknown(one.n, "the fit of the peak does not settle")
    shape = "one Gaussian" if gaussians == 1 else "two Gaussians"
    method = f"bootstrap over traces, {shape} on a sloping background"
    return Estimate(one.centre, one.half_width, one.interval, one.n, one.n_eff, method)


def _picture(checks: Sequence[Check], options: EnoughOptions, unit: str, window: str) -> LinePicture:
    n = np.array([one.n for one in checks], dtype=float)
    width = np.array([one.half_width for one in checks])
    known = np.isfinite(width)
    curves = [Curve("half width", n[known], width[known], style="points")]
    if known.any():
        c = float(np.median(width[known] * np.sqrt(n[known])))
        curves.append(Curve("c/√n", n, c / np.sqrt(n), style="dashed"))
    target = options.target_decades if options.log else options.target * abs(_last_centre(checks))
    return LinePicture(
        f"enough traces{window}",
        PictureAxis("traces"),
        PictureAxis("half of the 68 % interval of the peak", unit),
        curves,
        levels=[("target", target)] if isfinite(target) else [],
    )


def _last_centre(checks: Sequence[Check]) -> float:
    return next((one.centre for one in reversed(checks) if isfinite(one.centre)), nan)


def _remarks(
    by_window: Sequence[Sequence[Check]],
    quoted: Sequence[Check],
    enough: bool,
    needed: int | None,
    options: EnoughOptions,
    unit: str,
) -> list[str]:
    last = quoted[0]
    if enough:
        widths = " and ".join(f"{one.half_width:.2g}" for one in quoted)
        return [
            f"Enough: at {last.n} traces half of the interval is {widths} {unit}. The result is that of this check; "
            "later traces make it no less valid."
        ]
    remarks = []
    if any(one.alike for one in quoted):
        return [
            f"The {last.n} traces are alike in the window: copies of one, or a fixed resistor. No number of them gives "
            "an error."
        ]
    exponent = max((x for x in map(width_exponent, by_window) if isfinite(x)), default=nan)
    if exponent > NOT_FALLING:
        remarks.append(
            f"The width does not fall with more traces (as n to the power {exponent:.1f}): something drifts, and more "
            "traces will not help."
        )
    elif needed is not None:
        remarks.append(f"Not enough yet: about {max(needed, last.n + options.every)} traces are needed.")
    else:
        remarks.append("Not enough yet: the peak cannot be fitted.")
    if last.n_eff < options.least_n_eff:
        remarks.append(f"The {last.n} traces count as {last.n_eff:.0f} independent ones only.")
    return remarks


STATISTIC = Statistic("Enough traces", EnoughOptions(), enough_row, enough_result, live=True)
