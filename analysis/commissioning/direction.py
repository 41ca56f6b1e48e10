"""Direction of the piezo, from the tunnelling current at two positions."""

from dataclasses import dataclass

import numpy as np

from analysis.records import FloatArray

RATIO = 3.0
"""Least ratio of the currents 0.2 nm apart: vacuum gives nearly two decades."""

SIGMAS = 5.0


@dataclass(frozen=True)
class Directed:
    """Ratio of the currents, raised over resting, its error, and True if the current changes beyond its noise."""

    ratio: float
    error: float
    seen: bool


def direction(rest_V: FloatArray, raised_V: FloatArray) -> Directed:
    """Return the change of the current with z from readings of shape (n,), without their zero."""
    low, high = abs(float(np.median(rest_V))), abs(float(np.median(raised_V)))
    sigma = float(np.hypot(rest_V.std(), raised_V.std())) / np.sqrt(rest_V.size) + 1e-7
    seen = abs(high - low) > SIGMAS * sigma and not 1 / RATIO < high / max(low, sigma) < RATIO
    ratio = high / max(low, sigma)
    return Directed(ratio, ratio * sigma / max(min(low, high), sigma), bool(seen))
