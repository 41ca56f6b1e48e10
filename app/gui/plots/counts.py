"""Histograms on a plot: counts in bins of one quantity or in cells of two."""

import numpy as np
import pyqtgraph as pg
from numpy.typing import ArrayLike, NDArray
from PyQt6.QtCore import QRectF
from PyQt6.QtGui import QColor

from analysis.numbers import significant
from analysis.records import FloatArray
from app.gui.plots.heat_map import heat_map
from app.gui.plots.layers import NOTHING, Colour, Drawn, Frame
from app.gui.plots.ranges import Range, span
from app.gui.widgets.colours import blend

LEAST_PIXELS = 3.0
"""Minimum width of a drawn bin."""
BACK = 0.55
"""Opacity of the subdued part of a histogram."""


class Steps(Drawn):
    """Histogram filled from zero; a part of it may be subdued."""

    legend_name = ""
    reach = (8.0, 1e6)
    key = "██"

    def __init__(self, name: str, colour: Colour, opacity: float = 0.35) -> None:
        self.name, self.colour = name, colour
        self._opacity = opacity
        self.edges = self.counts = NOTHING
        self._quiet_below = float("nan")
        self.item = pg.ItemGroup()
        self.filled, self.quiet = pg.PlotCurveItem(antialias=False), pg.PlotCurveItem(antialias=False)
        for curve in (self.filled, self.quiet):
            curve.setParentItem(self.item)
        self.item.setZValue(5)

    def set(self, edges: ArrayLike, counts: ArrayLike, quiet_below: float = float("nan")) -> None:
        """Set counts, shape (n,), and edges, shape (n + 1,); bins that end below ``quiet_below`` are subdued."""
        self.edges, self.counts = np.asarray(edges, dtype=float), np.asarray(counts, dtype=float)
        self._quiet_below = quiet_below
        self.touch()

    def draw(self, frame: Frame) -> None:
        """Draw the outline of the bins, averaging bins that are too narrow to be seen."""
        edges, counts = frame.x(self.edges), self.counts
        together = self._together(edges, frame)
        if together > 1:
            whole = np.append(counts, np.full(-counts.size % together, np.nan)).reshape(-1, together)
            counts, edges = np.nanmean(whole, axis=1), np.append(edges[:-1:together], edges[-1])
        quiet_below = frame.x(np.array([self._quiet_below]))[0]
        quiet = int(np.searchsorted(edges[1:], quiet_below, side="right")) if np.isfinite(quiet_below) else 0
        zero = float(frame.y(np.array([0.1]))[0]) if frame.log[1] else 0.0
        tops = np.nan_to_num(frame.y(counts), nan=zero)
        colour = QColor(self.colour(frame.colours))
        faint = QColor(colour)
        faint.setAlphaF(self._opacity)
        back = QColor(blend(frame.colours.neutral, frame.colours.surface, BACK))
        for curve, first, stop, pen, brush in (
            (self.filled, quiet, counts.size, colour, faint),
            (self.quiet, 0, quiet, back, None),
        ):
            x, y = NOTHING, NOTHING
            if stop > first:
                x = np.repeat(edges[first : stop + 1], 2)
                y = np.concatenate([[zero], np.repeat(tops[first:stop], 2), [zero]])
            fill = {"brush": brush, "fillLevel": zero} if brush is not None else {}
            curve.setData(x, y, pen=pg.mkPen(pen, width=frame.thickness), **fill)

    @staticmethod
    def _together(edges: FloatArray, frame: Frame) -> int:
        """Return the number of even bins to average into a visible one."""
        if edges.size < 2 or not np.isfinite(edges).all():
            return 1
        width, (low, high) = float(edges[1] - edges[0]), frame.across
        if not np.isclose(edges[-1] - edges[-2], width, rtol=0.01) or high <= low:
            return 1
        pixels = width / (high - low) * frame.columns / frame.thickness
        return max(min(round(LEAST_PIXELS / pixels), edges.size - 1), 1)

    @property
    def empty(self) -> bool:
        """True without any counts."""
        return not self.counts.any()

    def spans(self) -> tuple[Range | None, Range | None]:
        """Return the span of the bins with counts, and of the counts."""
        used = np.flatnonzero(self.counts)
        if not used.size:
            return None, None
        return (float(self.edges[used[0]]), float(self.edges[used[-1] + 1])), span(self.counts)

    def columns(self, across: str, up: str) -> list[tuple[str, FloatArray]]:
        """Return edges and counts."""
        return [
            (f"{self.name}: {across}, from", self.edges[:-1]),
            (f"{self.name}: {across}, to", self.edges[1:]),
            (f"{self.name}: {up}", self.counts),
        ]

    def points(self, frame: Frame) -> tuple[FloatArray, FloatArray]:
        """Return the middle of the top of each bin."""
        edges = frame.x(self.edges)
        return (edges[:-1] + edges[1:]) / 2, frame.y(self.counts)

    def remark(self, i: int, unit: str) -> str:
        """Return nothing."""
        return ""


class Image(Drawn):
    """Two-dimensional histogram; empty cells show the background.

    The cells are even in the axes' coordinates, thus in the logarithm on a logarithmic axis.
    """

    legend_name = ""
    reach = (6.0, 6.0)
    key = ""
    LEAST_SEEN = 0.12
    """Position of a single count on the colour map, so that it is visible."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.colour: Colour = lambda colours: colours.heat[-2]
        self.edges = (NOTHING, NOTHING)
        self.counts: FloatArray = np.empty((0, 0))
        self.highest = 1.0
        self.item = pg.ImageItem(axisOrder="col-major")
        self.item.setZValue(-50)

    def set(
        self, x_edges: ArrayLike, y_edges: ArrayLike, counts: ArrayLike, scaled: Range = (-np.inf, np.inf)
    ) -> None:
        """Set counts, shape (nx, ny); the colours are scaled to the cells whose y lies in ``scaled``."""
        self.edges = np.asarray(x_edges, dtype=float), np.asarray(y_edges, dtype=float)
        self.counts = np.asarray(counts, dtype=float)
        y = self.edges[1]
        part = self.counts[:, (y[:-1] >= scaled[0]) & (y[1:] <= scaled[1])]
        used = part[part > 0]
        self.highest = max(float(np.percentile(used, 99.8)), 2.0) if used.size else 2.0
        self.touch()

    def shade(self, counts: FloatArray) -> FloatArray:
        """Return the position of counts on the colour map, 0 to 1, on a logarithmic scale."""
        shades = self.LEAST_SEEN + (1 - self.LEAST_SEEN) * np.log1p(counts) / np.log1p(self.highest)
        return np.asarray(np.where(counts > 0, np.minimum(shades, 1.0), 0.0))

    def draw(self, frame: Frame) -> None:
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
        """True without any counts."""
        return not self.counts.any()

    def spans(self) -> tuple[Range | None, Range | None]:
        """Return the spans of the edges."""
        return span(self.edges[0]), span(self.edges[1])

    def columns(self, across: str, up: str) -> list[tuple[str, FloatArray]]:
        """Return the cells with counts, one a row."""
        i, j = np.nonzero(self.counts)
        x, y = ((e[:-1] + e[1:]) / 2 for e in self.edges)
        return [(across, x[i]), (up, y[j]), (self.name, self.counts[i, j])] if i.size else []

    def points(self, frame: Frame) -> tuple[FloatArray, FloatArray]:
        """Return the centres of the cells with counts."""
        return centres(frame, self.edges, self.counts > 0)

    def remark(self, i: int, unit: str) -> str:
        """Return the count of a cell."""
        return f"{significant(float(self.counts[self.counts > 0][i]))} {self.name}"


def centres(
    frame: Frame, edges: tuple[FloatArray, FloatArray], used: NDArray[np.bool_]
) -> tuple[FloatArray, FloatArray]:
    """Return the centres of the used cells, in coordinates of the plot."""
    x, y = frame.x(edges[0]), frame.y(edges[1])
    i, j = np.nonzero(used)
    return ((x[:-1] + x[1:]) / 2)[i], ((y[:-1] + y[1:]) / 2)[j]
