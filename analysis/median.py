"""Median of a few finite numbers, quickly: thousands of short stretches a run need one each."""

import numpy as np

from analysis.records import FloatArray


def median(values: FloatArray) -> float:
    """Return `numpy.median` of finite numbers (at least one), without the checks that take most of its time on short
    arrays.
    """
    ordered, half = values.copy(), values.size // 2
    if values.size % 2:
        ordered.partition(half)
        return float(ordered[half])
    ordered.partition((half - 1, half))
    return float((ordered[half - 1] + ordered[half]) / 2.0)


def median_of_steady(values: FloatArray) -> float:
    """Return `numpy.median` of numbers that are usually all the same, such as a recorded bias; NaN without any."""
    if not values.size:
        return float("nan")
    return float(values[0]) if (values == values[0]).all() else float(np.median(values))
