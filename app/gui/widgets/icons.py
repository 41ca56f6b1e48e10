"""Icons in the text colour of the palette; Qt's own icons are black in the dark theme, too."""

from collections.abc import Callable

from PyQt6.QtCore import QLineF, QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap, QPolygonF

SIZE, SHARP = 16, 3
"""Size in points, and pixels per point."""


def play_icon(colour: str) -> QIcon:
    """Return a triangle that points to the right."""
    triangle = QPolygonF([QPointF(4, 2.5), QPointF(13.5, 8), QPointF(4, 13.5)])
    return _icon(colour, lambda painter: painter.drawPolygon(triangle))


def pause_icon(colour: str) -> QIcon:
    """Return two vertical bars."""
    return _icon(colour, lambda painter: painter.drawRects(QRectF(3.5, 3, 3.5, 10), QRectF(9, 3, 3.5, 10)))


def _lines(painter: QPainter, *points: tuple[float, float, float, float]) -> None:
    for ends in points:
        painter.drawLine(QLineF(*ends))


def _reset(painter: QPainter) -> None:
    """Draw an arrow that turns back."""
    painter.drawArc(QRectF(3, 3.5, 10, 10), 100 * 16, -290 * 16)
    _lines(painter, (7.2, 3.6, 10, 1), (7.2, 3.6, 10.2, 6.2))


def _log_x(painter: QPainter) -> None:
    """Draw a horizontal axis with the ticks of a decade."""
    _lines(painter, (1, 12, 15, 12), *((x, 12, x, 12 - up) for x, up in ((2, 7), (8, 4), (11.5, 4), (14, 7))))


def _log_y(painter: QPainter) -> None:
    """Draw a vertical axis with the ticks of a decade."""
    _lines(
        painter, (4, 1, 4, 15), *((4, y, 4 + right, y) for y, right in ((14, 7), (8, 4), (4.5, 4), (2, 7)))
    )


def _picture(painter: QPainter) -> None:
    """Draw a framed curve."""
    painter.drawRect(QRectF(1.5, 2.5, 13, 11))
    painter.drawPolyline(QPolygonF([QPointF(*at) for at in ((3.5, 11), (6.5, 6), (9, 9), (12.5, 5))]))


def _numbers(painter: QPainter) -> None:
    """Draw a table."""
    painter.drawRect(QRectF(1.5, 2.5, 13, 11))
    _lines(painter, (1.5, 6.2, 14.5, 6.2), (1.5, 9.9, 14.5, 9.9), (8, 2.5, 8, 13.5))


def _export(painter: QPainter) -> None:
    """Draw an arrow into a tray."""
    _lines(painter, (8, 1, 8, 10), (8, 10, 4.8, 6.8), (8, 10, 11.2, 6.8))
    painter.drawPolyline(QPolygonF([QPointF(*at) for at in ((2, 10), (2, 14), (14, 14), (14, 10))]))


PLOT_ICONS = (_reset, _log_x, _log_y, _picture, _numbers, _export)
"""Icons of the actions of a plot, in their order (see `app.gui.plots.menu.PanelMenu.shown`)."""


def drawn(colour: str, draw: Callable[[QPainter], None]) -> QIcon:
    """Return an icon of lines."""

    def outline(painter: QPainter) -> None:
        painter.setPen(QPen(QColor(colour), 1.3))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        draw(painter)

    return _icon(colour, outline)


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
