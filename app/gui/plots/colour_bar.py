"""The scale of colours beside a plane of counts."""

from math import floor, log10

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QPointF, QRectF, QSizeF, Qt
from PyQt6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter
from PyQt6.QtWidgets import QWidget

from app.gui.plots.counts import Image
from app.gui.plots.numbers import PLAIN_TO, power
from app.gui.theme import MEDIUM, SMALL, Palette, heat_map

BAR = 10.0
"""Width of the colours, in pixels."""
APART = 16.0
"""Least distance of two numbers, in pixels."""


class ColourBar(pg.GraphicsWidget):
    """A slim bar with a few round numbers of counts, at the right of a plot.

    Parameters
    ----------
    image : Image
        Whose colours they are.
    words : str
        What is counted.
    """

    def __init__(self, image: Image, words: str) -> None:
        super().__init__()
        self._image, self._words = image, words
        self._colours: Palette | None = None
        self._font = QFont()
        self.setSizePolicy(pg.QtWidgets.QSizePolicy.Policy.Fixed, pg.QtWidgets.QSizePolicy.Policy.Expanding)

    def dress(self, colours: Palette, font: QFont) -> None:
        """Take the theme's colours."""
        self._colours, self._font = colours, font
        metrics = QFontMetricsF(font)
        self.setFixedWidth(
            MEDIUM + BAR + 2 * SMALL + metrics.horizontalAdvance("10000") + metrics.height() + SMALL
        )
        self.update()

    def boundingRect(self) -> QRectF:
        """All of it."""
        return QRectF(QPointF(0.0, 0.0), QSizeF(self.size()))

    @property
    def numbers(self) -> list[tuple[float, str]]:
        """Counts that are written, and how."""
        top = self._image.highest
        decades = [10.0**k for k in range(floor(log10(top)) + 1)]
        wanted = [*decades, *(m * d for d in decades for m in (5.0, 2.0) if m * d <= top)]
        found: list[float] = []
        for count in sorted(wanted, key=lambda c: (c not in (decades[-1], 1.0), wanted.index(c))):
            if all(abs(self._middle(count) - self._middle(other)) >= APART for other in found):
                found.append(count)
        return [(c, f"{c:.0f}" if c < PLAIN_TO else power(round(log10(c)))) for c in sorted(found)]

    @property
    def _length(self) -> float:
        return max(float(self.size().height()), 1.0)

    def _at(self, count: float) -> float:
        """Place on the bar, 0 at its foot; the bar begins at one count."""
        least = float(self._image.shade(np.array([1.0]))[0])
        return (float(self._image.shade(np.array([count]))[0]) - least) / (1.0 - least)

    def _middle(self, count: float) -> float:
        """Where its number stands, in pixels from above: beside the bar, not beyond its ends."""
        half = QFontMetricsF(self._font).height() / 2
        return min(max(self._length * (1.0 - self._at(count)), half), self._length - half)

    def paint(self, painter: QPainter, option: object, widget: QWidget | None = None) -> None:
        """Colours, ticks, numbers, and what they are of."""
        if self._colours is None or self._image.empty:
            return
        colours, height = self._colours, self._length
        table = heat_map(colours).getLookupTable(nPts=256)
        first = round(255 * float(self._image.shade(np.array([1.0]))[0]))
        column = table[first:][::-1, :3].astype(np.uint8)
        picture = QImage(column.tobytes(), 1, len(column), 3, QImage.Format.Format_RGB888)
        bar = QRectF(MEDIUM, 0.0, BAR, height)
        painter.drawImage(bar, picture)
        painter.setPen(pg.mkPen(colours.quiet, width=1))
        painter.drawRect(bar)
        painter.setFont(self._font)
        tall = QFontMetricsF(self._font).height()
        for count, text in self.numbers:
            y = height * (1.0 - self._at(count))
            painter.drawLine(QPointF(bar.right(), y), QPointF(bar.right() + SMALL, y))
            room = QRectF(bar.right() + 2 * SMALL, self._middle(count) - tall / 2, self.size().width(), tall)
            painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        painter.setPen(QColor(colours.text))
        painter.save()
        painter.translate(self.size().width() - tall - SMALL, height)
        painter.rotate(-90.0)
        painter.drawText(QRectF(0.0, 0.0, height, tall + SMALL), Qt.AlignmentFlag.AlignCenter, self._words)
        painter.restore()
