"""Statistic: exponent of the flicker noise of held junctions."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.held_statistics.noise_rows import NoiseRow, flicker_row
from analysis.junction_noise.exponent import FlickerExponent, flicker_exponent, junction_means
from analysis.junction_noise.flicker import BAND_Hz, NoiseWindows, WINDOW_s, joined
from analysis.statistics.estimate import Estimate
from analysis.statistics.result import (
    Curve,
    LinePicture,
    Number,
    PictureAxis,
    RecordSet,
    ResultTable,
    StatisticResult,
)
from analysis.statistics.statistic import STRETCHES, Statistic, StatisticError


@dataclass(frozen=True)
class FlickerOptions:
    """Windows and band of the noise power.

    Parameters
    ----------
    window_s : float
        Length of a window.
    band_Hz : tuple of two floats
        Band of the noise power.
    """

    window_s: float = WINDOW_s
    band_Hz: tuple[float, float] = BAND_Hz


def flicker_result(
    rows: Sequence[NoiseRow], options: FlickerOptions, made_of: RecordSet, rng: np.random.Generator
) -> StatisticResult:
    """Return the exponent over the junctions that do not switch between two levels.

    Raises
    ------
    StatisticError
        If no stretch has a window, or fewer than two junctions are left.
    """
    switching = {row.junction for row in rows if row.telegraph and row.telegraph.verdict == "two states"}
    used = [row for row in rows if row.windows is not None and row.junction not in switching]
    refused = Counter(row.refused for row in rows if row.windows is None)
    if not any(row.windows is not None for row in rows):
        reason = refused.most_common(1)[0][0] if refused else "there is no held junction"
        raise StatisticError(f"no noise power: {reason}")
    windows = joined([row.windows for row in used if row.windows is not None])
    try:
        found = flicker_exponent(windows, rng)
    except ValueError as error:
        raise StatisticError(str(error)) from None
    remarks = [
        f"{number} of {len(rows)} stretches have no noise power: {why}." for why, number in refused.items()
    ]
    if switching:
        remarks.append(
            f"{len(switching)} junctions switch between two levels, which is not flicker noise; they are left out."
        )
    return StatisticResult(
        "Flicker noise of held junctions",
        found.junctions,
        _numbers(found),
        [_table(found)],
        [_picture(windows, found)],
        [*remarks, *found.doubts, _ABOUT],
        {"switching_junctions": sorted(switching), "uncorrected_exponent": found.uncorrected},
        options,
        made_of,
        counts="junction",
    )


_ABOUT = (
    "The noise power is the trapezoid of the one-sided density of the conductance over the band, a straight line "
    "subtracted from each window. Near 1 the noise comes from the bonds, near 2 from the gap (through space)."
)


def _numbers(found: FlickerExponent) -> list[Number]:
    n = found.junctions
    method = "bootstrap over junctions and Student's t"
    doubts = found.doubts[:1] if np.isnan(found.error) else ()
    exponent = Estimate(found.value, found.error, found.interval_95, n, float(n), method, doubts)
    low, high = found.theil_sen_95
    robust = Estimate(found.theil_sen, (high - low) / 3.92, found.theil_sen_95, n, float(n), "Sen's ranks")
    return [
        Number("exponent n of NP ~ G^n, least squares", exponent),
        Number("exponent n, Theil-Sen", robust),
    ]


def _table(found: FlickerExponent) -> ResultTable:
    rows = [
        ("exponent without subtracting the amplifier's noise", found.uncorrected),
        ("amplifier's share of the noise power, median", found.floor_share),
        ("standard deviation about the line (decades)", found.residual_decades),
        ("standard deviation of log10 G (decades)", found.spread_decades),
        ("junctions", found.junctions),
        ("windows", found.windows),
        ("windows near the amplifier's noise, left out", found.rejected),
    ]
    return ResultTable(
        "noise power of held junctions",
        ("", "value"),
        rows,
        "The error of n to expect is the deviation about the line over that of log10 G over the root of the number of "
        "junctions.",
    )


def _picture(windows: NoiseWindows, found: FlickerExponent) -> LinePicture:
    floor = np.where(np.isfinite(windows.floor_G02), windows.floor_G02, 0.0)
    above = windows.power_G02 > floor
    means = junction_means(
        NoiseWindows(
            windows.junction[above],
            windows.conductance_G0[above],
            (windows.power_G02 - floor)[above],
            windows.floor_G02[above],
        )
    )
    used = means.log_conductance >= np.log10(found.least_G0) - 1e-9
    x, y = means.log_conductance, means.log_power
    ends = np.array([x[used].min(), x[used].max()])
    line = y[used].mean() + found.value * (ends - x[used].mean())
    curves = [Curve("junctions", 10.0 ** x[used], 10.0 ** y[used], style="points")]
    if not used.all():
        curves.append(Curve("near the floor, left out", 10.0 ** x[~used], 10.0 ** y[~used], style="points"))
    curves.append(Curve(f"n = {found.value:.2f}", 10.0**ends, 10.0**line))
    if (floor > 0.0).any():
        level = float(np.median(floor[floor > 0.0]))
        curves.append(Curve("noise of the amplifier", 10.0**ends, np.full(2, level), style="dashed"))
    return LinePicture(
        "flicker noise of each junction",
        PictureAxis("conductance", "G0", log=True),
        PictureAxis("noise power", "G0^2", log=True),
        curves,
    )


STATISTIC = Statistic(
    "Flicker noise of held junctions",
    FlickerOptions(),
    flicker_row,
    flicker_result,
    of=STRETCHES,
    live=True,
)
