"""Colour arithmetic: contrast as WCAG 2.1 defines it, and colour maps whose steps look equally large.

Colours are strings "#rrggbb".
"""

from collections.abc import Sequence

import numpy as np

from analysis.records import FloatArray

_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
"""Linear sRGB to CIE XYZ (D65), IEC 61966-2-1."""
_WHITE = _XYZ.sum(axis=1)
_CUBE_ABOVE = (6 / 29) ** 3


def rgb(colour: str) -> FloatArray:
    """Return red, green and blue from 0 to 1, shape (3,)."""
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255.0


def linear_light(values: FloatArray) -> FloatArray:
    """Convert sRGB values to linear light."""
    return np.asarray(np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4))


def luminance(colour: str) -> float:
    """Return the relative luminance, from 0 (black) to 1 (white)."""
    return float(_XYZ[1] @ linear_light(rgb(colour)))


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21 (WCAG 2.1, 1.4.3)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def blend(colour: str, background: str, opacity: float) -> str:
    """Return the colour that results from painting a colour of this opacity on a background."""
    mixed = opacity * rgb(colour) + (1 - opacity) * rgb(background)
    return "#" + "".join(f"{round(255 * x):02x}" for x in mixed)


def lab(colours: FloatArray) -> FloatArray:
    """Convert sRGB colours, shape (n, 3), to CIE L*a*b*, where equal distances look about equally large."""
    ratios = linear_light(colours) @ _XYZ.T / _WHITE
    f = np.where(ratios > _CUBE_ABOVE, np.cbrt(ratios), ratios * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)


def even_map(anchors: Sequence[str], n: int = 256) -> FloatArray:
    """Return ``n`` colours from the first anchor through the others to the last, in perceptually even steps.

    Returns
    -------
    ndarray, shape (n, 3)
        sRGB from 0 to 1.
    """
    corners = np.stack([rgb(anchor) for anchor in anchors])
    fine = np.linspace(0, len(anchors) - 1, 4096)
    path = np.stack([np.interp(fine, np.arange(len(anchors)), c) for c in corners.T], axis=1)
    steps = np.linalg.norm(np.diff(lab(path), axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    at = np.interp(np.linspace(0, along[-1], n), along, fine)
    return np.stack([np.interp(at, np.arange(len(anchors)), c) for c in corners.T], axis=1)
