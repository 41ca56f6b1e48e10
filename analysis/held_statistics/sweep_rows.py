"""Rows of statistics over I-V sweeps: each sweep through the origin, joined to a curve of its junction."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.iv.junction_points import JunctionPoints, junction_points
from analysis.iv.mean import through_origin
from analysis.iv.sweeps import Sweep
from analysis.records import FloatArray
from analysis.statistics.statistic import StatisticError


@dataclass(frozen=True, eq=False)
class SweepRow:
    """One sweep: voltage across the junction and current in the order of time; empty with the reason if left out."""

    junction: int
    voltage_V: FloatArray
    current_A: FloatArray
    left_out: str = ""


@dataclass(frozen=True, eq=False)
class JunctionCurve:
    """All sweeps of a junction, one after the other."""

    source: str
    voltage_V: FloatArray
    current_A: FloatArray


def sweep_row(sweep: Sweep, options: Any) -> SweepRow:
    """Return the row of a sweep, whose bias is the voltage across the junction."""
    curve = through_origin(sweep)
    if isinstance(curve, str):
        return SweepRow(sweep.junction, np.empty(0), np.empty(0), curve)
    return SweepRow(sweep.junction, *curve)


def points_of(rows: Sequence[SweepRow]) -> JunctionPoints:
    """Return the points of all junctions within the voltage that all of them reach.

    A note counts the sweeps left out, and those that repeat the values of another.

    Raises
    ------
    StatisticError
        If no sweep is left.
    """
    left_out = Counter(row.left_out for row in rows if row.left_out)
    kept = [row for row in rows if not row.left_out]
    notes = []
    if left_out:
        reasons = ", ".join(f"{number} {reason}" for reason, number in left_out.most_common())
        notes.append(f"{sum(left_out.values())} of {len(rows)} curves are left out: {reasons}.")
    distinct = _distinct(kept)
    if len(distinct) < len(kept):
        notes.append(f"{len(kept) - len(distinct)} curves hold the same values as another and count once.")
    if not distinct:
        raise StatisticError(f"no I-V curve is left: {notes[0] if notes else 'there is none.'}".rstrip("."))
    reach = min(min(row.voltage_V.max(), -row.voltage_V.min()) for row in distinct)
    curves: dict[int, list[SweepRow]] = defaultdict(list)
    for row in distinct:
        curves[row.junction].append(row)
    return junction_points(
        [_joined(f"junction {number + 1}", sweeps, reach) for number, sweeps in curves.items()], notes
    )


def _distinct(rows: Iterable[SweepRow]) -> list[SweepRow]:
    """Return the rows without repetitions of the same values."""
    seen: dict[bytes, SweepRow] = {}
    for row in rows:
        seen.setdefault(row.voltage_V.tobytes() + row.current_A.tobytes(), row)
    return list(seen.values())


def _joined(source: str, sweeps: Sequence[SweepRow], reach_V: float) -> JunctionCurve:
    voltage_V = np.concatenate([row.voltage_V for row in sweeps])
    current_A = np.concatenate([row.current_A for row in sweeps])
    inside = np.abs(voltage_V) <= reach_V * (1.0 + 1e-9)
    return JunctionCurve(source, voltage_V[inside], current_A[inside])
