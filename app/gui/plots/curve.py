"""Line that is drawn quickly: it keeps its outline, and always fills the plot, so that Qt never measures it."""

from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QLineF, QRectF, Qt
from PyQt6.QtGui import QPainter, QPainterPath, QPen, QPolygonF
from pyqtgraph.Qt.internals import PrimitiveArray

from analysis.records import FloatArray


class Curve(pg.GraphicsObject):
    """Line through points; NaN leaves a gap."""

    def __init__(self, antialias: bool) -> None:
        super().__init__()
        self.x = self.y = np.empty(0)
        self.pen = QPen()
        self._antialias = antialias
        self._outline: QPolygonF | QPainterPath = QPolygonF()
        self._pieces = PrimitiveArray(QLineF, 4)

    def set(self, x: FloatArray, y: FloatArray, pen: QPen) -> None:
        """Set the points, shapes (n,), in coordinates of the plot."""
        self.x, self.y, self.pen, self._outline = x, y, pen, QPolygonF()
        good = np.isfinite(x) & np.isfinite(y)
        self._pieces.resize(0)
        if good.all():
            self._outline = pg.functions.arrayToQPolygonF(x, y)
        elif pen.style() == Qt.PenStyle.SolidLine:
            start = np.flatnonzero(good[:-1] & good[1:])
            self._pieces.resize(start.size)
            self._pieces.ndarray()[:] = np.stack([x[start], y[start], x[start + 1], y[start + 1]], axis=1)
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
            painter.drawLines(*self._pieces.drawargs())
        elif isinstance(self._outline, QPolygonF):
            painter.drawPolyline(self._outline)
        else:
            painter.drawPath(self._outline)
