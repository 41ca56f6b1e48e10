"""Counts on a plot: in bins of one quantity, and in cells of two."""

import numpy as np
import pyqtgraph as pg
from numpy.typing import ArrayLike
from PyQt6.QtCore import QRectF
from PyQt6.QtGui import QColor

from analysis.records import FloatArray
from app.gui.plots.layers import NOTHING, Colour, Frame
from app.gui.plots.ranges import Range, span
from app.gui.theme import heat_map


class Steps:
    """A histogram: counts in bins, filled from zero."""

    legend_name = ""

    key = "██"

    def __init__(self, name: str, colour: Colour, opacity: float = 0.35) -> None:
        self.name, self.colour = name, colour
        self._opacity = opacity
        self.edges = self.counts = NOTHING
        self.item = pg.PlotCurveItem(antialias=False)
        self.item.setZValue(5)

    def set(self, edges: ArrayLike, counts: ArrayLike) -> None:
        """Other counts, shape (n,), in bins with these edges, shape (n + 1,)."""
        self.edges, self.counts = np.asarray(edges, dtype=float), np.asarray(counts, dtype=float)

    def refresh(self, frame: Frame) -> None:
        """Draw the outline of the bins."""
        x = np.repeat(frame.x(self.edges), 2)
        zero = frame.y(np.array([0.1]))[0] if frame.log[1] else 0.0
        tops = np.nan_to_num(frame.y(self.counts), nan=zero)
        y = np.concatenate([[zero], np.repeat(tops, 2), [zero]]) if tops.size else NOTHING
        colour = QColor(self.colour(frame.colours))
        faint = QColor(colour)
        faint.setAlphaF(self._opacity)
        self.item.setData(x, y, pen=pg.mkPen(colour, width=frame.thickness), brush=faint, fillLevel=zero)

    @property
    def empty(self) -> bool:
        """No counts at all."""
        return not self.counts.any()

    def spans(self) -> tuple[Range | None, Range | None]:
        """From the first to the last bin with a count, and the counts."""
        used = np.flatnonzero(self.counts)
        if not used.size:
            return None, None
        return (float(self.edges[used[0]]), float(self.edges[used[-1] + 1])), span(self.counts)

    def columns(self, across: str, up: str) -> list[tuple[str, FloatArray]]:
        """Edges and counts."""
        return [
            (f"{self.name}: {across}, from", self.edges[:-1]),
            (f"{self.name}: {across}, to", self.edges[1:]),
            (f"{self.name}: {up}", self.counts),
        ]


class Image:
    """Counts on a plane, from the background up; empty cells show the background.

    The cells are even in the axes' coordinates: in the logarithm where an axis is logarithmic.
    """

    legend_name = ""

    key = ""
    LEAST_SEEN = 0.12
    """One count stands so far up the colour map, or nobody would see it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.colour: Colour = lambda colours: colours.heat[-2]
        self.edges = (NOTHING, NOTHING)
        self.counts: FloatArray = np.empty((0, 0))
        self.highest = 1.0
        self.item = pg.ImageItem(axisOrder="col-major")
        self.item.setZValue(-50)

    def set(self, x_edges: ArrayLike, y_edges: ArrayLike, counts: ArrayLike) -> None:
        """Other counts, shape (nx, ny)."""
        self.edges = np.asarray(x_edges, dtype=float), np.asarray(y_edges, dtype=float)
        self.counts = np.asarray(counts, dtype=float)
        used = self.counts[self.counts > 0]
        self.highest = max(float(np.percentile(used, 99.8)), 2.0) if used.size else 2.0

    def shade(self, counts: FloatArray) -> FloatArray:
        """Place of counts on the colour map, 0 to 1: the logarithm, so that rare and frequent both show."""
        shades = self.LEAST_SEEN + (1 - self.LEAST_SEEN) * np.log1p(counts) / np.log1p(self.highest)
        return np.asarray(np.where(counts > 0, np.minimum(shades, 1.0), 0.0))

    def refresh(self, frame: Frame) -> None:
        """Paint the cells."""
        if not self.counts.size:
            self.item.clear()
            return
        table = heat_map(frame.colours).getLookupTable(nPts=256)
        cells = (self.shade(self.counts) * 255).astype(np.uint8)
        self.item.setImage(cells, levels=(0, 255), lut=table, autoLevels=False)
        x, y = frame.x(self.edges[0]), frame.y(self.edges[1])
        self.item.setRect(QRectF(x[0], y[0], x[-1] - x[0], y[-1] - y[0]))

    @property
    def empty(self) -> bool:
        """No counts at all."""
        return not self.counts.any()

    def spans(self) -> tuple[Range | None, Range | None]:
        """All of the plane."""
        return span(self.edges[0]), span(self.edges[1])

    def columns(self, across: str, up: str) -> list[tuple[str, FloatArray]]:
        """Cells with counts, one a row."""
        i, j = np.nonzero(self.counts)
        x, y = ((e[:-1] + e[1:]) / 2 for e in self.edges)
        return [(across, x[i]), (up, y[j]), (self.name, self.counts[i, j])] if i.size else []
