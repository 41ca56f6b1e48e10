"""Names of marks in a row above the axes, off the data, each with a thin line down to its point.

Minor marks are ticks at the upper edge of the axes, with a tool tip.
"""

import numpy as np
import pyqtgraph as pg

from analysis.records import FloatArray
from app.gui.plots.layers import SOLID, Colour, Frame, pen_of
from app.gui.plots.marks import PlotMark
from app.gui.plots.symbols import Symbols


class Caption(PlotMark):
    """Text above the axes with a thin line down to a point, for panels with a row of captions.

    Parameters
    ----------
    name : str
        Name in the table.
    colour : callable
        Function from a palette to a colour.
    leader : bool
        True to draw the line.
    """

    def __init__(self, name: str, colour: Colour, *, leader: bool = True) -> None:
        self.name, self.colour = name, colour
        self.at = (float("nan"), float("nan"))
        self.text = ""
        self.leader = leader
        self.item = pg.PlotCurveItem(antialias=False)
        self.item.setZValue(3)

    def set(self, x: float, y: float, text: str) -> None:
        """Set point and text; a point that is not finite hides both."""
        self.at, self.text = (x, y), text

    def refresh(self, frame: Frame) -> None:
        """Draw the line."""
        x, y = frame.x(np.array([self.at[0]]))[0], frame.y(np.array([self.at[1]]))[0]
        seen = bool(self.leader and self.text and np.isfinite(x) and np.isfinite(y) and y < frame.up[1])
        self.item.setVisible(seen)
        if seen:
            colour = pg.mkColor(self.colour(frame.colours))
            colour.setAlphaF(0.6)
            pen = pg.mkPen(colour, width=frame.thickness, style=SOLID)
            self.item.setData(np.array([x, x]), np.array([y, frame.up[1]]), pen=pen)

    def place(self, frame: Frame) -> tuple[float, str, str]:
        """Return the position across from 0 to 1, the text and its colour."""
        x = float(frame.x(np.array([self.at[0]]))[0])
        low, high = frame.across
        return (x - low) / (high - low), self.text if np.isfinite(x) else "", self.colour(frame.colours)

    def columns(self, across: str, up: str) -> list[tuple[str, FloatArray]]:
        """Return the abscissa of the point."""
        return [(f"{self.name}: {across}", np.array([self.at[0]]))]


class Tick(PlotMark):
    """Small tick at the upper edge of the axes with a tool tip."""

    SIZE = 14

    def __init__(self, name: str, colour: Colour) -> None:
        self.name, self.colour = name, colour
        self.at, self.tip = float("nan"), ""
        self.item = Symbols(symbol="|", size=self.SIZE, hoverable=True, tip=lambda x, y, data: str(data))
        self.item.setZValue(4)

    def set(self, x: float, tip: str) -> None:
        """Set position and tool tip; a position that is not finite hides the tick."""
        self.at, self.tip = x, tip

    def refresh(self, frame: Frame) -> None:
        """Draw the tick."""
        x = frame.x(np.array([self.at]))
        pen = pen_of(self.colour(frame.colours), 2 * frame.thickness)
        self.item.setData(x[np.isfinite(x)], np.full(int(np.isfinite(x).sum()), frame.up[1]), pen=pen)
        if np.isfinite(x[0]):
            self.item.setPointData([self.tip])

    def columns(self, across: str, up: str) -> list[tuple[str, FloatArray]]:
        """Return the position."""
        return [(f"{self.name}: {across}", np.array([self.at]))]
