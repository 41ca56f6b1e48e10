"""Pieces in which a ramp is sent to the card: most ramps end early, and sending takes time."""

import math
from dataclasses import dataclass

import numpy as np

from analysis.records import FloatArray

PIECE_m = 4e-9
"""Travel for which a piece should last."""

SHORTEST_S = 0.25
LONGEST_TOWARD_S, LONGEST_AWAY_S = 1.0, 8.0
"""Longest pieces toward the sample, where the card goes on if its bench hangs, and away from it."""

MOST_SAMPLES = 16_384
"""Samples that a piece of more than a second may have."""


@dataclass(frozen=True)
class RampWay:
    """Way of a ramp: ``n`` equal steps, one a sample, over ``distance_m``, which end exactly at ``to_m``."""

    from_m: float
    to_m: float
    distance_m: float
    n: int

    def piece_s(self, speed_m_per_s: float, rate_Hz: float, most_m: float = math.inf) -> float:
        """Return the duration of the pieces, in s; none is longer than ``most_m`` toward the sample.

        It is a power of two where rate and ``most_m`` allow, so that ramps of similar speed share it and the card's
        task stays as it is.
        """
        toward = self.distance_m > 0
        buffered_s = max(MOST_SAMPLES / rate_Hz, 1.0)
        lasts_s = max(2.0 ** math.ceil(math.log2(PIECE_m / speed_m_per_s)), SHORTEST_S)
        if toward:
            lasts_s = min(lasts_s, most_m / speed_m_per_s)
        return min(lasts_s, LONGEST_TOWARD_S if toward else LONGEST_AWAY_S, buffered_s)

    def extension_m(self, first: int, stop: int) -> FloatArray:
        """Return the extension after the steps ``first <= k < stop``, shape (n,); beyond the end it stays there."""
        left = np.maximum(np.arange(self.n - 1 - first, self.n - 1 - stop, -1), 0)
        extension_m: FloatArray = self.to_m - self.distance_m * left / self.n
        return extension_m


def padded(volts: FloatArray, piece: int) -> FloatArray:
    """Return a waveform padded to whole pieces with its last value."""
    short = -volts.size % piece
    return np.concatenate((volts, np.full(short, volts[-1]))) if short else volts
