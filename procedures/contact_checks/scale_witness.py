"""Scale of the conductance from the metal itself: gold contacts end at 1 G0, whatever divider and gain are."""

import sys

import numpy as np

from analysis.records import FloatArray

DECADES = (0.1, 1.0, 10.0)
"""Conductances in G0 at which a contact may seem to end."""

AT, BELOW = (0.7, 1.3), (0.2, 0.6)
"""Ranges around and below each of them: a contact ends where the first has many samples and the second few."""

LEAST_RATIO, LEAST_SAMPLES = 3.0, 20
LEAST_OPENINGS = 3


class ScaleWitness:
    """Observer of the conductance of opening contacts; it never fires."""

    soonest = sys.maxsize // 2
    """Least number of further samples with which it can fire."""

    def __init__(self) -> None:
        self._at, self._below = np.zeros(len(DECADES)), np.zeros(len(DECADES))

    def feed(self, conductance_G0: FloatArray) -> None:
        """Take conductances in G0, shape (n,)."""
        for place, decade in enumerate(DECADES):
            for counts, (low, high) in ((self._at, AT), (self._below, BELOW)):
                inside = (conductance_G0 > low * decade) & (conductance_G0 < high * decade)
                counts[place] += np.count_nonzero(inside)

    @property
    def end_G0(self) -> float:
        """Conductance at which contacts end: 1 G0, or a tenth or ten times of it; 1 G0 also without a clear sign."""
        ends = (self._at >= LEAST_SAMPLES) & (self._at > LEAST_RATIO * self._below)
        low, one, high = ends.tolist()
        if one or low == high:
            return DECADES[1]
        return DECADES[0] if low else DECADES[2]
