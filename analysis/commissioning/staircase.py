"""Smallest step of an analogue output, from a slow staircase on its loop-back."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from analysis.records import FloatArray

OUTPUT_RANGES_V = {
    "628": (1.0, 2.0, 5.0, 10.0),
    "625": (5.0, 10.0),
    "622": (10.0,),
    "632": (10.0,),
    "634": (10.0,),
    "636": (5.0, 10.0),
}
"""Output ranges by the first digits of a card's number: M Series User Manual, 5-2; X Series User Manual, 5-2."""

BITS = 16
TOLERANCE = 0.2
SIGMAS = 5.0
SKIP = 0.1
"""Share of a level left out at either end, for the lag and the settling."""


@dataclass(frozen=True)
class Staircase:
    """Steps seen on a loop-back.

    Parameters
    ----------
    step_V : float
        Median of the steps; NaN if none was seen.
    steps : int
        Number of steps seen.
    monotone : bool
        True if no level lies against the direction of the command.
    noise_V : float
        Standard error of one level.
    """

    step_V: float
    steps: int
    monotone: bool
    noise_V: float


def expected_ranges_V(product: str, own_V: Sequence[float]) -> tuple[float, ...]:
    """Return the output ranges of a product ("PXI-6281"); of one that is not listed, those that it reports."""
    number = "".join(filter(str.isdigit, product))
    return OUTPUT_RANGES_V.get(number[:3], tuple(own_V))


def expected_step_V(ranges_V: Sequence[float], low_V: float, high_V: float) -> tuple[float, float]:
    """Return step and range of an output with these limits: NI-DAQmx takes the smallest range that holds them."""
    most_V = max(abs(low_V), abs(high_V))
    range_V = min((one for one in ranges_V if one >= most_V), default=max(ranges_V, default=10.0))
    return range_V / 2 ** (BITS - 1), range_V


def staircase(volts: FloatArray, levels: int, upward: int) -> Staircase:
    """Find the steps of an output that was commanded in ``levels`` equal times, the first ``upward`` of them rising.

    Parameters
    ----------
    volts : ndarray, shape (n,)
        Loop-back over the whole staircase.
    levels, upward : int
    """
    parts = [
        part[round(SKIP * part.size) : round((1 - SKIP) * part.size)]
        for part in np.array_split(volts, levels)
    ]
    mean_V = np.array([part.mean() for part in parts])
    noise_V = float(np.median([part.std() / sqrt(part.size) for part in parts]))
    change_V = np.diff(mean_V)
    change_V[upward - 1 :] *= -1
    limit_V = SIGMAS * sqrt(2) * noise_V
    seen = change_V[change_V > limit_V]
    step_V = float(np.median(seen)) if seen.size else float("nan")
    return Staircase(step_V, int(seen.size), bool((change_V > -limit_V).all()), noise_V)
