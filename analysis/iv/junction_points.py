"""Points of current-voltage curves of many junctions on common voltages, with the direction of each sweep."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatArray

RISING, FALLING = 1, -1
"""Direction of a sweep: voltage rising, voltage falling."""

MOST_VOLTAGES = 120
"""Number of equal steps in which voltages that do not repeat are combined."""

_TURN = 0.02  # of the span of a curve: a smaller step back is noise of the voltage


class SweptCurve(Protocol):
    """Curve of one junction in the order of time: all its sweeps one after the other."""

    @property
    def source(self) -> str:
        """Name of the junction, or of its file."""
        ...

    @property
    def voltage_V(self) -> FloatArray:
        """Voltage across the junction, shape (n,)."""
        ...

    @property
    def current_A(self) -> FloatArray:
        """Current, shape (n,)."""
        ...


@dataclass(frozen=True, eq=False)
class JunctionPoints:
    """Points of all junctions.

    Parameters
    ----------
    voltage_V : ndarray, shape (m,)
        Common voltages, rising.
    junction, place : ndarray of int, shape (n,)
        Junction and common voltage of each point.
    direction : ndarray of int, shape (n,)
        `RISING` or `FALLING`.
    bias_V, current_A : ndarray, shape (n,)
        Voltage and current as measured.
    sources : tuple of str
        Names of the junctions.
    notes : tuple of str
        Sentences about omitted and combined data.
    """

    voltage_V: FloatArray
    junction: NDArray[np.intp]
    place: NDArray[np.intp]
    direction: NDArray[np.intp]
    bias_V: FloatArray
    current_A: FloatArray
    sources: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def junctions(self) -> int:
        """Number of junctions."""
        return len(self.sources)

    @cached_property
    def signed(self) -> NDArray[np.bool_]:
        """True for points whose current has the sign of the voltage; others are noise about zero."""
        return self.bias_V * self.current_A > 0.0

    @cached_property
    def mean_A(self) -> FloatArray:
        """Mean current of each junction at each voltage, shape (junctions, m); NaN without a point."""
        return self.averaged(self.current_A, np.ones(self.place.size, dtype=bool))

    @cached_property
    def mean_ln(self) -> FloatArray:
        """Mean of ln|I/A| of each junction at each voltage, of points of the voltage's sign, (junctions, m)."""
        size = np.abs(np.where(self.signed, self.current_A, 1.0))
        return self.averaged(np.log(size), self.signed)

    def ln_at(self, voltage_V: float) -> FloatArray:
        """Return the mean of ln|I/A| of each junction at a voltage, shape (junctions,), interpolated; NaN outside."""
        values = np.full(self.junctions, np.nan)
        side = self.voltage_V * voltage_V > 0.0
        for i, row in enumerate(self.mean_ln):
            known = side & np.isfinite(row)
            if known.any():
                x, y = self.voltage_V[known], row[known]
                values[i] = np.interp(voltage_V, x, y, left=np.nan, right=np.nan)
        return values

    def directed_A(self, direction: int) -> FloatArray:
        """Return the mean current of one direction of the sweeps, shape (junctions, m); NaN without a point."""
        return self.averaged(self.current_A, self.direction == direction)

    def averaged(self, values: FloatArray, chosen: NDArray[np.bool_]) -> FloatArray:
        """Return the mean of chosen values at each voltage of each junction, shape (junctions, m)."""
        shape = self.junctions, self.voltage_V.size
        cell = (self.junction * shape[1] + self.place)[chosen]
        number = np.bincount(cell, minlength=shape[0] * shape[1])
        total = np.bincount(cell, values[chosen], minlength=shape[0] * shape[1])
        return np.where(number > 0, total / np.maximum(number, 1), np.nan).reshape(shape)


def junction_points(curves: Sequence[SweptCurve], notes: Sequence[str] = ()) -> JunctionPoints:
    """Put the points of curves, one for each junction, on common voltages: those of the data if they repeat.

    Raises
    ------
    ValueError
        Without a curve that has a finite point.
    """
    finite = [np.isfinite(c.voltage_V) & np.isfinite(c.current_A) for c in curves]
    kept = [(c, good) for c, good in zip(curves, finite, strict=True) if good.any()]
    if not kept:
        raise ValueError("no curve has a point with a voltage and a current")
    junction = np.concatenate([np.full(np.count_nonzero(good), i) for i, (_, good) in enumerate(kept)])
    bias_V = np.concatenate([c.voltage_V[good] for c, good in kept])
    current_A = np.concatenate([c.current_A[good] for c, good in kept])
    direction = np.concatenate([sweep_direction(c.voltage_V[good]) for c, good in kept])
    place = common_places(bias_V)
    voltage_V = np.bincount(place, bias_V) / np.bincount(place)
    return JunctionPoints(
        voltage_V,
        junction,
        place,
        direction,
        bias_V,
        current_A,
        tuple(c.source for c, _ in kept),
        tuple(notes),
    )


def sweep_direction(voltage_V: FloatArray) -> NDArray[np.intp]:
    """Return `RISING` or `FALLING` for each point of a swept voltage, shape (n,).

    A sweep turns where the voltage comes back by more than 2 % of its span; smaller steps back are noise.
    """
    least = _TURN * float(np.ptp(voltage_V)) if voltage_V.size else 0.0
    direction = np.full(voltage_V.size, RISING, dtype=np.intp)
    turn, extreme, sign = 0, 0, 0
    values = voltage_V.tolist()
    for at, value in enumerate(values):
        if sign == 0:
            if abs(value - values[0]) > least:
                sign = RISING if value > values[0] else FALLING
                extreme = at
        elif (value - values[extreme]) * sign >= 0.0:
            extreme = at
        elif (values[extreme] - value) * sign > least:
            direction[turn : extreme + 1] = sign
            turn, extreme, sign = extreme + 1, at, -sign
    direction[turn:] = sign or RISING
    return direction


def common_places(voltage_V: FloatArray) -> NDArray[np.intp]:
    """Return the index of the common voltage of each point: of equal voltages, or of one of 120 equal steps."""
    span = max(float(np.ptp(voltage_V)), 1e-12)
    _, place, count = np.unique(np.round(voltage_V / (1e-6 * span)), return_inverse=True, return_counts=True)
    if (count < 2).mean() > 0.5 or count.size > 5 * MOST_VOLTAGES:
        steps = np.round(voltage_V / span * MOST_VOLTAGES).astype(np.intp)  # the same of both signs
        _, place = np.unique(steps, return_inverse=True)
    return np.asarray(place, dtype=np.intp)
