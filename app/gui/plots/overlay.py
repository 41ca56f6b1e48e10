"""Text at a fixed place in a plot, in pixels, independent of the axes."""

import pyqtgraph as pg
from PyQt6.QtCore import QPointF, QRectF
from PyQt6.QtGui import QColor, QFont, QPainter
from PyQt6.QtWidgets import QGraphicsTextItem, QStyleOptionGraphicsItem, QWidget

from app.gui.widgets.theme import SMALL, Palette


def unclipped(item: QGraphicsTextItem) -> None:
    """Have the text painted without clipping.

    Qt's SVG output never ends a clip that an item has set, so everything painted later would be cut.
    """

    def paint(painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        option.exposedRect = QRectF()
        QGraphicsTextItem.paint(item, painter, option, widget)

    item.paint = paint  # type: ignore[method-assign, assignment]


class Overlay(QGraphicsTextItem):
    """Rich text at a place of a view: (0, 0) is the upper left corner, (1, 1) the lower right."""

    def __init__(self, view: pg.ViewBox, place: tuple[float, float]) -> None:
        super().__init__(view)
        self._view, self._place = view, place
        self._behind = QColor()
        self._html, self._wide = "", -1.0
        self.setZValue(1000)
        view.sigResized.connect(self._settle)

    def dress(self, colours: Palette, font: QFont, colour: str) -> None:
        """Apply the theme's colours."""
        self._behind = QColor(colours.surface)
        self._behind.setAlphaF(0.8)
        self.setDefaultTextColor(QColor(colour))
        self.setFont(font)
        self._settle()

    def show_html(self, html: str, width: float | None = None) -> None:
        """Set the text and its width in pixels; None for as wide as needed."""
        wide = -1.0 if width is None else width
        if (html, wide) == (self._html, self._wide):
            return
        self._html, self._wide = html, wide
        self.setHtml(html)
        self.setTextWidth(wide)
        document = self.document()
        if width is None and document is not None:
            self.setTextWidth(document.idealWidth())
        self._settle()

    def lower(self, by: float) -> None:
        """Move the text down from its place, in pixels."""
        if by != self._below:
            self._below = by
            self._settle()

    _below = 0.0

    @property
    def text(self) -> str:
        """Text without markup."""
        return self.toPlainText()

    def _settle(self, *_: object) -> None:
        room, mine = self._view.rect(), self.boundingRect()
        across = room.width() - mine.width() - 2 * SMALL
        up = room.height() - mine.height() - 2 * SMALL
        self.setPos(QPointF(SMALL + self._place[0] * across, SMALL + self._place[1] * up + self._below))

    def paint(
        self,
        painter: QPainter | None,
        option: QStyleOptionGraphicsItem | None,
        widget: QWidget | None = None,
    ) -> None:
        """Draw the text on a translucent background, so that curves do not cross it."""
        if not self._html or painter is None or option is None:
            return
        option.exposedRect = QRectF()  # see `unclipped`
        painter.fillRect(QRectF(self.boundingRect()).adjusted(2, 2, -2, -2), self._behind)
        super().paint(painter, option, widget)
