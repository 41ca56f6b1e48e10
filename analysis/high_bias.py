"""Time for which a bias has been high."""

import numpy as np

from analysis.records import FloatArray

PAUSE_S = 1.0
"""Time at a lower bias after which the count begins anew; a modulation, which is low in between, counts as one stay."""


class HighBiasTimer:
    """Counts how long the modulus of the bias has been beyond a value.

    Parameters
    ----------
    high_V : float
    rate_Hz : float
        Samples per second.
    """

    def __init__(self, high_V: float, rate_Hz: float) -> None:
        self._high_V = high_V
        self._rate_Hz = rate_Hz
        self._first: int | None = None
        self._last = 0

    def feed(self, first: int, bias_V: FloatArray) -> float:
        """Take samples from index ``first`` on; return the longest stay that they belong to, in s."""
        high = first + np.flatnonzero(np.abs(bias_V) > self._high_V)
        if not high.size:
            return 0.0
        began = high[0] if self._first is None else self._first
        at = high if self._first is None else np.concatenate([[self._last], high])
        ends = np.flatnonzero(np.diff(at) > PAUSE_S * self._rate_Hz)
        starts = np.concatenate([[began], at[ends + 1]])
        stops = np.concatenate([at[ends], at[-1:]])
        self._first, self._last = int(starts[-1]), int(at[-1])
        return float((stops - starts).max() + 1) / self._rate_Hz
