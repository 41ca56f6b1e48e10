"""Statistic: transition voltage of each junction, both polarities, with the level and asymmetry that follow."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.held_statistics.sweep_rows import SweepRow, points_of, sweep_row
from analysis.iv.junction_points import JunctionPoints
from analysis.iv.transition_voltages import TransitionVoltages, baldea_level, transition_voltages
from analysis.records import FloatArray
from analysis.statistics.estimate import Estimate
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

_BINS = 12


@dataclass(frozen=True)
class TransitionOptions:
    """Least number of junctions.

    Parameters
    ----------
    least_junctions : int
        Junctions with a minimum that a mean needs.
    """

    least_junctions: int = 1


def transition_result(
    rows: Sequence[SweepRow], options: TransitionOptions, made_of: RecordSet, rng: np.random.Generator
) -> StatisticResult:
    """Return the result for sweeps of a recording."""
    return transition_of_points(points_of(rows), options, made_of, rng)


def transition_of_points(
    points: JunctionPoints, options: TransitionOptions, made_of: RecordSet, rng: np.random.Generator
) -> StatisticResult:
    """Return transition voltages over junctions and of the mean curves, and Baldea's level.

    Raises
    ------
    StatisticError
        If fewer junctions than asked for have a minimum at either polarity.
    """
    both = [transition_voltages(points.voltage_V, points.mean_A, points.mean_ln, sign) for sign in (1, -1)]
    if max(found.found for found in both) < max(options.least_junctions, 1):
        raise StatisticError(
            f"no minimum of ln(I/V^2) lies inside the data of the {points.junctions} junctions; sweep to a larger "
            "voltage"
        )
    level, asymmetry = baldea_level(both[0].by_junction_V, -both[1].by_junction_V)
    numbers = [
        Number(f"transition voltage, {_sign(found)}, mean over curves", _mean(found, rng), "V")
        for found in both
        if found.found
    ]
    if np.isfinite(level).any():
        numbers += [
            Number("level from both polarities, mean over curves", junction_mean(level, rng), "eV"),
            Number("asymmetry from both polarities, mean over curves", junction_mean(asymmetry, rng)),
        ]
    return StatisticResult(
        "Transition voltages",
        points.junctions,
        numbers,
        [_table(both, points.junctions)],
        [_picture(both)],
        [*points.notes, _ABOUT],
        {
            "junctions": list(points.sources),
            "positive_V": both[0].by_junction_V.tolist(),
            "negative_V": (-both[1].by_junction_V).tolist(),
            "level_eV": level.tolist(),
            "asymmetry": asymmetry.tolist(),
        },
        options,
        made_of,
        counts="junction",
    )


_ABOUT = (
    "The mean curve is made mostly by the junctions nearest to resonance: its minimum is not the mean of the "
    "junctions' minima, however many there are. Quote the mean over curves."
)


def _mean(found: TransitionVoltages, rng: np.random.Generator) -> Estimate:
    """Return the mean over the junctions that have a minimum, with a doubt that counts the others."""
    mean = junction_mean(found.by_junction_V, rng)
    none = found.by_junction_V.size - found.found
    if not none:
        return mean
    doubt = (
        f"{_sign(found)}: {none} of {found.by_junction_V.size} junctions have no minimum inside their data"
    )
    return replace(mean, doubts=(*mean.doubts, doubt))


def _sign(found: TransitionVoltages) -> str:
    return "V > 0" if found.polarity > 0 else "V < 0"


def _table(both: Sequence[TransitionVoltages], junctions: int) -> ResultTable:
    rows = [
        (
            _sign(found),
            f"{found.found} of {junctions}",
            float(np.nanmedian(found.by_junction_V)) if found.found else float("nan"),
            found.of_mean_curve_V,
            found.of_log_mean_curve_V,
        )
        for found in both
    ]
    return ResultTable(
        "minima of ln(I/V^2), moduli in V",
        ("polarity", "junctions with a minimum", "median", "of the mean curve", "of the log-mean curve"),
        rows,
        "A dash: no minimum inside the data.",
    )


def _picture(both: Sequence[TransitionVoltages]) -> LinePicture:
    values = np.concatenate([found.by_junction_V[np.isfinite(found.by_junction_V)] for found in both])
    edges = _edges(values)
    curves = [
        Curve(_sign(found), edges, np.histogram(found.by_junction_V, edges)[0].astype(float), style="steps")
        for found in both
        if found.found
    ]
    return LinePicture(
        "transition voltages of junctions",
        PictureAxis("transition voltage, modulus", "V"),
        PictureAxis("junctions"),
        curves,
    )


def _edges(values: FloatArray) -> FloatArray:
    low, high = float(values.min()), float(values.max())
    spare = 0.05 * max(high - low, 0.05 * high)
    return np.linspace(low - spare, high + spare, _BINS + 1)


STATISTIC = Statistic(
    "Transition voltages", TransitionOptions(), sweep_row, transition_result, of=SWEEPS, usual=True
)
