"""Layers of a plot: lines, bands, points with error bars (histograms are in `counts`, marks in `marks`).

A layer keeps its data in the units of the axes; the panel has it redrawn when data, colours, scale or size change.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import numpy as np
import pyqtgraph as pg
from numpy.typing import ArrayLike
from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QBrush, QColor, QPainter, QPen, QPolygonF

from analysis.numbers import significant
from analysis.records import FloatArray
from app.gui.plots.curve import Curve
from app.gui.plots.decimate import decimated
from app.gui.plots.ranges import Range, span
from app.gui.plots.symbols import Symbols
from app.gui.widgets.colours import blend
from app.gui.widgets.theme import Palette

Colour = Callable[[Palette], str]
SOLID, DASHED, DOTTED = Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine
KEYS = {SOLID: "━━", DASHED: "╍╍", DOTTED: "┉┉"}
"""Signs in a legend, all heavy: light ones vanish on a dark background."""
NOTHING: FloatArray = np.empty(0)
UNKNOWN = "error not known yet"


@dataclass(frozen=True)
class Frame:
    """Current colours, scales and ranges of a panel."""

    colours: Palette
    log: tuple[bool, bool]
    across: Range
    columns: int
    """Width in device pixels; a high-resolution screen has more of them than the window."""
    thickness: float = 1.0
    """Width of pens, in device pixels."""
    up: Range = (0.0, 1.0)

    def x(self, values: FloatArray) -> FloatArray:
        """Convert values to horizontal coordinates."""
        return _log10(values) if self.log[0] else values

    def y(self, values: FloatArray) -> FloatArray:
        """Convert values to vertical coordinates."""
        return _log10(values) if self.log[1] else values


@cache
def pen_of(colour: str, width: float, style: Qt.PenStyle = SOLID) -> QPen:
    """Return a pen; making one takes as long as drawing a short line."""
    return pg.mkPen(colour, width=width, style=style)


@cache
def brush_of(colour: str) -> QBrush:
    """Return a brush."""
    return pg.mkBrush(colour)


def _log10(values: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log10(values)
    logs[~np.isfinite(logs)] = np.nan
    return np.asarray(logs)


class Layer(Protocol):
    """Element of a plot with its own data."""

    name: str
    legend_name: str
    """Name in the legend if it differs from ``name``; else empty."""
    item: pg.GraphicsObject

    def refresh(self, frame: Frame) -> None:
        """Draw the data in this frame."""

    @property
    def empty(self) -> bool:
        """True if there is nothing to see."""

    @property
    def key(self) -> str:
        """Glyph in the legend; empty for none."""

    def colour(self, colours: Palette, /) -> str:
        """Return the colour in a palette."""

    def spans(self) -> tuple[Range | None, Range | None]:
        """Return the horizontal and vertical span, in the axes' units."""

    def columns(self, across: str, up: str) -> list[tuple[str, FloatArray]]:
        """Return the data as columns of a table: heads and values."""

    @property
    def reach(self) -> tuple[float, float]:
        """Largest distance of the mouse at which a point is read, across and up, in pixels."""

    def points(self, frame: Frame, /) -> tuple[FloatArray, FloatArray]:
        """Return the points that the crosshair can read, in coordinates of the plot."""

    def remark(self, i: int, unit: str, /) -> str:
        """Return what the reading of a point adds to its coordinates; ``unit`` is that of the vertical axis."""


class Drawn:
    """Layer that is drawn again only after its data or the frame have changed."""

    _frame: Frame | None = None

    def refresh(self, frame: Frame) -> None:
        """Draw the data in this frame."""
        if frame != self._frame:
            self._frame = frame
            self.draw(frame)

    def touch(self) -> None:
        """Have the layer drawn again: its data have changed."""
        self._frame = None

    def draw(self, frame: Frame) -> None:
        """Draw the data in this frame."""
        raise NotImplementedError


class LineLayer(Drawn):
    """Line through points; a long line is decimated to the resolution of the screen.

    Parameters
    ----------
    name : str
        Name in the legend and in the table.
    colour : callable
        Function from a palette to a colour.
    style : PenStyle
        Style of the pen; models in the colour of their data are dashed.
    width : float
        Width of the pen. Widths other than 1 are slow: use them for short lines only.
    """

    legend_name = ""
    reach = (40.0, 130.0)

    def __init__(
        self, name: str, colour: Colour, style: Qt.PenStyle = SOLID, width: float = 1.0, z: float = 10.0
    ) -> None:
        self.name, self.colour = name, colour
        self.key = KEYS[style]
        self._style, self._width = style, width
        self.x = self.y = NOTHING
        self.item = Curve(antialias=width > 1)
        self.item.setZValue(z)

    def set(self, x: ArrayLike, y: ArrayLike) -> None:
        """Set the points, shapes (n,). NaN leaves a gap."""
        self.x, self.y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
        self.touch()

    def draw(self, frame: Frame) -> None:
        """Draw the points."""
        x, y = decimated(frame.x(self.x), frame.y(self.y), *frame.across, frame.columns)
        self.item.set(x, y, pen_of(self.colour(frame.colours), self._width * frame.thickness, self._style))

    @property
    def empty(self) -> bool:
        """True without points."""
        return self.x.size == 0

    def spans(self) -> tuple[Range | None, Range | None]:
        """Return the span of the points."""
        return span(self.x), span(self.y)

    def columns(self, across: str, up: str) -> list[tuple[str, FloatArray]]:
        """Return the points."""
        return [(f"{self.name}: {across}", self.x), (f"{self.name}: {up}", self.y)]

    def points(self, frame: Frame) -> tuple[FloatArray, FloatArray]:
        """Return the points."""
        return frame.x(self.x), frame.y(self.y)

    def remark(self, i: int, unit: str) -> str:
        """Return nothing."""
        return ""


class Area(pg.GraphicsObject):
    """Filled area inside a closed outline."""

    def __init__(self) -> None:
        super().__init__()
        self._outline, self._colour = QPolygonF(), QColor()

    def fill(self, x: FloatArray, y: FloatArray, colour: QColor) -> None:
        """Set outline, shapes (n,), and colour."""
        self.prepareGeometryChange()
        self._outline = pg.functions.arrayToQPolygonF(x, y)
        self._colour = colour
        self.update()

    def boundingRect(self) -> QRectF:
        """Return the bounds of the outline."""
        return self._outline.boundingRect()

    def paint(self, painter: QPainter, *_: object) -> None:
        """Fill the outline."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._colour)
        painter.drawPolygon(self._outline)


class Band(Drawn):
    """Area between two lines, behind the data: an uncertainty or an expected range; it is not read."""

    legend_name = ""
    reach = (0.0, 0.0)
    key = "██"

    def __init__(self, name: str, colour: Colour, opacity: float = 0.22, z: float = 0.0) -> None:
        self.name, self._full = name, colour
        self._opacity = opacity
        self.x = self.low = self.high = NOTHING
        self.item = Area()
        self.item.setZValue(z)

    def colour(self, colours: Palette) -> str:
        """Return the colour on the background."""
        return blend(self._full(colours), colours.surface, self._opacity)

    def set(self, x: ArrayLike, low: ArrayLike, high: ArrayLike) -> None:
        """Set the limits, shapes (n,); points with a limit that is not finite are left out."""
        x, low, high = (np.asarray(v, dtype=float) for v in (x, low, high))
        good = np.isfinite(low) & np.isfinite(high)
        self.x, self.low, self.high = x[good], low[good], high[good]
        self.touch()

    def draw(self, frame: Frame) -> None:
        """Fill the area between the limits."""
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
        """True without limits."""
        return self.x.size == 0

    def spans(self) -> tuple[Range | None, Range | None]:
        """Return the span of the limits."""
        return span(self.x), span(self.low, self.high)

    def columns(self, across: str, up: str) -> list[tuple[str, FloatArray]]:
        """Return abscissa, lower and upper limit."""
        return [
            (f"{self.name}: {across}", self.x),
            (f"{self.name}: {up}, lower", self.low),
            (f"{self.name}: {up}, upper", self.high),
        ]

    def points(self, frame: Frame) -> tuple[FloatArray, FloatArray]:
        """Return no points."""
        return NOTHING, NOTHING

    def remark(self, i: int, unit: str) -> str:
        """Return nothing."""
        return ""


class Points(Drawn):
    """Points with error bars of one standard error; hollow points have an unknown error."""

    legend_name = ""
    reach = (30.0, 30.0)

    def __init__(
        self, name: str, colour: Colour, symbol: str = "o", size: float = 7.0, *, hollow: bool = False
    ) -> None:
        self.name, self.colour = name, colour
        full = {"o": "●", "s": "■", "t": "▼", "d": "◆", "x": "×"}.get(symbol, "●")
        self.key = {"●": "○", "■": "□"}.get(full, full) if hollow else full
        self._symbol, self._size, self._hollow = symbol, size, hollow
        self.x = self.y = self.x_error = self.y_error = NOTHING
        self.item = pg.ItemGroup()
        self._bars = Curve(antialias=False)
        self._marks = Symbols(pxMode=True, antialias=True)
        self._bars.setParentItem(self.item)
        self._marks.setParentItem(self.item)
        self.item.setZValue(20)

    def set(
        self, x: ArrayLike, y: ArrayLike, y_error: ArrayLike | None = None, x_error: ArrayLike | None = None
    ) -> None:
        """Set points and errors, shapes (n,); an error that is not finite gives no bar."""
        self.x, self.y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
        self.y_error = NOTHING if y_error is None else np.asarray(y_error, dtype=float)
        self.x_error = NOTHING if x_error is None else np.asarray(x_error, dtype=float)
        self.touch()

    def draw(self, frame: Frame) -> None:
        """Draw error bars, then points."""
        colour = self.colour(frame.colours)
        ends_x, ends_y = [NOTHING], [NOTHING]
        gap = np.full(self.x.size, np.nan)
        if self.y_error.size:
            ends_x.append(np.stack([self.x, self.x, gap], axis=1).ravel())
            ends_y.append(np.stack([self.y - self.y_error, self.y + self.y_error, gap], axis=1).ravel())
        if self.x_error.size:
            ends_x.append(np.stack([self.x - self.x_error, self.x + self.x_error, gap], axis=1).ravel())
            ends_y.append(np.stack([self.y, self.y, gap], axis=1).ravel())
        self._bars.set(
            frame.x(np.concatenate(ends_x)), frame.y(np.concatenate(ends_y)), pen_of(colour, frame.thickness)
        )
        x, y = frame.x(self.x), frame.y(self.y)
        good = np.isfinite(x) & np.isfinite(y)
        fill, edge = (frame.colours.surface, colour) if self._hollow else (colour, frame.colours.surface)
        self._marks.setData(
            x[good],
            y[good],
            symbol=self._symbol,
            size=self._size,
            brush=brush_of(fill),
            pen=pen_of(edge, 1.5 * frame.thickness if self._hollow else 1.0),
        )

    @property
    def empty(self) -> bool:
        """True without points."""
        return self.x.size == 0

    def spans(self) -> tuple[Range | None, Range | None]:
        """Return the span of the points with their error bars."""
        bars = (self.y - self.y_error, self.y + self.y_error) if self.y_error.size else ()
        wide = (self.x - self.x_error, self.x + self.x_error) if self.x_error.size else ()
        return span(self.x, *wide), span(self.y, *bars)

    def columns(self, across: str, up: str) -> list[tuple[str, FloatArray]]:
        """Return points and errors."""
        out = [(f"{self.name}: {across}", self.x), (f"{self.name}: {up}", self.y)]
        if self.x_error.size:
            out.append((f"{self.name}: {across}, standard error", self.x_error))
        if self.y_error.size:
            out.append((f"{self.name}: {up}, standard error", self.y_error))
        return out

    def points(self, frame: Frame) -> tuple[FloatArray, FloatArray]:
        """Return the points."""
        return frame.x(self.x), frame.y(self.y)

    def remark(self, i: int, unit: str) -> str:
        """Return the standard error."""
        if not self.y_error.size or not np.isfinite(self.y_error[i]):
            return UNKNOWN if self._hollow else ""
        return f"± {significant(float(self.y_error[i]), 2)} {unit}".rstrip()


def union(spans: Sequence[Range | None]) -> Range | None:
    """Return the range that covers all spans; None without any."""
    ranges = [each for each in spans if each is not None]
    return (min(low for low, _ in ranges), max(high for _, high in ranges)) if ranges else None
