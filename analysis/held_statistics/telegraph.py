"""Statistic: telegraph noise of held junctions, with the dwell times of those that switch between two levels."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.held_statistics.noise_rows import NoiseRow, telegraph_row
from analysis.junction_noise.telegraph import Dwell
from analysis.records import FloatArray
from analysis.statistics.estimate import share_estimate
from analysis.statistics.junction_mean import junction_mean
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
from analysis.statistics.statistic import STRETCHES, Statistic, StatisticError

_MOST_ROWS = 30


@dataclass(frozen=True)
class TelegraphOptions:
    """Length of the table.

    Parameters
    ----------
    most_listed : int
        Largest number of switching stretches that the table lists.
    """

    most_listed: int = _MOST_ROWS


def telegraph_result(
    rows: Sequence[NoiseRow], options: TelegraphOptions, made_of: RecordSet, rng: np.random.Generator
) -> StatisticResult:
    """Return the share of junctions that switch between two levels, and their dwell times.

    Raises
    ------
    StatisticError
        If no stretch could be judged.
    """
    judged = [row for row in rows if row.telegraph is not None]
    refused = Counter(row.refused for row in rows if row.telegraph is None)
    if not judged:
        reason = refused.most_common(1)[0][0] if refused else "there is no held junction"
        raise StatisticError(f"no stretch could be judged: {reason}")
    seen = [row for row in judged if row.telegraph and row.telegraph.verdict == "two states"]
    junctions = {row.junction for row in judged}
    switching = {row.junction for row in seen}
    open_question = [row for row in judged if row.telegraph and row.telegraph.verdict == "cannot tell"]
    share = share_estimate(len(switching), len(junctions))
    numbers = [Number("share of junctions that switch between two levels", share), *_times(seen, rng)]
    verdicts = Counter(row.telegraph.verdict for row in judged if row.telegraph)
    remarks = [
        f"{number} of {len(rows)} stretches were not judged: {why}." for why, number in refused.items()
    ]
    undecided = {row.junction for row in open_question} - switching
    if undecided:
        reasons = Counter(
            reason for row in open_question if row.telegraph for reason in row.telegraph.reasons
        )
        remarks.append(
            f"The data of {len(undecided)} junctions do not decide: {reasons.most_common(1)[0][0]}."
        )
    return StatisticResult(
        "Telegraph noise of held junctions",
        len(junctions),
        numbers,
        [
            ResultTable("verdicts on stretches", ("verdict", "stretches"), list(verdicts.items())),
            *([_table(seen[: options.most_listed])] if seen else []),
        ],
        [_picture(seen)] if seen else [],
        [*remarks, _ABOUT],
        {"switching": [_content(row) for row in seen]},
        options,
        made_of,
        counts="junction",
    )


_ABOUT = (
    "Two states need a better BIC than one level, levels three standard deviations apart, ten exits from each, and a "
    "corner of the spectrum that agrees with the dwell times. A dwell below three samples is not measurable."
)


def _times(seen: Sequence[NoiseRow], rng: np.random.Generator) -> list[Number]:
    """Return the mean over junctions of the logarithms of the dwell times."""
    if not seen:
        return []
    log = np.array([[np.log10(d.tau_s) for d in row.telegraph.dwell] for row in seen if row.telegraph])
    junction = np.array([row.junction for row in seen])
    means = np.array([log[junction == j].mean(axis=0) for j in np.unique(junction)])
    return [
        Number(f"log10 of the dwell time in s, {name} level", junction_mean(means[:, i], rng))
        for i, name in enumerate(("lower", "upper"))
    ]


def _table(seen: Sequence[NoiseRow]) -> ResultTable:
    rows: list[list[Cell]] = []
    for row in seen:
        found = row.telegraph
        assert found is not None
        times = [_milliseconds(dwell) for dwell in found.dwell]
        by_threshold = [f"{1e3 * dwell.tau_s:.3g}" for dwell in found.by_threshold]
        exits = ", ".join(str(dwell.exits) for dwell in found.dwell)
        corners = [found.corner_Hz, found.spectral_corner_Hz]
        rows.append([row.junction, *found.levels, *times, *by_threshold, exits, *corners])
    dwell = [f"{name} ({level}, ms)" for name in ("dwell", "by threshold") for level in ("lower", "upper")]
    return ResultTable(
        "junctions that switch between two levels",
        ["junction", "lower (G0)", "upper (G0)", *dwell, "exits", "corner (Hz)", "of the spectrum (Hz)"],
        rows,
        "In brackets the 68 % interval of exponential dwell times; the unfinished first and last visit count in the "
        "time, not among the exits.",
    )


def _milliseconds(dwell: Dwell) -> str:
    low, high = dwell.interval_68
    return f"{1e3 * dwell.tau_s:.3g} ({1e3 * low:.3g} to {1e3 * high:.3g})"


def _picture(seen: Sequence[NoiseRow]) -> LinePicture:
    g = np.array([row.conductance_G0 for row in seen])
    curves = []
    for i, name in enumerate(("lower level", "upper level")):
        dwell = [row.telegraph.dwell[i] for row in seen if row.telegraph]
        tau = np.array([d.tau_s for d in dwell])
        low, high = (np.array([d.interval_68[end] for d in dwell]) for end in (0, 1))
        curves.append(Curve(name, g, 1e3 * tau, 1e3 * low, 1e3 * high, "points"))
    return LinePicture(
        "dwell times of junctions that switch",
        PictureAxis("conductance", "G0", log=_wide(g)),
        PictureAxis("dwell time", "ms", log=_wide(np.concatenate([curve.y for curve in curves]))),
        curves,
    )


def _wide(values: FloatArray) -> bool:
    """Return True for positive values over more than a decade, which a logarithmic axis shows better."""
    return bool(values.min() > 0.0 and values.max() > 10.0 * values.min())


def _content(row: NoiseRow) -> dict[str, object]:
    found = row.telegraph
    assert found is not None
    return {
        "junction": row.junction,
        "levels_G0": list(found.levels),
        "tau_s": [d.tau_s for d in found.dwell],
        "tau_68_s": [list(d.interval_68) for d in found.dwell],
        "exits": [d.exits for d in found.dwell],
        "corner_Hz": found.corner_Hz,
        "spectral_corner_Hz": found.spectral_corner_Hz,
    }


STATISTIC = Statistic(
    "Telegraph noise of held junctions",
    TelegraphOptions(),
    telegraph_row,
    telegraph_result,
    of=STRETCHES,
    live=True,
)
