"""Statistics of I-V curves from files of other programs, or from recordings: one curve for each junction."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from analysis.held_statistics import iv_curves, single_level, transition_voltage
from analysis.iv.curves import IVCurves
from analysis.iv.junction_points import junction_points
from analysis.statistics.result import RecordSet, StatisticResult
from analysis.statistics.statistic import StatisticError

SEED = 0
"""Fixed, so that the same files always give the same errors."""


def curve_statistics(
    read: IVCurves, options: single_level.LevelOptions | None = None
) -> Mapping[str, StatisticResult]:
    """Return the statistics of curves, by name; one that cannot be computed says why.

    Raises
    ------
    ValueError
        If no curve has a point.
    """
    level = options or single_level.LevelOptions()
    points = junction_points(read.curves, read.notes)
    made_of = RecordSet(read.sources, "every curve")
    results = {}
    for name, title, compute in (
        (
            "iv-curves",
            iv_curves.STATISTIC.title,
            lambda rng: iv_curves.curves_of_points(points, iv_curves.CurvesOptions(), made_of, rng),
        ),
        (
            "transition-voltage",
            transition_voltage.STATISTIC.title,
            lambda rng: transition_voltage.transition_of_points(
                points, transition_voltage.TransitionOptions(), made_of, rng
            ),
        ),
        (
            "single-level",
            single_level.STATISTIC.title,
            lambda rng: single_level.level_of_points(points, level, made_of, rng),
        ),
    ):
        try:
            results[name] = compute(np.random.default_rng(SEED))
        except StatisticError as error:
            reason = f"{str(error)[:1].upper()}{str(error)[1:]}."
            results[name] = StatisticResult(
                title, points.junctions, remarks=[*points.notes, reason], made_of=made_of
            )
    return MappingProxyType(results)
