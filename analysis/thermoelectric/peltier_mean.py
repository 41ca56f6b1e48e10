"""Means over holds with errors by bootstrap over their junctions: Peltier coefficient, Joule share, heats.

Each hold weighs by I^2 t, the precision that is expected of it: never by what the thermometer showed.
"""

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.records import FloatArray
from analysis.statistics.junction_mean import covariance_of_mean, effective_number, error_beyond_noise
from analysis.thermoelectric.peltier_hold import PeltierHold

RESAMPLES = 1000
LEAST_SEEN = 0.5
"""Least share of the squared thermopowers that is not their noise, for a comparison with them."""


@dataclass(frozen=True)
class Mean:
    """Weighted mean over holds: value, error by bootstrap over junctions, error from the thermometer's noise alone."""

    value: float
    sigma: float
    noise_sigma: float
    holds: int
    junctions: int


NOTHING = Mean(math.nan, math.nan, math.nan, 0, 0)
"""Mean of no holds."""


@dataclass(frozen=True, eq=False)
class PeltierPoint:
    """Means over the holds at one amplitude, weighted by time.

    Parameters
    ----------
    amplitude_V : float
    holds : int
    current_A, odd_W, even_W : float
        Half difference of the currents, odd and even part of the heat; the latter is NaN without a level of 0 V.
    covariance_W2 : ndarray, shape (2, 2)
        Of odd and even part.
    coefficient : Mean
        Pi at this amplitude.
    """

    amplitude_V: float
    holds: int
    current_A: float
    odd_W: float
    even_W: float
    covariance_W2: FloatArray
    coefficient: Mean


def coefficient_of(holds: Sequence[PeltierHold], rng: np.random.Generator) -> Mean:
    """Return Pi of all holds together."""
    chosen = [h for h in holds if math.isfinite(h.fit.Pi_V)]
    return weighted_mean(
        np.array([h.fit.Pi_V for h in chosen]),
        np.array([h.fit.sigma_Pi_V for h in chosen]),
        np.array([h.weight for h in chosen]),
        [_junction(h) for h in chosen],
        rng,
    )


def joule_of(holds: Sequence[PeltierHold], rng: np.random.Generator) -> Mean:
    """Return the share of the Joule heat that the tip gets."""
    chosen = [h for h in holds if math.isfinite(h.fit.sigma_square_ohm)]
    return weighted_mean(
        np.array([h.fit.square_ohm * h.conductance_S for h in chosen]),
        np.array([h.fit.sigma_square_ohm * h.conductance_S for h in chosen]),
        np.array([h.kept_s * (h.current_A**2 / h.conductance_S) ** 2 for h in chosen]),
        [_junction(h) for h in chosen],
        rng,
    )


def kelvin_of(holds: Sequence[PeltierHold], rng: np.random.Generator) -> Mean:
    """Return Pi / (S T) of the holds with a thermopower of their own, which is 1 by Kelvin's relation.

    Each weighs by the precision that is expected of it, I^2 t S^2. The noise of S, which makes S^2 too large, is taken
    out. NaN if the thermopowers are little more than their noise.
    """
    chosen = [h for h in holds if math.isfinite(h.fit.Pi_V) and math.isfinite(h.seebeck[0])]
    if not chosen:
        return NOTHING
    S, sigma_S = np.array([h.seebeck for h in chosen]).T
    T = np.array([h.temperature_K for h in chosen])
    weights = np.array([h.weight for h in chosen])
    found = weighted_mean(
        np.array([h.fit.Pi_V for h in chosen]) / (S * T),
        np.hypot(np.array([h.fit.sigma_Pi_V for h in chosen]) / T, sigma_S) / np.abs(S),
        weights * S**2,
        [_junction(h) for h in chosen],
        rng,
    )
    seen = 1.0 - float(weights @ sigma_S**2 / (weights @ S**2))
    if seen < LEAST_SEEN:
        return replace(NOTHING, holds=found.holds, junctions=found.junctions)
    return replace(
        found, value=found.value / seen, sigma=found.sigma / seen, noise_sigma=found.noise_sigma / seen
    )


def _junction(hold: PeltierHold) -> Hashable:
    """Return what tells a junction from others; a hold is its own junction where the recording does not tell."""
    return hold.run, hold.junction if hold.junction >= 0 else -1 - hold.number


def weighted_mean(
    values: FloatArray,
    sigmas: FloatArray,
    weights: FloatArray,
    junctions: Sequence[Hashable],
    rng: np.random.Generator,
) -> Mean:
    """Return the weighted mean of holds, with an error by bootstrap over their junctions.

    The error is at least that of the thermometer's noise, which is known: a few junctions that agree by chance do not
    make it smaller (`error_beyond_noise`).
    """
    if not len(values):
        return NOTHING
    number = {junction: i for i, junction in enumerate(dict.fromkeys(junctions))}
    of = np.array([number[junction] for junction in junctions])
    n = len(number)
    share = weights / weights.sum()
    heavy: FloatArray = np.bincount(of, share).astype(np.float64)
    sums = np.bincount(of, share * values)
    noise = math.sqrt(float(np.sum((share * sigmas) ** 2)))
    sigma = noise
    if n > 1:
        drawn = rng.multinomial(n, np.full(n, 1.0 / n), size=RESAMPLES)
        means = (drawn @ sums) / (drawn @ heavy)
        scatter = float(means.std(ddof=1)) * math.sqrt(n / (n - 1.0))
        sigma = error_beyond_noise(scatter, noise, effective_number(heavy))
    return Mean(float(sums.sum()), sigma, noise, len(values), n)


def points_of(holds: Iterable[PeltierHold], rng: np.random.Generator) -> tuple[PeltierPoint, ...]:
    """Return the means at each amplitude, by rising amplitude."""
    groups: defaultdict[float, list[PeltierHold]] = defaultdict(list)
    for hold in holds:
        groups[round(hold.amplitude_V, 9)].append(hold)
    return tuple(point_of(amplitude_V, groups[amplitude_V], rng) for amplitude_V in sorted(groups))


def point_of(amplitude_V: float, holds: Sequence[PeltierHold], rng: np.random.Generator) -> PeltierPoint:
    """Average the holds at one amplitude."""
    weights = np.array([h.kept_s for h in holds])
    heats = np.array([(h.odd[0], h.even[0]) for h in holds])
    share = weights / weights.sum()
    noise = np.diag(np.sum((share[:, None] * np.array([(h.odd[1], h.even[1]) for h in holds])) ** 2, axis=0))
    covariance = noise
    if len(holds) > 1:
        covariance = _beyond(covariance_of_mean(heats, weights), noise, effective_number(weights))
    odd_W, even_W = share @ heats
    return PeltierPoint(
        amplitude_V,
        len(holds),
        float(share @ np.array([h.current_A for h in holds])),
        float(odd_W),
        float(even_W),
        covariance,
        coefficient_of(holds, rng),
    )


def _beyond(scatter: FloatArray, noise: FloatArray, effective: float) -> FloatArray:
    """Return a covariance with the variances of `error_beyond_noise`, and the correlations of the scatter."""
    by_scatter, by_noise = np.sqrt(np.diag(scatter)), np.sqrt(np.diag(noise))
    if not by_scatter.all():
        return noise
    errors = [
        error_beyond_noise(one, other, effective) if math.isfinite(one) else math.nan  # a part not measured
        for one, other in zip(by_scatter, by_noise, strict=True)
    ]
    wider = np.array(errors) / by_scatter
    return scatter * np.outer(wider, wider)
