"""What a panel draws: lines, bands, points with error bars; counts and marks are elsewhere.

A layer keeps the numbers it was given, in the units of the axes; the panel tells it when to draw them again
(other numbers, other colours, logarithmic or not, another size).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyqtgraph as pg
from numpy.typing import ArrayLike
from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPolygonF

from analysis.records import FloatArray
from app.gui.colours import blend
from app.gui.plots.decimate import decimated
from app.gui.plots.ranges import Range, span
from app.gui.theme import Palette

Colour = Callable[[Palette], str]
SOLID, DASHED, DOTTED = Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine
NOTHING: FloatArray = np.empty(0)


@dataclass(frozen=True)
class Frame:
    """How a panel shows things at present."""

    colours: Palette
    log: tuple[bool, bool]
    across: Range
    columns: int
    """Of pixels of the device, which a fine screen has more of than the window."""
    thickness: float = 1.0
    """Of pens, in pixels of the device."""
    up: Range = (0.0, 1.0)

    def x(self, values: FloatArray) -> FloatArray:
        """Coordinates across."""
        return _log10(values) if self.log[0] else values

    def y(self, values: FloatArray) -> FloatArray:
        """Coordinates upward."""
        return _log10(values) if self.log[1] else values


def _log10(values: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log10(values)
    logs[~np.isfinite(logs)] = np.nan
    return np.asarray(logs)


class Layer(Protocol):
    """Something a panel draws."""

    name: str
    legend_name: str
    """Where it is not ``name``; empty otherwise."""
    item: pg.GraphicsObject

    def refresh(self, frame: Frame) -> None:
        """Draw what was set, in this frame."""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to see."""

    @property
    def key(self) -> str:
        """Glyph of the legend, empty for none."""

    def colour(self, colours: Palette, /) -> str:
        """What colour it has."""

    def spans(self) -> tuple[Range | None, Range | None]:
        """Span across and upward, in the axes' units."""

    def columns(self, across: str, up: str) -> list[tuple[str, FloatArray]]:
        """Columns of a table of what is drawn."""


class Line:
    """A line through points.

    Parameters
    ----------
    name : str
        In the legend and in the table.
    colour : callable
        From a palette to a colour.
    style : PenStyle
        Models that stand beside data in their own colour are dashed.
    width : float
        Of the pen. Widths other than 1 are slow: only for short lines.
    ordered : bool
        x grows: only then is a long line thinned to what its pixels can show.
    """

    legend_name = ""

    def __init__(
        self, name: str, colour: Colour, style: Qt.PenStyle = SOLID, width: float = 1.0, z: float = 10.0
    ) -> None:
        self.name, self.colour = name, colour
        self.key = "━━" if style == SOLID else "╍╍" if style == DASHED else "┈┈"
        self._style, self._width = style, width
        self.x = self.y = NOTHING
        self.item = pg.PlotCurveItem(connect="finite", antialias=width > 1)
        self.item.setZValue(z)

    def set(self, x: ArrayLike, y: ArrayLike) -> None:
        """Other points, shapes (n,). NaN leaves a gap."""
        self.x, self.y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)

    def refresh(self, frame: Frame) -> None:
        """Draw the points."""
        x, y = decimated(frame.x(self.x), frame.y(self.y), *frame.across, frame.columns)
        pen = pg.mkPen(self.colour(frame.colours), width=self._width * frame.thickness, style=self._style)
        gaps = "all" if np.isfinite(y).all() else "finite"
        self.item.setData(x, y, pen=pen, connect=gaps)

    @property
    def empty(self) -> bool:
        """No points."""
        return self.x.size == 0

    def spans(self) -> tuple[Range | None, Range | None]:
        """Span of the points."""
        return span(self.x), span(self.y)

    def columns(self, across: str, up: str) -> list[tuple[str, FloatArray]]:
        """Two columns."""
        return [(f"{self.name}: {across}", self.x), (f"{self.name}: {up}", self.y)]


class Area(pg.GraphicsObject):
    """What one closed outline encloses."""

    def __init__(self) -> None:
        super().__init__()
        self._outline, self._colour = QPolygonF(), QColor()

    def fill(self, x: FloatArray, y: FloatArray, colour: QColor) -> None:
        """Another outline, shapes (n,)."""
        self.prepareGeometryChange()
        self._outline = pg.functions.arrayToQPolygonF(x, y)
        self._colour = colour
        self.update()

    def boundingRect(self) -> QRectF:
        """Around the outline."""
        return self._outline.boundingRect()

    def paint(self, painter: QPainter, *_: object) -> None:
        """Fill it."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._colour)
        painter.drawPolygon(self._outline)


class Band:
    """Between two lines: what is uncertain, or expected. It stands behind."""

    legend_name = ""

    key = "██"

    def __init__(self, name: str, colour: Colour, opacity: float = 0.22, z: float = 0.0) -> None:
        self.name, self._full = name, colour
        self._opacity = opacity
        self.x = self.low = self.high = NOTHING
        self.item = Area()
        self.item.setZValue(z)

    def colour(self, colours: Palette) -> str:
        """The colour that it has on the background."""
        return blend(self._full(colours), colours.surface, self._opacity)

    def set(self, x: ArrayLike, low: ArrayLike, high: ArrayLike) -> None:
        """Other limits, shapes (n,); points where one is not finite are left out."""
        x, low, high = (np.asarray(v, dtype=float) for v in (x, low, high))
        good = np.isfinite(low) & np.isfinite(high)
        self.x, self.low, self.high = x[good], low[good], high[good]

    def refresh(self, frame: Frame) -> None:
        """Fill between the limits: one closed outline."""
        x, low, high = frame.x(self.x), frame.y(self.low), frame.y(self.high)
        if frame.log[1]:
            low = np.nan_to_num(low, nan=-99.0)
        good = np.isfinite(x) & np.isfinite(low) & np.isfinite(high)
        x, low, high = x[good], low[good], high[good]
        colour = QColor(self._full(frame.colours))
        colour.setAlphaF(self._opacity)
        self.item.fill(np.concatenate([x, x[::-1]]), np.concatenate([low, high[::-1]]), colour)

    @property
    def empty(self) -> bool:
        """No limits."""
        return self.x.size == 0

    def spans(self) -> tuple[Range | None, Range | None]:
        """Span of the limits."""
        return span(self.x), span(self.low, self.high)

    def columns(self, across: str, up: str) -> list[tuple[str, FloatArray]]:
        """Three columns."""
        return [
            (f"{self.name}: {across}", self.x),
            (f"{self.name}: {up}, lower", self.low),
            (f"{self.name}: {up}, upper", self.high),
        ]


class Points:
    """Points with error bars, one standard error each way; hollow ones are less certain than full ones."""

    legend_name = ""

    def __init__(
        self, name: str, colour: Colour, symbol: str = "o", size: float = 7.0, *, hollow: bool = False
    ) -> None:
        self.name, self.colour = name, colour
        full = {"o": "●", "s": "■", "t": "▼", "d": "◆", "x": "×"}.get(symbol, "●")
        self.key = {"●": "○", "■": "□"}.get(full, full) if hollow else full
        self._symbol, self._size, self._hollow = symbol, size, hollow
        self.x = self.y = self.x_error = self.y_error = NOTHING
        self.item = pg.ItemGroup()
        self._bars = pg.PlotCurveItem(connect="pairs", antialias=False)
        self._marks = pg.ScatterPlotItem(pxMode=True, antialias=True)
        self._bars.setParentItem(self.item)
        self._marks.setParentItem(self.item)
        self.item.setZValue(20)

    def set(
        self, x: ArrayLike, y: ArrayLike, y_error: ArrayLike | None = None, x_error: ArrayLike | None = None
    ) -> None:
        """Other points, shapes (n,); no bar where the error is not finite."""
        self.x, self.y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
        self.y_error = NOTHING if y_error is None else np.asarray(y_error, dtype=float)
        self.x_error = NOTHING if x_error is None else np.asarray(x_error, dtype=float)

    def refresh(self, frame: Frame) -> None:
        """Draw bars, then points."""
        colour = QColor(self.colour(frame.colours))
        ends_x, ends_y = [NOTHING], [NOTHING]
        if self.y_error.size:
            ends_x.append(np.repeat(self.x, 2))
            ends_y.append(np.stack([self.y - self.y_error, self.y + self.y_error], axis=1).ravel())
        if self.x_error.size:
            ends_x.append(np.stack([self.x - self.x_error, self.x + self.x_error], axis=1).ravel())
            ends_y.append(np.repeat(self.y, 2))
        bars_x, bars_y = frame.x(np.concatenate(ends_x)), frame.y(np.concatenate(ends_y))
        good = np.repeat((np.isfinite(bars_x) & np.isfinite(bars_y)).reshape(-1, 2).all(axis=1), 2)
        self._bars.setData(
            bars_x[good], bars_y[good], pen=pg.mkPen(colour, width=frame.thickness), connect="pairs"
        )
        x, y = frame.x(self.x), frame.y(self.y)
        good = np.isfinite(x) & np.isfinite(y)
        fill, edge = (frame.colours.surface, colour) if self._hollow else (colour, frame.colours.surface)
        self._marks.setData(
            x[good],
            y[good],
            symbol=self._symbol,
            size=self._size,
            brush=pg.mkBrush(fill),
            pen=pg.mkPen(edge, width=1.5 * frame.thickness if self._hollow else 1),
        )

    @property
    def empty(self) -> bool:
        """No points."""
        return self.x.size == 0

    def spans(self) -> tuple[Range | None, Range | None]:
        """Span of the points with their bars."""
        bars = (self.y - self.y_error, self.y + self.y_error) if self.y_error.size else ()
        wide = (self.x - self.x_error, self.x + self.x_error) if self.x_error.size else ()
        return span(self.x, *wide), span(self.y, *bars)

    def columns(self, across: str, up: str) -> list[tuple[str, FloatArray]]:
        """Points and their errors."""
        out = [(f"{self.name}: {across}", self.x), (f"{self.name}: {up}", self.y)]
        if self.x_error.size:
            out.append((f"{self.name}: {across}, standard error", self.x_error))
        if self.y_error.size:
            out.append((f"{self.name}: {up}, standard error", self.y_error))
        return out


def union(spans: Sequence[Range | None]) -> Range | None:
    """The range from the lowest to the highest end of all."""
    some = [one for one in spans if one is not None]
    return (min(one[0] for one in some), max(one[1] for one in some)) if some else None
