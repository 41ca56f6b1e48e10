"""Maxima of a curve with their bases and widths, as `scipy.signal` finds them, which takes most of a second to import.

A base of a maximum is the lowest point on one side before the curve rises above it or the search range ends; its
prominence is its height over the higher of both bases.
"""

from dataclasses import dataclass

import numpy as np

from analysis.records import FloatArray


@dataclass(frozen=True)
class Maximum:
    """A maximum and its bases as numbers of points, and its full width at half of its prominence, in points."""

    place: int
    left: int
    right: int
    width: float


def maxima(curve: FloatArray, reach: int) -> list[Maximum]:
    """Return the maxima of a curve in rising order.

    Parameters
    ----------
    curve : ndarray, shape (n,)
    reach : int
        Points to either side among which bases are sought. A stretch that is flat for longer is no maximum; of a
        shorter one the middle is given.
    """
    return [_described(curve, place, reach) for place in _places(curve, reach)]


def _places(curve: FloatArray, reach: int) -> list[int]:
    """Return the middles of all flat stretches that are lower on both sides."""
    first = np.flatnonzero(np.diff(curve, prepend=np.nan) != 0)  # of each stretch of equal points
    last = np.append(first[1:], curve.size) - 1
    height = curve[first]
    top = np.zeros(first.size, dtype=bool)
    top[1:-1] = (height[1:-1] > height[:-2]) & (height[1:-1] > height[2:])
    top &= last - first < reach
    return [int(x) for x in (first[top] + last[top]) // 2]


def _described(curve: FloatArray, place: int, reach: int) -> Maximum:
    down, up = curve[place::-1][: reach + 1], curve[place : place + reach + 1]
    left, right = _base(down), _base(up)
    half = curve[place] - 0.5 * (curve[place] - max(down[left], up[right]))
    width = _crossing(down[: left + 1], half) + _crossing(up[: right + 1], half)
    return Maximum(place, place - left, place + right, width)


def _base(side: FloatArray) -> int:
    """Return the distance of the base on a side, which begins at the maximum."""
    higher = side > side[0]
    until = int(higher.argmax()) if higher.any() else side.size
    return int(side[:until].argmin())


def _crossing(side: FloatArray, height: float) -> float:
    """Return the distance at which a side first falls to a height, between points; its end if it never does."""
    below = side <= height
    if not below.any():
        return float(side.size - 1)
    i = int(below.argmax())
    return i - float((height - side[i]) / (side[i - 1] - side[i])) if side[i] < height else float(i)
