"""Marks on a plot: a line across it, a shaded part, a note at a point. A plot with marks only is empty."""

from collections.abc import Sequence
from operator import attrgetter

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor

from analysis.records import FloatArray
from app.gui.plots.layers import DASHED, NOTHING, Area, Colour, Frame
from app.gui.plots.overlay import unclipped
from app.gui.plots.ranges import Range
from app.gui.widgets.colours import blend
from app.gui.widgets.theme import Palette


class PlotMark:
    """Element that is not data: it has no legend entry and does not affect the range."""

    legend_name = ""
    key = ""
    reach = (0.0, 0.0)

    def points(self, frame: Frame) -> tuple[FloatArray, FloatArray]:
        """Return no points: a mark is not read."""
        return NOTHING, NOTHING

    def remark(self, i: int, unit: str) -> str:
        """Return nothing."""
        return ""

    @property
    def empty(self) -> bool:
        """True: a plot with marks only is empty."""
        return True

    def spans(self) -> tuple[Range | None, Range | None]:
        """Return no span."""
        return None, None


class StraightLine(PlotMark):
    """Straight line across the whole plot at a value, with a label."""

    def __init__(
        self,
        name: str,
        colour: Colour,
        *,
        at: float,
        upright: bool,
        style: Qt.PenStyle = DASHED,
        word: str = "",
    ) -> None:
        self.name, self.colour, self.at = name, colour, at
        self._style, self._upright = style, upright
        options = {"position": 0.96 if upright else 0.02, "anchors": [(0, 0), (0, 0)], "movable": False}
        if not upright:
            options["anchors"] = [(0, 1), (0, 1)]
        self._worded = bool(word)
        self.item = pg.InfiniteLine(angle=90 if upright else 0, label=word or None, labelOpts=options)
        if self._worded:
            unclipped(self.item.label.textItem)
        self.item.setZValue(2)
        self.visible = True

    def set(self, at: float) -> None:
        """Set the value; one that is not finite hides the line."""
        self.at = at

    def refresh(self, frame: Frame) -> None:
        """Draw the mark."""
        value = np.array([self.at])
        at = float((frame.x(value) if self._upright else frame.y(value))[0])
        self.item.setVisible(bool(np.isfinite(at)))
        colour = self.colour(frame.colours)
        self.item.setPen(pg.mkPen(colour, width=frame.thickness, style=self._style))
        if np.isfinite(at):
            self.item.setValue(at)
        if self._worded:
            self.item.label.setColor(colour)

    def columns(self, across: str, up: str) -> list[tuple[str, FloatArray]]:
        """Return the value."""
        return [(f"{self.name}: {across if self._upright else up}", np.array([self.at]))]


class Shade(PlotMark):
    """Shaded vertical part of a plot."""

    key = "██"

    def __init__(self, name: str, colour: Colour, opacity: float) -> None:
        self.name, self._full, self._opacity = name, colour, opacity

    def colour(self, colours: Palette) -> str:
        """Return the colour on the background."""
        return blend(self._full(colours), colours.surface, self._opacity)


class ShadedWindow(Shade):
    """Shaded vertical window with edges, such as the bias window."""

    def __init__(self, name: str, colour: Colour, opacity: float = 0.12, edge: Qt.PenStyle = DASHED) -> None:
        super().__init__(name, colour, opacity)
        self._edge = edge
        self.ends: tuple[float, float] = (np.nan, np.nan)
        self.item = pg.LinearRegionItem(movable=False)
        self.item.setZValue(-20)

    def set(self, low: float, high: float) -> None:
        """Set both ends; an end that is not finite hides the window."""
        self.ends = (low, high)

    def refresh(self, frame: Frame) -> None:
        """Draw the mark."""
        ends = frame.x(np.array(self.ends))
        self.item.setVisible(bool(np.isfinite(ends).all()))
        if not np.isfinite(ends).all():
            return
        colour = QColor(self._full(frame.colours))
        for line in self.item.lines:
            line.setPen(pg.mkPen(colour, width=frame.thickness, style=self._edge))
        colour.setAlphaF(self._opacity)
        self.item.setBrush(colour)
        self.item.setRegion(tuple(float(x) for x in ends))

    def columns(self, across: str, up: str) -> list[tuple[str, FloatArray]]:
        """Return the ends."""
        return [(f"{self.name}: {across}", np.array(self.ends))] if np.isfinite(self.ends).all() else []


class Gaps(Shade):
    """Any number of shaded vertical parts where data are missing."""

    def __init__(self, name: str, colour: Colour, opacity: float = 0.15) -> None:
        super().__init__(name, colour, opacity)
        self.ends: Sequence[Range] = ()
        self.item = pg.BarGraphItem(x0=[], x1=[], y0=[], y1=[])
        self.item.setZValue(-20)

    def set(self, ends: Sequence[Range]) -> None:
        """Set the ends of the parts."""
        self.ends = ends

    def refresh(self, frame: Frame) -> None:
        """Draw the parts."""
        self.item.setVisible(bool(self.ends))
        if not self.ends:
            return
        left, right = (frame.x(np.array(side)) for side in zip(*self.ends, strict=True))
        low, high = (np.full(left.size, end) for end in frame.up)
        self.item.setOpts(
            x0=left,
            x1=right,
            y0=low,
            y1=high,
            brush=pg.mkBrush(self.colour(frame.colours)),
            pen=pg.mkPen(None),
        )

    def columns(self, across: str, up: str) -> list[tuple[str, FloatArray]]:
        """Return the ends."""
        ends = np.array(self.ends, dtype=float).reshape(-1, 2)
        return [(f"{self.name}: {across}, {end}", ends[:, i]) for i, end in enumerate(("from", "to"))]


class Veil(PlotMark):
    """Veil that subdues everything below a value, such as noise."""

    def __init__(self, name: str, opacity: float = 0.7) -> None:
        self.name, self._opacity = name, opacity
        self.below = float("nan")
        self.colour: Colour = attrgetter("surface")
        self.item = Area()
        self.item.setZValue(-30)

    def set(self, below: float) -> None:
        """Set the value; one that is not finite hides the veil."""
        self.below = below

    def refresh(self, frame: Frame) -> None:
        """Cover everything below the value."""
        top = float(frame.y(np.array([self.below]))[0])
        self.item.setVisible(bool(np.isfinite(top)) and top > frame.up[0])
        colour = QColor(frame.colours.surface)
        colour.setAlphaF(self._opacity)
        (left, right), bottom = frame.across, frame.up[0]
        self.item.fill(np.array([left, right, right, left]), np.array([bottom, bottom, top, top]), colour)

    def columns(self, across: str, up: str) -> list[tuple[str, FloatArray]]:
        """Return no columns."""
        return []


class Note(PlotMark):
    """Text above a point; it has no background, so place it away from data."""

    def __init__(self, name: str, colour: Colour) -> None:
        self.name, self.colour = name, colour
        self.at = (float("nan"), float("nan"))
        self.text = ""
        self.item = pg.TextItem(anchor=(0.5, 1.0))
        unclipped(self.item.textItem)
        self.item.setZValue(30)

    def set(self, x: float, y: float, text: str) -> None:
        """Set point and text."""
        self.at, self.text = (x, y), text

    def refresh(self, frame: Frame) -> None:
        """Draw the mark."""
        x, y = frame.x(np.array([self.at[0]]))[0], frame.y(np.array([self.at[1]]))[0]
        seen = bool(np.isfinite(x) and np.isfinite(y) and self.text)
        self.item.setVisible(seen)
        if seen:
            self.item.setText(self.text, color=self.colour(frame.colours))
            self.item.setPos(float(x), float(y))

    def columns(self, across: str, up: str) -> list[tuple[str, FloatArray]]:
        """Return the abscissa of the point."""
        return [(f"{self.name}: {across}", np.array([self.at[0]]))]
