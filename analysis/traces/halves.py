"""Peaks that move while traces are taken: the first and the second half of the traces disagree."""

from collections.abc import Sequence

import numpy as np

from analysis.records import FloatArray
from analysis.statistics.memory import memory_of
from analysis.traces.histogram import CountArray, Histogram, Scale
from analysis.traces.peak_fit import PeakFit

LEAST_TRACES = 30
"""Traces of a half with a sample in the peak from which on its error is known well enough."""

APART = 4.0
"""Errors by which the halves must differ: a difference by chance is then rarer than one in ten thousand."""

_WIDTHS = 2.0
"""Half of the range that is compared, in widths of the peak."""


def halves_remark(linear: Histogram, log: Histogram, peaks: Sequence[PeakFit]) -> str:
    """Return a sentence about trusted peaks at which the halves of the traces differ; "" without one."""
    found = []
    for peak in peaks:
        is_linear = peak.scale is Scale.LINEAR
        apart, errors = _difference(linear if is_linear else log, peak)
        if peak.trusted and errors > APART:
            unit = "G0" if is_linear else "decades"
            found.append(f"{peak.conductance_G0:.3g} G0 (by {apart:.2g} {unit}, {errors:.0f} errors)")
    if not found:
        return ""
    return (
        f"The first and the second half of the traces differ at {', '.join(found)}: not one number, and its error is "
        "too small. --statistics drift shows when it moved."
    )


def _difference(histogram: Histogram, peak: PeakFit) -> tuple[float, float]:
    """Return the difference of the mean positions of the samples of both halves, and the same in standard errors."""
    centre, sigma = float(peak.fit.centre[0]), float(peak.fit.sigma[0])
    place = histogram.axis.coordinates
    inside = np.abs(place - centre) < _WIDTHS * sigma
    rows = histogram.traces[:, inside]
    halves = rows[: len(rows) // 2], rows[len(rows) // 2 :]
    if min(np.count_nonzero(half.any(axis=1)) for half in halves) < LEAST_TRACES:
        return 0.0, 0.0
    (first, before), (second, after) = (_mean(half, place[inside]) for half in halves)
    apart, error = abs(second - first), float(np.hypot(before, after))
    return apart, apart / error if error > 0.0 else 0.0


def _mean(rows: CountArray, place: FloatArray) -> tuple[float, float]:
    """Return the mean position of the samples of traces, rows (n, bins), and its error from trace to trace."""
    counts = rows.sum(axis=1)
    total = int(counts.sum())
    mean = float(rows.sum(axis=0) @ place) / total
    pulls = rows @ place - mean * counts
    return mean, float(np.sqrt(memory_of(pulls).tau * np.sum(pulls**2))) / total
