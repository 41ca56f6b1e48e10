"""Symbols of points, whose pictures leave nothing behind in memory."""

from typing import Any

import pyqtgraph as pg
from PyQt6.QtGui import QPainter

from analysis.records import FloatArray
from app.gui.plots.curve import array_of, rounded_up

FIELDS = 10
"""Numbers of a fragment: position, part of the pixmap, scales, rotation, opacity."""
UNSEEN = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0)


class Fragments:
    """Symbols of the picture being drawn; pyqtgraph's own slices an array for each number, which PyQt never frees."""

    def __init__(self) -> None:
        self.resize(0)

    def resize(self, n: int) -> None:
        """Make room for ``n`` fragments."""
        self._n = n
        self._array = array_of(QPainter.PixmapFragment, FIELDS, rounded_up(n))

    def ndarray(self) -> FloatArray:
        """Return the fragments, shape (n, 10)."""
        return self._array.ndarray()[: self._n]

    def drawargs(self) -> tuple[Any, ...]:
        """Return the fragments for the painter, with unseen ones at their end."""
        self._array.ndarray()[self._n :] = UNSEEN
        return tuple(self._array.drawargs())


class Symbols(pg.ScatterPlotItem):
    """Points; give the same pen and brush again, because each new one is painted and kept."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._pixmapFragments = Fragments()
