"""Statistic: I-V curves of many junctions as a histogram over V and log|I|, with median, quartiles and hysteresis."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.held_statistics.sweep_rows import SweepRow, points_of, sweep_row
from analysis.iv.iv_map import hysteresis, iv_map, iv_quartiles
from analysis.iv.junction_points import FALLING, RISING, JunctionPoints
from analysis.records import FloatArray
from analysis.statistics.estimate import Estimate
from analysis.statistics.junction_mean import junction_mean
from analysis.statistics.result import (
    Curve,
    LinePicture,
    MapPicture,
    Number,
    PictureAxis,
    RecordSet,
    ResultTable,
    StatisticResult,
)
from analysis.statistics.statistic import SWEEPS, Statistic, StatisticError

VOLTAGE = PictureAxis("voltage", "V")
_SHARES = (0.25, 0.5, 1.0)
LOG_CURRENT = PictureAxis("log10 of |I| in A")


@dataclass(frozen=True)
class CurvesOptions:
    """Voltages of the tables.

    Parameters
    ----------
    at_V : tuple of floats
        Voltages at which currents and rectification are tabulated; a quarter, half and all of the sweep if empty.
    """

    at_V: tuple[float, ...] = ()


def curves_result(
    rows: Sequence[SweepRow], options: CurvesOptions, made_of: RecordSet, rng: np.random.Generator
) -> StatisticResult:
    """Return the result for sweeps of a recording."""
    return curves_of_points(points_of(rows), options, made_of, rng)


def curves_of_points(
    points: JunctionPoints, options: CurvesOptions, made_of: RecordSet, rng: np.random.Generator
) -> StatisticResult:
    """Return currents, rectification, hysteresis and maps of junctions.

    Raises
    ------
    StatisticError
        For a voltage beyond the data, or if no current has the sign of its voltage.
    """
    volts = _volts(points.voltage_V, options.at_V)
    if not points.signed.any():
        raise StatisticError("no current has the sign of its voltage")
    swept = [d for d in (RISING, FALLING) if (points.signed & (points.direction == d)).any()]
    maps = [_map(points, direction) for direction in swept]
    numbers = [
        Number(f"log10 of |I| in A at {at:+.3g} V", current_at(points, at, rng))
        for at in sorted([*volts, *(-v for v in volts)])
    ]
    numbers += [
        Number(f"rectification log10 |I(+)/I(-)| at {at:.3g} V", _rectification(points, at, rng))
        for at in volts
    ]
    if len(swept) == 2:
        loops = junction_mean(hysteresis(points), rng)
        numbers.append(Number("hysteresis, area between over area under", loops))
    return StatisticResult(
        "I-V curves of many junctions",
        points.junctions,
        numbers,
        [_means_table(points, volts)],
        [_quartiles(points), *maps],
        [*points.notes, _mean_of_what(points)],
        {"junctions": list(points.sources), "voltage_V": points.voltage_V.tolist()},
        options,
        made_of,
        counts="junction",
    )


def _rectification(points: JunctionPoints, at_V: float, rng: np.random.Generator) -> Estimate:
    return junction_mean((points.ln_at(at_V) - points.ln_at(-at_V)) / np.log(10.0), rng)


def _map(points: JunctionPoints, direction: int) -> MapPicture:
    found = iv_map(points, direction)
    name = "rising" if direction == RISING else "falling"
    quartiles = iv_quartiles(points, direction)
    counts = np.where(found.counts_per_curve > 0.0, found.counts_per_curve, np.nan)
    return MapPicture(
        f"I-V curves, voltage {name}",
        VOLTAGE,
        LOG_CURRENT,
        found.voltage_edges_V,
        found.log_edges,
        counts,
        "points per junction",
        curves=[
            Curve("median", quartiles.voltage_V, quartiles.median),
            Curve("lower quartile", quartiles.voltage_V, quartiles.lower, style="dashed"),
            Curve("upper quartile", quartiles.voltage_V, quartiles.upper, style="dashed"),
        ],
    )


def _quartiles(points: JunctionPoints) -> LinePicture:
    found = iv_quartiles(points)
    curves = []
    for name, side in (("V > 0", found.voltage_V > 0.0), ("V < 0", found.voltage_V < 0.0)):
        shown = side & np.isfinite(found.median)
        x = found.voltage_V[shown]
        median, lower, upper = found.median[shown], found.lower[shown], found.upper[shown]
        curves.append(Curve(f"median and quartiles, {name}", x, median, lower, upper))
        for word, values in (("rising", found.rising[shown]), ("falling", found.falling[shown])):
            curves.append(Curve(f"median {word}, {name}", x, values, style="dashed"))
    return LinePicture("I-V curves, median and quartiles of junctions", VOLTAGE, LOG_CURRENT, curves)


def _means_table(points: JunctionPoints, volts: Sequence[float]) -> ResultTable:
    """Return the ratio of arithmetic and geometric mean current at each tabulated voltage."""
    rows = []
    for at in sorted([*volts, *(-v for v in volts)]):
        ln = points.ln_at(at)
        ln = ln[np.isfinite(ln)]
        arithmetic, geometric = float(np.exp(ln).mean()), float(np.exp(ln.mean()))
        rows.append((f"{at:+.3g} V", arithmetic, geometric, arithmetic / geometric))
    return ResultTable(
        "mean modulus of the current over junctions, arithmetic and geometric",
        ("voltage", "of the currents (A)", "of their logarithms (A)", "ratio"),
        rows,
        "Where the ratio is far from 1, few junctions make the arithmetic mean.",
    )


def _mean_of_what(points: JunctionPoints) -> str:
    each = np.bincount(points.junction, minlength=points.junctions)
    wrong = int(np.count_nonzero(~points.signed & (points.bias_V != 0.0)))
    number = f"{each.min()}" if each.min() == each.max() else f"{each.min()} to {each.max()}"
    return (
        f"{points.junctions} junctions with {number} points each. A junction counts once: its sweeps are averaged "
        f"first, in the logarithm. {wrong} of {each.sum()} points differ in sign from their voltage and have no "
        "logarithm."
    )


def _volts(voltage_V: FloatArray, wanted: Sequence[float]) -> list[float]:
    """Return the wanted voltages, or common ones near a quarter, half and all of the range that both signs have."""
    reach = float(min(voltage_V.max(), -voltage_V.min()))
    if not reach > 0.0:
        raise StatisticError("the curves have one polarity only; both are needed")
    if any(not 0.0 < at <= reach * (1.0 + 1e-9) for at in wanted):
        raise StatisticError(f"at_V: the voltages must lie above 0 and up to {reach:.3g} V")
    inside = voltage_V[(voltage_V > 0.0) & (voltage_V <= reach)]
    nearest = [float(inside[np.argmin(np.abs(inside - share * reach))]) for share in _SHARES]
    return sorted(wanted) if wanted else sorted(set(nearest))


def current_at(points: JunctionPoints, voltage_V: float, rng: np.random.Generator) -> Estimate:
    """Return the mean of log10 |I/A| over junctions at a voltage."""
    return junction_mean(points.ln_at(voltage_V) / np.log(10.0), rng)


STATISTIC = Statistic(
    "I-V curves of many junctions", CurvesOptions(), sweep_row, curves_result, of=SWEEPS, usual=True
)
