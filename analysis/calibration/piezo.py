"""The piezo constant from the slope of tunnelling.

The conductance of a vacuum gap falls by exp(-2 kappa d), hbar kappa = (2 m phi)^(1/2): 0.944 decades per 0.1 nm for a
barrier phi of 4.5 eV. The slope of ln G against the piezo's volts over that of ln G against the distance is the
piezo constant. Its accuracy depends on that of the barrier: an error of 10 % in phi gives 5 % in the constant.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import hypot, pi, sqrt

import numpy as np

from analysis.calibration.line import fit_line
from analysis.constants import ELEMENTARY_CHARGE_C, PLANCK_J_s
from analysis.records import FloatArray

ELECTRON_MASS_kg = 9.1093837139e-31
"""CODATA 2022."""

LEAST_TRACES = 5
LEAST_SAMPLES = 20
LEAST_DECADES = 1.0
"""Least fall of the conductance along a tail, so that noise does not dominate its slope."""

OUTLYING = 4.0
"""Robust standard deviations from the median beyond which a slope is not that of a vacuum gap."""


@dataclass(frozen=True, eq=False)
class Tail:
    """A withdrawal: conductance of each sample in G0 and the piezo's drive in V, each of shape (n,)."""

    conductance_G0: FloatArray
    z_V: FloatArray


@dataclass(frozen=True)
class TunnellingRange:
    """Range of conductance in which a gap counts as vacuum tunnelling.

    Parameters
    ----------
    high_G0 : float
        Above it, the apexes are about to touch.
    low_G0 : float
        Below it, noise and hum contribute.
    average_samples : int
        Length of the running mean before the logarithm: a whole number of mains periods removes the hum. The mean of
        an exponential is an exponential with the same decay.
    """

    high_G0: float = 3e-3
    low_G0: float = 1e-6
    average_samples: int = 1


@dataclass(frozen=True)
class PiezoConstant:
    """Extension per volt, with its error and the statistical part of it.

    ``used`` of ``traces`` withdrawals have a usable tail; ``scatter`` is the relative standard deviation between them.
    """

    extension_m_per_V: float
    uncertainty_m_per_V: float
    statistical_m_per_V: float
    decades_per_V: float
    scatter: float
    used: int
    traces: int


def barrier_decay_per_m(barrier_eV: float) -> float:
    """Return 2 kappa of a rectangular barrier: 21.7 per nm at 4.5 eV."""
    return 4.0 * pi * sqrt(2.0 * ELECTRON_MASS_kg * barrier_eV * ELEMENTARY_CHARGE_C) / PLANCK_J_s


def tail_slope_per_V(tail: Tail, within: TunnellingRange) -> float | None:
    """Return the change of ln G with the drive along the tail of a withdrawal; None without a tail.

    The tail begins after the last sample above the range and ends at the first below it.
    """
    above = np.flatnonzero(~(tail.conductance_G0 < within.high_G0))
    start = int(above[-1]) + 1 if above.size else 0
    conductance = _running_mean(tail.conductance_G0[start:], within.average_samples)
    below = np.flatnonzero(conductance < within.low_G0)
    stop = int(below[0]) if below.size else conductance.size
    conductance = conductance[:stop]
    volts = _running_mean(tail.z_V[start:], within.average_samples)[:stop]
    if stop < LEAST_SAMPLES or np.log10(conductance[0] / conductance[-1]) < LEAST_DECADES:
        return None
    return fit_line(volts, np.log(conductance)).slope


def _running_mean(values: FloatArray, n: int) -> FloatArray:
    """Return the mean of each n values in a row, shape (len - n + 1,); empty for fewer than n."""
    return np.convolve(values, np.full(n, 1.0 / n), "valid") if values.size >= n else values[:0]


def piezo_constant(
    tails: Iterable[Tail],
    within: TunnellingRange,
    barrier_eV: float,
    barrier_uncertainty_eV: float,
    rng: np.random.Generator,
    resamples: int = 1000,
) -> PiezoConstant:
    """Return the median slope over many withdrawals, divided by that of the barrier.

    Parameters
    ----------
    tails : iterable of Tail
        Withdrawals; extension toward the sample grows with the drive, so ln G does too.
    within : TunnellingRange
    barrier_eV, barrier_uncertainty_eV : float
        Barrier of the metal in its present state, in this vacuum.
    rng : numpy Generator
        Random numbers for the bootstrap.
    resamples : int

    Raises
    ------
    ValueError
        If too few withdrawals show a tail.
    """
    slopes = [tail_slope_per_V(tail, within) for tail in tails]
    rising = np.array([slope for slope in slopes if slope is not None and slope > 0.0])
    if rising.size < LEAST_TRACES:
        raise ValueError(
            f"{rising.size} of {len(slopes)} withdrawals show a tunnelling tail between {within.low_G0:g} and "
            f"{within.high_G0:g} G0 over {LEAST_DECADES:g} decade or more; {LEAST_TRACES} are needed. Record more "
            "withdrawals, or use a higher gain."
        )
    median = np.median(rising)
    spread = 1.4826 * np.median(np.abs(rising - median))
    good = rising[np.abs(rising - median) <= OUTLYING * spread] if spread else rising
    drawn = np.median(rng.choice(good, (resamples, good.size)), axis=1)
    slope, slope_sigma = float(np.median(good)), float(drawn.std(ddof=1))
    value = slope / barrier_decay_per_m(barrier_eV)
    statistical = value * slope_sigma / slope
    return PiezoConstant(
        extension_m_per_V=value,
        uncertainty_m_per_V=hypot(statistical, 0.5 * value * barrier_uncertainty_eV / barrier_eV),
        statistical_m_per_V=statistical,
        decades_per_V=slope / np.log(10.0),
        scatter=float(good.std(ddof=1) / slope),
        used=int(good.size),
        traces=len(slopes),
    )
