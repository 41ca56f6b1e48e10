"""Points of a plot that a crosshair can read: the nearest to the mouse, the next for a key."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatArray
from app.gui.plots.layers import Frame, Layer

UPRIGHT = 0.3
"""Weight of vertical pixels in a distance: the mouse chooses the abscissa first, then the curve."""
SAME = 3.0
"""Difference of distances in pixels below which the point drawn in front is read."""


@dataclass(frozen=True)
class Datum:
    """Point of a layer, in coordinates of the plot."""

    layer: Layer
    index: int
    x: float
    y: float


def nearest(
    layers: Sequence[Layer], frame: Frame, at: tuple[float, float], pixel: tuple[float, float]
) -> Datum | None:
    """Return the visible point nearest to a place; None if none is within its layer's reach.

    Parameters
    ----------
    layers : sequence of Layer
    frame : Frame
    at : (float, float)
        Place, in coordinates of the plot.
    pixel : (float, float)
        Width and height of a pixel in these coordinates.
    """
    found: list[tuple[float, Datum]] = []
    for layer in layers:
        if layer.empty:
            continue
        x, y = layer.points(frame)
        across, up = (x - at[0]) / pixel[0], (y - at[1]) / pixel[1]
        far = np.hypot(across, UPRIGHT * up)
        out = (np.abs(across) > layer.reach[0]) | (np.abs(up) > layer.reach[1]) | ~_seen(x, y, frame)
        far[out | ~np.isfinite(far)] = np.inf
        if far.size and np.isfinite(far[i := int(np.argmin(far))]):
            found.append((float(far[i]), Datum(layer, i, float(x[i]), float(y[i]))))
    if not found:
        return None
    limit = min(far for far, _ in found) + SAME
    return max((datum for far, datum in found if far <= limit), key=lambda datum: datum.layer.item.zValue())


def along(datum: Datum, frame: Frame, share: float) -> Datum:
    """Return a later visible point of the same layer, or an earlier one; ``share`` is that of all its points."""
    x, y = datum.layer.points(frame)
    order = np.flatnonzero(_seen(x, y, frame))
    order = order[np.argsort(x[order], kind="stable")]
    here = int(np.argmin(np.abs(x[order] - datum.x)))
    if datum.index in order:
        here = int(np.flatnonzero(order == datum.index)[0])
    steps = int(np.sign(share)) * max(round(abs(share) * order.size), 1)
    i = int(order[min(max(here + steps, 0), order.size - 1)])
    return Datum(datum.layer, i, float(x[i]), float(y[i]))


def beside(layers: Sequence[Layer], frame: Frame, datum: Datum | None, step: int) -> Datum | None:
    """Return the point of the next layer that is closest in x, or of the first layer, in the middle of the plot."""
    readable = [layer for layer in layers if not layer.empty and _seen(*layer.points(frame), frame).any()]
    if not readable:
        return None
    layer, wanted = readable[-1], sum(frame.across) / 2
    if datum is not None:
        here = readable.index(datum.layer) if datum.layer in readable else 0
        layer, wanted = readable[(here + step) % len(readable)], datum.x
    x, y = layer.points(frame)
    seen = np.flatnonzero(_seen(x, y, frame))
    i = int(seen[np.argmin(np.abs(x[seen] - wanted))])
    return Datum(layer, i, float(x[i]), float(y[i]))


def _seen(x: FloatArray, y: FloatArray, frame: Frame) -> NDArray[np.bool_]:
    (left, right), (bottom, top) = frame.across, frame.up
    return (x >= left) & (x <= right) & (y >= bottom) & (y <= top)
