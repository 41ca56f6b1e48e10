"""Range of a conductance histogram: the molecular peak if there is one, else the metal's quanta.

Noise and metal peaks can be a hundred times higher than a molecule's; they are then cut at the top of the plot.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.records import FloatArray
from app.gui.plots.ranges import Range
from app.viewmodels.histogram_snapshot import Peak

METAL_G0 = 0.5
"""Lower bound of the conductance of a metal contact."""
QUANTA_G0 = 5.0
"""Upper end of linear bins, and of the peaks that set the range."""
HIGH_G0 = 10.0
NOISE_DECADES = 1.5
"""Decades of noise that are shown."""
ABOVE_NOISE = 0.7
"""Decades above the noise limit from which counts set the range if there is only the metal."""
SMOOTHED_DECADES = 0.15
STANDS_OUT = 0.5
"""A maximum is a molecular peak if the counts fall on both sides by this fraction of its height."""
LEAST_SAMPLES = 100
"""Minimum number of samples in a molecular peak."""
ROOM = 1.2


@dataclass(frozen=True)
class Shown:
    """Visible part of a histogram with logarithmic bins.

    Parameters
    ----------
    across_G0 : (float, float)
        Range of conductance.
    top : float
        Upper end of the counts.
    clipped : (float, float) or None
        The metal's highest bin, in G0 and counts, if it exceeds ``top``.
    """

    across_G0: Range
    top: float
    clipped: tuple[float, float] | None


def shown_part(
    edges: FloatArray, counts: FloatArray, noise: float, traces: int, peaks: Sequence[Peak]
) -> Shown | None:
    """Choose the visible part of a histogram.

    Parameters
    ----------
    edges : ndarray, shape (n + 1,)
        Edges of the bins, log10 G/G0.
    counts : ndarray, shape (n,)
        Counts per bin and trace.
    noise : float
        log10 G/G0 of the noise limit; NaN if unknown.
    traces : int
    peaks : sequence of Peak
        Peaks fitted to these counts.

    Returns
    -------
    Shown or None
        None without counts.
    """
    used = np.flatnonzero(counts)
    if not used.size:
        return None
    low, high = float(edges[used[0]]), min(float(edges[used[-1] + 1]), float(np.log10(HIGH_G0)))
    floor = noise if np.isfinite(noise) else low
    across = (10.0 ** max(low, floor - NOISE_DECADES), 10.0**high)
    below_metal = (edges[:-1] > floor) & (edges[1:] < np.log10(METAL_G0))
    metal = (edges[:-1] >= np.log10(METAL_G0)) & (edges[1:] <= high)
    top = _molecule(edges, counts, below_metal, traces, peaks)
    if top is None:
        between = (edges[:-1] > floor + ABOVE_NOISE) & (edges[:-1] < np.log10(QUANTA_G0))
        top = float(counts[between].max(initial=0.0)) or float(counts.max())
    top *= ROOM
    highest = int(np.argmax(np.where(metal, counts, -1.0)))
    clipped = (10.0 ** float(edges[highest : highest + 2].mean()), float(counts[highest]))
    return Shown(across, top, clipped if metal.any() and clipped[1] > top else None)


def _molecule(
    edges: FloatArray, counts: FloatArray, part: FloatArray, traces: int, peaks: Sequence[Peak]
) -> float | None:
    """Return the height of a peak between noise and metal; None if there is none."""
    n = max(round(SMOOTHED_DECADES / (edges[1] - edges[0])), 1)
    smooth = np.convolve(counts, np.full(n, 1.0 / n), "same")[part]
    fits = [float(np.max(peak.fit)) for peak in peaks if peak.conductance_G0 < METAL_G0 and peak.trusted]
    if not smooth.size:
        return max(fits, default=None)
    at = int(np.argmax(smooth))
    height = float(smooth[at])
    valley = max(float(smooth[: at + 1].min()), float(smooth[at:].min()))
    seen = height - valley > STANDS_OUT * height and height * n * traces >= LEAST_SAMPLES
    return max(height, *fits) if fits else height if seen else None
