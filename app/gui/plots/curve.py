"""Line that is drawn quickly: it keeps its outline, and always fills the plot, so that Qt never measures it."""

from functools import cache
from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QLineF, QRectF, Qt
from PyQt6.QtGui import QPainter, QPainterPath, QPen, QPolygonF
from pyqtgraph.Qt.internals import PrimitiveArray

from analysis.records import FloatArray

FEWEST_PIECES = 64
NO_PIECES = np.empty((0, 4))


def rounded_up(pieces: int) -> int:
    """Return one of a few sizes, at most a quarter larger."""
    step = max(FEWEST_PIECES, 1 << max(pieces.bit_length() - 3, 0))
    return -(-pieces // step) * step


@cache
def array_of(kind: type, fields: int, size: int) -> PrimitiveArray:
    """Return an array of primitives of ``fields`` numbers each, for whoever draws next.

    An array of PyQt and each part of one stays in memory for ever: a new one for each picture takes 150 MB a day.
    """
    array = PrimitiveArray(kind, fields)
    array.resize(size)
    return array


def draw_pieces(painter: QPainter, ends: FloatArray) -> None:
    """Draw separate lines, each from (x, y) to (x, y), shape (n, 4) with n above 0."""
    array = array_of(QLineF, 4, rounded_up(len(ends)))
    rows = array.ndarray()
    rows[: len(ends)] = ends
    rows[len(ends) :] = np.tile(ends[-1, 2:], 2)  # points at the end of the last line
    painter.drawLines(*array.drawargs())


class Curve(pg.GraphicsObject):
    """Line through points; NaN leaves a gap."""

    def __init__(self, antialias: bool) -> None:
        super().__init__()
        self.x = self.y = np.empty(0)
        self.pen = QPen()
        self._antialias = antialias
        self._outline: QPolygonF | QPainterPath = QPolygonF()
        self._pieces = NO_PIECES

    def set(self, x: FloatArray, y: FloatArray, pen: QPen) -> None:
        """Set the points, shapes (n,), in coordinates of the plot."""
        self.x, self.y, self.pen, self._outline = x, y, pen, QPolygonF()
        good = np.isfinite(x) & np.isfinite(y)
        self._pieces = NO_PIECES
        if good.all():
            self._outline = pg.functions.arrayToQPolygonF(x, y)
        elif pen.style() == Qt.PenStyle.SolidLine:
            start = np.flatnonzero(good[:-1] & good[1:])
            self._pieces = np.stack([x[start], y[start], x[start + 1], y[start + 1]], axis=1)
        else:  # dashes go on from point to point
            self._outline = pg.functions.arrayToQPath(x, y, connect="finite")
        self.update()

    def boundingRect(self) -> QRectF:
        """Return the visible part of the plot."""
        return self.viewRect() or QRectF()

    def viewRangeChanged(self) -> None:
        """Redraw for another range."""
        self.prepareGeometryChange()
        self.update()

    def paint(self, painter: QPainter, *_: Any) -> None:
        """Draw the line."""
        if not self.x.size:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, self._antialias)
        painter.setPen(self.pen)
        if len(self._pieces):
            draw_pieces(painter, self._pieces)
        elif isinstance(self._outline, QPolygonF):
            painter.drawPolyline(self._outline)
        else:
            painter.drawPath(self._outline)
