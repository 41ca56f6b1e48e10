"""Exponent n of flicker noise, NP ~ G^n, over junctions: near 1 through bonds, near 2 through space.

Adak et al. choose n so that log(NP/G^n) and log G are uncorrelated, which is the slope of a straight line through
log NP against log G by least squares. Beside it stands Theil and Sen's slope, which single junctions far off the line
do not move.

The junction is what is drawn, not the window: windows of one junction are alike, and an error from all windows as
independent covers in 38 % of cases where it promises 68 %. Junctions are therefore averaged (in log) first.

Near the amplifier's floor a noise power is not known. Windows are left out by their conductance only: those at which
the line, floor included, lies below three floors. A limit on the measured noise power itself keeps only the noisy ones
of the weak junctions and makes 1.0 of an exponent of 1.4.
"""

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from analysis.distributions import normal_above, student_exceeded
from analysis.junction_noise.flicker import LEAST_FLOORS, NoiseWindows
from analysis.line_fit import theil_sen
from analysis.records import FloatArray

LEAST_JUNCTIONS = 5
"""Fewer junctions give no interval of an exponent."""

RESAMPLES = 1000
_LARGE_FLOOR = 0.1  # of the median noise power: an exponent that ignores it is off
_MANY_REJECTED = 0.05
_MOST_STEPS = 20
_ONE_SIGMA = normal_above(1.0)


@dataclass(frozen=True, eq=False)
class JunctionNoise:
    """Means over the windows of each junction, arrays (junctions,), in decades of G0 and of G0^2."""

    junction: NDArray[np.intp]
    log_conductance: FloatArray
    log_power: FloatArray
    windows: NDArray[np.intp]


@dataclass(frozen=True)
class FlickerExponent:
    """The exponent of NP ~ G^n.

    Parameters
    ----------
    value, error : float
        By least squares on the junctions, and its standard error: the larger of that of the line and of a bootstrap
        over junctions; NaN for fewer than five junctions.
    interval_68, interval_95 : tuple of float
        By Student's t with two degrees of freedom fewer than junctions.
    theil_sen : float
        Median of the slopes of all pairs of junctions.
    theil_sen_95 : tuple of float
    uncorrected : float
        By least squares without subtracting the floor; equal to ``value`` if no floor was measured.
    residual_decades, spread_decades : float
        Standard deviations of log NP about the line, and of log G.
    junctions, windows, rejected : int
        Numbers used; ``rejected`` windows are near the floor, or have no conductance above zero.
    least_G0 : float
        Lowest conductance of a junction used.
    floor_share : float
        Median of floor over noise power; NaN if no floor was measured.
    doubts : tuple of str
        Sentences for the reader.
    """

    value: float
    error: float
    interval_68: tuple[float, float]
    interval_95: tuple[float, float]
    theil_sen: float
    theil_sen_95: tuple[float, float]
    uncorrected: float
    residual_decades: float
    spread_decades: float
    junctions: int
    windows: int
    rejected: int = 0
    least_G0: float = math.nan
    floor_share: float = math.nan
    doubts: tuple[str, ...] = field(default=())


def exponent_error(residual_decades: float, spread_decades: float, junctions: int) -> float:
    """Return the error of n to expect: residual over spread of log G over the root of the number of junctions."""
    return residual_decades / (spread_decades * math.sqrt(junctions))


def junction_means(windows: NoiseWindows) -> JunctionNoise:
    """Return the mean logarithms of each junction, without the windows that have none."""
    good = (windows.conductance_G0 > 0.0) & (windows.power_G02 > 0.0)
    names, place = np.unique(windows.junction[good], return_inverse=True)
    number = np.bincount(place, minlength=names.size)
    logs = [np.log10(x[good]) for x in (windows.conductance_G0, windows.power_G02)]
    means = [np.bincount(place, x, minlength=names.size) / np.maximum(number, 1) for x in logs]
    return JunctionNoise(names, means[0], means[1], number.astype(np.intp))


def least_squares_slope(x: FloatArray, y: FloatArray) -> tuple[float, float]:
    """Return the slope of a straight line, and its standard error from the residuals; NaN where there is none."""
    off = x - x.mean()
    size = float(off @ off)
    if x.size < 2 or not size > 0.0:
        return math.nan, math.nan
    slope = float(off @ y / size)
    rest = y - y.mean() - slope * off
    return slope, math.sqrt(float(rest @ rest) / (x.size - 2) / size) if x.size > 2 else math.nan


def bootstrap_slopes(
    x: FloatArray, y: FloatArray, rng: np.random.Generator, resamples: int = RESAMPLES
) -> FloatArray:
    """Return slopes of lines through as many junctions drawn with replacement, shape (resamples,)."""
    n = x.size
    times = rng.multinomial(n, np.full(n, 1.0 / n), size=resamples).astype(float)
    mean_x, mean_y = times @ x / n, times @ y / n
    size = times @ (x * x) / n - mean_x**2
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = np.where(size > 1e-12 * x.var(), (times @ (x * y) / n - mean_x * mean_y) / size, np.nan)
    return np.asarray(slopes[np.isfinite(slopes)])


def flicker_exponent(
    windows: NoiseWindows, rng: np.random.Generator, resamples: int = RESAMPLES
) -> FlickerExponent:
    """Return the exponent of the flicker noise of junctions, floor subtracted.

    Parameters
    ----------
    windows : NoiseWindows
        Junctions that switch between two levels must have been left out: that is no flicker noise.
    rng : Generator
    resamples : int
        Of the bootstrap over junctions.

    Raises
    ------
    ValueError
        If fewer than two junctions of different conductance are left.
    """
    known = np.isfinite(windows.floor_G02)
    floor = np.where(known, windows.floor_G02, 0.0)
    above = _above_floor(windows, floor)
    kept = _part(windows, above, windows.power_G02 - floor)
    means = junction_means(kept)
    x, y = means.log_conductance, means.log_power
    slope, line_error = least_squares_slope(x, y)
    if math.isnan(slope):
        raise ValueError(
            f"{x.size} junctions with a noise power above the floor; an exponent needs two of different conductance"
        )
    n = x.size
    error, low_68, high_68, low_95, high_95 = (math.nan,) * 5
    if n >= LEAST_JUNCTIONS:
        error = max(line_error, float(np.std(bootstrap_slopes(x, y, rng, resamples), ddof=1)))
        half_68, half_95 = (student_exceeded(tail, n - 2.0) * error for tail in (_ONE_SIGMA, 0.025))
        low_68, high_68, low_95, high_95 = slope - half_68, slope + half_68, slope - half_95, slope + half_95
    robust, low, high = theil_sen(x, y)
    raw = junction_means(_part(windows, above, windows.power_G02))
    uncorrected, _ = least_squares_slope(raw.log_conductance, raw.log_power)
    residual = y - y.mean() - slope * (x - x.mean())
    share = float(np.median(floor[known] / windows.power_G02[known])) if known.any() else math.nan
    found = FlickerExponent(
        value=slope,
        error=error,
        interval_68=(low_68, high_68),
        interval_95=(low_95, high_95),
        theil_sen=robust,
        theil_sen_95=(low, high),
        uncorrected=uncorrected,
        residual_decades=float(residual.std(ddof=min(2, n - 1))),
        spread_decades=float(x.std(ddof=1)),
        junctions=n,
        windows=int(np.count_nonzero(above)),
        rejected=int(np.count_nonzero(~above)),
        least_G0=float(10.0 ** x.min()),
        floor_share=share,
    )
    return _with_doubts(found, len(windows))


def _above_floor(windows: NoiseWindows, floor: FloatArray) -> NDArray[np.bool_]:
    """Return the windows at whose conductance the line of the others, floor included, is above three floors."""
    positive = (windows.conductance_G0 > 0.0) & (windows.power_G02 > floor)
    above = positive
    log_g = np.log10(np.where(windows.conductance_G0 > 0.0, windows.conductance_G0, 1.0))
    for _ in range(_MOST_STEPS):
        means = junction_means(_part(windows, above, windows.power_G02 - floor))
        slope, _ = least_squares_slope(means.log_conductance, means.log_power)
        if math.isnan(slope):
            break
        line = means.log_power.mean() + slope * (log_g - means.log_conductance.mean())
        previous, above = above, positive & (10.0**line >= (LEAST_FLOORS - 1.0) * floor)
        if np.array_equal(previous, above):
            break
    return above


def _part(windows: NoiseWindows, chosen: NDArray[np.bool_], power_G02: FloatArray) -> NoiseWindows:
    return NoiseWindows(
        windows.junction[chosen],
        windows.conductance_G0[chosen],
        power_G02[chosen],
        windows.floor_G02[chosen],
    )


def _with_doubts(found: FlickerExponent, windows: int) -> FlickerExponent:
    doubts = []
    if found.junctions < LEAST_JUNCTIONS:
        doubts.append(f"Only {found.junctions} junctions: the exponent has no error below {LEAST_JUNCTIONS}.")
    if math.isnan(found.floor_share):
        doubts.append(
            "The amplifier's noise was not measured and is not subtracted, so that the exponent may be too small. "
            "Record an open junction at the same gain."
        )
    elif found.floor_share > _LARGE_FLOOR:
        doubts.append(
            f"The amplifier makes {found.floor_share:.0%} of the noise power of a typical window; without subtracting "
            f"it the exponent would be {found.uncorrected:.2f}. Raise the bias or the gain."
        )
    if found.rejected > _MANY_REJECTED * windows:
        doubts.append(
            f"{found.rejected} of {windows} windows were left out: below {found.least_G0:.2g} G0 the noise of the "
            "junctions does not stand out from the amplifier's. Raise the bias or the gain."
        )
    if abs(found.theil_sen - found.value) > 2.0 * found.error:
        doubts.append(
            f"Theil-Sen gives {found.theil_sen:.2f}: single junctions far off the line decide the exponent."
        )
    return replace(found, doubts=tuple(doubts))
