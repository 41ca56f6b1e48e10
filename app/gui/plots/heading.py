"""What stands above the axes of a plot, where no data are: how much it is of, and the names of marks."""

import re
from collections.abc import Sequence
from html import escape, unescape

import pyqtgraph as pg
from PyQt6.QtCore import QRectF
from PyQt6.QtGui import QColor, QFont, QFontMetricsF, QPainter
from PyQt6.QtWidgets import QGraphicsTextItem, QStyleOptionGraphicsItem, QWidget

from app.gui.theme import SMALL, Palette

BETWEEN = " · "
ELLIPSIS = "…"


def row_height(font: QFont) -> int:
    """Of a row of words above the axes, in pixels."""
    return round(QFontMetricsF(font).height()) + 1


def plain(rich: str) -> str:
    """Rich text without its markup."""
    return unescape(re.sub(r"<[^>]*>", "", rich))


class Words(QGraphicsTextItem):
    """Rich text without a margin and without a clip of its own (see `app.gui.plots.overlay.unclipped`)."""

    def __init__(self, plot: pg.PlotItem) -> None:
        super().__init__(plot)
        document = self.document()
        assert document is not None
        document.setDocumentMargin(0.0)
        self.html = ""
        self.setZValue(1000)

    def show_html(self, html: str) -> None:
        """Other text."""
        if html != self.html:
            self.html = html
            self.setHtml(html)

    @property
    def width(self) -> float:
        """Of the text, in pixels."""
        return self.boundingRect().width() if self.html else 0.0

    @property
    def text(self) -> str:
        """The text without its markup."""
        return self.toPlainText()

    def paint(
        self,
        painter: QPainter | None,
        option: QStyleOptionGraphicsItem | None,
        widget: QWidget | None = None,
    ) -> None:
        """The text alone."""
        if self.html and painter is not None and option is not None:
            option.exposedRect = QRectF()
            super().paint(painter, option, widget)


class Count(Words):
    """How many traces, holds or samples a plot is of: one row above its axes, as much of it as there is room for.

    Parameters
    ----------
    plot : pyqtgraph.PlotItem
    view : pyqtgraph.ViewBox
        What is inside the axes.
    above : float
        So many pixels are between it and the axes.
    """

    def __init__(self, plot: pg.PlotItem, view: pg.ViewBox, above: float = 0.0) -> None:
        super().__init__(plot)
        self._view, self._above = view, above
        self._rows: tuple[str, ...] = ()
        self.left_out = ""
        """What there was no room for, rich text."""
        view.geometryChanged.connect(self._settle)

    def dress(self, colours: Palette, font: QFont, colour: str) -> None:
        """Take the theme's colours."""
        self.setDefaultTextColor(QColor(colour))
        self.setFont(font)
        self._settle()

    def show_rows(self, rows: Sequence[str]) -> None:
        """Other numbers; the first are the most important ones. Rich text."""
        if tuple(rows) != self._rows:
            self._rows = tuple(rows)
            self._settle()

    def _settle(self) -> None:
        room = self._view.geometry()
        n = len(self._rows)
        while n and self._fit(BETWEEN.join(self._rows[:n])) > room.width() and n > 1:
            n -= 1
        if n and self.width > room.width():
            self._fit(self._elided(self._rows[0], room.width()))
            n = 0
        elif not n:
            self._fit("")
        self.left_out = "<br>".join(self._rows[n:])
        self.setPos(room.right() - self.width, room.top() - self._above - row_height(self.font()))

    def _fit(self, html: str) -> float:
        self.show_html(html)
        return self.width

    def _elided(self, html: str, width: float) -> str:
        words, metrics = plain(html), QFontMetricsF(self.font())
        while words and metrics.horizontalAdvance(words + ELLIPSIS) > width:
            words = words[:-1].rstrip(" ,;:")
        return escape(words + ELLIPSIS) if words else ""


class Captions:
    """The row of names just above the axes; a name that has no room beside those before it is left out."""

    def __init__(self, plot: pg.PlotItem, view: pg.ViewBox) -> None:
        self._plot, self._view = plot, view
        self._words: list[Words] = []

    def show(self, wanted: Sequence[tuple[float, str, str]], font: QFont) -> None:
        """Write these: place across from 0 to 1, rich text, colour; the first are the most important ones."""
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
        """What is written, without its markup."""
        return [words.text for words in self._words if words.isVisible()]


def _free(at: float, width: float, room: float, taken: Sequence[tuple[float, float]]) -> float | None:
    """Left end of a name that stands above its place, if possible in the middle; None where there is no room."""
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
