"""Mean current-voltage curve of many held junctions, and amplitudes at equal steps of power on it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from analysis.iv.sweeps import Sweep
from analysis.records import FloatArray

_BEGINNING = 0.05  # of a sweep: its first samples may still show the bias before it


@dataclass(frozen=True)
class CurveRules:
    """Rules for the curves that are averaged and for their common grid.

    Parameters
    ----------
    low : float
        Share of the peak up to which a curve is taken as straight.
    ends_differ : float
        Largest difference between the conductances of a curve's two ends (its first stretch, from 0 V on, and its
        last, back to 0 V, each within twice ``low``), as a share of their mean; beyond it the junction has changed.
    offset : float
        Largest shift of a curve to make it go through the origin, as a share of the peak.
    points : int
        Number of points of the grid from -V to +V; odd, so that 0 V is among them.
    """

    low: float = 0.1
    ends_differ: float = 0.3
    offset: float = 0.1
    points: int = 101


@dataclass(frozen=True, eq=False)
class MeanIV:
    """Mean of curves on a common grid, arrays of shape (points,).

    Parameters
    ----------
    voltage_V : ndarray
        Voltage across the junction, rising.
    current_A, sd_A : ndarray
        Mean of both directions over the junctions, and the standard deviation of the junctions about it (of the
        sample, not of the mean); NaN for one junction.
    rising_A, falling_A : ndarray
        Mean of each direction of the sweep.
    by_junction_A : ndarray, shape (junctions, points)
        Mean of both directions and of all curves of each junction.
    junctions, curves : int
        Numbers averaged; several curves of one junction count as one junction.
    dropped : mapping of str to int
        Curves left out, by reason.
    """

    voltage_V: FloatArray
    current_A: FloatArray
    sd_A: FloatArray
    rising_A: FloatArray
    falling_A: FloatArray
    by_junction_A: FloatArray
    junctions: int
    curves: int
    dropped: Mapping[str, int] = field(default_factory=dict)

    @property
    def largest_V(self) -> float:
        """End of the grid (V)."""
        return float(self.voltage_V[-1])

    def current_at(self, voltage_V: ArrayLike) -> FloatArray:
        """Return the mean current in A, interpolated; NaN beyond the grid."""
        voltage = np.asarray(voltage_V, dtype=float)
        return np.interp(voltage, self.voltage_V, self.current_A, left=np.nan, right=np.nan)

    def power_W(self, amplitude_V: ArrayLike) -> FloatArray:
        """Return the power V I, mean over both signs of the amplitude; NaN beyond the grid."""
        amplitude = np.asarray(amplitude_V, dtype=float)
        return 0.5 * amplitude * (self.current_at(amplitude) - self.current_at(-amplitude))

    def expected_A(self, amplitude_V: ArrayLike) -> FloatArray:
        """Return the larger modulus of the mean current at plus and minus the amplitude; NaN beyond the grid."""
        amplitude = np.asarray(amplitude_V, dtype=float)
        return np.maximum(np.abs(self.current_at(amplitude)), np.abs(self.current_at(-amplitude)))


def mean_iv(
    sweeps: Iterable[Sweep], series_resistance_ohm: float = 0.0, rules: CurveRules | None = None
) -> MeanIV:
    """Average the curves of held junctions.

    Each curve is moved along the voltage axis until it goes through the origin, and interpolated on a grid in both
    directions. Curves of junctions that broke or changed are left out, and counted by reason.

    Raises
    ------
    ValueError
        If no curve is left; names the reasons.
    """
    rules = rules or CurveRules()
    kept: list[tuple[int, _Branches]] = []
    dropped: Counter[str] = Counter()
    for sweep in sweeps:
        aligned = _aligned(sweep, series_resistance_ohm, rules)
        if isinstance(aligned, str):
            dropped[aligned] += 1
        else:
            kept.append((sweep.junction, aligned))
    if not kept:
        reasons = ", ".join(f"{n} {reason}" for reason, n in dropped.items()) or "the data hold none"
        raise ValueError(f"no curve to average: {reasons}")
    reach = min(branches.reach_V for _, branches in kept)
    grid = np.linspace(-reach, reach, rules.points)
    by_junction: dict[int, list[FloatArray]] = defaultdict(list)
    for junction, branches in kept:
        by_junction[junction].append(branches.on(grid))
    curves = np.array([np.mean(rows, axis=0) for rows in by_junction.values()])  # (junctions, 2, points)
    both = curves.mean(axis=1)
    sd = both.std(axis=0, ddof=1) if len(both) > 1 else np.full(grid.size, np.nan)
    rising, falling = curves.mean(axis=0)
    left_out = dict(dropped.most_common())
    return MeanIV(grid, both.mean(axis=0), sd, rising, falling, both, len(both), len(kept), left_out)


def refusal(sweep: Sweep, series_resistance_ohm: float = 0.0, rules: CurveRules | None = None) -> str:
    """Return the reason for which `mean_iv` would leave a curve out; "" if it would not."""
    aligned = _aligned(sweep, series_resistance_ohm, rules or CurveRules())
    return aligned if isinstance(aligned, str) else ""


def equal_power_amplitudes(iv: MeanIV, n: int, largest_V: float) -> FloatArray:
    """Return the amplitudes, shape (n,), at which the mean curve dissipates 1/n, 2/n ... n/n of the power at
    ``largest_V``.

    Lee et al., Nature 498, 209 (2013), chose theirs this way: their powers are as 1 : 2 : 3 : 4 : 5.

    Raises
    ------
    ValueError
        If ``largest_V`` lies beyond the curve, or the curve dissipates no power there.
    """
    if not 0 < largest_V <= iv.largest_V:
        raise ValueError(
            f"largest amplitude {largest_V:g} V is not above 0 and within the curve ({iv.largest_V:g} V)"
        )
    amplitude = np.linspace(0.0, largest_V, 2000)
    power = np.maximum.accumulate(iv.power_W(amplitude))  # noise near 0 V must not make it fall
    if not power[-1] > 0:
        raise ValueError(f"the mean curve dissipates {power[-1]:.2g} W at {largest_V:g} V")
    rises = np.concatenate([[True], np.diff(power) > 0])
    return np.interp(power[-1] * np.arange(1, n + 1) / n, power[rises], amplitude[rises])


@dataclass(frozen=True, eq=False)
class _Branches:
    """A curve through the origin: each direction by rising voltage."""

    rising: tuple[FloatArray, FloatArray]
    falling: tuple[FloatArray, FloatArray]

    @property
    def reach_V(self) -> float:
        """Largest voltage that both directions reach on both sides."""
        return float(min(min(-volts[0], volts[-1]) for volts, _ in (self.rising, self.falling)))

    def on(self, grid_V: FloatArray) -> FloatArray:
        """Return the current of the rising and of the falling direction, shape (2, n)."""
        return np.stack([np.interp(grid_V, volts, amps) for volts, amps in (self.rising, self.falling)])


def through_origin(
    sweep: Sweep, series_ohm: float = 0.0, rules: CurveRules | None = None
) -> tuple[FloatArray, FloatArray] | str:
    """Return voltage and current of a curve moved through the origin, in the order of time, or why it is left out.

    The series resistance is subtracted from the bias.
    """
    rules = rules or CurveRules()
    if sweep.kind not in ("whole", "unknown"):
        return sweep.kind
    if sweep.ended != "finished":
        return sweep.ended
    if sweep.flags:
        return sweep.flags[0]
    begin = int(np.argmin(np.abs(sweep.bias_V[: max(2, round(_BEGINNING * sweep.bias_V.size))])))
    current = sweep.current_A[begin:]
    voltage = sweep.bias_V[begin:] - series_ohm * current
    low, high = sorted((int(np.argmin(voltage)), int(np.argmax(voltage))))
    peak = min(voltage.max(), -voltage.min())
    if not peak > 0 or not 0 < low < high < voltage.size - 1:
        return "not to both sides"
    ends = [
        _slope(part, rules.low * 2 * peak, voltage, current) for part in (slice(0, low), slice(high, None))
    ]
    if not min(ends) > 0:
        return "no conductance at 0 V"
    if abs(ends[0] - ends[1]) > rules.ends_differ * np.mean(ends):
        return "ends differ"
    near = np.abs(voltage) <= rules.low * peak
    slope, at_zero = np.polyfit(voltage[near], current[near], 1)
    offset = -at_zero / slope
    if not abs(offset) <= rules.offset * peak:
        return "far from the origin"
    return voltage - offset, current


def _aligned(sweep: Sweep, series_ohm: float, rules: CurveRules) -> "_Branches | str":
    """Return the curve moved through the origin in two directions, or the reason for leaving it out."""
    curve = through_origin(sweep, series_ohm, rules)
    if isinstance(curve, str):
        return curve
    voltage, current = curve
    low, high = sorted((int(np.argmin(voltage)), int(np.argmax(voltage))))
    index = np.arange(voltage.size)
    inner, outer = (index >= low) & (index <= high), (index <= low) | (index >= high)
    between = _sorted(voltage[inner], current[inner])
    around = _sorted(voltage[outer], current[outer])
    up_first = voltage[low] > voltage[high]
    return _Branches(rising=around, falling=between) if up_first else _Branches(between, around)


def _slope(part: slice, within_V: float, voltage: FloatArray, current: FloatArray) -> float:
    """Return the slope of the straight line through the points of a part that are near 0 V."""
    near = np.abs(voltage[part]) <= within_V
    if np.count_nonzero(near) < 3:
        return float("nan")
    return float(np.polyfit(voltage[part][near], current[part][near], 1)[0])


def _sorted(voltage: FloatArray, current: FloatArray) -> tuple[FloatArray, FloatArray]:
    order = np.argsort(voltage, kind="stable")
    return voltage[order], current[order]
