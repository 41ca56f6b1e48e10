"""Text above the axes of a plot: number of traces or holds, and names of marks."""

import re
from collections.abc import Sequence
from html import escape, unescape

import pyqtgraph as pg
from PyQt6.QtCore import QRectF
from PyQt6.QtGui import QColor, QFont, QFontMetricsF, QPainter
from PyQt6.QtWidgets import QGraphicsTextItem, QStyleOptionGraphicsItem, QWidget

from app.gui.widgets.theme import SMALL, Palette

BETWEEN = " · "
ELLIPSIS = "…"


def row_height(font: QFont) -> int:
    """Return the height of a row of text above the axes, in pixels."""
    return round(QFontMetricsF(font).height()) + 1


def without_markup(rich: str) -> str:
    """Remove the markup of rich text."""
    return unescape(re.sub(r"<[^>]*>", "", rich))


class Words(QGraphicsTextItem):
    """Rich text without margin and clipping (see `app.gui.plots.overlay.unclipped`)."""

    def __init__(self, plot: pg.PlotItem) -> None:
        super().__init__(plot)
        document = self.document()
        assert document is not None
        document.setDocumentMargin(0.0)
        self.html = ""
        self.setZValue(1000)

    def show_html(self, html: str) -> None:
        """Set the text."""
        if html != self.html:
            self.html = html
            self.setHtml(html)

    @property
    def width(self) -> float:
        """Width of the text, in pixels."""
        return self.boundingRect().width() if self.html else 0.0

    @property
    def text(self) -> str:
        """Text without markup."""
        return self.toPlainText()

    def paint(
        self,
        painter: QPainter | None,
        option: QStyleOptionGraphicsItem | None,
        widget: QWidget | None = None,
    ) -> None:
        """Draw the text without a clip."""
        if self.html and painter is not None and option is not None:
            option.exposedRect = QRectF()
            super().paint(painter, option, widget)


class Count(Words):
    """Row above the axes with the number of traces, holds or samples, cut to the available width.

    Parameters
    ----------
    plot : pyqtgraph.PlotItem
    view : pyqtgraph.ViewBox
        Area inside the axes.
    above : float
        Distance from the axes, in pixels.
    """

    def __init__(self, plot: pg.PlotItem, view: pg.ViewBox, above: float = 0.0) -> None:
        super().__init__(plot)
        self._view, self._above = view, above
        self._rows: tuple[str, ...] = ()
        self._beside = 0.0
        self.left_out = ""
        """Rows that did not fit, rich text."""
        view.geometryChanged.connect(self._settle)

    def dress(self, colours: Palette, font: QFont, colour: str) -> None:
        """Apply the theme's colours."""
        self.setDefaultTextColor(QColor(colour))
        self.setFont(font)
        self._settle()

    def keep_free(self, width: float) -> None:
        """Leave room at the right end of the row, in pixels."""
        if width != self._beside:
            self._beside = width
            self._settle()

    def show_rows(self, rows: Sequence[str]) -> None:
        """Set the parts of the row, the most important first, as rich text."""
        if tuple(rows) != self._rows:
            self._rows = tuple(rows)
            self._settle()

    def _settle(self) -> None:
        room = self._view.geometry()
        width = room.width() - self._beside
        n = len(self._rows)
        while n and self._fit(BETWEEN.join(self._rows[:n])) > width and n > 1:
            n -= 1
        if n and self.width > width:
            self._fit_first(self._rows[0], width)
            n = 0
        elif not n:
            self._fit("")
        self.left_out = "<br>".join(self._rows[n:])
        self.setPos(room.left() + width - self.width, room.top() - self._above - row_height(self.font()))

    def _fit(self, html: str) -> float:
        self.show_html(html)
        return self.width

    def _fit_first(self, html: str, width: float) -> None:
        """Show a row up to one of its commas; one that is too long even so is elided."""
        parts = html.split(", ")
        for n in range(len(parts) - 1, 0, -1):
            if self._fit(", ".join(parts[:n])) <= width:
                return
        self._fit(self._elided(parts[0], width))

    def _elided(self, html: str, width: float) -> str:
        text, metrics = without_markup(html), QFontMetricsF(self.font())
        while text and metrics.horizontalAdvance(text + ELLIPSIS) > width:
            text = text[:-1].rstrip(" ,;:")
        return escape(text + ELLIPSIS) if text else ""


class Captions:
    """Row of names just above the axes; a name that overlaps an earlier one is left out."""

    def __init__(self, plot: pg.PlotItem, view: pg.ViewBox) -> None:
        self._plot, self._view = plot, view
        self._words: list[Words] = []

    def show(self, wanted: Sequence[tuple[float, str, str]], font: QFont) -> None:
        """Show names, each with position (0 to 1), rich text and colour, the most important first."""
        room, taken = self._view.geometry(), list[tuple[float, float]]()
        while len(self._words) < len(wanted):
            self._words.append(Words(self._plot))
        for words, (place, html, colour) in zip(self._words, wanted, strict=False):
            words.setFont(font)
            words.setDefaultTextColor(QColor(colour))
            words.show_html(html)
            left = _free(place * room.width(), words.width, room.width(), taken) if html else None
            words.setVisible(left is not None)
            if left is not None:
                taken.append((left - 2 * SMALL, left + words.width + 2 * SMALL))
                words.setPos(room.left() + left, room.top() - row_height(font))
        for words in self._words[len(wanted) :]:
            words.hide()

    @property
    def texts(self) -> list[str]:
        """Visible names without markup."""
        return [words.text for words in self._words if words.isVisible()]


def _free(at: float, width: float, room: float, taken: Sequence[tuple[float, float]]) -> float | None:
    """Return the left end of a name above its position, centred if possible; None if there is no room."""
    if not 0.0 <= at <= room:
        return None
    lowest, highest = max(at - width, 0.0), min(at, room - width)
    ends = [at - width / 2, lowest, highest, *(end for _, end in taken), *(left - width for left, _ in taken)]
    fits = [
        left
        for left in (min(max(end, lowest), highest) for end in ends)
        if lowest <= highest and all(left + width <= a or left >= b for a, b in taken)
    ]
    return min(fits, key=lambda left: abs(left + width / 2 - at), default=None)
