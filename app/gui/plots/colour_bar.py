"""Colour scale beside a two-dimensional histogram."""

from math import floor, log10

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QPointF, QRectF, QSizeF, Qt
from PyQt6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter
from PyQt6.QtWidgets import QWidget

from analysis.numbers import PLAIN_TO, power
from app.gui.plots.counts import Image
from app.gui.plots.heat_map import heat_map
from app.gui.widgets.theme import MEDIUM, SMALL, Palette

BAR = 10.0
"""Width of the colours, in pixels."""
APART = 16.0
"""Minimum distance of two numbers, in pixels."""


class ColourBar(pg.GraphicsWidget):
    """Narrow colour bar with a few round numbers of counts, to the right of a plot.

    Parameters
    ----------
    image : Image
        Image with these colours.
    words : str
        Label of the scale.
    """

    def __init__(self, image: Image, words: str) -> None:
        super().__init__()
        self._image, self._words = image, words
        self._colours: Palette | None = None
        self._font = QFont()
        self.setSizePolicy(pg.QtWidgets.QSizePolicy.Policy.Fixed, pg.QtWidgets.QSizePolicy.Policy.Expanding)

    def dress(self, colours: Palette, font: QFont) -> None:
        """Apply the theme's colours."""
        self._colours, self._font = colours, font
        metrics = QFontMetricsF(font)
        self.setFixedWidth(
            MEDIUM + BAR + 2 * SMALL + metrics.horizontalAdvance("10000") + metrics.height() + SMALL
        )
        self.update()

    def boundingRect(self) -> QRectF:
        """Return the rectangle of the bar and its labels."""
        return QRectF(QPointF(0.0, 0.0), QSizeF(self.size()))

    @property
    def numbers(self) -> list[tuple[float, str]]:
        """Labelled counts and their labels."""
        top = self._image.highest
        decades = [10.0**k for k in range(floor(log10(top)) + 1)]
        wanted = [*decades, *(m * d for d in decades for m in (5.0, 2.0) if m * d <= top)]
        labelled: list[float] = []
        for count in sorted(wanted, key=lambda c: (c not in (decades[-1], 1.0), wanted.index(c))):
            if all(abs(self._middle(count) - self._middle(other)) >= APART for other in labelled):
                labelled.append(count)
        return [(c, f"{c:.0f}" if c < PLAIN_TO else power(round(log10(c)))) for c in sorted(labelled)]

    @property
    def _length(self) -> float:
        return max(float(self.size().height()), 1.0)

    def _at(self, count: float) -> float:
        """Return the position on the bar, from 0 at its lower end, which is one count, to 1."""
        least = float(self._image.shade(np.array([1.0]))[0])
        return (float(self._image.shade(np.array([count]))[0]) - least) / (1.0 - least)

    def _middle(self, count: float) -> float:
        """Return the position of a count's label in pixels from the top, within the ends of the bar."""
        half = QFontMetricsF(self._font).height() / 2
        return min(max(self._length * (1.0 - self._at(count)), half), self._length - half)

    def paint(self, painter: QPainter, option: object, widget: QWidget | None = None) -> None:
        """Draw colours, ticks, numbers and label."""
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
