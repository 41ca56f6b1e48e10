"""Rise time of the current amplifier, from its response to edges of the looped-back bias."""

from dataclasses import dataclass

import numpy as np

from analysis.records import FloatArray

LEAST_EDGES = 4
BEFORE = 0.2
"""Share of the time to the next edge that is used before an edge."""

SETTLED = 0.25
"""Share of the time to the next edge, at its end, over which a level is averaged."""

EDGE = 0.25
"""Share of the largest change of the bias from which a change is an edge: three levels make edges of half its size."""

TOLERANCE = 0.3


@dataclass(frozen=True)
class Rise:
    """Time from 10 to 90 % of a step, of all edges together; ``edges`` is their number."""

    rise_s: float
    edges: int


def rise_time(bias_V: FloatArray, current_V: FloatArray, rate_Hz: float, fast_s: float) -> Rise:
    """Measure the rise time of the current behind the bias.

    Parameters
    ----------
    bias_V, current_V : ndarray, shape (n,)
    rate_Hz : float
    fast_s : float
        Duration of an edge of the bias itself, at most.

    Raises
    ------
    ValueError
        If too few edges are seen.
    """
    span = max(round(fast_s * rate_Hz), 1)
    change_V = bias_V[span:] - bias_V[:-span]
    limit_V = EDGE * np.abs(change_V).max()
    hits = np.flatnonzero(np.abs(change_V) > limit_V)
    edges = hits[np.flatnonzero(np.diff(hits, prepend=-10 * span) > 2 * span)] + span if hits.size else hits
    if edges.size < LEAST_EDGES:
        raise ValueError(f"{edges.size} edges of the bias are seen, {LEAST_EDGES} are needed")
    gap = int(np.min(np.diff(edges)))
    before, after = int(BEFORE * gap), int((1 - BEFORE) * gap)
    inside = edges[(edges >= before) & (edges + after < current_V.size)]
    windows = np.stack([current_V[edge - before : edge + after] for edge in inside])
    settled = int(SETTLED * gap)
    low_V, high_V = windows[:, : before // 2].mean(axis=1), windows[:, -settled:].mean(axis=1)
    step_V = high_V - low_V
    response = (windows - low_V[:, np.newaxis]).T @ step_V / float(step_V @ step_V)
    return Rise(_crossing(response, 0.9, rate_Hz) - _crossing(response, 0.1, rate_Hz), int(inside.size))


def _crossing(response: FloatArray, share: float, rate_Hz: float) -> float:
    """Return the time of the last passage upward through a share of the step, interpolated between samples."""
    below = np.flatnonzero(response < share)
    settled = np.flatnonzero(response[: -response.size // 4] >= share)
    first = int(settled[0]) if settled.size else int(below[-1])
    if not first:
        return 0.0
    low, high = response[first - 1], response[first]
    return float(first - 1 + (share - low) / (high - low)) / rate_Hz if high != low else first / rate_Hz
