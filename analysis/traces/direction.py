"""Direction of a trace: opening, closing or unknown."""

import numpy as np

from analysis.records import Trace

OPENING, CLOSING, UNKNOWN = "opening", "closing", "unknown"

DECADES = 1.0
"""Fall of log10 G from start to end, in decades, that shows a direction where there is no displacement."""

_ENDS = 20  # samples whose median is the conductance at an end
_SHARE = 0.5  # of the path of the displacement that must lead one way


def direction_of(trace: Trace) -> str:
    """Return the direction of a trace, never guessed by the signs of its first samples.

    The flag "opening" or "closing" of the recording decides; else the displacement, which increases in an opening
    trace; else a fall or rise of the conductance by a decade from start to end.
    """
    for word in (OPENING, CLOSING):
        if word in trace.flags:
            return word
    return _by_displacement(trace) or _by_conductance(trace)


def _by_displacement(trace: Trace) -> str:
    x = trace.displacement_m[np.isfinite(trace.displacement_m)]
    path = float(np.abs(np.diff(x)).sum()) if x.size > 1 else 0.0
    if not path > 0.0 or abs(x[-1] - x[0]) < _SHARE * path:
        return ""
    return OPENING if x[-1] > x[0] else CLOSING


def _by_conductance(trace: Trace) -> str:
    g = trace.conductance_G0[np.isfinite(trace.conductance_G0)]
    if g.size < 2:
        return UNKNOWN
    ends = min(_ENDS, g.size // 2)
    start, end = (float(np.median(part)) for part in (g[:ends], g[-ends:]))
    noise = max(float(np.median(np.abs(np.diff(g)))), 1e-12)
    fall = np.log10(max(start, noise)) - np.log10(max(end, noise))
    if abs(fall) < DECADES:
        return UNKNOWN
    return OPENING if fall > 0.0 else CLOSING
