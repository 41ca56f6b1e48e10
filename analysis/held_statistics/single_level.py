"""Statistic: one level fitted to the curve of each junction, with the share of junctions that it describes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.held_statistics.sweep_rows import SweepRow, points_of, sweep_row
from analysis.iv.junction_points import JunctionPoints
from analysis.iv.single_level import LevelFit, fit_level, fit_levels
from analysis.records import FloatArray
from analysis.statistics.estimate import share_estimate
from analysis.statistics.junction_mean import junction_mean
from analysis.statistics.result import (
    Curve,
    LinePicture,
    Number,
    PictureAxis,
    RecordSet,
    ResultTable,
    StatisticResult,
)
from analysis.statistics.statistic import SWEEPS, Statistic, StatisticError

MOSTLY = 0.5
"""Share of described junctions below which the model does not describe the set, whatever its parameters."""


@dataclass(frozen=True)
class LevelOptions:
    """Temperature, and what is fitted.

    Parameters
    ----------
    temperature_K : float
        Temperature of the electrodes.
    molecules_free : bool
        Fit the number of molecules in a junction, too.
    """

    temperature_K: float = 300.0
    molecules_free: bool = False


def level_result(
    rows: Sequence[SweepRow], options: LevelOptions, made_of: RecordSet, rng: np.random.Generator
) -> StatisticResult:
    """Return the result for sweeps of a recording."""
    return level_of_points(points_of(rows), options, made_of, rng)


def level_of_points(
    points: JunctionPoints, options: LevelOptions, made_of: RecordSet, rng: np.random.Generator
) -> StatisticResult:
    """Return parameters over junctions and of the mean curve, and the verdict.

    Parameters are averaged over the junctions that the model describes; if it describes less than half, none are.

    Raises
    ------
    StatisticError
        For a temperature that is not above zero.
    """
    if not options.temperature_K > 0.0:
        raise StatisticError(f"temperature_K = {options.temperature_K:g} is not above 0 K")
    fits = fit_levels(points.voltage_V, points.mean_A, options.temperature_K, options.molecules_free)
    described = np.array([fit.described for fit in fits])
    share = share_estimate(int(described.sum()), len(fits))
    numbers = [Number("share of junctions that one level describes", share)]
    fitting = described.mean() >= MOSTLY
    if fitting:
        numbers += _parameters(fits, rng)
    mean_curve = fit_level(
        points.voltage_V, _column_mean(points.mean_A), options.temperature_K, options.molecules_free
    )
    return StatisticResult(
        "One level in each junction",
        len(fits),
        numbers,
        [_mean_curve_table(mean_curve, fits, fitting), _reasons_table(fits)],
        [_scatter(fits)] if described.any() else [],
        [*points.notes, *_remarks(fits, mean_curve, fitting)],
        {"verdict": _verdict(fitting), "junctions": _rows(points, fits)},
        options,
        made_of,
        counts="junction",
    )


def _parameters(fits: Sequence[LevelFit], rng: np.random.Generator) -> list[Number]:
    good = [fit for fit in fits if fit.described]
    energy, gamma = np.array([fit.energy_eV for fit in good]), np.array([fit.gamma_eV for fit in good])
    return [
        Number("level |E - E_F|, mean over curves", junction_mean(energy, rng), "eV"),
        Number("half width, mean over curves", junction_mean(gamma, rng), "eV"),
        Number("log10 of the half width in eV, mean over curves", junction_mean(np.log10(gamma), rng)),
    ]


def _verdict(fitting: bool) -> str:
    return "one level describes these curves" if fitting else "one level does not describe these curves"


def _mean_curve_table(mean_curve: LevelFit, fits: Sequence[LevelFit], fitting: bool) -> ResultTable:
    rows: list[tuple[str, float, float, str]] = [
        ("of the mean curve", mean_curve.energy_eV, mean_curve.gamma_eV, mean_curve.reason or "described")
    ]
    if fitting:
        good = np.array([(fit.energy_eV, fit.gamma_eV) for fit in fits if fit.described])
        level, width = good.mean(axis=0).tolist()
        rows.append(("mean over curves", level, width, "described"))
        level, width = good.std(axis=0, ddof=1).tolist() if len(good) > 1 else (float("nan"),) * 2
        rows.append(("standard deviation of the junctions", level, width, ""))
    return ResultTable(
        "level and half width in eV",
        ("fit", "level", "half width", "verdict"),
        rows,
        "The mean curve is made mostly by the junctions nearest to resonance, so its level is not the mean level.",
    )


def _reasons_table(fits: Sequence[LevelFit]) -> ResultTable:
    reasons = Counter(_kind(fit.reason) for fit in fits)
    return ResultTable(
        "why one level describes a junction or not",
        ("reason", "junctions"),
        [(reason or "described", number) for reason, number in reasons.most_common()],
    )


def _kind(reason: str) -> str:
    """Return a reason without its numbers."""
    if "ln|I|" in reason:
        return "the fit is off by more than 0.3 in ln|I|"
    return "the fit is off by more than 3 times the noise" if "times the noise" in reason else reason


def _remarks(fits: Sequence[LevelFit], mean_curve: LevelFit, fitting: bool) -> list[str]:
    n = sum(fit.described for fit in fits)
    verdict = _verdict(fitting)
    sentence = f"{verdict[:1].upper()}{verdict[1:]}: {n} of {len(fits)} fits hold."
    if not fitting:
        off = np.array([fit.rms_ln for fit in fits])
        if np.isfinite(off).any():
            sentence += f" The median distance is {np.nanmedian(off):.2g} in ln|I|."
        sentence += " No level or width is quoted."
    return [sentence]


def _scatter(fits: Sequence[LevelFit]) -> LinePicture:
    good = [fit for fit in fits if fit.described]
    energy, gamma = np.array([fit.energy_eV for fit in good]), np.array([fit.gamma_eV for fit in good])
    error = np.sqrt([fit.covariance[1] for fit in good])
    points = Curve(
        "junctions", energy, gamma, gamma - np.minimum(error, 0.9 * gamma), gamma + error, "points"
    )
    return LinePicture(
        "level and half width of each junction that one level describes",
        PictureAxis("level |E - E_F|", "eV"),
        PictureAxis("half width", "eV", log=bool(gamma.max() > 10.0 * gamma.min())),
        [points],
    )


def _rows(points: JunctionPoints, fits: Sequence[LevelFit]) -> list[dict[str, object]]:
    return [
        {
            "junction": source,
            "level_eV": fit.energy_eV,
            "half_width_eV": fit.gamma_eV,
            "covariance_eV2": list(fit.covariance),
            "rms_ln": fit.rms_ln,
            "rms_noise": fit.rms_noise,
            "described": fit.described,
            "reason": fit.reason,
        }
        for source, fit in zip(points.sources, fits, strict=True)
    ]


def _column_mean(rows: FloatArray) -> FloatArray:
    count = np.isfinite(rows).sum(axis=0)
    return np.asarray(np.where(count > 0, np.nansum(rows, axis=0) / np.maximum(count, 1), np.nan))


STATISTIC = Statistic(
    "One level in each junction", LevelOptions(), sweep_row, level_result, of=SWEEPS, usual=True
)
