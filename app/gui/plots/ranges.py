"""Axis ranges that stay constant while data are added."""

from math import log10

import numpy as np
from numpy.typing import ArrayLike

Range = tuple[float, float]

MARGIN = 0.05
"""Margin beyond the data, as a fraction of their span."""
STEPS = 40
"""Maximum number of round steps in a range; its ends are multiples of the step."""
LEAST_FILLED = 0.5
"""Fraction of a range that the data must fill for it to be kept."""


def span(*values: ArrayLike) -> Range | None:
    """Return the lowest and highest finite value of all arrays; None if there is none."""
    ends = [x[np.isfinite(x)] for x in (np.asarray(v, dtype=float).ravel() for v in values)]
    ends = [x for x in ends if x.size]
    if not ends:
        return None
    return float(min(x.min() for x in ends)), float(max(x.max() for x in ends))


def round_range(low: float, high: float) -> Range:
    """Return a range slightly larger than ``low`` to ``high``, with round ends."""
    size = high - low
    if size <= 0:
        size = abs(high) or 1.0
    low, high = low - MARGIN * size, high + MARGIN * size
    size = high - low
    decade = 10.0 ** np.floor(np.log10(size / STEPS))
    step = next(decade * m for m in (1.0, 2.0, 5.0, 10.0) if size / (decade * m) <= STEPS)
    return float(np.floor(low / step) * step), float(np.ceil(high / step) * step)


def held(
    shown: Range | None, data: Range | None, *, zero: bool = False, least: float = LEAST_FILLED
) -> Range | None:
    """Return the range for data of a span, keeping the present range while it fits.

    Parameters
    ----------
    shown : Range or None
        Present range.
    data : Range or None
        Span of the data; None without data.
    zero : bool
        True to start the range at zero.
    least : float
        Fraction of the present range that the data must fill for it to be kept.
    """
    if data is None:
        return shown
    low, high = data
    if zero:
        low = 0.0
    if shown is not None:
        filled = (high - low) / (shown[1] - shown[0])
        if shown[0] <= low and high <= shown[1] and filled >= least:
            return shown
    low, high = round_range(low, high)
    return (0.0 if zero else low, high)


def followed(shown: Range | None, data: Range | None, *, zero: bool, log: bool) -> Range | None:
    """Return the range as `held` does, also for a logarithmic axis; data that reach zero get six decades there."""
    if not log or data is None:
        return held(shown, data, zero=zero)
    low = data[0] if data[0] > 0 else max(data[1], 1e-12) * 1e-6
    shown = (log10(shown[0]), log10(shown[1])) if shown and shown[0] > 0 else None
    logs = held(shown, (log10(low), log10(max(data[1], low))))
    return None if logs is None else (10.0 ** logs[0], 10.0 ** logs[1])


def coordinates(home: Range, *, log: bool) -> Range:
    """Convert a range to coordinates of the plot: log10 on a logarithmic axis."""
    low, high = home
    if not log:
        return low, high
    high = max(high, 1e-12)
    return log10(low if low > 0 else high * 1e-6), log10(high)
