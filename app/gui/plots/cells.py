"""Map of values of both signs, or from zero, in even cells; unknown cells show the background."""

from collections.abc import Callable
from operator import attrgetter

import numpy as np
import pyqtgraph as pg
from numpy.typing import ArrayLike, NDArray
from PyQt6.QtCore import QRectF
from PyQt6.QtGui import QColor

from analysis.numbers import significant
from analysis.records import FloatArray
from app.gui.plots.counts import centres
from app.gui.plots.heat_map import heat_map
from app.gui.plots.layers import NOTHING, Drawn, Frame
from app.gui.plots.ranges import Range, span
from app.gui.widgets.theme import Palette

VEILED = 0.35
"""Opacity of cells that are not significant."""


class Cells(Drawn):
    """Values in cells that are even in the axes' coordinates; NaN is transparent.

    Signed values go from the colour of negative bias through the background to that of positive bias; others from
    the background along the map of counts.
    """

    legend_name = ""
    key = ""
    reach = (12.0, 12.0)

    def __init__(self, name: str) -> None:
        self.name = name
        self.colour: Callable[[Palette], str] = attrgetter("data")
        self.edges = (NOTHING, NOTHING)
        self.values: FloatArray = np.empty((0, 0))
        self.top = 1.0
        self._signed, self._grey_below = False, float("nan")
        self.item = pg.ImageItem(axisOrder="col-major")
        self.item.setZValue(-50)

    def set(
        self,
        x_edges: ArrayLike,
        y_edges: ArrayLike,
        values: ArrayLike,
        *,
        signed: bool = False,
        grey_below: float = float("nan"),
    ) -> None:
        """Set values, shape (nx, ny); those below ``grey_below`` in magnitude are veiled."""
        self.edges = np.asarray(x_edges, dtype=float), np.asarray(y_edges, dtype=float)
        self.values = np.asarray(values, dtype=float)
        self._signed, self._grey_below = signed, grey_below
        known = np.abs(self.values[np.isfinite(self.values)])
        self.top = float(np.percentile(known, 99.5)) if known.size and known.max() > 0 else 1.0
        self.top = self.top or float(known.max())
        self.touch()

    def draw(self, frame: Frame) -> None:
        """Paint the cells."""
        if self.empty:
            self.item.clear()
            return
        self.item.setImage(self.pixels(frame.colours), autoLevels=False, levels=None)
        x, y = frame.x(self.edges[0]), frame.y(self.edges[1])
        self.item.setRect(QRectF(x[0], y[0], x[-1] - x[0], y[-1] - y[0]))

    def pixels(self, colours: Palette) -> NDArray[np.uint8]:
        """Return the colours of the cells, shape (nx, ny, 4), bytes."""
        share = np.clip(np.nan_to_num(self.values / self.top), -1.0, 1.0)
        if self._signed:
            ends = np.array(
                [QColor(c).getRgb()[:3] for c in (colours.negative, colours.positive)], dtype=float
            )
            surface = np.array(QColor(colours.surface).getRgb()[:3], dtype=float)
            end = np.where(share[..., None] < 0, ends[0], ends[1])
            rgb = surface + np.abs(share)[..., None] * (end - surface)
        else:
            rgb = heat_map(colours).getLookupTable(nPts=256)[(np.abs(share) * 255).astype(int)][..., :3]
        alpha = np.where(np.isfinite(self.values), 255.0, 0.0)
        if np.isfinite(self._grey_below):
            alpha = np.where(np.abs(self.values) < self._grey_below, VEILED * alpha, alpha)
        return np.concatenate([rgb, alpha[..., None]], axis=-1).astype(np.uint8)

    @property
    def empty(self) -> bool:
        """True without a known value."""
        return not np.isfinite(self.values).any()

    def spans(self) -> tuple[Range | None, Range | None]:
        """Return the spans of the edges."""
        return span(self.edges[0]), span(self.edges[1])

    def columns(self, across: str, up: str) -> list[tuple[str, FloatArray]]:
        """Return the known cells, one a row."""
        i, j = np.nonzero(np.isfinite(self.values))
        x, y = ((e[:-1] + e[1:]) / 2 for e in self.edges)
        return [(across, x[i]), (up, y[j]), (self.name, self.values[i, j])] if i.size else []

    def points(self, frame: Frame) -> tuple[FloatArray, FloatArray]:
        """Return the centres of the known cells."""
        return centres(frame, self.edges, np.isfinite(self.values))

    def remark(self, i: int, unit: str) -> str:
        """Return the value of a cell."""
        return f"{self.name} {significant(float(self.values[np.isfinite(self.values)][i]))}"
