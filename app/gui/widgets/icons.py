"""Icons in the text colour of the palette; Qt's own icons are black in the dark theme, too."""

from collections.abc import Callable

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QIcon, QPainter, QPixmap, QPolygonF

SIZE, SHARP = 16, 3
"""Size in points, and pixels per point."""


def play_icon(colour: str) -> QIcon:
    """Return a triangle that points to the right."""
    triangle = QPolygonF([QPointF(4, 2.5), QPointF(13.5, 8), QPointF(4, 13.5)])
    return _icon(colour, lambda painter: painter.drawPolygon(triangle))


def pause_icon(colour: str) -> QIcon:
    """Return two vertical bars."""
    return _icon(colour, lambda painter: painter.drawRects(QRectF(3.5, 3, 3.5, 10), QRectF(9, 3, 3.5, 10)))


def _icon(colour: str, draw: Callable[[QPainter], None]) -> QIcon:
    pixmap = QPixmap(SIZE * SHARP, SIZE * SHARP)
    pixmap.setDevicePixelRatio(SHARP)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    draw(painter)
    painter.end()
    return QIcon(pixmap)
