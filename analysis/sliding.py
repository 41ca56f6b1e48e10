"""Values from the neighbourhood of each sample: Gaussian mean, median, least and largest.

They are those of ``scipy.ndimage`` to the last bit, but need no import that takes half a second of every program.
"""

import math
from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike

from analysis.records import FloatArray

_KERNEL_SIGMAS = 4.0
_ROWS = 4096
"""Windows that are sorted at once."""

Beyond = Literal["mirrored", "zero", "edge", "repeated"]
"""Values beyond both ends: the first ones backwards, 0, the last one, or those from the other end."""

_PADDING: dict[Beyond, Literal["symmetric", "constant", "edge", "wrap"]] = {
    "mirrored": "symmetric",
    "zero": "constant",
    "edge": "edge",
    "repeated": "wrap",
}


def gaussian_mean(values: ArrayLike, sigma: float, beyond: Beyond = "mirrored") -> FloatArray:
    """Return the mean of neighbours with Gaussian weights up to four sigmas, along the last axis; shape as ``values``.

    Parameters
    ----------
    values : array_like, shape (..., n)
    sigma : float
        In samples.
    beyond : "mirrored", "zero", "edge" or "repeated"
    """
    radius = int(_KERNEL_SIGMAS * sigma + 0.5)
    weights = np.exp(-0.5 / (sigma * sigma) * np.arange(-radius, radius + 1) ** 2)
    weights /= weights.sum()
    values = np.asarray(values, dtype=np.float64)
    n = values.shape[-1]
    padded = np.pad(values, [(0, 0)] * (values.ndim - 1) + [(radius, radius)], mode=_PADDING[beyond])
    mean = values * weights[radius]
    for k in range(radius):  # from the outermost pair inwards, which sets how the sum is rounded
        mean += (padded[..., k : k + n] + padded[..., 2 * radius - k : 2 * radius - k + n]) * weights[k]
    return mean


def median(values: FloatArray, width: int) -> FloatArray:
    """Return the median of an odd number of samples about each, the last one going on beyond the ends; shape (n,)."""
    windows = sliding_window_view(np.pad(values, width // 2, mode="edge"), width)
    parts = [windows[first : first + _ROWS] for first in range(0, len(windows), _ROWS)]
    return np.concatenate([np.partition(part, width // 2, axis=1)[:, width // 2] for part in parts])


def least_and_largest(values: FloatArray, width: int, beyond: Beyond) -> tuple[FloatArray, FloatArray]:
    """Return the least and the largest of an odd number of samples about each, shapes (n,)."""
    padded = np.pad(values, width // 2, mode=_PADDING[beyond])
    rows = math.ceil(len(padded) / width)
    blocks = np.pad(padded, (0, rows * width - len(padded)), mode="edge").reshape(rows, width)

    def extreme(of: np.ufunc) -> FloatArray:
        # A window is the end of one block and the beginning of the next.
        ends = of.accumulate(blocks[:, ::-1], axis=1)[:, ::-1].ravel()
        beginnings = of.accumulate(blocks, axis=1).ravel()
        return np.asarray(of(ends[: len(values)], beginnings[width - 1 : width - 1 + len(values)]))

    return extreme(np.minimum), extreme(np.maximum)
