"""Two-dimensional histogram of current-voltage curves with median and quartiles, and hysteresis of the sweeps."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.iv.junction_points import FALLING, RISING, JunctionPoints
from analysis.records import FloatArray

BINS_A_DECADE = 10
_MOST_DECADES = 12
_LOWEST = 0.005  # share of the points that may lie below: noise about zero reaches any decade


@dataclass(frozen=True, eq=False)
class IVMap:
    """Counts of points over voltage and log10 |I/A|.

    Parameters
    ----------
    voltage_edges_V : ndarray, shape (m + 1,)
    log_edges : ndarray, shape (k + 1,)
        Edges in log10 of |I| in A.
    counts_per_curve : ndarray, shape (m, k)
        Of points whose current has the sign of the voltage, over the number of junctions.
    left_out : int
        Points of the other sign, and points outside.
    """

    voltage_edges_V: FloatArray
    log_edges: FloatArray
    counts_per_curve: FloatArray
    left_out: int


@dataclass(frozen=True, eq=False)
class IVQuartiles:
    """Quartiles over junctions of log10 |I/A|, arrays (m,), of both directions and of each."""

    voltage_V: FloatArray
    lower: FloatArray
    median: FloatArray
    upper: FloatArray
    rising: FloatArray
    falling: FloatArray


def histogram_counts(
    voltage_V: FloatArray, log_current: FloatArray, voltage_edges_V: FloatArray, log_edges: FloatArray
) -> FloatArray:
    """Return counts of points with low <= x < high on both axes, shape (m, k)."""
    column = np.searchsorted(voltage_edges_V, voltage_V, side="right") - 1
    row = np.searchsorted(log_edges, log_current, side="right") - 1
    m, k = voltage_edges_V.size - 1, log_edges.size - 1
    inside = (column >= 0) & (column < m) & (row >= 0) & (row < k)
    counts = np.bincount(column[inside] * k + row[inside], minlength=m * k)
    return counts.reshape(m, k).astype(float)


def iv_map(points: JunctionPoints, direction: int | None = None) -> IVMap:
    """Return the histogram of one direction of the sweeps, or of both.

    Columns are the common voltages of the junctions, so that none has points of two voltages; rows are tenths of a
    decade.

    Raises
    ------
    ValueError
        If no current has the sign of its voltage.
    """
    chosen = points.signed if direction is None else points.signed & (points.direction == direction)
    if not chosen.any():
        raise ValueError("no current has the sign of its voltage")
    log_current = np.log10(np.abs(points.current_A[chosen]))
    high = np.ceil(log_current.max() + 1e-9)
    low = max(np.floor(np.quantile(log_current, _LOWEST)), high - _MOST_DECADES)
    log_edges = np.linspace(low, high, round((high - low) * BINS_A_DECADE) + 1)
    edges = _between(points.voltage_V)
    counts = histogram_counts(points.voltage_V[points.place[chosen]], log_current, edges, log_edges)
    total = points.place.size if direction is None else int(np.count_nonzero(points.direction == direction))
    return IVMap(edges, log_edges, counts / points.junctions, total - round(float(counts.sum())))


def iv_quartiles(points: JunctionPoints, direction: int | None = None) -> IVQuartiles:
    """Return median and quartiles over junctions of the mean log10 |I| of each; NaN where fewer than half are.

    They are those of one direction of the sweeps, or of both.
    """
    chosen = points.signed if direction is None else points.signed & (points.direction == direction)
    log = _mean_log(points, chosen)
    enough = np.isfinite(log).sum(axis=0) >= max(1, points.junctions / 2)
    lower, median, upper = (_quantile(log, q, enough) for q in (0.25, 0.5, 0.75))
    rising, falling = (
        _quantile(_mean_log(points, points.signed & (points.direction == d)), 0.5, enough)
        for d in (RISING, FALLING)
    )
    return IVQuartiles(points.voltage_V, lower, median, upper, rising, falling)


def _mean_log(points: JunctionPoints, chosen: NDArray[np.bool_]) -> FloatArray:
    size = np.abs(np.where(points.signed, points.current_A, 1.0))
    return points.averaged(np.log10(size), chosen)


def hysteresis(points: JunctionPoints) -> FloatArray:
    """Return the hysteresis of each junction, shape (junctions,): area between the directions over the area under.

    It is the integral of |I_rising - I_falling| over that of the mean of |I|, over voltages that both directions have;
    NaN with fewer than three of them. Noise makes it positive: compare it with that of repeated sweeps.
    """
    rising, falling = points.directed_A(RISING), points.directed_A(FALLING)
    areas = np.full(points.junctions, np.nan)
    for i, (up, down) in enumerate(zip(rising, falling, strict=True)):
        both = np.isfinite(up) & np.isfinite(down)
        under = np.trapezoid(0.5 * (np.abs(up[both]) + np.abs(down[both])), points.voltage_V[both])
        if np.count_nonzero(both) >= 3 and under > 0.0:
            areas[i] = np.trapezoid(np.abs(up[both] - down[both]), points.voltage_V[both]) / under
    return areas


def _between(voltage_V: FloatArray) -> FloatArray:
    """Return edges half way between voltages."""
    if voltage_V.size < 2:
        return np.array([voltage_V[0] - 0.5, voltage_V[0] + 0.5])
    middle = 0.5 * (voltage_V[1:] + voltage_V[:-1])
    return np.concatenate([[2 * voltage_V[0] - middle[0]], middle, [2 * voltage_V[-1] - middle[-1]]])


def _quantile(rows: FloatArray, q: float, enough: NDArray[np.bool_]) -> FloatArray:
    """Return a quantile over rows without NaN; NaN in columns without enough values."""
    result = np.full(rows.shape[1], np.nan)
    chosen = enough & np.isfinite(rows).any(axis=0)
    result[chosen] = np.nanquantile(rows[:, chosen], q, axis=0)
    return result
