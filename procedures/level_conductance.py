"""Conductance beside bias levels, for the detectors of a ramp: at settled samples of levels that have a bias."""

import math

import numpy as np

from analysis.heating.programme import LevelProgramme
from analysis.records import FloatArray

HALF = 0.5
"""Share of the smallest level: a smaller bias is none, a larger change an edge."""

LONGEST_PERIODS = 2
"""Time without a bias after which the conductance is unknown."""


class LevelConductance:
    """Conductance of each sample from its bias, in G0; elsewhere the mean of the last level that had one.

    It is infinite before the first such level, and NaN if none has come for two periods.

    Parameters
    ----------
    programme : LevelProgramme
    rate_Hz : float
    settling : int
        Samples after an edge that are left out.
    """

    def __init__(self, programme: LevelProgramme, rate_Hz: float, settling: int) -> None:
        self._least_V = HALF * min(abs(level.bias_V) for level in programme.levels if level.bias_V)
        self._settling = settling
        self._longest = math.ceil(LONGEST_PERIODS * programme.samples_per_period(rate_Hz))
        self._bias_V = 0.0
        self._since_edge = self._since_bias = self._count = 0
        self._sum = 0.0

    def feed(self, bias_V: FloatArray, conductance_G0: FloatArray) -> FloatArray:
        """Take the next samples, each of shape (n,); return the conductance for detectors, shape (n,)."""
        n = len(bias_V)
        values = conductance_G0.copy()
        edges = np.flatnonzero(np.abs(np.diff(bias_V, prepend=self._bias_V)) > self._least_V)
        since = self._since_edge + np.arange(1, n + 1)
        for edge in edges:
            since[edge:] = np.arange(n - edge)
        known = (np.abs(bias_V) >= self._least_V) & (since >= self._settling)
        for part in np.split(np.arange(n), np.flatnonzero(np.diff(known)) + 1):
            if not part.size:
                continue
            if known[part[0]]:
                if self._since_bias:
                    self._sum, self._count = 0.0, 0
                self._sum, self._count = self._sum + float(values[part].sum()), self._count + part.size
                self._since_bias = 0
                continue
            values[part] = self._sum / self._count if self._count else np.inf
            values[part[max(self._longest - self._since_bias, 0) :]] = np.nan
            self._since_bias += part.size
        if n:
            self._bias_V, self._since_edge = float(bias_V[-1]), int(since[-1])
        return values
