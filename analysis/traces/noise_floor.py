"""Noise floor of traces: noise and offset of the conductance where the junctions are open."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from analysis.median import median
from analysis.records import FloatArray

OPEN_G0 = 0.1
"""Conductance above which a part is not open."""

OPEN_PARTS = (20, 50, 100, 200, 500)
"""Divisors of the length of a trace at which the open part is sought."""

_LEAST_SAMPLES = 20  # of an open part, and of a trace that has one
_DIFFERENCES = 20  # least independent differences of running means from which their noise follows
_ERROR_OF_MEDIAN = 1.4826 * 1.2533  # of a Gaussian sample, times its median absolute deviation over sqrt(n)


@dataclass(frozen=True)
class NoiseFloor:
    """Noise of the conductance where the junctions are open, as the median over traces.

    Parameters
    ----------
    mad_G0 : float
        Median absolute deviation (not scaled; times 1.4826 it is a Gaussian's standard deviation).
    level_G0 : float
        Magnitude of the median of an open part: residual offsets, mains, and tunnelling.
    samples : int
        Length of the open part in a trace of median length.
    offset_G0, offset_error_G0 : float
        Median over traces of the signed level, and its standard error: the excess of every conductance, if the
        junctions are open there.
    """

    mad_G0: float
    level_G0: float
    samples: int
    offset_G0: float = 0.0
    offset_error_G0: float = float("inf")

    @property
    def limit_G0(self) -> float:
        """Conductance below which a signal cannot be separated from noise and offsets."""
        return 10.0 * self.mad_G0 + 3.0 * self.level_G0


def open_parts(conductance_G0: FloatArray, averaged: int = 1) -> FloatArray:
    """Return the most open part of a trace at each of `OPEN_PARTS`; none of a trace that is too short.

    Parameters
    ----------
    conductance_G0 : ndarray, shape (n,)
    averaged : int
        Number of samples over which each value is a running mean. A part shorter than that has hardly any scatter;
        its noise follows from the differences of values, which grow as the root of their distance.

    Returns
    -------
    ndarray, shape (number of parts, 4)
        Of each part its median and the median absolute deviation about it, in G0, its number of samples, and the
        number of those that do not share a running mean. A day has ten thousand of these: an array is the least memory.
    """
    g = _finite(conductance_G0)
    if g.size < _LEAST_SAMPLES:
        return np.empty((0, 4))
    lengths = [max(_LEAST_SAMPLES, g.size // parts) for parts in OPEN_PARTS]
    part_of = {length: _open_part(g, length, averaged) for length in dict.fromkeys(lengths)}
    return np.array([part_of[length] for length in lengths])


def floor_of(open_parts: Iterable[FloatArray]) -> NoiseFloor:
    """Return the noise in the most open part of traces: the part with the mean nearest to zero.

    Its length is the largest fraction of a trace (1/20 to 1/500) over which the typical trace is open throughout,
    that is, its level there is within its noise. NaN where no trace is long enough (20 samples).

    Parameters
    ----------
    open_parts : iterable of ndarray
        `open_parts` of each trace.
    """
    floor = NoiseFloor(float("nan"), float("nan"), 0)
    known = np.array([parts for parts in open_parts if len(parts)]).reshape(-1, len(OPEN_PARTS), 4)
    for level, mad, samples, independent in known.transpose(1, 2, 0) if len(known) else ():
        offset = float(np.median(level))
        scatter = max(float(np.median(np.abs(level - offset))), float(np.median(mad / np.sqrt(independent))))
        floor = NoiseFloor(
            float(np.median(mad)),
            float(np.median(np.abs(level))),
            int(np.median(samples)),
            offset,
            _ERROR_OF_MEDIAN * scatter / float(np.sqrt(level.size)),
        )
        if floor.level_G0 <= 3.0 * 1.4826 * floor.mad_G0:
            break
    return floor


def _open_part(conductance_G0: FloatArray, length: int, averaged: int) -> tuple[float, float, int, float]:
    part = _most_open(conductance_G0, length)
    level = median(part)
    mad = median(np.abs(part - level)) if averaged == 1 else _mad_of_running_mean(part, averaged)
    return level, mad, part.size, max(part.size / averaged, 1.0)


def _mad_of_running_mean(part: FloatArray, averaged: int) -> float:
    """Return the median absolute deviation of running means over ``averaged`` samples, from a part of any length.

    Two means that lie k samples apart share all but k samples; for white noise their difference has the variance of one
    mean times 2 k / averaged.
    """
    apart = min(averaged, max(1, part.size // _DIFFERENCES))
    steps = part[apart:] - part[:-apart]
    return median(np.abs(steps - median(steps))) * float(np.sqrt(averaged / (2.0 * apart)))


def _finite(conductance_G0: FloatArray) -> FloatArray:
    finite = np.isfinite(conductance_G0)
    return conductance_G0 if finite.all() else conductance_G0[finite]


def _most_open(conductance_G0: FloatArray, length: int) -> FloatArray:
    """Return the part of this length, of those counted from the end, whose mean is nearest to zero.

    If most open parts are below zero it is nearest to their median: with a negative offset a trace crosses zero
    before it is open.
    """
    n = conductance_G0.size // length
    parts = conductance_G0[conductance_G0.size - n * length :].reshape(n, length)
    means = parts @ np.full(length, 1.0 / length)  # a third of the time of a mean along short rows
    distances = np.abs(means)
    low = means[distances < OPEN_G0]
    # the mean of one part: of two as near to a value between them, rounding would choose
    middle = (low.size - 1) // 2
    typical = float(np.partition(low, middle)[middle]) if low.size else 0.0
    if typical < 0.0:
        distances = np.abs(means - typical)
    most_open: FloatArray = parts[distances.argmin()]
    return most_open
